-- The storefront's side: keys with scopes, requests that may be repeated, addresses of the shop, and
-- lists of payments. And a count of messages, by which a settlement knows that one came meanwhile.

ALTER TABLE tollgate_payments
    ADD COLUMN messages INT NOT NULL DEFAULT 0 COMMENT 'how many messages were worth a question' AFTER checks,
    ADD INDEX list (merchant, id) COMMENT 'the payments of a merchant, newest first, page by page';

-- Apart from the payment, whose row every settlement reads and writes: few payments have their own.
CREATE TABLE IF NOT EXISTS tollgate_shop_urls (
    payment_id BINARY(16) NOT NULL,
    success_url VARCHAR(1000) NOT NULL DEFAULT '' COMMENT 'where the customer goes when it is paid',
    failure_url VARCHAR(1000) NOT NULL DEFAULT '' COMMENT 'where the customer goes when it ended unpaid',
    callback_url VARCHAR(1000) NOT NULL DEFAULT '' COMMENT 'where the events of this payment go; empty: events.url',
    PRIMARY KEY (payment_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

ALTER TABLE tollgate_api_keys
    ADD COLUMN scopes VARCHAR(255) NOT NULL DEFAULT 'read open refund confirm' COMMENT 'what the key may do' AFTER name,
    ADD COLUMN expires_at DATETIME(6) NULL COMMENT 'set by a rotation: the old key works until then' AFTER created_at,
    ADD COLUMN last_used_at DATETIME(6) NULL COMMENT 'to the hour' AFTER expires_at;

CREATE TABLE IF NOT EXISTS tollgate_idempotency (
    merchant VARCHAR(64) NOT NULL,
    digest BINARY(32) NOT NULL COMMENT 'SHA-256 of the Idempotency-Key',
    request BINARY(32) NOT NULL COMMENT 'SHA-256 of method, path and body: another request with this key is refused',
    answer VARBINARY(16384) NULL COMMENT 'status and body; NULL: the first one is still at work',
    created_at DATETIME(6) NOT NULL,
    PRIMARY KEY (merchant, digest),
    KEY created (created_at) COMMENT 'the purge: what is too old to be repeated'
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
