"""What must be true after a scenario: the gateway's truth, what was acknowledged, and the count of
what the database holds of it."""

import contextlib
import datetime
import hashlib
import random
import secrets
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pymysql

from stack import Stack, StackError

amount = 1500
long_ago = "2026-01-01"
delivered = ("paid", "partially_refunded")
undecided = ("pending", "processing")
rows_per_statement = 500
lease_lasts_passes = 4  # of time, a second each: what is leased is being asked about
letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

# What a payment of each truth is at the gateway, and how many of a hundred there are.
decisions = {"paid": "approve", "failed": "decline", "pending": "pending", "review": "approve"}
usual_mix = {"paid": 85, "failed": 10, "pending": 5}

tables = (
    "tollgate_evidence", "tollgate_events", "tollgate_grants", "tollgate_outbox",
    "tollgate_orphans", "tollgate_payments", "store_downloadtoken", "shop_history", "store_order",
)  # fmt: skip
# All values are parameters: then many rows go with one statement.
insert_orders = """INSERT INTO store_order (id, email, amount_fcfa, status, created_at)
    VALUES (%s, %s, %s, %s, %s)"""
insert_payments = """INSERT INTO tollgate_payments (id, merchant, order_ref, attempt, gateway,
    reference, amount_minor, currency, description, files, status, payment_url,
    check_due_at, created_at, updated_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"""


