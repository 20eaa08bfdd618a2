<?php
/**
 * Plugin Name: Tollgate orders
 * Description: Carries out what WooCommerce does when an order changes, once for each change that Tollgate wrote into the shop's tables, and asks Tollgate before an unpaid order is cancelled.
 * Version: 1.0.0
 * Requires PHP: 7.4
 * License: same as Tollgate
 *
 * Belongs into wp-content/mu-plugins/.
 *
 * Tollgate changes orders by SQL, inside the transaction in which a payment becomes paid, failed or
 * refunded, so none of WooCommerce's actions run then. Each change leaves a note in the order's meta:
 *
 *     _tollgate_due = <payment id>/<status of the payment> <status before> <status after>
 *
 * Whoever comes first (Action Scheduler, the customer on his way back, an event of Tollgate's) claims
 * the note by a compare-and-set update, which adds `<step> <time>`, and runs the actions one after the
 * other. Before each of them its number is written into the note; at the end the note is removed.
 * When the server dies on the way, the hourly sweep goes on behind the action that was under way. That
 * one is not run again, for a mail may have left; the order's note names it to the merchant. What can be
 * repeated without harm (stock, download permissions: WooCommerce remembers that it did them) is.
 *
 * @package Tollgate
 */

defined( 'ABSPATH' ) || exit;

/**
 * What follows from the changes that Tollgate wrote.
 */
final class Tollgate_Orders {

	const META_KEY = '_tollgate_due';

	/** While the shop itself refunds, WooCommerce runs the actions of that refund. */
	const META_REFUNDING = '_tollgate_refunding';

	/** Somebody who has claimed a change and is silent for so long is dead. */
	const CLAIM_LASTS_S = 600;

	/** Hooks everything up; WooCommerce need not be loaded yet. */
	public static function register() {
		add_action( 'tollgate_order_changed', array( __CLASS__, 'catch_up' ) );
		add_action( 'woocommerce_before_thankyou', array( __CLASS__, 'catch_up' ) );
		add_action( 'tollgate_sweep', array( __CLASS__, 'sweep' ) );
		add_action( 'init', array( __CLASS__, 'schedule_sweep' ) );
		add_action( 'rest_api_init', array( __CLASS__, 'register_events' ) );
		add_filter( 'woocommerce_cancel_unpaid_order', array( __CLASS__, 'may_cancel' ), 100, 2 );
	}

	/** Makes WordPress's cron run the sweep. */
	public static function schedule_sweep() {
		if ( ! wp_installing() && ! wp_next_scheduled( 'tollgate_sweep' ) ) {
			wp_schedule_event( time(), 'hourly', 'tollgate_sweep' );
		}
	}

	/** Changes that nobody has carried out: the action failed, or the server died. */
	public static function sweep() {
		global $wpdb;
		if ( ! function_exists( 'WC' ) ) {
			return;
		}
		list( $table, , $order_column ) = self::meta_table();
		// phpcs:ignore WordPress.DB.PreparedSQL.InterpolatedNotPrepared -- names of ours.
		$orders = $wpdb->get_col( $wpdb->prepare( "SELECT DISTINCT $order_column FROM $table WHERE meta_key = %s LIMIT 200", self::META_KEY ) );
		array_map( array( __CLASS__, 'catch_up' ), $orders );
	}

