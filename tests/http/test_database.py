"""The database or a process goes away: nothing is lost, pretended or done twice."""

import signal
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from case import Case, Payment, browser


class DatabaseTest(Case):
    settings = {
        "database": {"timeout_ms": 3000},
        "check": {"timeout_ms": 3000, "return_wait_ms": 3000},
    }

    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(self.start_what_is_down)

    def start_what_is_down(self) -> None:
        for server in (self.stack.database, self.stack.tollgate):
            if not server.running:
                server.start()

    def get(self, path: str) -> browser.Answer:
        return browser.request("GET", self.stack.url + path)

    def assert_try_later(self, answer: browser.Answer) -> None:
        self.assertEqual(answer.status, 503, answer.text)
        self.assertGreater(int(answer.headers["retry-after"]), 0)

    def notify(self, payment: Payment) -> browser.Answer:
        return self.post_notification(self.fields_of(payment))

    def notify_until_acknowledged(self, payment: Payment) -> Counter[int]:
        """As a gateway does that repeats what was not acknowledged; the statuses it saw."""
        seen: Counter[int] = Counter()

        def acknowledged() -> bool:
            status = self.notify(payment).status
            seen[status] += 1
            return status == 200

        self.wait_until(acknowledged, 60)
        return seen


class LostDatabase(DatabaseTest):
    def test_a_restart_between_opening_and_notification_is_not_noticed(self) -> None:
        payment = self.buy()
        self.decide(payment, "approve", notify="never")
        self.stack.database.restart()
        self.assertEqual(self.notify(payment).status, 200)
        self.wait_for_status(payment, "paid")
        self.assert_paid_once(payment)

    def test_a_killed_database_is_not_noticed_once_it_is_back(self) -> None:
        payment = self.buy()
        self.stack.database.kill()
        self.stack.database.start()
        opened = self.buy()
        for one in (payment, opened):
            self.assertEqual(self.decide(one, "approve")[0]["status"], 200)
            self.wait_for_status(one, "paid")
            self.assert_paid_once(one)

    def test_nothing_is_acknowledged_while_it_is_down(self) -> None:
        payments = [self.buy() for _ in range(5)]
        for payment in payments:
            self.decide(payment, "approve", notify="never")
        self.stack.database.kill()

        with ThreadPoolExecutor(5) as threads:
            for answer in threads.map(self.notify, payments):
                self.assert_try_later(answer)
        self.assert_try_later(self.get("/readyz"))
        self.assertEqual(self.get("/healthz").status, 200)
        payment = payments[0]
        self.assert_try_later(self.open(payment.order))
        self.assert_try_later(self.stack.api("GET", f"/api/v1/payments/{payment.id}/"))
        self.assert_try_later(self.stack.api("GET", f"/api/v1/payments/{payment.id}/status/"))

        self.stack.database.start()
        self.assertEqual(self.get("/readyz").status, 200)
        for payment in payments:
            self.assertEqual(self.evidence(payment), [])
            self.assertEqual(self.events(payment), [("", "pending")])
            self.assertEqual(self.notify(payment).status, 200)
        for payment in payments:
            self.wait_for_status(payment, "paid")
            self.assert_paid_once(payment)

    def test_a_forged_notification_is_refused_without_it(self) -> None:
        payment = self.buy()
        self.stack.database.kill()
        self.assertEqual(self.post_notification(self.fields_of(payment), "0" * 64).status, 401)
        self.assertEqual(self.get("/notify/cinetpay").status, 200)

    def test_a_settlement_that_finds_no_database_is_repeated(self) -> None:
        payment = self.buy()
        self.behave(check="hang")
        self.assertEqual(self.decide(payment, "approve")[0]["status"], 200)
        self.wait_until(lambda: self.times_asked(payment) > 0)
        self.stack.database.kill()
        failures = self.stack.tollgate.log_text().count("event=settle.failed")
        self.behave(reset=True)
        self.wait_until(
            lambda: self.stack.tollgate.log_text().count("event=settle.failed") > failures
        )
        self.stack.database.start()
        self.assertEqual(self.payment_row(payment)["status"], "pending")
        self.make_due(payment)
        self.wait_for_status(payment, "paid")
        self.assert_paid_once(payment)

    def test_it_starts_without_a_database(self) -> None:
        payment = self.buy()
        self.decide(payment, "approve", notify="never")
        self.stack.tollgate.stop()
        self.stack.database.stop()
        self.stack.tollgate.start(ready=lambda: self.get("/healthz").status == 200)
        self.assert_try_later(self.get("/readyz"))
        self.assert_try_later(self.notify(payment))
        self.stack.database.start()
        self.assertEqual(self.get("/readyz").status, 200)
        self.assertEqual(self.notify(payment).status, 200)
        self.wait_for_status(payment, "paid")

    def test_a_shop_table_that_refuses_undoes_the_whole_settlement(self) -> None:
        payment, other = self.buy(), self.buy()
        self.stack.database.query("RENAME TABLE store_downloadtoken TO store_hidden")
        try:
            self.assertEqual(self.decide(payment, "approve")[0]["status"], 200)
            self.decide(other, "decline")
            self.wait_for_status(other, "failed")
            self.wait_until(
                lambda: "event=settle.failed payments=1" in self.stack.tollgate.log_text()
            )
            self.assertEqual(self.events(payment), [("", "pending")])
            self.assertEqual(self.grants(payment), [])
            self.assertEqual(self.shop_row(payment)["status"], "pending")
        finally:
            self.stack.database.query("RENAME TABLE store_hidden TO store_downloadtoken")
        self.make_due(payment)
        self.wait_for_status(payment, "paid")
        self.assert_paid_once(payment)

    def test_a_locked_shop_row_delays_only_its_own_payment(self) -> None:
        payment, other = self.buy(), self.buy()
        with self.stack.database.connect(autocommit=False) as shop, shop.cursor() as cursor:
            cursor.execute("SELECT id FROM store_order WHERE id = %s FOR UPDATE", (payment.order,))
            self.assertEqual(self.decide(payment, "approve")[0]["status"], 200)
            self.assertEqual(self.decide(other, "approve")[0]["status"], 200)
            self.assertEqual(self.payment_row(payment)["status"], "pending")
        self.wait_for_status(payment, "paid")
        self.wait_for_status(other, "paid")
        self.assert_paid_once(payment)
        self.assert_paid_once(other)


