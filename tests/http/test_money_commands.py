"""`tollgate gateways`, `confirm` and `refund`: what an operator does on the command line."""

import json
import os
import pwd
import subprocess
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from case import Case, Payment
from gateway_case import GatewayCase

not_done = 1
under_way = 3
config_error = 78
wrong_command_line = range(105, 128)
user = pwd.getpwuid(os.getuid()).pw_name


class CommandCase(Case):
    gateways = ("cinetpay", "cash_on_delivery")

    def buy_for_cash(self, **changes: Any) -> Payment:
        return self.buy(1500, gateway="cash_on_delivery", **changes)

    def run_command(self, *arguments: str, expect: int = 0) -> str:
        """Its standard output, or its errors when they are expected."""
        done = self.stack.command(*arguments, expect=expect)
        if expect == under_way:  # the log, on standard error, says why
            return done.stdout
        silent, speaking = (done.stderr, done.stdout) if expect == 0 else (done.stdout, done.stderr)
        self.assertEqual(silent, "")
        return speaking

    def causes(self, payment: Payment) -> list[str]:
        rows = self.stack.database.query(
            "SELECT cause FROM tollgate_events WHERE payment_id = %s ORDER BY number",
            UUID(payment.id).bytes,
        )
        return [row["cause"] for row in rows]

    def assert_untouched(self, payment: Payment) -> None:
        self.assertEqual(self.events(payment), [("", "pending")])
        self.assertEqual(self.evidence(payment), [])


class ConfirmTest(CommandCase):
    def test_a_payment_is_named_in_three_ways(self) -> None:
        for way in ("id", "reference", "order", "order of a merchant"):
            with self.subTest(way):
                payment = self.buy_for_cash()
                name = {
                    "id": [payment.id],
                    "reference": [payment.reference],
                    "order": ["--order", str(payment.order)],
                    "order of a merchant": ["--order", str(payment.order), "--merchant", "main"],
                }[way]
                said = self.run_command("confirm", *name, "--paid")
                self.assertEqual(
                    said,
                    f"payment {payment.reference} of order {payment.order}: paid,"
                    " 1500 XOF of 1500 XOF paid\n",
                )
                self.assert_paid_once(payment)
                self.assertEqual(self.causes(payment)[-1], f"operator cli {user}: paid 1500 XOF")

    def test_the_newest_payment_of_an_order_is_meant(self) -> None:
        first = self.buy_for_cash()
        self.run_command("confirm", first.id, "--cancelled")
        second = self._opened(first.order, self.open(first.order, gateway="cash_on_delivery"))
        self.run_command("confirm", "--order", str(first.order), "--paid")
        self.assert_paid_once(second)
        self.assertEqual(self.payment_row(first)["status"], "cancelled")

    def test_less_is_to_be_looked_at_until_the_rest_is_there(self) -> None:
        payment = self.buy_for_cash()
        said = self.run_command("confirm", payment.id, "--paid", "--amount", "1000")
        self.assertIn(": review, 1000 XOF of 1500 XOF paid; look at it: underpaid\n", said)
        self.assert_nothing_delivered(payment)
        said = self.run_command("confirm", payment.id, "--paid", "--amount", "1500")
        self.assertIn(": paid, 1500 XOF of 1500 XOF paid\n", said)
        self.assert_paid_once(payment, ("pending", "review"))

    def test_cancelled(self) -> None:
        payment = self.buy_for_cash()
        self.assertIn(": cancelled\n", self.run_command("confirm", payment.id, "--cancelled"))
        self.assertEqual(self.causes(payment)[-1], f"operator cli {user}: cancelled")
        self.assertEqual(self.shop_row(payment)["status"], "failed")

    def test_what_was_paid_cannot_be_cancelled(self) -> None:
        payment = self.buy_for_cash()
        self.run_command("confirm", payment.id, "--paid")
        said = self.run_command("confirm", payment.id, "--cancelled", expect=not_done)
        self.assertIn("was paid: it cannot be cancelled", said)
        self.assert_paid_once(payment)

    def test_a_payment_of_a_gateway_is_not_confirmed_by_hand(self) -> None:
        payment = self.buy(1500, gateway="cinetpay")
        for outcome in ("--paid", "--cancelled"):
            said = self.run_command("confirm", payment.id, outcome, expect=not_done)
            self.assertIn("is confirmed by its gateway, cinetpay, not by hand", said)
        self.assert_untouched(payment)

    def test_nobody_is_meant(self) -> None:
        payment = self.buy_for_cash()
        for name in (
            [str(uuid4())],
            ["NOBODYSPAYMENT000000"],
            [payment.reference.lower()],
            ["--order", "no-such-order"],
            ["--order", str(payment.order), "--merchant", "other"],
        ):
            with self.subTest(name):
                said = self.run_command("confirm", *name, "--paid", expect=not_done)
                self.assertRegex(said, r"^tollgate: (there is|the merchant \w+ has) no payment ")
        self.assert_untouched(payment)

    def test_wrong_amounts(self) -> None:
        payment = self.buy_for_cash()
        for amount in ("0", "-5", "1500.5", "1500 XOF", "1,500", "all"):
            with self.subTest(amount):
                said = self.run_command(
                    "confirm", payment.id, "--paid", f"--amount={amount}", expect=not_done
                )
                self.assertIn("the amount must be in XOF, greater than zero", said)
        self.assert_untouched(payment)

    def test_a_wrong_command_line(self) -> None:
        payment = self.buy_for_cash()
        for arguments in (
            [],
            ["--paid"],
            [payment.id],
            [payment.id, "--paid", "--cancelled"],
            [payment.id, "--cancelled", "--amount", "5"],
            [payment.id, "--order", str(payment.order), "--paid"],
            [payment.id, "--merchant", "main", "--paid"],
        ):
            with self.subTest(arguments):
                done = self.stack.command("confirm", *arguments, expect=None)
                self.assertIn(done.returncode, wrong_command_line)
        self.assert_untouched(payment)

    def test_the_carrier_comes_back_after_cash_was_given_up(self) -> None:
        payment = self.buy_for_cash()
        without = self.stack.directory / "without_cash.toml"
        lines = self.stack.configuration.read_text().splitlines()
        without.write_text("\n".join(line for line in lines if "cash_on_delivery" not in line))
        self.run_command("--config", str(without), "confirm", payment.id, "--paid")
        self.assert_paid_once(payment)


