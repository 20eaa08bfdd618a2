<?php
/**
 * Tollgate as a payment method of WooCommerce.
 *
 * @package Tollgate
 */

defined( 'ABSPATH' ) || exit;

/**
 * The customer is sent to the gateway's page, and comes back to welcome_back(). What he brings with him
 * proves nothing: Tollgate is asked, and changes the order itself.
 */
class Tollgate_Gateway extends WC_Payment_Gateway {

	const ID = 'tollgate';

	/** The longest text that Tollgate takes as a field of the customer. */
	const CUSTOMER_FIELD_MAX = 100;

	/** Reads the settings. */
	public function __construct() {
		$this->id                 = self::ID;
		$this->method_title       = __( 'Tollgate', 'tollgate' );
		$this->method_description = __( 'Mobile money and cards through your own Tollgate.', 'tollgate' );
		$this->has_fields         = false;
		$this->supports           = array( 'products', 'refunds' );
		$this->init_form_fields();
		$this->init_settings();
		$this->title       = $this->get_option( 'title' );
		$this->description = $this->get_option( 'description' );
		add_action( 'woocommerce_update_options_payment_gateways_' . $this->id, array( $this, 'process_admin_options' ) );
	}

	/** The settings page; WooCommerce draws it, with its nonce, and stores it. */
	public function init_form_fields() {
		$this->form_fields = array(
			'enabled'       => array(
				'title'   => __( 'Enable', 'tollgate' ),
				'type'    => 'checkbox',
				'label'   => __( 'Take payments through Tollgate', 'tollgate' ),
				'default' => 'no',
			),
			'title'         => array(
				'title'   => __( 'Title', 'tollgate' ),
				'type'    => 'safe_text',
				'default' => __( 'Mobile money or card', 'tollgate' ),
			),
			'description'   => array(
				'title'   => __( 'Description', 'tollgate' ),
				'type'    => 'textarea',
				'default' => '',
			),
			'url'           => array(
				'title'       => __( 'Address of Tollgate', 'tollgate' ),
				'type'        => 'url',
				'placeholder' => 'https://pay.shop.example',
				'description' => __( 'server.public_url of tollgate.toml.', 'tollgate' ),
			),
			'key'           => array(
				'title'       => __( 'API key', 'tollgate' ),
				'type'        => 'password',
				'description' => __( 'Made by `tollgate keys add --name woocommerce`. Or TOLLGATE_KEY in wp-config.php.', 'tollgate' ),
			),
			'gateway'       => array(
				'title'       => __( 'Gateway', 'tollgate' ),
				'type'        => 'text',
				'placeholder' => 'cinetpay',
				'description' => __( 'May be empty when Tollgate has only one.', 'tollgate' ),
			),
			'result_secret' => array(
				'title'       => __( 'Secret of the results', 'tollgate' ),
				'type'        => 'password',
				'description' => __( 'shop.result_secret of tollgate.toml. May be empty: Tollgate is asked instead.', 'tollgate' ),
			),
			'events_secret' => array(
				'title'       => __( 'Secret of the events', 'tollgate' ),
				'type'        => 'password',
				/* translators: %s: address */
				'description' => sprintf( __( 'events.secret of tollgate.toml, whose events.url is then %s. May be empty: mails leave a minute later then.', 'tollgate' ), rest_url( 'tollgate/v1/events' ) ),
			),
		);
	}

	/**
	 * Secrets are never sent to the browser: an empty field leaves what is stored.
	 *
	 * @param string $key  The setting.
	 * @param array  $data Its form field.
	 * @return string
	 */
	public function generate_password_html( $key, $data ) {
		$stored               = $this->settings[ $key ] ?? '';
		$this->settings[ $key ] = '';
		if ( '' !== $stored ) {
			$data['placeholder'] = __( 'stored; empty: unchanged', 'tollgate' );
		}
		$html                   = $this->generate_text_html( $key, $data );
		$this->settings[ $key ] = $stored;
		return $html;
	}

	/**
	 * See generate_password_html().
	 *
	 * @param string $key   The setting.
	 * @param string $value What was posted.
	 * @return string
	 */
	public function validate_password_field( $key, $value ) {
		$value = trim( wp_unslash( (string) $value ) );
		return '' === $value ? (string) $this->get_option( $key ) : $value;
	}

	/**
	 * The key travels to this address.
	 *
	 * @param string $key   The setting.
	 * @param string $value What was posted.
	 * @return string
	 */
	public function validate_url_field( $key, $value ) {
		$url   = untrailingslashit( esc_url_raw( trim( wp_unslash( (string) $value ) ) ) );
		$local = in_array( wp_parse_url( $url, PHP_URL_HOST ), array( 'localhost', '127.0.0.1' ), true );
		if ( '' !== $url && ! $local && 'https' !== wp_parse_url( $url, PHP_URL_SCHEME ) ) {
			WC_Admin_Settings::add_error( __( 'The address of Tollgate must begin with https://', 'tollgate' ) );
			return $this->get_option( $key );
		}
		return $url;
	}