	/**
	 * Carries out what is due for an order.
	 *
	 * @param int|string $order_id The order.
	 */
	public static function catch_up( $order_id ) {
		global $wpdb;
		$order_id = absint( $order_id );
		if ( ! function_exists( 'WC' ) || ! $order_id ) {
			return;
		}
		self::set_local_time( $order_id );
		list( $table, $id_column, $order_column ) = self::meta_table();
		// phpcs:ignore WordPress.DB.PreparedSQL.InterpolatedNotPrepared -- names of ours.
		$notes = $wpdb->get_results( $wpdb->prepare( "SELECT $id_column AS id, meta_value FROM $table WHERE $order_column = %d AND meta_key = %s ORDER BY $id_column", $order_id, self::META_KEY ) );
		if ( ! $notes ) {
			return;
		}
		self::forget_cached( $order_id );
		$order = wc_get_order( $order_id );
		if ( ! $order ) {
			return; // An order that was deleted.
		}
		foreach ( $notes as $note ) {
			if ( ! self::carry_out( $order, (int) $note->id, $note->meta_value ) ) {
				break; // What came later is not carried out before it.
			}
		}
		self::forget_cached( $order_id );
	}

	/**
	 * One change of an order.
	 *
	 * @param WC_Order $order   The order, as it is now.
	 * @param int      $note_id The note's row.
	 * @param string   $value   What was read in it.
	 * @return bool Whether it is done; false: somebody else is at it.
	 */
	private static function carry_out( $order, $note_id, $value ) {
		$words = explode( ' ', $value );
		if ( count( $words ) < 3 ) {
			return true; // Not one of ours.
		}
		list( $cause, $from, $to ) = $words;
		$done   = isset( $words[3] ) ? (int) $words[3] : -1;
		$change = "$cause $from $to";
		if ( isset( $words[4] ) && time() - (int) $words[4] < self::CLAIM_LASTS_S ) {
			return false;
		}
		if ( 'refunded' === $to && time() - (int) $order->get_meta( self::META_REFUNDING ) < self::CLAIM_LASTS_S ) {
			return false;
		}
		$steps = self::steps( $order, $cause, $from, $to );
		for ( $step = max( $done, 0 ); $step < count( $steps ); ++$step ) {
			$claimed = "$change $step " . time();
			if ( ! self::swap( $note_id, $value, $claimed ) ) {
				return false;
			}
			$value = $claimed;
			if ( $step === $done ) {
				self::after_a_crash( $order, $steps[ $step ] );
			} else {
				self::run( $order, $steps[ $step ] );
			}
		}
		return self::swap( $note_id, $value, null );
	}

	/**
	 * What WooCommerce does when an order is saved with another status, in its order:
	 * WC_Order::save(), ::status_transition() and ::payment_complete().
	 *
	 * @param WC_Order $order The order.
	 * @param string   $cause `<payment id>/<status>`.
	 * @param string   $from  The order's status before.
	 * @param string   $to    And after.
	 * @return array[] Each the name of an action and its arguments.
	 */
	private static function steps( $order, $cause, $from, $to ) {
		$id          = $order->get_id();
		$transaction = $order->get_transaction_id();
		$paid        = '/paid' === substr( $cause, -5 );
		$details     = array(
			'from'   => $from,
			'to'     => $to,
			'note'   => '',
			'manual' => false,
		);
		$steps       = array(
			array( 'woocommerce_update_order', $id, $order ),
			array( "woocommerce_order_status_$to", $id, $order, $details ),
			array( "woocommerce_order_status_{$from}_to_$to", $id, $order ),
			array( 'woocommerce_order_status_changed', $id, $from, $to, $order ),
		);
		$payable     = apply_filters( 'woocommerce_valid_order_statuses_for_payment', array( 'pending', 'failed' ), $order );
		if ( in_array( $from, $payable, true ) && in_array( $to, wc_get_is_paid_statuses(), true ) ) {
			$steps[] = array( 'woocommerce_order_payment_status_changed', $id, $order );
		}
		if ( $paid ) {
			array_unshift( $steps, array( 'woocommerce_pre_payment_complete', $id, $transaction ) );
			$steps[] = array( 'woocommerce_payment_complete', $id, $transaction );
			$steps[] = array( 'tollgate_wanted_status', $order, $to );
		}
		return $steps;
	}