class RefundTest(CommandCase):
    def begin_refund(self, payment: Payment) -> None:
        """What a refund leaves behind whose answer never came."""
        self.stack.database.query(
            "UPDATE tollgate_payments SET refund_id = 'REFUND00000000000001', refund_minor = 500,"
            " refund_total_minor = 500, attention = 'refund_unknown' WHERE id = %s",
            UUID(payment.id).bytes,
        )

    def test_nothing_goes_back_where_nothing_can(self) -> None:
        cash = self.buy_for_cash()
        self.run_command("confirm", cash.id, "--paid")
        card = self.buy(1500, gateway="cinetpay")
        self.decide(card, "approve")
        self.wait_for_status(card, "paid")
        for payment, gateway in ((cash, "cash_on_delivery"), (card, "cinetpay")):
            if self.stack.gateways[gateway]["refunds"] != "none":
                continue
            said = self.run_command("refund", payment.reference, expect=not_done)
            self.assertEqual(said, f"tollgate: {gateway} cannot give money back\n")
            self.assertEqual(self.payment_row(payment)["status"], "paid")

    def test_a_person_knows_how_a_refund_ended(self) -> None:
        for ended, status in (("done", "partially_refunded"), ("refused", "paid")):
            with self.subTest(ended):
                payment = self.buy_for_cash()
                self.run_command("confirm", payment.id, "--paid")
                self.begin_refund(payment)
                said = self.run_command("refund", payment.id, "--ended", ended)
                words = "is done" if ended == "done" else "was refused"
                self.assertTrue(said.startswith(f"the refund of 500 XOF {words}\n"), said)
                self.assertIn(f": {status}, ", said)
                row = self.payment_row(payment)
                self.assertEqual((row["status"], row["attention"]), (status, ""))
                self.assertIsNone(row["refund_id"])
                self.assertEqual(
                    self.causes(payment)[-1],
                    f"operator cli {user}: refund {ended} REFUND00000000000001",
                )
                again = self.run_command("refund", payment.id, "--ended", ended, expect=not_done)
                self.assertIn("has no refund under way", again)

    def test_a_wrong_command_line(self) -> None:
        payment = self.buy_for_cash()
        for arguments in (
            [],
            [payment.id, "--ended", "maybe"],
            [payment.id, "--ended", "done", "--amount", "5"],
            [payment.id, "--amount"],
        ):
            with self.subTest(arguments):
                done = self.stack.command("refund", *arguments, expect=None)
                self.assertIn(done.returncode, wrong_command_line)
        said = self.run_command("refund", str(uuid4()), expect=not_done)
        self.assertIn("there is no payment", said)
        said = self.run_command("refund", payment.id, "--amount", "0", expect=not_done)
        self.assertIn("the amount must be", said)


