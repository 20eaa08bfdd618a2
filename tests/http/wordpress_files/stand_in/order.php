<?php
/**
 * Orders, in either kind of tables.
 *
 * @package Tollgate
 */

use Automattic\WooCommerce\Utilities\OrderUtil;

/** An order as it was when it was read. */
class WC_Order {
	private $id;
	private $values = array();

	public function __construct( $id, $values ) {
		$this->id     = $id;
		$this->values = $values;
	}

	public static function create() {
		global $wpdb;
		$post   = wp_insert_post(
			array(
				'post_type'   => OrderUtil::custom_orders_table_usage_is_enabled() ? 'shop_order_placehold' : 'shop_order',
				'post_status' => 'wc-pending',
				'post_title'  => 'Order',
			)
		);
		$values = array(
			'status'    => 'pending',
			'order_key' => 'wc_order_' . wp_generate_password( 13, false ),
			'total'     => '0',
		);
		if ( OrderUtil::custom_orders_table_usage_is_enabled() ) {
			$wpdb->insert( $wpdb->prefix . 'wc_orders', array( 'id' => $post, 'type' => 'shop_order', 'status' => 'wc-pending', 'date_created_gmt' => gmdate( 'Y-m-d H:i:s' ) ) );
			$wpdb->insert( $wpdb->prefix . 'wc_order_operational_data', array( 'order_id' => $post ) );
		}
		return new self( $post, $values );
	}

	public static function read( $id ) {
		return OrderUtil::custom_orders_table_usage_is_enabled() ? self::read_row( $id ) : self::read_post( $id );
	}

	private static function read_row( $id ) {
		global $wpdb;
		$row = $wpdb->get_row( $wpdb->prepare( "SELECT * FROM {$wpdb->prefix}wc_orders AS shop_order JOIN {$wpdb->prefix}wc_order_operational_data AS data ON data.order_id = shop_order.id WHERE shop_order.id = %d", $id ) );
		if ( ! $row ) {
			return false;
		}
		return new self(
			(int) $id,
			array(
				'status'         => substr( $row->status, 3 ),
				'order_key'      => $row->order_key,
				'total'          => $row->total_amount,
				'currency'       => $row->currency,
				'payment_method' => $row->payment_method,
				'transaction_id' => (string) $row->transaction_id,
				'date_paid'      => $row->date_paid_gmt ? strtotime( $row->date_paid_gmt . ' UTC' ) : 0,
				'date_completed' => $row->date_completed_gmt ? strtotime( $row->date_completed_gmt . ' UTC' ) : 0,
			)
		);
	}

	private static function read_post( $id ) {
		$post = get_post( $id );
		if ( ! $post || 'shop_order' !== $post->post_type ) {
			return false;
		}
		$values = array( 'status' => substr( $post->post_status, 3 ) );
		foreach ( self::meta_names() as $name => $meta ) {
			$values[ $name ] = get_post_meta( $id, $meta, true );
		}
		return new self( (int) $id, $values );
	}

	private static function meta_names() {
		return array(
			'order_key'      => '_order_key',
			'total'          => '_order_total',
			'currency'       => '_order_currency',
			'payment_method' => '_payment_method',
			'transaction_id' => '_transaction_id',
			'date_paid'      => '_date_paid',
			'date_completed' => '_date_completed',
		);
	}

	public function save() {
		global $wpdb;
		if ( ! OrderUtil::custom_orders_table_usage_is_enabled() ) {
			wp_update_post( array( 'ID' => $this->id, 'post_status' => 'wc-' . $this->values['status'] ) );
			foreach ( self::meta_names() as $name => $meta ) {
				update_post_meta( $this->id, $meta, $this->values[ $name ] ?? '' );
			}
			return;
		}
		$row = array(
			'status'           => 'wc-' . $this->values['status'],
			'currency'         => $this->values['currency'],
			'total_amount'     => $this->values['total'],
			'payment_method'   => $this->values['payment_method'],
			'date_updated_gmt' => gmdate( 'Y-m-d H:i:s' ),
		);
		$wpdb->update( $wpdb->prefix . 'wc_orders', $row, array( 'id' => $this->id ) );
		$wpdb->update( $wpdb->prefix . 'wc_order_operational_data', array( 'order_key' => $this->values['order_key'] ), array( 'order_id' => $this->id ) );
	}

	public function save_meta_data() {} // Written at once.

	public function add_product( $product_id ) {
		global $wpdb;
		$wpdb->insert( $wpdb->prefix . 'woocommerce_order_items', array( 'order_id' => $this->id, 'order_item_name' => 'Thing', 'order_item_type' => 'line_item' ) );
		$item = $wpdb->insert_id;
		foreach ( array( '_product_id' => $product_id, '_variation_id' => '0' ) as $key => $value ) {
			$wpdb->insert( $wpdb->prefix . 'woocommerce_order_itemmeta', array( 'order_item_id' => $item, 'meta_key' => $key, 'meta_value' => $value ) );
		}
		$this->values['total'] += 1500;
	}

