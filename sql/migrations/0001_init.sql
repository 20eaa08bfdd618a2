-- The tables of Tollgate. Conventions: InnoDB, utf8mb4_bin, UTC, DATETIME(6); ids are UUID version 7
-- as BINARY(16); every index names the query that needs it; nothing depends on the order of
-- AUTO_INCREMENT, so a cluster may run these as they are.

CREATE TABLE IF NOT EXISTS tollgate_payments (
    id BINARY(16) NOT NULL,
    merchant VARCHAR(64) NOT NULL,
    order_ref VARCHAR(64) NOT NULL,
    attempt INT NOT NULL COMMENT 'counts the payments of one order',
    gateway VARCHAR(32) NOT NULL,
    reference CHAR(20) NOT NULL COMMENT 'our id as the gateway sees it',
    gateway_ref VARCHAR(191) NULL COMMENT 'the id of the gateway',
    amount_minor BIGINT NOT NULL COMMENT 'the price, in minor units of currency',
    currency CHAR(3) NOT NULL,
    description VARCHAR(255) NOT NULL DEFAULT '',
    customer VARCHAR(2000) NOT NULL DEFAULT '{}' COMMENT 'JSON',
    files VARCHAR(2000) NOT NULL DEFAULT '[]' COMMENT 'JSON; what is delivered when paid',
    processing TINYINT NOT NULL DEFAULT 0,
    failure VARCHAR(16) NOT NULL DEFAULT 'none' COMMENT 'none, expired, cancelled, failed',
    paid_minor BIGINT NULL COMMENT 'greatest amount the gateway called paid; 0: it did not say',
    paid_currency CHAR(3) NULL,
    refunded_minor BIGINT NULL,
    refunded_currency CHAR(3) NULL,
    disputed TINYINT NOT NULL DEFAULT 0,
    conflict TINYINT NOT NULL DEFAULT 0 COMMENT 'answers named different currencies',
    status VARCHAR(24) NOT NULL COMMENT 'a function of the facts and the price',
    attention VARCHAR(24) NOT NULL DEFAULT '' COMMENT 'what an operator should look at',
    paid_twice TINYINT NOT NULL DEFAULT 0 COMMENT 'another payment of the order had been paid before',
    payment_url VARCHAR(1000) NOT NULL DEFAULT '',
    checks INT NOT NULL DEFAULT 0 COMMENT 'how often the gateway was asked',
    check_due_at DATETIME(6) NULL COMMENT 'when to ask again; NULL: never',
    checked_at DATETIME(6) NULL,
    lease_owner VARCHAR(64) NULL COMMENT 'which process is asking',
    lease_until DATETIME(6) NULL,
    chain BINARY(32) NULL COMMENT 'hash of the last event',
    created_at DATETIME(6) NOT NULL,
    updated_at DATETIME(6) NOT NULL,
    paid_at DATETIME(6) NULL,
    PRIMARY KEY (id),
    UNIQUE KEY reference (reference) COMMENT 'a notification names its payment',
    UNIQUE KEY attempt (merchant, order_ref, attempt) COMMENT 'the payments of an order; one winner among racing openings',
    KEY due (check_due_at) COMMENT 'the reconciler: what is due'
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS tollgate_evidence (
    id BINARY(16) NOT NULL,
    payment_id BINARY(16) NULL COMMENT 'NULL: no such payment (yet)',
    kind VARCHAR(16) NOT NULL COMMENT 'notification, check',
    gateway VARCHAR(32) NOT NULL,
    reference VARCHAR(64) NOT NULL DEFAULT '' COMMENT 'whom it claims to be about',
    digest BINARY(32) NOT NULL COMMENT 'SHA-256 of the gateway and what was received',
    proof VARCHAR(16) NOT NULL COMMENT 'none, shared_secret, signed',
    body VARBINARY(8192) NOT NULL COMMENT 'redacted, cut at its limit',
    received_at DATETIME(6) NOT NULL,
    last_at DATETIME(6) NOT NULL COMMENT 'when the gateway gave the same answer last',
    PRIMARY KEY (id),
    UNIQUE KEY digest (digest) COMMENT 'intake: the same message is stored once',
    KEY payment (payment_id) COMMENT 'the story of a payment'
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS tollgate_events (
    id BINARY(16) NOT NULL,
    payment_id BINARY(16) NOT NULL,
    from_status VARCHAR(24) NOT NULL,
    to_status VARCHAR(24) NOT NULL,
    cause VARCHAR(255) NOT NULL COMMENT 'opened, notification, check, and what the gateway said',
    evidence_id BINARY(16) NULL,
    hash BINARY(32) NOT NULL COMMENT 'SHA-256 over the previous hash and this row',
    created_at DATETIME(6) NOT NULL,
    PRIMARY KEY (id),
    KEY payment (payment_id, id) COMMENT 'the story of a payment, in order'
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS tollgate_grants (
    id BINARY(16) NOT NULL,
    token_digest BINARY(32) NOT NULL COMMENT 'SHA-256 of the token; the token itself is nowhere',
    payment_id BINARY(16) NOT NULL,
    file VARCHAR(255) NOT NULL COMMENT 'path below the download folder',
    uses INT NOT NULL DEFAULT 0,
    uses_max INT NOT NULL,
    use_ends_at DATETIME(6) NULL COMMENT 'until then a resumed download is the same use',
    expires_at DATETIME(6) NOT NULL,
    revoked_at DATETIME(6) NULL,
    created_at DATETIME(6) NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY token (token_digest) COMMENT 'a download link names its grant',
    UNIQUE KEY file (payment_id, file) COMMENT 'one grant per file, however often it is settled'
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS tollgate_api_keys (
    id BINARY(16) NOT NULL,
    digest BINARY(32) NOT NULL COMMENT 'SHA-256 of the key; the key itself is nowhere',
    merchant VARCHAR(64) NOT NULL,
    name VARCHAR(64) NOT NULL,
    created_at DATETIME(6) NOT NULL,
    revoked_at DATETIME(6) NULL,
    PRIMARY KEY (id),
    UNIQUE KEY digest (digest) COMMENT 'the Bearer key of a request'
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
