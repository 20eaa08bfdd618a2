"""What is due is asked, by whoever is there: the daemon, cron, several machines; what nobody can
decide reaches the operator and is never guessed."""

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

from case import Case, Payment, browser
from servers import Server

many = 300


class ReconcilerTest(Case):
    settings = {
        "server": {"threads": 16},
        "check": {"timeout_ms": 1500, "return_wait_ms": 1500, "expires_after_h": 48},
    }

    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(lambda: self.stack.tollgate.running or self.stack.tollgate.start())

    def change(self, payment: Payment, columns: str) -> None:
        """What the passing of time, or somebody else, did to the row."""
        self.stack.database.query(
            f"UPDATE tollgate_payments SET {columns} WHERE id = %s", UUID(payment.id).bytes
        )

    def reconcile(self) -> int:
        """Cron's line; how many payments it took."""
        done = self.stack.command("reconcile", "--once")
        return int(done.stdout.removeprefix("asked about "))

    def attention(self, *options: str) -> list[dict[str, Any]]:
        return json.loads(self.stack.command("attention", "--json", *options).stdout)

    def word_of(self, payment: Payment) -> str:
        """The word by which the payment stands on the operator's list; empty when it does not."""
        words = [
            row["attention"]
            for row in self.attention("--limit", "10000")
            if row["reference"] == payment.reference
        ]
        return words[0] if words else ""

    def metrics(self) -> dict[str, int]:
        """By name and labels, as they are written."""
        answer = browser.request("GET", self.stack.url + "/metrics")
        self.assertEqual(answer.status, 200, answer.text)
        lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
        return {name: int(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


class Orphans(ReconcilerTest):
    def taken_away(self) -> Payment:
        """A payment that the gateway knows and has called paid, and whose row is not there yet."""
        payment = self.buy()
        self.decide(payment, "approve", notify="never")
        for table, column in (("events", "payment_id"), ("payments", "id")):
            self.stack.database.query(
                f"DELETE FROM tollgate_{table} WHERE {column} = %s", UUID(payment.id).bytes
            )
        return payment

    def insert_from_outside(self, payment: Payment) -> None:
        """As docs/schema.md says; nobody asks about it by himself."""
        self.stack.database.query(
            "INSERT INTO tollgate_payments (id, merchant, order_ref, attempt, gateway, reference,"
            " amount_minor, currency, files, status, created_at, updated_at) VALUES"
            " (%s, 'main', %s, 1, 'cinetpay', %s, 1500, 'XOF', '[\"ebook.pdf\"]', 'pending',"
            " UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))",
            UUID(payment.id).bytes,
            str(payment.order),
            payment.reference,
        )

    def orphans(self, payment: Payment) -> int:
        return len(
            self.stack.database.query(
                "SELECT id FROM tollgate_orphans WHERE reference = %s", payment.reference
            )
        )

    def assert_paid_once_without_a_beginning(self, payment: Payment) -> None:
        self.assertEqual(self.events(payment), [("pending", "paid")])
        self.assertEqual(self.order_updates(payment), ["paid"])
        self.assertEqual(len(self.grants(payment)), 1)
        self.assertEqual(self.evidence(payment), ["notification", "check"])
        rows = self.stack.database.query(
            "SELECT payment_id FROM tollgate_evidence WHERE reference = %s", payment.reference
        )
        self.assertEqual({row["payment_id"] for row in rows}, {UUID(payment.id).bytes})

    def test_a_notification_before_its_payment_is_not_lost(self) -> None:
        payment = self.taken_away()
        self.assertEqual(self.post_notification(self.fields_of(payment)).status, 200)
        self.assertEqual(self.orphans(payment), 1)
        self.assertGreaterEqual(self.metrics()["tollgate_orphan_notifications"], 1)
        self.insert_from_outside(payment)
        self.wait_for_status(payment, "paid", 40)
        self.assertEqual(self.orphans(payment), 0)
        self.assert_paid_once_without_a_beginning(payment)

    def test_cron_matches_it_too(self) -> None:
        payment = self.taken_away()
        self.assertEqual(self.post_notification(self.fields_of(payment)).status, 200)
        self.stack.tollgate.stop()
        self.insert_from_outside(payment)
        self.assertGreaterEqual(self.reconcile(), 1)
        self.assert_paid_once_without_a_beginning(payment)


class Undecided(ReconcilerTest):
    def silent_for_days(self) -> Payment:
        payment = self.buy()
        self.behave(transaction_id=payment.reference, check="500")
        self.change(
            payment,
            "created_at = created_at - INTERVAL 4 DAY,"
            " unanswered_since = UTC_TIMESTAMP(6) - INTERVAL 73 HOUR",
        )
        self.make_due(payment)
        self.wait_until(lambda: self.payment_row(payment)["attention"])
        return payment

    def test_a_gateway_that_is_silent_for_days_is_told_and_nothing_is_guessed(self) -> None:
        before = self.metrics()['tollgate_attention_payments{attention="unanswered"}']
        payment = self.silent_for_days()
        row = self.payment_row(payment)
        self.assertEqual((row["status"], row["attention"]), ("pending", "unanswered"))
        self.assertIsNotNone(row["check_due_at"])
        self.assertEqual(self.events(payment), [("", "pending"), ("pending", "pending")])
        self.assert_nothing_delivered(payment)
        self.assertEqual(self.order_updates(payment), [])
        self.assertEqual(self.word_of(payment), "unanswered")
        listed = self.stack.command("attention").stdout
        self.assertIn(payment.reference, listed)
        self.assertIn("back office", listed)
        after = self.metrics()['tollgate_attention_payments{attention="unanswered"}']
        self.assertEqual(after, before + 1)

        self.behave(reset=True)
        self.decide(payment, "approve", notify="never")
        self.make_due(payment)
        self.wait_for_status(payment, "paid")
        self.assertEqual(self.word_of(payment), "")

    def test_what_is_dealt_with_leaves_the_list_until_its_word_changes(self) -> None:
        payment = self.silent_for_days()
        done = self.stack.command("attention", "--done", payment.reference)
        self.assertIn("unanswered is dealt with", done.stdout)
        self.assertEqual(self.word_of(payment), "")
        [row] = [r for r in self.attention("--all") if r["reference"] == payment.reference]
        self.assertTrue(row["dealt_with"])

        checks = self.payment_row(payment)["checks"]
        self.make_due(payment)
        self.wait_for_check(payment, checks)
        self.assertEqual(self.word_of(payment), "")
        self.behave(transaction_id=payment.reference, check_amount="1000")
        self.decide(payment, "approve", notify="never")
        self.make_due(payment)
        self.wait_for_status(payment, "review")
        self.assertEqual(self.word_of(payment), "underpaid")

    def test_only_what_wants_attention_is_dealt_with(self) -> None:
        payment = self.buy()
        done = self.stack.command("attention", "--done", payment.reference, expect=1)
        self.assertIn(payment.reference, done.stderr)

    def test_unpaid_for_long_expires_by_the_gateways_answer(self) -> None:
        payment = self.buy()
        self.change(payment, "created_at = created_at - INTERVAL 49 HOUR")
        self.make_due(payment)
        self.wait_for_status(payment, "expired")
        self.assertEqual(self.events(payment), [("", "pending"), ("pending", "expired")])
        self.assertEqual(self.shop_row(payment)["status"], "failed")
        self.decide(payment, "approve")
        self.wait_for_status(payment, "paid")
        self.assert_paid_once(payment, ("pending", "expired"))

    def test_nothing_expires_by_silence_or_by_a_word_that_nobody_knows(self) -> None:
        unknown = {"check_code": "999", "check_status": "WHATEVER"}
        for behaviour in ({"check": "500"}, {"check": "hang"}, unknown):
            with self.subTest(behaviour):
                payment = self.buy()
                self.behave(transaction_id=payment.reference, **behaviour)
                self.change(payment, "created_at = created_at - INTERVAL 49 HOUR")
                self.make_due(payment)
                self.wait_for_check(payment)
                self.assertEqual(self.payment_row(payment)["status"], "pending")
                self.behave(reset=True)

    def test_the_question_that_decides_comes_at_the_expiry(self) -> None:
        payment = self.buy()
        self.change(payment, "created_at = created_at - INTERVAL 40 HOUR")
        self.make_due(payment)
        self.wait_for_check(payment)
        row = self.payment_row(payment)
        self.assertEqual(row["check_due_at"] - row["created_at"], timedelta(hours=48))


class Metrics(ReconcilerTest):
    def test_it_counts_what_happens(self) -> None:
        before = self.metrics()
        self.assertEqual(before["tollgate_database_up"], 1)
        paid = self.buy()
        self.decide(paid, "approve")
        self.wait_for_status(paid, "paid")
        self.assertEqual(self.post_notification(self.fields_of(paid)).status, 200)
        self.assertEqual(self.post_notification(self.fields_of(paid)).status, 200)
        self.assertEqual(self.post_notification(self.fields_of(paid), "forged").status, 401)
        silent = self.buy()
        self.behave(transaction_id=silent.reference, check="500")
        self.make_due(silent)
        self.wait_for_check(silent)
        after = self.metrics()

        def more(name: str) -> int:
            return after.get(name, 0) - before.get(name, 0)

        one = 'gateway="cinetpay"'
        self.assertEqual(more(f'tollgate_settlements_total{{{one},status="paid"}}'), 1)
        self.assertEqual(more(f'tollgate_notifications_total{{{one},outcome="recorded"}}'), 2)
        self.assertEqual(more(f'tollgate_notifications_total{{{one},outcome="duplicate"}}'), 1)
        self.assertEqual(more(f'tollgate_notifications_total{{{one},outcome="rejected"}}'), 1)
        self.assertGreaterEqual(more(f"tollgate_gateway_questions_total{{{one}}}"), 2)
        self.assertGreaterEqual(
            more(f'tollgate_gateway_failures_total{{{one},error="unavailable"}}'), 1
        )
        for secret in (self.stack.key, *self.stack.cinetpay.values(), paid.reference):
            self.assertFalse(any(secret in name for name in after), secret)

    def test_the_world_does_not_see_it(self) -> None:
        done = subprocess.run(
            ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--interface", "127.0.0.2",
             f"{self.stack.url}/metrics"],
            capture_output=True, text=True, timeout=30,
        )  # fmt: skip
        self.assertEqual(done.stdout, "403")

    def test_without_the_database_it_says_so(self) -> None:
        self.stack.database.stop()
        self.addCleanup(self.stack.database.start)
        metrics = self.metrics()
        self.assertEqual(metrics["tollgate_database_up"], 0)
        self.assertNotIn("tollgate_payments_due", metrics)


class SeveralAtOnce(ReconcilerTest):
    def setUp(self) -> None:
        super().setUp()
        # What other tests left behind is not counted here.
        self.stack.database.query(
            "UPDATE tollgate_payments SET check_due_at = NULL, lease_until = NULL"
        )

    def second_daemon(self) -> Server:
        """Another machine: its own process and socket, the same database."""
        socket = self.stack.directory / "second.sock"
        server = Server(
            "second tollgate.fcgi",
            [self.stack.binaries / "fcgi/tollgate.fcgi", "--listen", socket],
            self.stack.logs / "second.log",
            socket.exists,
            environment=self.stack._environment(),
        )
        self.addCleanup(server.stop)
        server.start()
        return server

    def opened(self, count: int) -> list[Payment]:
        """Payments some hours old, so that an answered question is the last for hours."""
        with ThreadPoolExecutor(8) as pool:
            orders = [self.new_order() for _ in range(count)]
            answers = list(pool.map(self.open, orders))
        payments = [self._opened(o, a) for o, a in zip(orders, answers, strict=True)]
        self.stack.database.query(
            "UPDATE tollgate_payments SET check_due_at = NULL,"
            " created_at = created_at - INTERVAL 5 HOUR WHERE order_ref IN"
            f" ({', '.join(['%s'] * count)})",
            *map(str, orders),
        )
        self.asked_before = {p.reference: self.times_asked(p) for p in payments}
        return payments

    def make_all_due(self, payments: list[Payment]) -> None:
        self.stack.database.query(
            "UPDATE tollgate_payments SET check_due_at = UTC_TIMESTAMP(6) WHERE id IN"
            f" ({', '.join(['%s'] * len(payments))})",
            *[UUID(payment.id).bytes for payment in payments],
        )

    def still_due(self) -> int:
        [row] = self.stack.database.query(
            "SELECT COUNT(*) AS n FROM tollgate_payments WHERE check_due_at <= UTC_TIMESTAMP(6)"
        )
        return row["n"]

    def leased(self) -> int:
        [row] = self.stack.database.query(
            "SELECT COUNT(*) AS n FROM tollgate_payments WHERE lease_until > UTC_TIMESTAMP(6)"
        )
        return row["n"]

    def assert_each_was_asked_once_more(self, payments: list[Payment]) -> None:
        more = [self.times_asked(p) - self.asked_before[p.reference] for p in payments]
        self.assertEqual(more, [1] * len(payments))

    def test_daemons_and_cron_ask_everything_once(self) -> None:
        payments = self.opened(many)
        self.second_daemon()
        self.make_all_due(payments)
        with ThreadPoolExecutor(2) as pool:
            taken = list(pool.map(lambda _: self.reconcile(), range(2)))
        self.wait_until(lambda: self.still_due() == 0, 60)
        self.assert_each_was_asked_once_more(payments)
        self.assertLessEqual(sum(taken), len(payments))

    def test_what_a_killed_process_had_taken_is_asked_after_its_lease(self) -> None:
        payments = self.opened(20)
        self.stack.tollgate.stop()
        self.behave(check="hang")
        victim = self.second_daemon()
        self.make_all_due(payments)
        self.wait_until(lambda: self.leased() == len(payments))
        victim.kill()
        self.behave(reset=True)
        # Nobody else asks while it might still be alive.
        self.assertEqual(self.reconcile(), 0)
        self.stack.database.query(
            "UPDATE tollgate_payments SET lease_until = '2026-01-01' WHERE lease_until IS NOT NULL"
        )
        self.assertEqual(self.reconcile(), len(payments))
        self.assertEqual(self.still_due(), 0)
        rows = [self.payment_row(payment) for payment in payments]
        self.assertEqual({row["checks"] for row in rows}, {1})
        self.assertEqual({row["lease_owner"] for row in rows}, {None})

    def test_cron_ends_although_the_gateway_hangs(self) -> None:
        payments = self.opened(100)
        self.stack.tollgate.stop()
        self.behave(check="hang")
        self.make_all_due(payments)
        self.assertEqual(self.reconcile(), len(payments))
        self.assertEqual(self.leased(), 0)
        for payment in payments:
            row = self.payment_row(payment)
            self.assertEqual(row["status"], "pending")
            self.assertIsNotNone(row["unanswered_since"])
            self.assertIsNotNone(row["check_due_at"])
            # After some the gateway counts as away: the others were not asked.
            asked = self.times_asked(payment) - self.asked_before[payment.reference]
            self.assertEqual(row["checks"], asked)

        self.behave(reset=True)
        self.make_all_due(payments)
        self.assertEqual(self.reconcile(), len(payments))
        self.assertEqual(self.still_due(), 0)
        rows = [self.payment_row(payment) for payment in payments]
        self.assertEqual({row["unanswered_since"] for row in rows}, {None})


del ReconcilerTest
