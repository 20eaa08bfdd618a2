"""`tollgate watch`: follows a payment until it ends, as a script would have it."""

import json
import subprocess
import time
from typing import Any

from case import Case, Payment


class WatchTest(Case):
    settings = {"check": {"timeout_ms": 1500}}

    def watch(self, *arguments: Any, expect: int | None = 0) -> subprocess.CompletedProcess[str]:
        return self.stack.command("watch", *map(str, arguments), expect=expect)

    def said(self, *arguments: Any, expect: int) -> dict[str, Any]:
        return json.loads(self.watch(*arguments, "--json", expect=expect).stdout)

    def start(self, payment: Payment, *arguments: str) -> subprocess.Popen[str]:
        watching = self.stack.begin("watch", payment.reference, *arguments)
        self.addCleanup(watching.communicate)
        self.addCleanup(watching.kill)
        return watching

    def ended(self, decision: str, status: str) -> Payment:
        payment = self.buy()
        self.decide(payment, decision)
        self.wait_for_status(payment, status)
        return payment

    def age(self, payment: Payment) -> None:
        """What the passing of time does: the gateway may be asked."""
        self.stack.database.query(
            "UPDATE tollgate_payments SET created_at = created_at - INTERVAL 20 SECOND"
            " WHERE reference = %s",
            payment.reference,
        )

    def test_paid(self) -> None:
        payment = self.ended("approve", "paid")
        done = self.watch(payment.reference)
        row = self.payment_row(payment)
        self.assertEqual(
            done.stdout,
            "status: paid\n"
            "message: the payment is confirmed\n"
            f"order id: {payment.order}\n"
            f"transaction id: {row['gateway_ref']}\n"
            f"reference: {payment.reference}\n",
        )
        self.assertIn(f"watching payment {payment.reference}", done.stderr)

    def test_not_paid(self) -> None:
        for decision, status in (
            ("decline", "failed"),
            ("cancel", "cancelled"),
            ("expire", "expired"),
        ):
            with self.subTest(status):
                payment = self.ended(decision, status)
                said = self.said(payment.reference, expect=1)
                self.assertEqual((said["status"], said["timed_out"]), (status, False))

    def test_every_name_of_a_payment(self) -> None:
        payment = self.ended("approve", "paid")
        names = (
            [payment.reference],
            [payment.id],
            [payment.payment_url],
            [payment.return_url],
            [payment.order],
            ["--order", payment.order],
            [payment.order, "--merchant", "main"],
        )
        for name in names:
            with self.subTest(name):
                said = self.said(*name, expect=0)
                self.assertEqual(said["id"], payment.id)
                self.assertEqual(said["order_id"], str(payment.order))

    def test_nobodys_payment(self) -> None:
        payment = self.buy()
        for name in (
            ["NOBODYSPAYMENT000000"],
            ["no such order"],
            ["https://evil.example/pay?t=x"],
            [payment.payment_url + "x"],
            [payment.order, "--merchant", "other"],
        ):
            with self.subTest(name):
                done = self.watch(*name, expect=66)
                self.assertEqual(done.stdout, "")
                self.assertIn("there is no payment", done.stderr)

    def test_time_runs_out(self) -> None:
        payment = self.buy()
        self.age(payment)
        began = time.monotonic()
        said = self.said(payment.reference, "--timeout", 6, expect=2)
        self.assertLess(time.monotonic() - began, 20)
        self.assertEqual((said["status"], said["timed_out"]), ("pending", True))
        self.assertEqual(self.times_asked(payment), 1)  # and looked at three times

    def test_a_review_has_not_ended(self) -> None:
        self.behave(check_amount="5")
        payment = self.ended("approve", "review")
        self.assertEqual(self.said(payment.reference, "--timeout", 1, expect=2)["status"], "review")

    def test_the_daemon_settles_while_it_is_watched(self) -> None:
        payment = self.buy()
        watching = self.start(payment)
        self.decide(payment, "approve")
        out, _ = watching.communicate(timeout=60)
        self.assertEqual(watching.returncode, 0)
        self.assertIn("status: paid\n", out)
        self.assert_paid_once(payment)

    def test_it_asks_the_gateway_itself_and_seldom(self) -> None:
        payment = self.buy()
        self.stack.tollgate.stop()
        self.addCleanup(lambda: self.stack.tollgate.running or self.stack.tollgate.start())
        self.age(payment)
        watching = self.start(payment)
        self.wait_until(lambda: self.times_asked(payment) == 1)
        self.decide(payment, "approve", notify="never")
        out, _ = watching.communicate(timeout=60)
        self.assertEqual(watching.returncode, 0)
        self.assertIn("status: paid\n", out)
        self.assertEqual(self.times_asked(payment), 2)
        self.assert_paid_once(payment)
        self.stack.tollgate.start()

    def test_trouble_is_no_end(self) -> None:
        payment = self.buy()
        watching = self.start(payment)
        assert watching.stderr
        self.assertIn("watching", watching.stderr.readline())
        self.stack.database.stop()
        self.addCleanup(lambda: self.stack.database.running or self.stack.database.start())
        self.assertTrue(any("trying again" in line for line in watching.stderr))
        self.stack.database.start()
        self.decide(payment, "decline")
        watching.communicate(timeout=60)
        self.assertEqual(watching.returncode, 1)

    def test_without_a_database_there_is_no_answer(self) -> None:
        payment = self.buy()
        self.stack.database.stop()
        self.addCleanup(lambda: self.stack.database.running or self.stack.database.start())
        self.watch(payment.reference, expect=69)
        self.stack.database.start()