	/** Whether the customer is offered it. */
	public function is_available() {
		return parent::is_available() && class_exists( 'Tollgate_Orders' )
			&& '' !== tollgate_setting( 'url' ) && '' !== tollgate_setting( 'key' );
	}

	/**
	 * Opens the payment, or finds the one that is open: Tollgate lets one order have only one.
	 *
	 * @param int $order_id The order.
	 * @return array
	 */
	public function process_payment( $order_id ) {
		$order  = wc_get_order( $order_id );
		$answer = tollgate_api( 'POST', '/api/v1/payments/', $this->opening( $order ) );
		$data   = $answer['data'];
		if ( 409 === $answer['status'] && 'paid' === ( $data['status'] ?? '' ) ) {
			return self::redirect( $order->get_checkout_order_received_url() );
		}
		$opened = in_array( $answer['status'], array( 201, 409 ), true ) && ! empty( $data['payment_url'] );
		if ( $opened && self::same_amount( $data, $order ) ) {
			return self::redirect( $data['payment_url'] );
		}
		$this->complain( $order, $answer );
		return array( 'result' => 'failure' );
	}

	/**
	 * What Tollgate is told of an order.
	 *
	 * @param WC_Order $order The order.
	 * @return array
	 */
	private function opening( $order ) {
		$customer = array(
			'name'    => $order->get_billing_last_name(),
			'surname' => $order->get_billing_first_name(),
			'email'   => $order->get_billing_email(),
			'phone'   => $order->get_billing_phone(),
			'address' => $order->get_billing_address_1(),
			'city'    => $order->get_billing_city(),
			'country' => $order->get_billing_country(),
			'state'   => $order->get_billing_state(),
			'zip'     => $order->get_billing_postcode(),
		);
		$back     = add_query_arg(
			array(
				'order' => $order->get_id(),
				'key'   => $order->get_order_key(),
			),
			WC()->api_request_url( self::ID )
		);
		$opening  = array(
			'order'       => (string) $order->get_id(),
			'amount'      => self::amount_text( $order->get_total() ),
			'currency'    => $order->get_currency(),
			'gateway'     => $this->get_option( 'gateway' ),
			'success_url' => $back,
			'failure_url' => $back,
			'customer'    => array_filter( array_map( array( __CLASS__, 'cut' ), $customer ) ),
		);
		return array_filter( $opening );
	}

	/**
	 * Gives money back through the gateway.
	 *
	 * @param int        $order_id The order.
	 * @param float|null $amount   Null: all of it.
	 * @param string     $reason   Kept by WooCommerce.
	 * @return bool|WP_Error
	 */
	public function process_refund( $order_id, $amount = null, $reason = '' ) {
		$order = wc_get_order( $order_id );
		$paid  = tollgate_payments(
			array(
				'order'     => $order_id,
				'reference' => $order->get_transaction_id(),
			)
		);
		if ( '' === $order->get_transaction_id() || ! $paid ) {
			return new WP_Error( 'tollgate', __( 'Tollgate was not reached, or knows no payment of this order. Nothing was begun.', 'tollgate' ) );
		}
		$order->update_meta_data( Tollgate_Orders::META_REFUNDING, (string) time() );
		$order->save_meta_data();
		$body   = null === $amount ? new stdClass() : array( 'amount' => self::amount_text( $amount ) );
		$answer = tollgate_api( 'POST', "/api/v1/payments/{$paid[0]['id']}/refund/", $body );
		if ( 200 === $answer['status'] ) {
			Tollgate_Orders::settle_own( $order_id, 'refunded' );
		}
		$order->delete_meta_data( Tollgate_Orders::META_REFUNDING );
		$order->save_meta_data();
		return 200 === $answer['status'] ? true : new WP_Error( 'tollgate', self::why_not_refunded( $answer ) );
	}

	/**
	 * Only what is certain is written into the order: nothing of this was, yet.
	 *
	 * @param array $answer Of Tollgate.
	 * @return string
	 */
	private static function why_not_refunded( $answer ) {
		if ( 202 === $answer['status'] ) {
			return __( 'The refund is under way. The order changes when the gateway says that it is done; please do not repeat it.', 'tollgate' );
		}
		if ( 0 === $answer['status'] || $answer['status'] >= 500 && 502 !== $answer['status'] ) {
			return __( 'Tollgate did not answer. Please see with `tollgate explain` whether the refund was begun before you repeat it.', 'tollgate' );
		}
		return implode( ' ', array_merge( array( $answer['message'] ), array_filter( $answer['errors'], 'is_string' ) ) );
	}