class HangingDatabase(DatabaseTest):
    settings = DatabaseTest.settings | {"database": {"timeout_ms": 1000}}

    def test_a_database_that_hangs_holds_nobody_for_long(self) -> None:
        payments = [self.buy() for _ in range(24)]
        for payment in payments:
            self.decide(payment, "approve", notify="never")
        self.stack.database.send(signal.SIGSTOP)
        try:
            started = time.monotonic()
            with ThreadPoolExecutor(len(payments)) as threads:
                answers = threads.map(self.notify, payments)
                self.assertEqual(self.get("/healthz").status, 200)
                for answer in answers:
                    self.assert_try_later(answer)
            self.assertLess(time.monotonic() - started, 20)
        finally:
            self.stack.database.send(signal.SIGCONT)
        for payment in payments:
            self.assertEqual(self.notify(payment).status, 200)
        for payment in payments:
            self.wait_for_status(payment, "paid")
            self.assert_paid_once(payment)


class LostProcess(DatabaseTest):
    def acknowledged_but_not_checked(self) -> Payment:
        payment = self.buy()
        self.behave(check="hang")
        self.assertEqual(self.decide(payment, "approve")[0]["status"], 200)
        self.wait_until(lambda: self.times_asked(payment) > 0)
        self.stack.tollgate.kill()
        self.assertEqual(self.payment_row(payment)["status"], "pending")
        self.assertIsNotNone(self.payment_row(payment)["check_due_at"])
        self.behave(reset=True)
        return payment

    def test_the_next_process_settles_what_a_killed_one_acknowledged(self) -> None:
        payment = self.acknowledged_but_not_checked()
        self.stack.tollgate.start()
        self.make_due(payment)
        self.wait_for_status(payment, "paid")
        self.assert_paid_once(payment)

    def test_cron_settles_what_a_killed_process_acknowledged(self) -> None:
        payment = self.acknowledged_but_not_checked()
        self.make_due(payment)
        self.stack.command("reconcile", "--once")
        self.assert_paid_once(payment)

    def test_an_acknowledged_notification_is_due_soon(self) -> None:
        payment = self.acknowledged_but_not_checked()
        [row] = self.stack.database.query(
            "SELECT TIMESTAMPDIFF(SECOND, e.received_at, p.check_due_at) AS wait_s"
            " FROM tollgate_payments p JOIN tollgate_evidence e ON e.payment_id = p.id"
            " WHERE p.reference = %s AND e.kind = 'notification'",
            payment.reference,
        )
        self.assertLessEqual(row["wait_s"], 15)

    def test_nobody_answers_for_a_killed_process(self) -> None:
        payment = self.buy()
        self.decide(payment, "approve", notify="never")
        self.stack.tollgate.kill()
        self.assert_try_later(self.notify(payment))
        self.stack.tollgate.start()
        self.assertEqual(self.notify(payment).status, 200)
        self.wait_for_status(payment, "paid")

    def test_cron_and_the_daemon_at_the_same_time(self) -> None:
        payments = [self.buy() for _ in range(20)]
        for payment in payments:
            self.decide(payment, "approve", notify="never")
            self.make_due(payment)
        for _ in range(2):
            self.stack.command("reconcile", "--once")
        for payment in payments:
            self.wait_for_status(payment, "paid")
            self.assert_paid_once(payment)

    def test_a_stop_answers_what_is_in_flight(self) -> None:
        payments = [self.buy() for _ in range(8)]
        for payment in payments:
            self.decide(payment, "approve", notify="never")
        self.behave(check="hang")
        with ThreadPoolExecutor(len(payments)) as threads:
            pages = threads.map(self.return_page, payments)
            for payment in payments:
                self.wait_until(lambda one=payment: self.times_asked(one) > 0)
            answering = threading.Timer(0.3, lambda: self.behave(reset=True))
            answering.start()
            self.stack.tollgate.stop()  # fails unless the exit code is 0
            answering.join()
            for page in pages:
                self.assertEqual(len(self.download_links(page)), 1)
        for payment in payments:
            self.assert_paid_once(payment)

    def test_a_stop_does_not_wait_for_ever_for_a_gateway(self) -> None:
        payment = self.buy()
        self.behave(check="hang")
        self.assertEqual(self.decide(payment, "approve")[0]["status"], 200)
        self.wait_until(lambda: self.times_asked(payment) > 0)
        self.stack.tollgate.stop(timeout_s=15)
        self.assertEqual(self.payment_row(payment)["status"], "pending")
        self.assertIsNotNone(self.payment_row(payment)["check_due_at"])