	/**
	 * Runs one action. What a listener throws is logged, as WooCommerce does, and the next one runs.
	 *
	 * @param WC_Order $order The order.
	 * @param array    $step  The action and its arguments.
	 */
	private static function run( $order, $step ) {
		try {
			if ( 'tollgate_wanted_status' === $step[0] ) {
				self::apply_wanted_status( $order->get_id(), $step[2] );
			} elseif ( 'woocommerce_order_status_refunded' === $step[0] ) {
				self::record_refund( $order );
				do_action( ...$step );
			} else {
				do_action( ...$step );
			}
		} catch ( Throwable $error ) {
			wc_get_logger()->error(
				sprintf( 'Order #%d, %s: %s', $order->get_id(), $step[0], $error->getMessage() ),
				array( 'source' => 'tollgate' )
			);
		}
	}

	/**
	 * The money went back already: WooCommerce, which would add that somebody has to see to that, finds
	 * nothing left to record.
	 *
	 * @param WC_Order $order The order.
	 */
	private static function record_refund( $order ) {
		$left = wc_format_decimal( $order->get_total() - $order->get_total_refunded() );
		if ( $left > 0 ) {
			wc_create_refund(
				array(
					'order_id' => $order->get_id(),
					'amount'   => $left,
					'reason'   => 'Tollgate',
				)
			);
		}
	}

	/**
	 * Other plugins may want paid orders to have another status (those that complete them at once).
	 *
	 * @param int    $order_id The order.
	 * @param string $to       What Tollgate set.
	 */
	private static function apply_wanted_status( $order_id, $to ) {
		$order  = wc_get_order( $order_id );
		$wanted = apply_filters( 'woocommerce_payment_complete_order_status', $to, $order_id, $order );
		if ( $wanted !== $to && $order->has_status( $to ) ) {
			$order->update_status( $wanted );
		}
	}

	/**
	 * The server died while this action ran: what can be repeated is, and the merchant is told.
	 *
	 * @param WC_Order $order The order.
	 * @param array    $step  The action that was under way.
	 */
	private static function after_a_crash( $order, $step ) {
		if ( $order->is_paid() ) {
			wc_maybe_reduce_stock_levels( $order->get_id() );
			wc_downloadable_product_permissions( $order->get_id() );
		}
		$order->add_order_note(
			sprintf(
				'Tollgate: the server stopped while the shop worked on this change (%s). That was not begun again; please see whether the mail to the customer was sent.',
				$step[0]
			)
		);
	}

	/**
	 * Replaces a note, or removes it, unless somebody else did.
	 *
	 * @param int         $note_id The note's row.
	 * @param string      $old     What it says.
	 * @param string|null $new     What it says then.
	 * @return bool Whether this call did it.
	 */
	private static function swap( $note_id, $old, $new ) {
		global $wpdb;
		list( $table, $id_column ) = self::meta_table();
		$row                       = array(
			$id_column   => $note_id,
			'meta_value' => $old, // phpcs:ignore WordPress.DB.SlowDBQuery -- the key comes first.
		);
		return 1 === ( null === $new
			? $wpdb->delete( $table, $row )
			: $wpdb->update( $table, array( 'meta_value' => $new ), $row ) ); // phpcs:ignore WordPress.DB.SlowDBQuery
	}

	/**
	 * Removes the notes of a change whose actions WooCommerce has run itself.
	 *
	 * @param int    $order_id The order.
	 * @param string $to       The order's status after the change.
	 */
	public static function settle_own( $order_id, $to ) {
		global $wpdb;
		list( $table, , $order_column ) = self::meta_table();
		// phpcs:ignore WordPress.DB.PreparedSQL.InterpolatedNotPrepared -- names of ours.
		$wpdb->query( $wpdb->prepare( "DELETE FROM $table WHERE $order_column = %d AND meta_key = %s AND meta_value LIKE %s", $order_id, self::META_KEY, '% ' . $wpdb->esc_like( $to ) ) );
	}