	/**
	 * The customer comes back. Tollgate asks the gateway if it does not know yet how it ended.
	 */
	public static function welcome_back() {
		// phpcs:disable WordPress.Security.NonceVerification -- a link from outside; the order's key proves it.
		$order = wc_get_order( absint( wp_unslash( $_GET['order'] ?? 0 ) ) );
		$key   = sanitize_text_field( wp_unslash( $_GET['key'] ?? '' ) );
		// phpcs:enable
		if ( ! $order || ! $order->key_is_valid( $key ) ) {
			wp_die( esc_html__( 'This link is not valid.', 'tollgate' ), '', array( 'response' => 404 ) );
		}
		$status = self::status_of( $order );
		Tollgate_Orders::catch_up( $order->get_id() );
		if ( in_array( $status, TOLLGATE_UNPAID, true ) ) {
			wc_add_notice( __( 'The payment was not completed. You may try again.', 'tollgate' ), 'error' );
			$order = wc_get_order( $order->get_id() );
			$page  = $order->needs_payment() ? $order->get_checkout_payment_url() : wc_get_checkout_url();
		} else {
			$page = $order->get_checkout_order_received_url();
		}
		wp_safe_redirect( $page );
		exit;
	}

	/**
	 * What became of the order's payment: Tollgate's signed result, if the customer brought a fresh one;
	 * otherwise Tollgate is asked.
	 *
	 * @param WC_Order $order The order.
	 * @return string Empty: no answer.
	 */
	private static function status_of( $order ) {
		$secret = tollgate_setting( 'result_secret' );
		$names  = array( 'status', 'order', 'reference', 'amount', 'currency', 'time' );
		$result = array();
		foreach ( array_merge( $names, array( 'signature' ) ) as $name ) {
			// phpcs:ignore WordPress.Security.NonceVerification, WordPress.Security.ValidatedSanitizedInput -- signed.
			$value           = wp_unslash( $_GET[ "tollgate_$name" ] ?? '' );
			$result[ $name ] = is_string( $value ) ? $value : '';
		}
		$signature = array_pop( $result );
		$expected  = hash_hmac( 'sha256', implode( "\n", $result ), $secret );
		$fresh     = abs( time() - (int) $result['time'] ) < 600;
		if ( '' !== $secret && $fresh && hash_equals( $expected, $signature ) && (string) $order->get_id() === $result['order'] ) {
			return $result['status'];
		}
		$found = tollgate_payments( array( 'order' => $order->get_id() ) );
		return $found ? tollgate_status( $found[0]['id'] ) : '';
	}

	/**
	 * Nothing could be opened: the reason for the log, a sentence for the customer. The log never holds
	 * what was sent.
	 *
	 * @param WC_Order $order  The order.
	 * @param array    $answer Of Tollgate.
	 */
	private function complain( $order, $answer ) {
		wc_get_logger()->error(
			sprintf( 'Order #%d: %d %s %s', $order->get_id(), $answer['status'], $answer['message'], wp_json_encode( $answer['errors'] ) ),
			array( 'source' => 'tollgate' )
		);
		wc_add_notice( __( 'The payment could not be begun. Please look at your phone number and address, or try again in a minute.', 'tollgate' ), 'error' );
	}

	/**
	 * As Tollgate writes amounts, but for decimals that the currency does not have.
	 *
	 * @param string|float $amount Of WooCommerce.
	 * @return string
	 */
	private static function amount_text( $amount ) {
		return wc_format_decimal( $amount, wc_get_price_decimals() );
	}

	/**
	 * Whether an open payment is about what the order costs now.
	 *
	 * @param array    $data  The payment.
	 * @param WC_Order $order The order.
	 * @return bool
	 */
	private static function same_amount( $data, $order ) {
		return self::amount_text( $data['amount'] ) === self::amount_text( $order->get_total() )
			&& $data['currency'] === $order->get_currency();
	}

	/**
	 * A field of the customer, as long as Tollgate takes it.
	 *
	 * @param string $text Of the order.
	 * @return string
	 */
	private static function cut( $text ) {
		return mb_substr( trim( (string) $text ), 0, self::CUSTOMER_FIELD_MAX );
	}

	/**
	 * The answer to WooCommerce's checkout.
	 *
	 * @param string $url Where the customer goes.
	 * @return array
	 */
	private static function redirect( $url ) {
		return array(
			'result'   => 'success',
			'redirect' => $url,
		);
	}
}