class GatewayRefundTest(GatewayCase, CommandCase):
    """Through every gateway that gives money back."""

    def setUp(self) -> None:
        refunding = [name for name, can in self.stack.gateways.items() if can["refunds"] != "none"]
        if not refunding:
            self.skipTest("no gateway gives money back")
        self.refunding = refunding

    def paid_at(self, gateway: str) -> Payment:
        self.gateway = gateway
        self.behave(reset=True)
        payment = self.buy_here()
        self.pay(payment)
        return payment

    def test_all_goes_back(self) -> None:
        for gateway in self.refunding:
            with self.subTest(gateway):
                payment = self.paid_at(gateway)
                done = self.stack.command("refund", payment.id, expect=None)
                self.assertIn(done.returncode, (0, under_way), done.stderr)
                self.make_due(payment)
                self.wait_for_status(payment, "refunded")
                causes = self.causes(payment)
                self.assertTrue(any(f"cli {user}: refund of " in one for one in causes), causes)
                said = self.run_command("refund", payment.id, expect=not_done)
                self.assertIn("has nothing to give back", said)

    def test_too_much(self) -> None:
        for gateway in self.refunding:
            with self.subTest(gateway):
                payment = self.paid_at(gateway)
                amount = self.times("2")
                said = self.run_command("refund", payment.id, "--amount", amount, expect=not_done)
                self.assertIn("the amount must be what was paid", said)
                self.assertIsNone(self.payment_row(payment)["refund_id"])

    def test_refused(self) -> None:
        for gateway in self.refunding:
            with self.subTest(gateway):
                payment = self.paid_at(gateway)
                self.behave(transaction_id=payment.reference, refund="refuse")
                said = self.run_command("refund", payment.id, expect=not_done)
                self.assertIn("the gateway refused: nothing was given back", said)
                self.assertEqual(self.payment_row(payment)["status"], "paid")

    def test_an_answer_that_is_lost_is_ended_by_a_person(self) -> None:
        for gateway in self.refunding:
            with self.subTest(gateway):
                payment = self.paid_at(gateway)
                self.behave(transaction_id=payment.reference, refund="hang")
                said = self.run_command("refund", payment.id, expect=under_way)
                self.assertIn("the refund is under way", said)
                self.assertIn("look at it: refund_unknown", said)
                again = self.run_command("refund", payment.id, expect=not_done)
                self.assertIn("an earlier refund of it has not ended", again)
                self.run_command("refund", payment.id, "--ended", "done")
                self.assertEqual(self.payment_row(payment)["status"], "refunded")


class GatewaysTest(CommandCase):
    def table(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """Without anything of the stack: no configuration, no database."""
        program = [self.stack.binaries / "cli/tollgate", *arguments]
        return subprocess.run(program, capture_output=True, text=True, timeout=60, **options)

    def test_which_are_configured(self) -> None:
        said = self.run_command("gateways").splitlines()
        self.assertEqual(said[0].split()[:3], ["gateway", "title", "configured"])
        rows = {line.split()[0]: line for line in said[1:]}
        self.assertEqual(list(rows), list(self.stack.gateways))
        for name, line in rows.items():
            self.assertIn(f"{'yes' if name in self.gateways else 'no'}  ", line)
        self.assertRegex(
            rows["cinetpay"], r"CinetPay +yes +hosted page +signed +yes +none +XOF XAF CDF GNF USD$"
        )
        self.assertRegex(
            rows["cash_on_delivery"],
            r"Cash on delivery +yes +on delivery +none +no +none +every$",
        )

    def test_for_programs(self) -> None:
        found = {one["name"]: one for one in json.loads(self.run_command("gateways", "--json"))}
        self.assertEqual(list(found), list(self.stack.gateways))
        for name, about in self.stack.gateways.items():
            for member in ("title", "flow", "refunds"):
                self.assertEqual(found[name][member], about[member])
            self.assertIs(found[name]["configured"], name in self.gateways)
        self.assertEqual(
            found["cash_on_delivery"],
            {
                "name": "cash_on_delivery",
                "title": "Cash on delivery",
                "flow": "on_delivery",
                "notifications": "none",
                "can_check": False,
                "refunds": "none",
                "currencies": None,
                "configured": True,
            },
        )
        [anywhere, *_] = json.loads(self.run_command("gateways", "--json", "--all"))
        self.assertIsNone(anywhere["configured"])

    def test_without_a_database(self) -> None:
        self.stack.database.stop()
        self.addCleanup(self.stack.database.start)
        self.assertIn("cinetpay", self.run_command("gateways"))

    def test_without_a_configuration(self) -> None:
        if Path("/etc/tollgate/tollgate.toml").exists():
            self.skipTest("this machine has a configuration")
        done = self.table("gateways", env={})
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertNotIn(" yes  hosted page", done.stdout)
        some = self.table("gateways", env={"CINETPAY_SITE_ID": "445160"})
        self.assertRegex(some.stdout, r"CinetPay +yes +hosted page")

    def test_a_configuration_with_mistakes(self) -> None:
        broken = self.stack.directory / "broken.toml"
        broken.write_text("[sever]\n[gateway.cash_on_delivery]\ncurrencies = 'XYZ'\n")
        said = self.run_command("--config", str(broken), "gateways")
        self.assertRegex(said, r"Cash on delivery +yes ")
        broken.write_text("[server\n")
        done = self.stack.command("--config", str(broken), "gateways", expect=config_error)
        self.assertIn(":1: this is not TOML", done.stderr)
        self.assertIn("cinetpay", self.run_command("--config", str(broken), "gateways", "--all"))
