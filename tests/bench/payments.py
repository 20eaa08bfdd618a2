"""Payments that wait for their notification, and what must have become of them."""

import base64
import datetime
import hmac
import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ground import Ground, amount_fcfa
from load import Wrong
from servers import wait_until

settle_timeout_s = 120
rows_per_insert = 500
large_files = 100  # this many payments buy the large file, the others the small one
letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

# Placeholders only: pymysql then makes one statement of many rows.
insert_orders = """INSERT INTO store_order (id, email, amount_fcfa, status, created_at)
    VALUES (%s, %s, %s, %s, %s)"""
insert_payments = """INSERT INTO tollgate_payments (id, merchant, order_ref, attempt, gateway,
    reference, amount_minor, currency, description, files, status, payment_url, check_due_at,
    created_at, updated_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"""
any_unsettled = """SELECT EXISTS (SELECT 1 FROM tollgate_payments
    WHERE check_due_at IS NOT NULL) AS found"""
settled_counts = {
    "payments paid": "SELECT COUNT(*) AS n FROM tollgate_payments WHERE status = 'paid'",
    "grants": "SELECT COUNT(*) AS n FROM tollgate_grants",
    "events": "SELECT COUNT(*) AS n FROM tollgate_events WHERE to_status = 'paid'",
    "orders paid": "SELECT COUNT(*) AS n FROM store_order WHERE status = 'paid'",
    "download tokens": "SELECT COUNT(*) AS n FROM store_downloadtoken",
    "notifications kept": (
        "SELECT COUNT(*) AS n FROM tollgate_evidence WHERE kind = 'notification'"
    ),
}
tokens_of_file = """SELECT token.token FROM store_downloadtoken AS token
    JOIN tollgate_payments AS payment ON payment.order_ref = CAST(token.order_id AS CHAR)
    AND payment.merchant = 'main' WHERE payment.files = %s"""


@dataclass(frozen=True)
class Payments:
    references: list[str]
    ids: list[bytes]


def chunks(values: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for begin in range(0, len(values), size):
        yield values[begin : begin + size]


def payment_id(number: int) -> bytes:
    """A UUID version 7 of its own millisecond, as payments that were opened one after the other."""
    milliseconds = int(time.time() * 1000) - 60_000 + number % 60_000
    random = bytearray(secrets.token_bytes(10))
    random[0] = 0x70 | random[0] & 0x0F
    random[2] = 0x80 | random[2] & 0x3F
    return milliseconds.to_bytes(6, "big") + bytes(random)


def seed(ground: Ground, count: int, first_order: int = 1) -> Payments:
    now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
    due = now + datetime.timedelta(hours=1)
    references = ["".join(secrets.choice(letters) for _ in range(20)) for _ in range(count)]
    ids = [payment_id(number) for number in range(count)]
    orders = [
        (first_order + number, "buyer@example.org", amount_fcfa, "pending", now)
        for number in range(count)
    ]
    payments = [
        (ids[number], "main", str(first_order + number), 1, "cinetpay", references[number],
         amount_fcfa, "XOF", "ebook", files_of(number), "pending", "https://checkout.example/pay",
         due, now, now)
        for number in range(count)
    ]  # fmt: skip
    with ground.database.connect() as connection, connection.cursor() as cursor:
        for rows in chunks(orders, rows_per_insert):
            cursor.executemany(insert_orders, rows)
        for rows in chunks(payments, rows_per_insert):
            cursor.executemany(insert_payments, rows)
    return Payments(references, ids)


def files_of(number: int) -> str:
    return '["10m.bin"]' if number < large_files else '["64k.bin"]'


def wait_for_settlement(ground: Ground) -> None:
    with ground.database.connect() as connection, connection.cursor() as cursor:

        def all_settled() -> bool:
            cursor.execute(any_unsettled)
            return not cursor.fetchone()["found"]

        wait_until(all_settled, settle_timeout_s, "settlement of all payments", poll_s=0.01)


def check_settled(ground: Ground, count: int) -> None:
    for what, statement in settled_counts.items():
        found = ground.database.query(statement)[0]["n"]
        if found != count:
            raise Wrong(f"{what}: {found} instead of {count}")


def return_path(ground: Ground, payment: bytes) -> str:
    """With the token that core/crypto/signed_token.cpp makes."""
    mac = hmac.digest(ground.link_key.encode(), b"return\0" + payment, "sha256")[:16]
    token = base64.urlsafe_b64encode(payment + mac).rstrip(b"=").decode()
    return f"/return/cinetpay?t={token}"


def download_paths(ground: Ground, file: str) -> list[str]:
    rows = ground.database.query(tokens_of_file, f'["{file}"]')
    return [f"/download/{row['token']}" for row in rows]
