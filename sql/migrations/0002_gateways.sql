-- Every gateway: refunds, payments found by the gateway's own name, and the names that the seeds'
-- shops know a payment's columns by.

ALTER TABLE tollgate_payments
    ADD COLUMN opening_until DATETIME(6) NOT NULL DEFAULT '1970-01-01 00:00:00' COMMENT 'so long an opening without an answer holds the order' AFTER created_at,
    ADD COLUMN refund_id CHAR(20) NULL COMMENT 'our id of the refund that is under way' AFTER paid_twice,
    ADD COLUMN refund_minor BIGINT NULL COMMENT 'its amount, in minor units of paid_currency' AFTER refund_id,
    ADD COLUMN refund_total_minor BIGINT NULL COMMENT 'all that will have been given back once it is done' AFTER refund_minor,
    ADD COLUMN refund_ref VARCHAR(191) NULL COMMENT 'the id of the refund at the gateway' AFTER refund_total_minor,
    ADD COLUMN gateway_name VARCHAR(32) AS (gateway) VIRTUAL COMMENT 'gateway, by the name that shops know',
    ADD COLUMN payment_link VARCHAR(1000) AS (payment_url) VIRTUAL COMMENT 'payment_url, by the name that shops know',
    ADD INDEX gateway_ref (gateway_ref) COMMENT 'a notification that names a payment as the gateway does';
