<?php
// Makes WordPress's tables.
define( 'WP_INSTALLING', true );
require $argv[1] . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
wp_install( 'Shop', 'merchant', 'merchant@shop.example', false, '', wp_generate_password() );
switch_theme( 'plain' );
update_option( 'timezone_string', 'Africa/Nairobi' ); // not UTC, and without summer time
update_option( 'active_plugins', array( 'woocommerce/woocommerce.php', 'tollgate/tollgate.php' ) );
