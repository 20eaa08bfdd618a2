<?php
// What a merchant, a customer and the cron do in the shop: one function each, called by the tests with
// {"do": its name, …} and answering JSON.
$wish = json_decode( $argv[2], true );
$_SERVER['HTTP_HOST'] = '127.0.0.1';
require $argv[1] . '/wp-load.php';

/** A new product: `downloadable`, `stock`. */
function product( $wish ) {
	$product = new WC_Product_Simple();
	$product->set_name( 'Thing' );
	$product->set_regular_price( '1500' );
	if ( isset( $wish['stock'] ) ) {
		$product->set_manage_stock( true );
		$product->set_stock_quantity( $wish['stock'] );
	}
	if ( ! empty( $wish['downloadable'] ) ) {
		$file = new WC_Product_Download();
		$file->set_id( 'file-1' );
		$file->set_name( 'Book' );
		$file->set_file( get_option( 'siteurl' ) . '/wp-content/uploads/book.pdf' );
		$product->set_virtual( true );
		$product->set_downloadable( true );
		$product->set_downloads( array( $file ) );
	}
	return $product->save();
}

/** A customer's unpaid order of one product, as the checkout leaves it. */
function order( $wish ) {
	$order = wc_create_order();
	foreach ( $wish['products'] as $product ) {
		$order->add_product( wc_get_product( $product ), 1 );
	}
	$order->set_currency( $wish['currency'] ?? 'XOF' );
	$order->set_billing_first_name( 'Awa' );
	$order->set_billing_last_name( 'Koné' );
	$order->set_billing_email( 'awa@example.com' );
	$order->set_billing_phone( '+2250700000000' );
	$order->set_billing_country( 'CI' );
	$order->set_created_via( 'checkout' );
	$order->set_payment_method( 'tollgate' );
	$order->calculate_totals();
	$order->save();
	return array(
		'id'  => $order->get_id(),
		'key' => $order->get_order_key(),
	);
}

/** The customer chose Tollgate. */
function pay( $wish ) {
	WC()->initialize_session();
	$gateways = WC()->payment_gateways()->payment_gateways();
	$gateways['tollgate']->settings['gateway'] = $wish['gateway'];
	return $gateways['tollgate']->process_payment( $wish['order'] );
}

/** What WordPress's cron does each minute. */
function cron() {
	return ActionScheduler_QueueRunner::instance()->run( 'WP Cron' );
}

/** What WordPress's cron does each hour. */
function sweep() {
	do_action( 'tollgate_sweep' );
}

/** The order as WooCommerce sees it. */
function order_state( $wish ) {
	global $wpdb;
	$order = wc_get_order( $wish['order'] );
	$notes = $wpdb->get_results( $wpdb->prepare( "SELECT comment_content, comment_date, comment_date_gmt FROM $wpdb->comments WHERE comment_post_ID = %d AND comment_type = 'order_note' ORDER BY comment_ID", $wish['order'] ) );
	$state = array(
		'status'      => $order->get_status(),
		'transaction' => $order->get_transaction_id(),
		'paid'        => $order->get_date_paid() ? $order->get_date_paid()->getTimestamp() : null,
		'completed'   => $order->get_date_completed() ? $order->get_date_completed()->getTimestamp() : null,
		'needs'       => $order->needs_payment(),
		'refunded'    => (string) $order->get_total_refunded(),
		'notes'       => wp_list_pluck( $notes, 'comment_content' ),
		'offsets'     => array_map( static fn( $note ) => strtotime( $note->comment_date ) - strtotime( $note->comment_date_gmt ), $notes ),
		'meta'        => array(),
		'downloads'   => count( $order->get_downloadable_items() ),
		'stock'       => array(),
	);
	foreach ( $order->get_meta_data() as $meta ) {
		$state['meta'][ $meta->key ] = $meta->value;
	}
	foreach ( $order->get_items() as $item ) {
		$state['stock'][] = $item->get_product()->get_stock_quantity();
	}
	return $state;
}

/** WooCommerce cancels what was not paid for an hour. */
function cancel_unpaid( $wish ) {
	$order = wc_get_order( $wish['order'] );
	$order->set_date_created( time() - 7200 );
	$order->set_date_modified( time() - 7200 );
	$order->save();
	global $wpdb;
	$old = gmdate( 'Y-m-d H:i:s', time() - 7200 );
	$wpdb->update( $wpdb->posts, array( 'post_modified' => get_date_from_gmt( $old ), 'post_modified_gmt' => $old ), array( 'ID' => $wish['order'] ) );
	$wpdb->update( $wpdb->prefix . 'wc_orders', array( 'date_updated_gmt' => $old ), array( 'id' => $wish['order'] ) );
	wc_cancel_unpaid_orders();
}

/** The merchant refunds in WooCommerce's order page. */
function refund( $wish ) {
	$refund = wc_create_refund(
		array(
			'order_id'       => $wish['order'],
			'amount'         => $wish['amount'],
			'refund_payment' => true,
		)
	);
	return is_wp_error( $refund ) ? array( 'error' => $refund->get_error_message() ) : array( 'amount' => (string) $refund->get_amount() );
}

/** The settings as the merchant sees them, and what is stored when he replaces one secret. */
function settings_page() {
	$gateway = WC()->payment_gateways()->payment_gateways()['tollgate'];
	$html    = $gateway->generate_settings_html( array(), false );
	$before  = get_option( 'woocommerce_tollgate_settings' );
	$posted  = array();
	foreach ( array_keys( $gateway->get_form_fields() ) as $name ) {
		$posted[ "woocommerce_tollgate_$name" ] = in_array( $name, array( 'key', 'events_secret' ), true ) ? '' : ( $before[ $name ] ?? '' );
	}
	$posted['woocommerce_tollgate_result_secret'] = str_repeat( 'another', 8 );
	$gateway->set_post_data( $posted );
	$gateway->process_admin_options();
	$after = get_option( 'woocommerce_tollgate_settings' );
	update_option( 'woocommerce_tollgate_settings', $before );
	return array(
		'html'         => $html,
		'after_saving' => $after,
	);
}

$answer = $wish['do']( $wish );
echo "\n" . wp_json_encode( $answer );
