<?php
/**
 * A queue that reads the rows of Action Scheduler as that does.
 *
 * @package Tollgate
 */

/** The schedule of what is due at once. */
class ActionScheduler_NullSchedule {
}

/** Runs what is due. */
final class ActionScheduler_QueueRunner {
	public static function instance() {
		return new self();
	}

	public function run( $context ) {
		global $wpdb;
		$table = $wpdb->prefix . 'actionscheduler_actions';
		$ran   = 0;
		foreach ( $wpdb->get_results( "SELECT * FROM $table WHERE status = 'pending' AND claim_id = 0 AND scheduled_date_gmt <= UTC_TIMESTAMP() ORDER BY action_id" ) as $action ) {
			if ( ! unserialize( $action->schedule ) instanceof ActionScheduler_NullSchedule ) {
				throw new UnexpectedValueException( "action $action->action_id has no schedule" );
			}
			$mine = array(
				'action_id' => $action->action_id,
				'status'    => 'pending',
			);
			if ( $wpdb->update( $table, array( 'status' => 'in-progress' ), $mine ) ) {
				do_action_ref_array( $action->hook, json_decode( $action->args, true ) );
				$wpdb->update( $table, array( 'status' => 'complete' ), array( 'action_id' => $action->action_id ) );
				++$ran;
			}
		}
		return $ran;
	}
}