def chunks(values: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for begin in range(0, len(values), size):
        yield values[begin : begin + size]


def new_id() -> bytes:
    """A UUID version 7."""
    made = bytearray(int(time.time() * 1000).to_bytes(6, "big") + secrets.token_bytes(10))
    made[6] = 0x70 | made[6] & 0x0F
    made[8] = 0x80 | made[8] & 0x3F
    return bytes(made)


@dataclass
class Count:
    """What a scenario came to; every list names payments, and why."""

    acknowledged: int = 0
    stored: int = 0
    settled: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    denied: list[str] = field(default_factory=list)  # delivered although the gateway says no
    broken: list[str] = field(default_factory=list)  # its trail is not whole

    def __str__(self) -> str:
        text = (
            f"acknowledged {self.acknowledged}, stored {self.stored}, settled {self.settled},"
            f" lost {len(self.lost)}, doubled {len(self.doubled)}, denied {len(self.denied)}"
        )
        return f"{text}, broken {len(self.broken)}" if self.broken else text

    def problems(self) -> list[str]:
        found = []
        for name in ("lost", "doubled", "denied", "broken"):
            found += [f"{name}: {one}" for one in getattr(self, name)[:5]]
        return found


class Ledger:
    """The payments of one scenario; the tables hold no others."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self.truth: dict[str, str] = {}  # reference: the status it must come to
        self.acknowledged: set[str] = set()
        self._passes = 0

    def empty_tables(self) -> None:
        with self._stack.database.connect() as connection, connection.cursor() as cursor:
            cursor.execute("SET foreign_key_checks = 0")
            for table in tables:
                cursor.execute(f"TRUNCATE TABLE {table}")

    def open(self, count: int, chance: random.Random, mix: dict[str, int]) -> list[str]:
        """Payments that wait for their notification, here and at the gateway."""
        references = ["".join(secrets.choice(letters) for _ in range(20)) for _ in range(count)]
        drawn = chance.choices(list(mix), list(mix.values()), k=count)
        first = len(self.truth) + 1
        self.truth |= zip(references, drawn, strict=True)
        now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
        due = now + datetime.timedelta(hours=1)
        orders = [
            (number, "buyer@example.org", amount, "pending", now)
            for number in range(first, first + count)
        ]
        payments = [
            (new_id(), "main", str(number), 1, "cinetpay", reference, amount, "XOF", "ebook",
             '["ebook.pdf"]', "pending", "https://checkout.example/pay", due, now, now)
            for number, reference in enumerate(references, first)
        ]  # fmt: skip
        with self._stack.database.connect() as connection, connection.cursor() as cursor:
            for rows in chunks(orders, rows_per_statement):
                cursor.executemany(insert_orders, rows)
            for rows in chunks(payments, rows_per_statement):
                cursor.executemany(insert_payments, rows)
        for some in chunks(references, rows_per_statement):
            self._tell_gateway(some)
        return references

    def _tell_gateway(self, references: Iterable[str]) -> None:
        transactions = [
            {"transaction_id": one, "amount": amount, "currency": "XOF",
             "decision": decisions[self.truth[one]]}
            for one in references
        ]  # fmt: skip
        answer = self._stack.twin("/cinetpay/twin/seed", {"transactions": transactions})
        if answer.status != 200:
            raise StackError(f"the twin answered {answer.status}: {answer.text}")

    def let_time_pass(self) -> None:
        """What hours do, to payments that are not yet what the gateway says: they become due, and
        now and then their leases end. No fact is changed."""
        self._passes += 1
        leases_end = self._passes % lease_lasts_passes == 0
        condition = " OR check_due_at IS NOT NULL AND lease_until IS NOT NULL" if leases_end else ""
        with contextlib.suppress(pymysql.err.OperationalError):  # the database is away, or busy
            rows = self._rows(
                "SELECT id, reference, status FROM tollgate_payments"
                f" WHERE check_due_at > '{long_ago}'{condition}"
            )
            late = [row["id"] for row in rows if self.truth.get(row["reference"]) != row["status"]]
            for ids in chunks(late, rows_per_statement):
                self._stack.database.query(
                    "UPDATE tollgate_payments SET check_due_at = %s"
                    f"{', lease_until = NULL' if leases_end else ''}"
                    f" WHERE id IN ({', '.join(['%s'] * len(ids))})",
                    long_ago, *ids,
                )  # fmt: skip
            self._let_events_become_due(leases_end)

    def _let_events_become_due(self, leases_end: bool) -> None:
        """What is to be tried again is; what a process had taken, when leases end."""
        leased = "" if leases_end else " AND lease_until IS NULL"
        self._stack.database.query(
            "UPDATE tollgate_outbox SET next_attempt_at = %s, lease_until = IF(lease_until IS NULL,"
            f" NULL, %s) WHERE next_attempt_at > %s{leased}",
            long_ago, long_ago, long_ago,
        )  # fmt: skip

    def is_settled(self) -> bool:
        rows = self._stack.database.query(
            "SELECT status, COUNT(*) AS n FROM tollgate_payments GROUP BY status"
        )
        found = Counter({row["status"]: row["n"] for row in rows})
        wanted = Counter(self.truth.values())
        return all(found[status] == wanted[status] for status in ("paid", "failed", "review"))

    def count(self) -> Count:
        count = Count(acknowledged=len(self.acknowledged))
        payments = {row["id"]: row for row in self._rows("SELECT * FROM tollgate_payments")}
        stored = {
            row["reference"]
            for row in self._rows(
                "SELECT reference FROM tollgate_evidence"
                " WHERE kind = 'notification' AND payment_id IS NOT NULL"
            )
        }
        count.stored = len(stored)
        count.lost = [f"{one}: no evidence" for one in sorted(self.acknowledged - stored)]
        for row in payments.values():
            self._judge(row, count)
        missing = self.truth.keys() - {row["reference"] for row in payments.values()}
        count.lost += [f"{one}: no payment" for one in sorted(missing)]
        self._count_doubles(payments, count)
        self._count_what_follows(payments, count)
        self._follow_trails(payments, count)
        return count

    def _rows(self, statement: str) -> list[dict[str, Any]]:
        return self._stack.database.query(statement)

    def _judge(self, row: dict[str, Any], count: Count) -> None:
        reference, status, truth = row["reference"], row["status"], self.truth[row["reference"]]
        if truth == "pending":
            right = status in undecided
            if right and row["check_due_at"] is None:
                count.lost.append(f"{reference}: {status} and never asked about again")
        else:
            right = status == truth
        count.settled += right
        if right:
            return
        if truth == "paid" or status in undecided:
            count.lost.append(f"{reference}: {status} instead of {truth}")
        elif status in delivered:
            count.denied.append(f"{reference}: {status} instead of {truth}")
        else:
            count.broken.append(f"{reference}: {status} instead of {truth}")

    def _count_doubles(self, payments: dict[bytes, Any], count: Count) -> None:
        """What may happen to a payment once; the shop's own table counts every update."""
        by_order = {int(row["order_ref"]): row["reference"] for row in payments.values()}
        by_id = {id_: row["reference"] for id_, row in payments.items()}
        for what, whose, statement in (
            ("paid", by_id, "SELECT payment_id AS k FROM tollgate_events WHERE to_status = 'paid'"
             " AND from_status <> 'paid'"),
            ("grants", by_id, "SELECT payment_id AS k FROM tollgate_grants"),
            ("order updates", by_order, "SELECT order_id AS k FROM shop_history"
             " WHERE status = 'paid'"),
            ("download tokens", by_order, "SELECT order_id AS k FROM store_downloadtoken"),
        ):  # fmt: skip
            times = Counter(row["k"] for row in self._rows(statement))
            count.doubled += [f"{whose.get(k)}: {what} {n}" for k, n in times.items() if n > 1]
            for key, reference in whose.items():
                self._compare(reference, what, times[key], count)
        for row in self._rows(
            "SELECT payment_id AS k, number, COUNT(*) AS n FROM tollgate_outbox"
            " GROUP BY payment_id, number HAVING n > 1"
        ):
            count.doubled.append(f"{by_id.get(row['k'])}: outbox {row['n']}")

    def _compare(self, reference: str, what: str, times: int, count: Count) -> None:
        paid = self.truth[reference] == "paid"
        if paid and times == 0:
            count.lost.append(f"{reference}: {what} 0")
        elif not paid and times > 0:
            count.denied.append(f"{reference}: {what} {times}")

    def _count_what_follows(self, payments: dict[bytes, Any], count: Count) -> None:
        """The shop's row says what the payment says."""
        words = {"paid": "paid", "failed": "failed", "pending": "pending", "review": "pending"}
        shop = {row["id"]: row for row in self._rows("SELECT * FROM store_order")}
        for row in payments.values():
            order = shop[int(row["order_ref"])]
            if order["status"] != words[self.truth[row["reference"]]]:
                count.broken.append(f"{row['reference']}: the order is {order['status']}")

    def _follow_trails(self, payments: dict[bytes, Any], count: Count) -> None:
        """The events of each payment lead from its start to its status, without a gap, and each
        hash covers what came before."""
        trails = defaultdict(list)
        for event in self._rows("SELECT * FROM tollgate_events ORDER BY payment_id, number"):
            trails[event["payment_id"]].append(event)
        for id_, row in payments.items():
            wrong = _wrong_in_trail(trails[id_], row)
            if wrong:
                count.broken.append(f"{row['reference']}: {wrong}")
        for id_ in trails.keys() - payments.keys():
            count.broken.append(f"an event of no payment: {id_.hex()}")


def _wrong_in_trail(trail: Sequence[dict[str, Any]], payment: dict[str, Any]) -> str:
    status, chain = "pending", b""
    for number, event in enumerate(trail, 1):
        if event["number"] != number:
            return f"event {event['number']} stands where {number} should"
        created = number == 1 and event["from_status"] == ""
        if event["from_status"] != status and not created:
            return f"event {number} comes from {event['from_status']}, not {status}"
        status = event["to_status"]
        chain = _hash_of(chain, event)
        if event["hash"] != chain:
            return f"event {number} has another hash"
    if status != payment["status"]:
        return f"its events lead to {status}, not {payment['status']}"
    if (payment["chain"] or b"") != chain or payment["events"] != len(trail):
        return "its row knows of other events"
    return ""


def _hash_of(previous: bytes, event: dict[str, Any]) -> bytes:
    """As core/settle/decide.cpp makes it."""
    message = previous
    for part in (
        event["id"],
        event["payment_id"],
        event["from_status"].encode(),
        event["to_status"].encode(),
        event["cause"].encode(),
        event["evidence_id"] or b"",
        event["created_at"].strftime("%Y-%m-%d %H:%M:%S.%f").encode(),
    ):
        message += b"%d:%b" % (len(part), part)
    return hashlib.sha256(message).digest()


def profile_that_hides_nothing(shipped: str) -> str:
    """The shop's profile, without the condition that makes a second update of an order a no-op."""
    condition = "    WHERE store_order.status <> 'paid'\n"
    if shipped.count(condition) != 1:
        raise StackError("the profile's statement for `paid` is not as it was")
    return shipped.replace(condition, "")