	/** Where the shop keeps the meta of its orders: table, its id, the order's id. */
	private static function meta_table() {
		global $wpdb;
		$util = 'Automattic\WooCommerce\Utilities\OrderUtil';
		if ( class_exists( $util ) && $util::custom_orders_table_usage_is_enabled() ) {
			return array( $wpdb->prefix . 'wc_orders_meta', 'id', 'order_id' );
		}
		return array( $wpdb->postmeta, 'meta_id', 'post_id' );
	}

	/**
	 * What is cached of an order is older than what Tollgate wrote.
	 *
	 * @param int $order_id The order.
	 */
	public static function forget_cached( $order_id ) {
		clean_post_cache( $order_id );
		WC_Cache_Helper::invalidate_cache_group( 'object_' . $order_id );
		wp_cache_delete( 'order-needs-processing-' . $order_id, 'orders' );
		$cache = 'Automattic\WooCommerce\Caches\OrderCache';
		if ( class_exists( $cache ) ) {
			wc_get_container()->get( $cache )->remove( $order_id );
		}
		$store = WC_Data_Store::load( 'order' );
		if ( $store->has_callable( 'clear_cached_data' ) ) {
			$store->clear_cached_data( array( $order_id ) );
		}
		wc_delete_shop_order_transients( $order_id );
	}

	/**
	 * Order notes carry the shop's own time beside UTC; a database need not know time zones, so Tollgate
	 * writes UTC into both.
	 *
	 * @param int $order_id The order.
	 */
	private static function set_local_time( $order_id ) {
		global $wpdb;
		$comments = $wpdb->get_results( $wpdb->prepare( "SELECT comment_ID, comment_date_gmt FROM $wpdb->comments WHERE comment_post_ID = %d AND comment_type = 'order_note' AND comment_author = 'Tollgate' AND comment_date = comment_date_gmt", $order_id ) );
		foreach ( $comments as $comment ) {
			$local = get_date_from_gmt( $comment->comment_date_gmt );
			$wpdb->update( $wpdb->comments, array( 'comment_date' => $local ), array( 'comment_ID' => $comment->comment_ID ) );
			clean_comment_cache( $comment->comment_ID );
		}
	}

	/**
	 * Whether WooCommerce may cancel an order that was not paid in time: only when Tollgate, which asks
	 * the gateway, knows that nobody is paying it. No answer is no permission.
	 *
	 * @param bool     $cancel What the others say.
	 * @param WC_Order $order  The order.
	 * @return bool
	 */
	public static function may_cancel( $cancel, $order ) {
		$method = $order->get_payment_method();
		if ( ! $cancel || ! in_array( $method, array( '', 'tollgate' ), true ) ) {
			return $cancel;
		}
		$found = tollgate_payments( array( 'order' => $order->get_id() ) );
		if ( array() === $found ) {
			return $cancel; // Nobody has begun to pay.
		}
		return null !== $found && in_array( tollgate_status( $found[0]['id'] ), TOLLGATE_UNPAID, true );
	}

	/** The address that Tollgate's events come to. */
	public static function register_events() {
		register_rest_route(
			'tollgate/v1',
			'/events',
			array(
				'methods'             => 'POST',
				'callback'            => array( __CLASS__, 'take_event' ),
				'permission_callback' => array( __CLASS__, 'is_signed' ),
			)
		);
	}

	/**
	 * The signature of Standard Webhooks, by the secret that Tollgate has as events.secret.
	 *
	 * @param WP_REST_Request $request The event.
	 * @return bool
	 */
	public static function is_signed( $request ) {
		$secret = tollgate_setting( 'events_secret' );
		$key    = base64_decode( substr( $secret, strlen( 'whsec_' ) ), true );
		$time   = (string) $request->get_header( 'webhook_timestamp' );
		if ( ! $key || abs( time() - (int) $time ) > 300 ) {
			return false;
		}
		$message  = $request->get_header( 'webhook_id' ) . '.' . $time . '.' . $request->get_body();
		$expected = 'v1,' . base64_encode( hash_hmac( 'sha256', $message, $key, true ) );
		$valid    = false;
		foreach ( explode( ' ', (string) $request->get_header( 'webhook_signature' ) ) as $signature ) {
			$valid = hash_equals( $expected, $signature ) || $valid;
		}
		return $valid;
	}

