<?php
// Records what happens to orders, and the mails that would leave, in a table.

function test_record( $order_id, $what ) {
	global $wpdb;
	$wpdb->insert(
		$wpdb->prefix . 'test_record',
		array(
			'order_id' => $order_id,
			'what'     => $what,
		)
	);
}

add_action(
	'all',
	static function ( $hook, ...$arguments ) {
		$ours = preg_match( '/^woocommerce_(pre_payment_complete|payment_complete|order_status_\w[\w-]*|order_payment_status_changed|grant_product_download_permissions|reduce_order_stock|restore_order_stock)$/', $hook );
		if ( ! $ours || preg_match( '/_notification$|_status_$/', $hook ) || ! isset( $arguments[0] ) || doing_filter( 'test_record' ) ) {
			return;
		}
		$order = $arguments[0];
		test_record( is_object( $order ) ? $order->get_id() : (int) $order, $hook );
		if ( getenv( 'SHOP_DIES_IN' ) === $hook ) {
			exit( 9 ); // As if the power went.
		}
	},
	1,
	9
);

add_filter(
	'pre_wp_mail',
	static function ( $sent, $mail ) {
		preg_match( '/#(\d+)/', $mail['subject'] . ' ' . wp_strip_all_tags( $mail['message'] ), $order );
		test_record( (int) ( $order[1] ?? 0 ), 'mail to ' . ( is_array( $mail['to'] ) ? implode( ',', $mail['to'] ) : $mail['to'] ) );
		return true;
	},
	10,
	2
);
