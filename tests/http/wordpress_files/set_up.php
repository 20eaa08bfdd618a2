<?php
// Makes the shop: WooCommerce's tables, its pages, three products, the payment method.
$wanted = json_decode( $argv[2], true );
require $argv[1] . '/wp-load.php';
global $wpdb;

$wpdb->query( "CREATE TABLE {$wpdb->prefix}test_record (id bigint AUTO_INCREMENT PRIMARY KEY, order_id bigint NOT NULL, what varchar(191) NOT NULL)" );
WC_Install::install();
if ( class_exists( 'ActionScheduler_StoreSchema' ) ) {
	( new ActionScheduler_StoreSchema() )->register_tables( true );
	( new ActionScheduler_LoggerSchema() )->register_tables( true );
}
update_option( 'woocommerce_currency', 'XOF' );
update_option( 'woocommerce_price_num_decimals', '0' );
update_option( 'woocommerce_default_country', 'CI' );
update_option( 'woocommerce_manage_stock', 'yes' );
update_option( 'woocommerce_hold_stock_minutes', '60' );
update_option( 'woocommerce_coming_soon', 'no' );
update_option( 'wc_downloads_approved_directories_mode', 'disabled' );
update_option( 'woocommerce_tollgate_settings', $wanted['settings'] );
if ( function_exists( 'wc_get_container' ) ) {
	$synchronizer = wc_get_container()->get( \Automattic\WooCommerce\Internal\DataStores\Orders\DataSynchronizer::class );
	$synchronizer->check_orders_table_exists() || $synchronizer->create_database_tables();
}
update_option( 'woocommerce_feature_custom_order_tables_enabled', $wanted['hpos'] ? 'yes' : 'no' );
update_option( 'woocommerce_custom_orders_table_enabled', $wanted['hpos'] ? 'yes' : 'no' );
update_option( 'woocommerce_custom_orders_table_data_sync_enabled', 'no' );