	/**
	 * An event says that something happened; what it was is in the tables.
	 *
	 * @param WP_REST_Request $request The event.
	 * @return WP_REST_Response
	 */
	public static function take_event( $request ) {
		$event = $request->get_json_params();
		if ( isset( $event['data']['order'] ) && is_scalar( $event['data']['order'] ) ) {
			self::catch_up( $event['data']['order'] );
		}
		return new WP_REST_Response( null, 204 );
	}
}

/** How a payment ends that brought no money. */
const TOLLGATE_UNPAID = array( 'failed', 'cancelled', 'expired' );

/**
 * A setting of WooCommerce, Settings, Payments, Tollgate; a constant in wp-config.php wins, which keeps
 * secrets out of the database: TOLLGATE_URL, TOLLGATE_KEY, TOLLGATE_EVENTS_SECRET.
 *
 * @param string $name Its name.
 * @return string
 */
function tollgate_setting( $name ) {
	$constant = 'TOLLGATE_' . strtoupper( $name );
	if ( defined( $constant ) ) {
		return (string) constant( $constant );
	}
	$settings = get_option( 'woocommerce_tollgate_settings', array() );
	return isset( $settings[ $name ] ) ? trim( (string) $settings[ $name ] ) : '';
}

/**
 * A request to Tollgate's Payments API.
 *
 * @param string     $method GET or POST.
 * @param string     $path   Begins with /api/.
 * @param array|null $body   Sent as JSON.
 * @return array `status` (0: no answer), `message`, `data` and `errors`, as docs/http-api.md says.
 */
function tollgate_api( $method, $path, $body = null ) {
	$request = array(
		'method'      => $method,
		'timeout'     => 30,
		'redirection' => 0, // The key is for nobody else.
		'headers'     => array(
			'Authorization' => 'Bearer ' . tollgate_setting( 'key' ),
			'Accept'        => 'application/json',
		),
	);
	if ( null !== $body ) {
		$request['headers']['Content-Type'] = 'application/json';
		$request['body']                    = wp_json_encode( $body );
	}
	$reply = wp_remote_request( untrailingslashit( tollgate_setting( 'url' ) ) . $path, $request );
	$none  = array(
		'status'  => 0,
		'message' => '',
		'data'    => array(),
		'errors'  => array(),
	);
	if ( is_wp_error( $reply ) ) {
		return array( 'message' => $reply->get_error_message() ) + $none;
	}
	$answer = json_decode( wp_remote_retrieve_body( $reply ), true );
	$status = array( 'status' => (int) wp_remote_retrieve_response_code( $reply ) );
	return $status + array_intersect_key( is_array( $answer ) ? $answer : array(), $none ) + $none;
}

/**
 * Payments at Tollgate, the newest first.
 *
 * @param array $filter As of GET /api/v1/payments/: order, reference, status.
 * @return array[]|null Null: no answer.
 */
function tollgate_payments( $filter ) {
	$answer = tollgate_api( 'GET', '/api/v1/payments/?' . http_build_query( $filter ) );
	return 200 === $answer['status'] ? $answer['data'] : null;
}

/**
 * The status of a payment. When it is open Tollgate asks the gateway first.
 *
 * @param string $payment Its id.
 * @return string Empty: no answer.
 */
function tollgate_status( $payment ) {
	$answer = tollgate_api( 'GET', "/api/v1/payments/$payment/status/" );
	return 200 === $answer['status'] ? $answer['data']['status'] : '';
}

Tollgate_Orders::register();