	private static function meta_table() {
		global $wpdb;
		return OrderUtil::custom_orders_table_usage_is_enabled()
			? array( $wpdb->prefix . 'wc_orders_meta', 'order_id' ) : array( $wpdb->postmeta, 'post_id' );
	}

	public function get_meta_data() {
		global $wpdb;
		list( $table, $column ) = self::meta_table();
		return $wpdb->get_results( $wpdb->prepare( "SELECT meta_key AS `key`, meta_value AS value FROM $table WHERE $column = %d", $this->id ) );
	}

	public function get_meta( $key ) {
		return wp_list_pluck( $this->get_meta_data(), 'value', 'key' )[ $key ] ?? '';
	}

	public function delete_meta_data( $key ) {
		global $wpdb;
		list( $table, $column ) = self::meta_table();
		$wpdb->delete( $table, array( $column => $this->id, 'meta_key' => $key ) );
	}

	public function update_meta_data( $key, $value ) {
		global $wpdb;
		list( $table, $column ) = self::meta_table();
		$this->delete_meta_data( $key );
		$wpdb->insert( $table, array( $column => $this->id, 'meta_key' => $key, 'meta_value' => $value ) );
	}

	public function update_status( $to ) {
		$from                   = $this->values['status'];
		$this->values['status'] = $to;
		$this->save();
		do_action( "woocommerce_order_status_$to", $this->id, $this );
		do_action( "woocommerce_order_status_{$from}_to_$to", $this->id, $this );
		do_action( 'woocommerce_order_status_changed', $this->id, $from, $to, $this );
	}

	public function add_order_note( $note ) {
		wp_insert_comment( array( 'comment_post_ID' => $this->id, 'comment_content' => $note, 'comment_type' => 'order_note' ) );
	}

	public function get_id() {
		return $this->id;
	}

	public function has_status( $status ) {
		return $this->values['status'] === $status;
	}

	public function is_paid() {
		return in_array( $this->values['status'], wc_get_is_paid_statuses(), true );
	}

	public function needs_payment() {
		return in_array( $this->values['status'], array( 'pending', 'failed' ), true );
	}

	public function key_is_valid( $key ) {
		return hash_equals( $this->values['order_key'], $key );
	}

	public function get_date_paid() {
		return empty( $this->values['date_paid'] ) ? null : new DateTime( '@' . $this->values['date_paid'] );
	}

	public function get_date_completed() {
		return empty( $this->values['date_completed'] ) ? null : new DateTime( '@' . $this->values['date_completed'] );
	}

	public function get_total_refunded() {
		return (string) (int) $this->get_meta( '_refunded' );
	}

	public function get_items() {
		return array();
	}

	public function get_downloadable_items() {
		return array();
	}

	public function get_checkout_order_received_url() {
		return home_url( "/?order-received=$this->id" );
	}

	public function get_checkout_payment_url() {
		return home_url( "/?order-pay=$this->id" );
	}

	/** The getters and setters of what is a plain value. */
	public function __call( $name, $arguments ) {
		list( $verb, $value ) = explode( '_', $name, 2 );
		if ( 'set' === $verb ) {
			$this->values[ $value ] = $arguments[0];
		}
		return $this->values[ $value ] ?? '';
	}
}

function wc_create_order() {
	return WC_Order::create();
}

function wc_get_order( $id ) {
	return WC_Order::read( $id );
}

function wc_get_product( $id ) {
	return $id;
}

/** Fully, as WooCommerce does: with the order as it was before the gateway was asked. */
function wc_create_refund( $wish ) {
	$order = wc_get_order( $wish['order_id'] );
	if ( ! empty( $wish['refund_payment'] ) ) {
		$gateways = WC()->payment_gateways()->payment_gateways();
		$result   = $gateways['tollgate']->process_refund( $wish['order_id'], $wish['amount'] );
		if ( is_wp_error( $result ) ) {
			return $result;
		}
	}
	$order->update_meta_data( '_refunded', $wish['amount'] );
	if ( ! $order->has_status( 'refunded' ) ) {
		$order->update_status( 'refunded' );
	}
	return new WC_Order( 0, array( 'amount' => $wish['amount'] ) );
}

/** Those that nobody has touched for an hour. */
function wc_cancel_unpaid_orders() {
	global $wpdb;
	$ids = OrderUtil::custom_orders_table_usage_is_enabled()
		? $wpdb->get_col( "SELECT id FROM {$wpdb->prefix}wc_orders WHERE status = 'wc-pending' AND date_updated_gmt < UTC_TIMESTAMP() - INTERVAL 1 HOUR" )
		: $wpdb->get_col( "SELECT ID FROM $wpdb->posts WHERE post_status = 'wc-pending' AND post_modified_gmt < UTC_TIMESTAMP() - INTERVAL 1 HOUR" );
	foreach ( $ids as $id ) {
		$order = wc_get_order( $id );
		if ( apply_filters( 'woocommerce_cancel_unpaid_order', true, $order ) ) {
			$order->update_status( 'cancelled' );
		}
	}
}
