<?php
/**
 * Tollgate in the checkout block.
 *
 * @package Tollgate
 */

defined( 'ABSPATH' ) || exit;

use Automattic\WooCommerce\Blocks\Payments\Integrations\AbstractPaymentMethodType;

/**
 * The block shows title and description; paying goes through Tollgate_Gateway as in the classic checkout.
 */
final class Tollgate_Blocks extends AbstractPaymentMethodType {

	/**
	 * The payment method's id.
	 *
	 * @var string
	 */
	protected $name = 'tollgate';

	/** Reads the settings. */
	public function initialize() {
		$this->settings = get_option( 'woocommerce_tollgate_settings', array() );
	}

	/** Whether the customer is offered it. */
	public function is_active() {
		$gateways = WC()->payment_gateways()->payment_gateways();
		return isset( $gateways[ $this->name ] ) && $gateways[ $this->name ]->is_available();
	}

	/** The script that shows it. */
	public function get_payment_method_script_handles() {
		$script = 'assets/checkout-block.js';
		wp_register_script(
			'tollgate-checkout-block',
			plugins_url( $script, __DIR__ ),
			array( 'wc-blocks-registry', 'wc-settings', 'wp-element', 'wp-html-entities' ),
			(string) filemtime( dirname( __DIR__ ) . '/' . $script ),
			true
		);
		return array( 'tollgate-checkout-block' );
	}

	/** What the script is told. */
	public function get_payment_method_data() {
		return array(
			'title'       => $this->get_setting( 'title' ),
			'description' => $this->get_setting( 'description' ),
			'supports'    => array( 'products' ),
		);
	}
}
