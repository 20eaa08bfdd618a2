"""The scenarios that hold for every gateway, through the real servers and the gateway's twin.

A gateway's own tests derive from `GatewayCase` too, and set `gateway`:

    class Webhooks(GatewayCase):
        gateway = "flutterwave"
"""

from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from case import Case, Payment, browser
from stack import gateway_names

nobodys_reference = "NOBODYSPAYMENT000000"


class GatewayCase(Case):
    """Every gateway is configured; the helpers speak of `gateway`."""

    gateways = gateway_names
    settings = {"check": {"timeout_ms": 1500, "return_wait_ms": 3000}}

    @property
    def about(self) -> dict[str, Any]:
        """What the gateway can do, and an order that it takes: `tollgate-twins --describe`."""
        return self.stack.gateways[self.gateway]

    def order_body(self, **changes: Any) -> dict[str, Any]:
        customer = {"name": "Koné", "surname": "Awa", "email": "awa@example.com"}
        if self.about["phone"]:
            customer["phone"] = self.about["phone"]
        return {
            "gateway": self.gateway,
            "amount": self.about["amount"],
            "currency": self.about["currency"],
            "customer": customer,
        } | changes

    def buy_here(self, **changes: Any) -> Payment:
        """A new order and its open payment at this gateway."""
        return self.buy(1500, **self.order_body(**changes))

    def buy_again(self, unpaid: Payment) -> Payment:
        """Another attempt to pay the order of a payment that failed."""
        return self._opened(unpaid.order, self.open(unpaid.order, **self.order_body()))

    def times(self, factor: str) -> str:
        """The sample's amount times the factor, spelled as the sample is."""
        amount = Decimal(self.about["amount"])
        return str((amount * Decimal(factor)).quantize(amount))

    def notify(self, reference: str, **wish: Any) -> dict[str, Any]:
        """Exactly one notification of the gateway, as docs/sandbox.md says; its answer."""
        body = {"transaction_id": reference} | wish
        answer = self.stack.twin(f"/{self.gateway}/twin/notify", body)
        self.assertEqual(answer.status, 200, answer.text)
        return answer.json()

    def ask_for_status(self, payment: Payment) -> dict[str, Any]:
        """The shop asks, and Tollgate the gateway."""
        answer = self.stack.api("GET", f"/api/v1/payments/{payment.id}/status/")
        self.assertEqual(answer.status, 200, answer.text)
        return answer.json()["data"]

    def refund(self, payment: Payment, amount: str | None = None) -> browser.Answer:
        body = {} if amount is None else {"amount": amount}
        return self.stack.api("POST", f"/api/v1/payments/{payment.id}/refund/", body)

    def pass_minutes(self, payment: Payment, minutes: int = 10) -> None:
        """What the passing of time does to a payment's row."""
        self.stack.database.query(
            "UPDATE tollgate_payments SET created_at = created_at - INTERVAL %s MINUTE,"
            " opening_until = opening_until - INTERVAL %s MINUTE,"
            " checked_at = checked_at - INTERVAL %s MINUTE WHERE id = %s",
            minutes, minutes, minutes, UUID(payment.id).bytes,
        )  # fmt: skip

    def assert_acknowledged(self, notifications: list[dict[str, Any]]) -> None:
        self.assertTrue(notifications)
        self.assertEqual({answer["status"] for answer in notifications}, {200}, notifications)

    def pay(self, payment: Payment) -> None:
        """The customer pays and everything goes well."""
        self.assert_acknowledged(self.decide(payment, "approve"))
        self.wait_for_status(payment, "paid")

    def assert_undecided(self, payment: Payment) -> None:
        self.assertIn(self.payment_row(payment)["status"], ("pending", "processing"))
        self.assert_nothing_delivered(payment)

    def way_to_paid(self, payment: Payment) -> tuple[str, ...]:
        """The statuses before `paid`, which may include `processing`."""
        return tuple(after for _, after in self.events(payment) if after != "paid")

    def assert_settled_once(self, payment: Payment) -> None:
        self.assertEqual(self.payment_row(payment)["status"], "paid")
        self.assert_paid_once(payment, self.way_to_paid(payment))


