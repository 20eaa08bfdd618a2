<?php
/**
 * The tables, with the columns that Tollgate's profiles name and those that must be given a value.
 *
 * @package Tollgate
 */

namespace Automattic\WooCommerce\Utilities {
	/** Which tables orders are in. */
	final class OrderUtil {
		public static function custom_orders_table_usage_is_enabled() {
			return 'yes' === get_option( 'woocommerce_custom_orders_table_enabled' );
		}
	}

	/** What plugins declare. */
	final class FeaturesUtil {
		public static function declare_compatibility( $feature, $file, $compatible ) {
			return true;
		}
	}
}

namespace {
	/** Makes the tables. */
	final class WC_Install {
		public static function install() {
			global $wpdb;
			$tables = array(
				'wc_orders'                 => 'id bigint unsigned PRIMARY KEY, status varchar(20), currency varchar(10), type varchar(20), total_amount decimal(26,8), billing_email varchar(320), date_created_gmt datetime, date_updated_gmt datetime, payment_method varchar(100), transaction_id varchar(100), KEY status (status)',
				'wc_order_addresses'        => 'id bigint unsigned AUTO_INCREMENT PRIMARY KEY, order_id bigint unsigned NOT NULL, address_type varchar(20), first_name text, last_name text, company text, address_1 text, address_2 text, city text, state text, postcode text, country text, email varchar(320), phone varchar(100), UNIQUE KEY address_type_order_id (address_type, order_id)',
				'wc_order_operational_data' => 'id bigint unsigned AUTO_INCREMENT PRIMARY KEY, order_id bigint unsigned, created_via varchar(100), order_key varchar(100), date_paid_gmt datetime, date_completed_gmt datetime, UNIQUE KEY order_id (order_id), KEY order_key (order_key)',
				'wc_orders_meta'            => 'id bigint unsigned AUTO_INCREMENT PRIMARY KEY, order_id bigint unsigned, meta_key varchar(255), meta_value text, KEY order_id_meta_key_meta_value (order_id, meta_key(100), meta_value(82))',
				'woocommerce_order_items'   => "order_item_id bigint unsigned AUTO_INCREMENT PRIMARY KEY, order_item_name text NOT NULL, order_item_type varchar(200) NOT NULL DEFAULT '', order_id bigint unsigned NOT NULL, KEY order_id (order_id)",
				'woocommerce_order_itemmeta' => 'meta_id bigint unsigned AUTO_INCREMENT PRIMARY KEY, order_item_id bigint unsigned NOT NULL, meta_key varchar(255), meta_value longtext, KEY order_item_id (order_item_id)',
				'actionscheduler_actions'   => "action_id bigint unsigned AUTO_INCREMENT PRIMARY KEY, hook varchar(191) NOT NULL, status varchar(20) NOT NULL, scheduled_date_gmt datetime NULL DEFAULT '0000-00-00 00:00:00', scheduled_date_local datetime NULL DEFAULT '0000-00-00 00:00:00', args varchar(191), schedule longtext, group_id bigint unsigned NOT NULL DEFAULT 0, attempts int NOT NULL DEFAULT 0, last_attempt_gmt datetime NULL DEFAULT '0000-00-00 00:00:00', last_attempt_local datetime NULL DEFAULT '0000-00-00 00:00:00', claim_id bigint unsigned NOT NULL DEFAULT 0, extended_args varchar(8000), KEY status (status)",
			);
			foreach ( $tables as $name => $columns ) {
				$wpdb->query( "CREATE TABLE {$wpdb->prefix}$name ($columns) {$wpdb->get_charset_collate()}" );
			}
		}
	}
}
