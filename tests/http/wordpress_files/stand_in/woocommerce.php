<?php
/**
 * Plugin Name: A stand-in for WooCommerce, for tests only
 * Version: 7.8.2
 *
 * Where the tests have no WooCommerce: the columns that it keeps orders in (as of 7.8), the classes and
 * functions that Tollgate's plugins call, and a queue that runs the rows of Action Scheduler. It fires the
 * actions of a changed status, and has no stock, no mails and no download permissions.
 *
 * @package Tollgate
 */

require_once __DIR__ . '/tables.php';
require_once __DIR__ . '/order.php';
require_once __DIR__ . '/scheduler.php';

/** What makes an order complete at once. */
class WC_Product_Simple {
	private $meta = array(
		'_virtual'      => 'no',
		'_downloadable' => 'no',
	);

	public function set_virtual( $yes ) {
		$this->meta['_virtual'] = $yes ? 'yes' : 'no';
	}

	public function set_downloadable( $yes ) {
		$this->meta['_downloadable'] = $yes ? 'yes' : 'no';
	}

	public function save() {
		return wp_insert_post(
			array(
				'post_type'   => 'product',
				'post_status' => 'publish',
				'post_title'  => 'Thing',
				'meta_input'  => $this->meta,
			)
		);
	}

	public function __call( $name, $arguments ) {} // set_name() and the like.
}

/** A file of a product. */
class WC_Product_Download {
	public function __call( $name, $arguments ) {}
}

/** What a payment method is made of. */
class WC_Payment_Gateway {
	public $settings = array();

	public function init_settings() {
		$this->settings = get_option( 'woocommerce_' . $this->id . '_settings', array() );
	}

	public function get_option( $name ) {
		return $this->settings[ $name ] ?? '';
	}

	public function is_available() {
		return 'yes' === $this->get_option( 'enabled' );
	}
}

/** Payment methods by their names. */
final class WC_Payment_Gateways {
	public function payment_gateways() {
		$gateways = array();
		foreach ( apply_filters( 'woocommerce_payment_gateways', array() ) as $class ) {
			$gateway                  = new $class();
			$gateways[ $gateway->id ] = $gateway;
		}
		return $gateways;
	}
}

/** The plugin's main object. */
final class WooCommerce {
	public function initialize_session() {}

	public function payment_gateways() {
		return new WC_Payment_Gateways();
	}

	public function api_request_url( $name ) {
		return add_query_arg( 'wc-api', $name, home_url( '/' ) );
	}
}

function WC() {
	return new WooCommerce();
}

/** Logs as WooCommerce does, into PHP's log. */
final class WC_Logger_Stand_In {
	public function error( $message ) {
		error_log( $message );
	}
}

function wc_get_logger() {
	return new WC_Logger_Stand_In();
}

function wc_format_decimal( $number, $decimals = 2 ) {
	return number_format( (float) $number, $decimals, '.', '' );
}

function wc_get_price_decimals() {
	return (int) get_option( 'woocommerce_price_num_decimals', 2 );
}

function wc_add_notice( $message ) {
	error_log( 'notice: ' . $message );
}

function wc_get_checkout_url() {
	return home_url( '/?page=checkout' );
}

function wc_get_is_paid_statuses() {
	return array( 'processing', 'completed' );
}

function wc_maybe_reduce_stock_levels( $order_id ) {}

function wc_downloadable_product_permissions( $order_id ) {}

function wc_delete_shop_order_transients( $order_id ) {}

/** Nothing is cached. */
final class WC_Cache_Helper {
	public static function invalidate_cache_group( $group ) {}
}

/** Nothing is cached. */
final class WC_Data_Store {
	public static function load( $name ) {
		return new self();
	}

	public function has_callable( $name ) {
		return false;
	}
}

add_action(
	'init',
	static function () {
		do_action( 'before_woocommerce_init' );
		if ( isset( $_GET['wc-api'] ) ) {
			do_action( 'woocommerce_api_' . sanitize_key( $_GET['wc-api'] ) );
			exit;
		}
	}
);
