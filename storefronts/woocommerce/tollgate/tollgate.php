<?php
/**
 * Plugin Name: Tollgate for WooCommerce
 * Description: Payments through Tollgate: redirect to the gateway, return, refund. Needs the must-use plugin tollgate-orders.php.
 * Version: 1.0.0
 * Requires at least: 6.1
 * Requires PHP: 7.4
 * WC requires at least: 7.8
 * Text Domain: tollgate
 *
 * @package Tollgate
 */

defined( 'ABSPATH' ) || exit;

add_action(
	'before_woocommerce_init',
	static function () {
		$features = '\Automattic\WooCommerce\Utilities\FeaturesUtil';
		foreach ( array( 'custom_order_tables', 'cart_checkout_blocks' ) as $feature ) {
			$features::declare_compatibility( $feature, __FILE__, true );
		}
	}
);

add_action(
	'plugins_loaded',
	static function () {
		if ( ! class_exists( 'WC_Payment_Gateway' ) ) {
			return;
		}
		require_once __DIR__ . '/includes/class-tollgate-gateway.php';
		add_filter(
			'woocommerce_payment_gateways',
			static function ( $gateways ) {
				$gateways[] = Tollgate_Gateway::class;
				return $gateways;
			}
		);
		add_action( 'woocommerce_api_tollgate', array( Tollgate_Gateway::class, 'welcome_back' ) );
	}
);

add_action(
	'woocommerce_blocks_payment_method_type_registration',
	static function ( $registry ) {
		require_once __DIR__ . '/includes/class-tollgate-blocks.php';
		$registry->register( new Tollgate_Blocks() );
	}
);

add_action(
	'admin_notices',
	static function () {
		if ( class_exists( 'Tollgate_Orders' ) || ! current_user_can( 'manage_options' ) ) {
			return;
		}
		printf(
			'<div class="notice notice-error"><p>%s</p></div>',
			esc_html__( 'Tollgate takes no payments yet: please copy tollgate-orders.php into wp-content/mu-plugins. Without it no mail is sent and no stock reduced when an order is paid.', 'tollgate' )
		);
	}
);
