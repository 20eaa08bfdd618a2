-- Nothing lost, nothing twice: events for the storefront, notifications whose payment is not there
-- yet, and what the operator's list of things to look at needs.

ALTER TABLE tollgate_payments
    ADD COLUMN unanswered_since DATETIME(6) NULL COMMENT 'the gateway has been asked since, and has not answered' AFTER checked_at,
    ADD COLUMN attention_seen TINYINT NOT NULL DEFAULT 0 COMMENT 'an operator has dealt with it' AFTER attention,
    ADD COLUMN refund_began_at DATETIME(6) NULL COMMENT 'of the refund that is under way' AFTER refund_ref,
    ADD COLUMN events INT NOT NULL DEFAULT 0 COMMENT 'the number of the last event' AFTER chain,
    ADD INDEX attention (attention, attention_seen) COMMENT 'what an operator should look at';

UPDATE tollgate_payments SET refund_began_at = updated_at
    WHERE refund_id IS NOT NULL AND refund_began_at IS NULL;

ALTER TABLE tollgate_events
    ADD COLUMN number INT NOT NULL DEFAULT 0 COMMENT 'counts the events of one payment; 0: before there were numbers' AFTER payment_id,
    DROP INDEX payment,
    ADD INDEX payment (payment_id, number) COMMENT 'the story of a payment, in order';

CREATE TABLE IF NOT EXISTS tollgate_outbox (
    id BINARY(16) NOT NULL COMMENT 'of the event',
    payment_id BINARY(16) NOT NULL,
    number INT NOT NULL COMMENT 'of the event within its payment: the order of delivery',
    type VARCHAR(32) NOT NULL COMMENT 'payment.paid and the like',
    payload VARBINARY(8192) NOT NULL COMMENT 'JSON, byte for byte as it is signed and sent',
    attempts INT NOT NULL DEFAULT 0,
    next_attempt_at DATETIME(6) NULL COMMENT 'while it is being sent: when the lease ends; NULL: delivered, or parked',
    delivered_at DATETIME(6) NULL,
    parked_at DATETIME(6) NULL COMMENT 'given up until an operator replays it',
    last_error VARCHAR(255) NOT NULL DEFAULT '' COMMENT 'why the last attempt failed',
    lease_owner VARCHAR(64) NULL COMMENT 'which process is sending',
    lease_until DATETIME(6) NULL,
    created_at DATETIME(6) NOT NULL,
    PRIMARY KEY (id),
    KEY due (next_attempt_at) COMMENT 'the sender: what is due',
    KEY parked (parked_at) COMMENT 'an operator: what was given up',
    KEY payment (payment_id, number) COMMENT 'the events of a payment, in order'
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS tollgate_orphans (
    id BINARY(16) NOT NULL COMMENT 'the evidence whose payment is not known yet',
    gateway VARCHAR(32) NOT NULL,
    reference CHAR(20) NOT NULL COMMENT 'of the payment; empty: named by gateway_ref alone',
    gateway_ref VARCHAR(191) NOT NULL COMMENT 'the name that the gateway has for it; empty: not said',
    received_at DATETIME(6) NOT NULL,
    PRIMARY KEY (id),
    KEY received (received_at) COMMENT 'the reconciler: orphans that may still find their payment'
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
