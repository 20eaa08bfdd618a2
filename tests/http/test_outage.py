"""A gateway fails, hangs or is slow: the others do not notice, it is left alone, nothing is lost."""

import time
from typing import Any

from case import Payment
from gateway_case import GatewayCase

in_flight_max = 16
failures_to_open = 5
# Of a few seconds: the waits between them double from a second on.
probes_max = 5


class OutageTest(GatewayCase):
    """`gateway` is the one in trouble, `other` is not."""

    gateway = "flutterwave"
    other = "cinetpay"
    settings = {
        "check": {
            "timeout_ms": 4000,
            "return_wait_ms": 3000,
            "in_flight_max": 64,
            "gateway_in_flight_max": in_flight_max,
        }
    }

    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(self.behave, reset=True)

    def buy_many(self, count: int) -> list[Payment]:
        return [self.buy_here() for _ in range(count)]

    def approve(self, payments: list[Payment]) -> None:
        """Every notification is acknowledged, whatever the gateway answers to questions."""
        for payment in payments:
            [answer] = self.decide(payment, "approve")
            self.assertEqual(answer["status"], 200)

    def times_all_asked(self, payments: list[Payment]) -> int:
        return sum(self.times_asked(payment) for payment in payments)

    def wait_until_away(self, times: int = 1) -> None:
        out = f"event=gateway.out gateway={self.gateway}"
        self.wait_until(lambda: self.stack.tollgate.log_text().count(out) >= times)

    def log_counts(self) -> dict[str, int]:
        log = self.stack.tollgate.log_text()
        names = ("out", "back")
        return {name: log.count(f"event=gateway.{name} gateway={self.gateway}") for name in names}

    def assert_the_other_settles_promptly(self, within_s: float = 5) -> None:
        trouble, self.gateway = self.gateway, self.other
        try:
            payments = self.buy_many(5)
            begin = time.monotonic()
            self.approve(payments)
            for payment in payments:
                self.wait_for_status(payment, "paid")
            self.assertLess(time.monotonic() - begin, within_s)
        finally:
            self.gateway = trouble

    def wait_until_all_are_paid(self, payments: list[Payment]) -> None:
        for payment in payments:
            self.wait_for_status(payment, "paid", 60)
        for payment in payments:
            self.assert_paid_once(payment)

    def play_outage(self, **manner: Any) -> None:
        before = self.log_counts()
        payments = self.buy_many(40)
        self.behave(**manner)
        self.approve(payments)
        self.assert_the_other_settles_promptly()
        self.wait_until_away(before["out"] + 1)
        self.approve(payments)  # the same notifications again
        asked = self.times_all_asked(payments)
        self.assertLessEqual(asked, in_flight_max + failures_to_open + probes_max)

        begin = time.monotonic()
        self.return_page(payments[-1])
        refused = self.open(self.new_order(), **self.order_body())
        self.assertLess(time.monotonic() - begin, 6)  # perhaps one of them is the probe
        self.assertIn(refused.status, (201, 504))
        self.assert_the_other_settles_promptly()

        self.behave(reset=True)
        self.wait_until_all_are_paid(payments)
        self.assertEqual(
            self.log_counts(), {"out": before["out"] + 1, "back": before["back"] + 1}
        )


class Outages(OutageTest):
    def test_a_gateway_that_fails_is_left_alone_until_it_works(self) -> None:
        self.play_outage(check="500", open="500")

    def test_a_gateway_that_hangs_is_left_alone_until_it_works(self) -> None:
        self.play_outage(check="hang")

    def test_a_page_does_not_wait_for_a_gateway_that_is_away(self) -> None:
        payments = self.buy_many(10)
        self.behave(check="500")
        self.approve(payments)
        self.wait_until_away(self.log_counts()["out"] or 1)
        self.behave(check="hang")
        durations = []
        for payment in payments:
            self.age_last_check(payment)
            begin = time.monotonic()
            self.assertNotIn("/download/", self.return_page(payment).text)
            durations.append(time.monotonic() - begin)
        # One or two of them may have been the probe, and waited as long as a page may.
        self.assertLess(sorted(durations)[len(durations) // 2], 1)
        self.behave(reset=True)
        self.wait_until_all_are_paid(payments)

    def test_what_waits_survives_a_restart(self) -> None:
        payments = self.buy_many(20)
        self.behave(check="500")
        self.approve(payments)
        self.wait_until_away(self.log_counts()["out"] or 1)
        self.stack.tollgate.restart()
        self.behave(reset=True)
        for payment in payments:
            self.make_due(payment)
        self.stack.database.query("UPDATE tollgate_payments SET lease_until = NULL")
        self.wait_until_all_are_paid(payments)


    def test_a_run_from_cron_ends_although_the_gateway_hangs(self) -> None:
        payments = self.buy_many(10)
        for payment in payments:
            self.decide(payment, "approve", notify="never")
        self.stack.tollgate.stop()
        self.addCleanup(lambda: self.stack.tollgate.running or self.stack.tollgate.start())
        for works in (False, True):
            self.behave(check="honest" if works else "hang")
            for payment in payments:
                self.make_due(payment)
            self.stack.database.query("UPDATE tollgate_payments SET lease_until = NULL")
            self.stack.command("reconcile", "--once")
            statuses = {self.payment_row(payment)["status"] for payment in payments}
            self.assertEqual(statuses, {"paid" if works else "pending"})
        for payment in payments:
            self.assert_paid_once(payment)


class SlowGateways(OutageTest):
    def test_a_slow_gateway_delays_nobody_else(self) -> None:
        for delay_ms in (100, 2000):
            with self.subTest(delay_ms=delay_ms):
                payments = self.buy_many(2 * in_flight_max + 1)
                before = self.log_counts()
                self.behave(check="slow", check_delay_ms=delay_ms)
                self.approve(payments)
                self.assert_the_other_settles_promptly()
                self.wait_until_all_are_paid(payments)
                self.assertEqual(self.times_all_asked(payments), len(payments))
                self.assertEqual(self.log_counts(), before)  # slow is not away


class RepeatedMessages(OutageTest):
    gateway = "cinetpay"

    def test_a_signed_notification_that_is_sent_again_and_again_is_a_few_questions(self) -> None:
        payment = self.buy_here()
        fields = self.fields_of(payment)
        begin = time.monotonic()
        for _ in range(100):
            self.assertEqual(self.post_notification(fields).status, 200)
        seconds = time.monotonic() - begin
        self.assertLessEqual(self.times_asked(payment), 2 + seconds)
        self.decide(payment, "approve", notify="never")
        self.assertEqual(self.post_notification(fields).status, 200)
        self.wait_for_status(payment, "paid")
        asked = self.times_asked(payment)
        for _ in range(20):
            self.assertEqual(self.post_notification(fields).status, 200)
        self.assertEqual(self.times_asked(payment), asked)  # paid: nobody needs to be asked

    def test_a_page_that_is_reloaded_is_a_few_questions(self) -> None:
        payment = self.buy_here()
        begin = time.monotonic()
        for _ in range(30):
            self.return_page(payment)
        seconds = time.monotonic() - begin
        self.assertLessEqual(self.times_asked(payment), 1 + seconds / 4)