class Scenarios(GatewayCase):
    """Derived for every gateway by test_gateways.py."""

    def test_paid(self) -> None:
        payment = self.buy_here()
        self.assert_undecided(payment)
        self.pay(payment)
        self.assert_settled_once(payment)
        page = self.return_page(payment)
        self.assertEqual(len(self.download_links(page)), 1)
        data = self.ask_for_status(payment)
        self.assertEqual((data["status"], data["attention"]), ("paid", ""))
        self.assertEqual(Decimal(data["amount"]), Decimal(self.about["amount"]))
        row = self.payment_row(payment)
        self.assertEqual((row["gateway_name"], row["payment_link"]),
                         (self.gateway, payment.payment_url))  # fmt: skip

    def test_the_operator_reads_once_how_a_notification_was_proven(self) -> None:
        self.stack.tollgate.restart()
        before = len(self.stack.tollgate.log_text())
        for _ in range(2):
            self.pay(self.buy_here())
        told = self.stack.tollgate.log_text()[before:].splitlines()
        told = [line for line in told if "event=notify.recorded" in line]
        self.assertEqual(len(told), 1, told)
        self.assertIn(f"gateway={self.gateway} ", told[0])
        self.assertRegex(told[0], r" proof=(none|shared_secret|signed) ")
        self.assertRegex(told[0], r"form=\w+")

    def test_where_the_customer_goes(self) -> None:
        payment = self.buy_here()
        if self.about["flow"] == "phone_prompt":
            self.assertEqual(payment.payment_url, payment.return_url)
            self.assertIn("Confirm on your phone", self.return_page(payment).text)
        else:
            page = browser.request("GET", payment.payment_url)
            self.assertEqual(page.status, 200)
            self.assertEqual(urlsplit(page.url).netloc, urlsplit(self.stack.twins_url).netloc)

    def test_not_paid_and_then_paid_late(self) -> None:
        for decision, status in self.about["outcomes"].items():
            with self.subTest(decision):
                payment = self.buy_here()
                self.assert_acknowledged(self.decide(payment, decision))
                self.wait_for_status(payment, status)
                self.assert_nothing_delivered(payment)
                self.assertEqual(self.shop_row(payment)["status"], "failed")
                self.assertEqual(self.download_links(self.return_page(payment)), [])

                self.assert_acknowledged(self.decide(payment, "approve"))
                self.wait_for_status(payment, "paid")
                self.assert_settled_once(payment)

                self.decide(payment, decision, notify="once")
                self.make_due(payment)
                self.settle_all_that_was_received()
                self.assert_settled_once(payment)

    def test_a_failed_order_may_be_tried_again(self) -> None:
        decision, status = next(iter(self.about["outcomes"].items()))
        first = self.buy_here()
        self.decide(first, decision)
        self.wait_for_status(first, status)
        second = self.buy_again(first)
        self.assertNotEqual(second.reference, first.reference)
        self.pay(second)
        self.assert_settled_once(second)

    def test_the_notification_is_lost_and_the_customer_comes_back(self) -> None:
        payment = self.buy_here()
        self.decide(payment, "approve", notify="never")
        self.pass_minutes(payment)
        self.assertEqual(len(self.download_links(self.return_page(payment))), 1)
        self.assert_settled_once(payment)

    def test_the_notification_is_lost_and_the_reconciler_asks(self) -> None:
        payment = self.buy_here()
        self.decide(payment, "approve", notify="never")
        self.make_due(payment)
        self.wait_for_status(payment, "paid")
        self.assert_settled_once(payment)

    def test_a_forged_notification_changes_nothing(self) -> None:
        payment = self.buy_here()
        signs = self.about["notifications"] != "none"
        for signature in ("wrong", "none"):
            with self.subTest(signature):
                answer = self.notify(payment.reference, signature=signature)
                if signs and signature == "wrong":
                    self.assertIn(answer["status"], (400, 401, 403))
                self.ask_for_status(payment)
                self.assert_undecided(payment)
        self.pay(payment)
        self.assert_settled_once(payment)

    def test_a_notification_never_settles_what_the_gateway_denies(self) -> None:
        payment = self.buy_here()
        self.decide(payment, "approve", notify="never")
        self.behave(transaction_id=payment.reference, check="404")
        self.notify(payment.reference)
        self.wait_for_check(payment)
        self.assert_undecided(payment)
        self.behave(reset=True)
        self.make_due(payment)
        self.wait_for_status(payment, "paid")
        self.assert_settled_once(payment)

    def test_notifications_twice_at_once_and_again(self) -> None:
        payment = self.buy_here()
        self.assert_acknowledged(self.decide(payment, "approve", notify="together"))
        self.wait_for_status(payment, "paid")
        self.assert_acknowledged(self.decide(payment, "approve", notify="twice"))
        self.settle_all_that_was_received()
        self.assert_settled_once(payment)

    def test_a_notification_about_somebody_elses_payment(self) -> None:
        url = f"{self.stack.url}/notify/{self.gateway}"
        answer = self.notify(nobodys_reference, url=url)
        self.assertEqual(answer["status"], 200)
        rows = self.stack.database.query(
            "SELECT payment_id FROM tollgate_evidence WHERE reference = %s AND gateway = %s",
            nobodys_reference, self.gateway,
        )  # fmt: skip
        proven = self.about["notifications"] != "none"
        self.assertEqual(rows, [{"payment_id": None}] if proven else [])

    def test_a_price_that_does_not_agree(self) -> None:
        if not self.about["tells_amount"]:
            self.skipTest(f"{self.gateway} does not say how much was paid")
        other = "EUR" if self.about["currency"] != "EUR" else "USD"
        cases = (
            ("smaller", {"check_amount": self.times("0.5")}, "review", "underpaid"),
            ("larger", {"check_amount": self.times("2")}, "paid", "overpaid"),
            ("another currency", {"check_currency": other}, "review", None),
        )
        for name, behaviour, status, attention in cases:
            with self.subTest(name):
                payment = self.buy_here()
                self.behave(transaction_id=payment.reference, **behaviour)
                self.assert_acknowledged(self.decide(payment, "approve"))
                self.wait_for_status(payment, status)
                if attention:
                    self.assertEqual(self.payment_row(payment)["attention"], attention)
                if status == "paid":
                    self.assert_settled_once(payment)
                else:
                    self.assert_nothing_delivered(payment)
                    self.assertIn("under review", self.return_page(payment).text)

    def test_an_answer_about_another_payment(self) -> None:
        payment = self.buy_here()
        self.behave(transaction_id=payment.reference, check_reference="ANOTHERPAYMENT000000")
        self.decide(payment, "approve")
        self.wait_for_check(payment)
        self.assertIn(self.payment_row(payment)["status"], ("pending", "processing", "review"))
        self.assert_nothing_delivered(payment)

    def test_a_gateway_that_cannot_be_asked_loses_nothing(self) -> None:
        for manner in ("500", "garbage", "hang", "404"):
            with self.subTest(manner):
                payment = self.buy_here()
                self.behave(transaction_id=payment.reference, check=manner)
                self.assert_acknowledged(self.decide(payment, "approve"))
                self.wait_for_check(payment)
                self.assert_undecided(payment)
                self.assertIsNotNone(self.payment_row(payment)["check_due_at"])
                self.behave(reset=True)
                self.make_due(payment)
                self.wait_for_status(payment, "paid")
                self.assert_settled_once(payment)

    def test_an_opening_that_the_gateway_refuses(self) -> None:
        self.behave(open="refuse")
        answer = self.open(self.new_order(), **self.order_body())
        self.assertEqual(answer.status, 502, answer.text)
        self.assertEqual(answer.json()["data"]["status"], "failed")

    def test_an_opening_without_an_answer_stays_pending(self) -> None:
        for manner in ("500", "garbage", "hang"):
            with self.subTest(manner):
                self.behave(open=manner)
                order = self.new_order()
                answer = self.open(order, **self.order_body())
                self.assertEqual(answer.json()["data"]["status"], "pending")
                if manner == "garbage" and answer.status == 201:  # asked again, the gateway has it
                    continue
                self.assertEqual(answer.status, 504, answer.text)
                self.behave(reset=True)
                again = self.open(order, **self.order_body())
                self.assertEqual(again.status, 409, again.text)

    def test_tokens_are_kept_and_renewed(self) -> None:
        def issued(**wish: Any) -> int:
            return self.stack.twin(f"/{self.gateway}/twin/tokens", wish).json()["issued"]

        self.pay(self.buy_here())
        before = issued()
        if before == 0:
            self.skipTest(f"{self.gateway} has no access tokens")
        for _ in range(3):
            self.pay(self.buy_here())
        self.assertEqual(issued(), before)
        issued(expire=True)
        self.pay(self.buy_here())
        self.assertGreater(issued(), before)

    def test_rules_are_named_before_anything_is_sent(self) -> None:
        known = len(self.stack.twin(f"/{self.gateway}/twin/transactions").json()["transactions"])
        wrong = self.order_body(currency="JPY", amount="1500")
        answer = self.open(self.new_order(), **wrong)
        self.assertEqual(answer.status, 422, answer.text)
        self.assertIn("must be", answer.json()["errors"]["currency"])
        if self.about["phone"]:
            body = self.order_body()
            del body["customer"]["phone"]
            answer = self.open(self.new_order(), **body)
            self.assertEqual(answer.status, 422, answer.text)
            self.assertIn("customer.phone", answer.json()["errors"])
        after = self.stack.twin(f"/{self.gateway}/twin/transactions").json()["transactions"]
        self.assertEqual(len(after), known)

    def test_no_whole_phone_number_is_kept(self) -> None:
        payment = self.buy_here()
        self.pay(payment)
        rows = self.stack.database.query(
            "SELECT body FROM tollgate_evidence WHERE payment_id = %s", UUID(payment.id).bytes
        )
        self.assertTrue(rows)
        kept = b"".join(row["body"] for row in rows).decode()
        for secret in (self.about["phone"].lstrip("+")[-8:] or "no phone", "awa@example.com"):
            self.assertNotIn(secret, kept)
        for name, value in self.about["settings"].items():
            if name.endswith(("secret", "key", "password", "hash")) and len(value) > 7:
                self.assertNotIn(value, kept, name)

    def test_money_goes_back(self) -> None:
        payment = self.buy_here()
        self.pay(payment)
        [link] = self.download_links(self.return_page(payment))
        if self.about["refunds"] == "none":
            answer = self.refund(payment)
            self.assertEqual(answer.status, 409, answer.text)
            return
        answer = self.refund(payment)
        self.assertIn(answer.status, (200, 202), answer.text)
        self.make_due(payment)
        self.wait_for_status(payment, "refunded")
        [refund] = self.at_gateway(payment)["refunds"]
        self.assertEqual(Decimal(refund["amount"]), Decimal(self.about["amount"]))
        self.assertEqual(self.download(link).status, 404)
        self.assertEqual(self.refund(payment).status, 409)

    def test_a_part_goes_back(self) -> None:
        payment = self.buy_here()
        self.pay(payment)
        part = self.times("0.4")
        answer = self.refund(payment, part)
        if self.about["refunds"] != "partial":
            self.assertIn(answer.status, (409, 422), answer.text)
            self.assertEqual(self.at_gateway(payment)["refunds"], [])
            return
        self.assertIn(answer.status, (200, 202), answer.text)
        self.make_due(payment)
        self.wait_for_status(payment, "partially_refunded")
        self.assertEqual(self.refund(payment, self.times("0.8")).status, 422)
        rest = self.refund(payment)
        self.assertIn(rest.status, (200, 202), rest.text)
        self.make_due(payment)
        self.wait_for_status(payment, "refunded")
        given = [Decimal(refund["amount"]) for refund in self.at_gateway(payment)["refunds"]]
        self.assertEqual(sum(given), Decimal(self.about["amount"]))

    def test_a_refund_that_is_refused_gives_nothing_back(self) -> None:
        if self.about["refunds"] == "none":
            self.skipTest(f"{self.gateway} gives no money back")
        payment = self.buy_here()
        self.pay(payment)
        self.behave(transaction_id=payment.reference, refund="refuse")
        answer = self.refund(payment)
        self.assertEqual(answer.status, 502, answer.text)
        self.assertEqual(self.payment_row(payment)["status"], "paid")
        self.assertIsNone(self.payment_row(payment)["refund_id"])
        self.behave(reset=True)
        self.assertIn(self.refund(payment).status, (200, 202))

    def test_a_refund_whose_answer_is_lost_is_made_once(self) -> None:
        if self.about["refunds"] == "none":
            self.skipTest(f"{self.gateway} gives no money back")
        for manner in ("hang", "garbage"):
            with self.subTest(manner):
                payment = self.buy_here()
                self.pay(payment)
                self.behave(transaction_id=payment.reference, refund=manner)
                self.assertEqual(self.refund(payment).status, 202)
                self.assertEqual(self.payment_row(payment)["attention"], "refund_unknown")
                self.assertEqual(self.refund(payment).status, 409)
                self.behave(reset=True)
                asked = self.payment_row(payment)["checks"]
                self.make_due(payment)
                self.wait_for_check(payment, asked)
                self.assertEqual(len(self.at_gateway(payment)["refunds"]), 1)
                row = self.payment_row(payment)
                if row["status"] != "refunded":  # the gateway cannot tell: a person must look
                    self.assertEqual(row["attention"], "refund_unknown")

    def settle_all_that_was_received(self) -> None:
        """A stop carries out every check that is under way, so nothing more can come."""
        self.stack.tollgate.restart()
