-- The tables that Django makes of the shop's models Order and DownloadToken.

CREATE TABLE store_order (
    id bigint AUTO_INCREMENT NOT NULL PRIMARY KEY,
    email varchar(254) NOT NULL,
    amount_fcfa integer UNSIGNED NOT NULL CHECK (amount_fcfa >= 0),
    status varchar(10) NOT NULL,
    cinetpay_payment_id varchar(100) NULL,
    created_at datetime(6) NOT NULL
);

CREATE TABLE store_downloadtoken (
    id bigint AUTO_INCREMENT NOT NULL PRIMARY KEY,
    token varchar(64) NOT NULL UNIQUE,
    order_id bigint NOT NULL,
    created_at datetime(6) NOT NULL,
    CONSTRAINT store_downloadtoken_order_id_fk_store_order_id
        FOREIGN KEY (order_id) REFERENCES store_order (id)
);