class Load(DatabaseTest):
    settings = DatabaseTest.settings | {"server": {"log_level": "warning"}}
    payments = 300
    threads = 8

    def test_every_payment_is_paid_exactly_once_through_restarts(self) -> None:
        with ThreadPoolExecutor(self.threads) as threads:
            payments = list(threads.map(lambda _: self.buy(), range(self.payments)))
            self.approve_all(payments)
            acknowledged = threading.Semaphore(0)

            def notify(payment: Payment) -> Counter[int]:
                seen = self.notify_until_acknowledged(payment)
                acknowledged.release()
                return seen

            answers = threads.map(notify, payments)
            servers = self.stack
            for disturb in (
                servers.tollgate.restart,
                lambda: (servers.tollgate.kill(), servers.tollgate.start()),
                servers.database.restart,
                lambda: (servers.database.kill(), servers.database.start()),
            ):
                for _ in range(self.payments // 6):
                    self.assertTrue(acknowledged.acquire(timeout=60))
                disturb()
            seen = sum(answers, Counter())
        self.assertEqual(seen[200], self.payments)
        self.assertLessEqual(set(seen), {200, 503})

        self.stack.database.query(
            "UPDATE tollgate_payments SET check_due_at = '2026-01-01' WHERE status = 'pending'"
        )
        self.wait_until(lambda: self.count("tollgate_payments", "status = 'paid'") == len(payments))
        self.stack.tollgate.restart()  # carries out what is under way
        self.assertEqual(self.count("tollgate_payments"), self.payments)
        self.assertEqual(self.count("tollgate_events"), 2 * self.payments)
        for table, column in (
            ("tollgate_grants", "payment_id"),
            ("store_downloadtoken", "order_id"),
            ("shop_history WHERE status = 'paid'", "order_id"),
            ("tollgate_events WHERE to_status = 'paid'", "payment_id"),
            ("tollgate_evidence WHERE kind = 'notification'", "payment_id"),
        ):
            with self.subTest(table):
                [row] = self.stack.database.query(
                    f"SELECT COUNT({column}) AS rows_, COUNT(DISTINCT {column}) AS ids FROM {table}"
                )
                self.assertEqual((row["rows_"], row["ids"]), (self.payments, self.payments))
        self.assertEqual(self.count("store_order", "status = 'paid'"), self.payments)

    def approve_all(self, payments: list[Payment]) -> None:
        approved = [
            {
                "transaction_id": payment.reference,
                "amount": 1500,
                "currency": "XOF",
                "decision": "approve",
            }
            for payment in payments
        ]
        answer = self.stack.twin("/cinetpay/twin/seed", {"transactions": approved})
        self.assertEqual(answer.json(), {"seeded": len(payments)})

    def count(self, table: str, condition: str = "TRUE") -> int:
        [row] = self.stack.database.query(
            f"SELECT COUNT(*) AS rows_ FROM {table} WHERE {condition}"
        )
        return row["rows_"]


del DatabaseTest
