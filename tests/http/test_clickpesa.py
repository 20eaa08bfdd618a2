"""What only ClickPesa has: a checksum that its webhooks may carry here, there or nowhere, a token
in the notify URL, phone numbers of one country, a dozen words for a status."""

from typing import Any

from case import Payment
from gateway_case import GatewayCase


class ClickPesaCase(GatewayCase):
    gateway = "clickpesa"
    gateways = ("clickpesa",)

    def proofs(self, payment: Payment) -> list[str]:
        """How well the notifications about it were proven, in their order."""
        rows = self.stack.database.query(
            "SELECT proof FROM tollgate_evidence WHERE reference = %s AND kind = 'notification'"
            " ORDER BY id",
            payment.reference,
        )
        return [row["proof"] for row in rows]

    def with_phone(self, phone: str) -> dict[str, Any]:
        return self.order_body(customer={"phone": phone})


class ClickPesaTest(ClickPesaCase):
    def test_a_checksum_is_found_wherever_it_is(self) -> None:
        for shape in ("", "header", "legacy", "2025"):
            for decision, status in (("approve", "paid"), ("decline", "failed")):
                with self.subTest(shape=shape, decision=decision):
                    payment = self.buy_here()
                    self.behave(transaction_id=payment.reference, notify_shape=shape)
                    self.assert_acknowledged(self.decide(payment, decision))
                    self.wait_for_status(payment, status)
                    self.assertEqual(self.proofs(payment), ["signed"])

    def test_a_webhook_without_a_checksum_is_a_reason_to_ask(self) -> None:
        payment = self.buy_here()
        self.decide(payment, "approve", notify="never")
        self.assertEqual(self.notify(payment.reference, signature="none")["status"], 200)
        self.wait_for_status(payment, "paid")
        self.assertNotIn("signed", self.proofs(payment))
        self.assert_settled_once(payment)

    def test_a_wrong_checksum_is_refused_wherever_it_is(self) -> None:
        payment = self.buy_here()
        for shape in ("", "header", "legacy", "2025"):
            with self.subTest(shape):
                answer = self.notify(payment.reference, signature="wrong", shape=shape)
                self.assertEqual(answer["status"], 401)
        self.assertEqual(self.proofs(payment), [])

    def test_a_payout_is_acknowledged_and_is_about_nobody(self) -> None:
        payment = self.buy_here()
        asked = self.times_asked(payment)
        answer = self.notify(payment.reference, fields={"event": "PAYOUT INITIATED"})
        self.assertEqual(answer["status"], 200)
        self.assertEqual(self.proofs(payment), [])
        self.assertEqual(self.times_asked(payment), asked)

    def test_every_word_for_a_status(self) -> None:
        words = {
            "PENDING": "pending",
            "PROCESSING": "processing",
            "AUTHORIZED": "processing",
            "ON-HOLD": "processing",
            "SETTLED": "paid",
            "FAILED": "failed",
            "REFUNDED": "refunded",
            "REVERSED": "refunded",
            "A-NEW-WORD": "pending",
        }
        for word, status in words.items():
            with self.subTest(word):
                payment = self.buy_here()
                self.behave(transaction_id=payment.reference, check_status=word)
                self.assertEqual(self.ask_for_status(payment)["status"], status)
                if status != "paid":
                    self.assert_nothing_delivered(payment)

    def test_a_payment_given_back_in_the_dashboard(self) -> None:
        payment = self.buy_here()
        self.pay(payment)
        [link] = self.download_links(self.return_page(payment))
        self.behave(transaction_id=payment.reference, check_status="REVERSED")
        self.make_due(payment)
        self.notify(payment.reference)
        self.wait_for_status(payment, "refunded")
        self.assertEqual(self.download(link).status, 404)

    def test_an_answer_without_an_amount_is_reviewed(self) -> None:
        payment = self.buy_here()
        self.behave(transaction_id=payment.reference, check_omit=["collectedAmount"])
        self.assert_acknowledged(self.decide(payment, "approve"))
        self.wait_for_status(payment, "review")
        self.assert_nothing_delivered(payment)

    def test_phones_are_sent_in_one_form(self) -> None:
        for phone in ("+255 712-345-678", "00255712345678", "0712 345 678", "712345678"):
            with self.subTest(phone):
                payment = self.buy_here(**self.with_phone(phone))
                self.assertEqual(self.at_gateway(payment)["description"], "M-PESA 255712345678")

    def test_rules(self) -> None:
        cases: tuple[tuple[dict[str, Any], str, str], ...] = (
            (self.with_phone("+254712345678"), "customer.phone",
             "customer.phone must be a mobile number of Tanzania, such as 255712345678"),
            (self.order_body(amount="499"), "amount", "amount must be at least 500"),
            (self.order_body(amount="3000001"), "amount", "amount must be at most 3000000"),
            (self.order_body(amount="1000.50"), "amount", "amount must be a whole number"),
        )  # fmt: skip
        for body, field, rule in cases:
            with self.subTest(rule):
                answer = self.open(self.new_order(), **body)
                self.assertEqual(answer.status, 422, answer.text)
                self.assertEqual(answer.json()["errors"], {field: rule})

    def test_tokens_that_are_refused_and_that_cannot_be_had(self) -> None:
        for manner, status, ends in (("refuse", 502, "failed"), ("500", 504, "pending")):
            with self.subTest(manner):
                self.stack.twin("/clickpesa/twin/tokens", {"expire": True})
                self.behave(token=manner)
                answer = self.open(self.new_order(), **self.order_body())
                self.assertEqual(answer.status, status, answer.text)
                self.assertEqual(answer.json()["data"]["status"], ends)
        self.behave(reset=True)
        self.pay(self.buy_here())

    def test_a_token_that_ends_while_the_customer_confirms(self) -> None:
        payment = self.buy_here()
        self.stack.twin("/clickpesa/twin/tokens", {"expire": True})
        self.pay(payment)
        self.assert_settled_once(payment)


class LegacyTest(ClickPesaCase):
    """An application that ClickPesa has not migrated, and a merchant who wants checksums."""

    settings = {"gateway.clickpesa": {"checksum_method": "legacy", "webhook_checksum": "required"}}

    def test_a_payment(self) -> None:
        payment = self.buy_here()
        self.behave(transaction_id=payment.reference, notify_shape="legacy")
        self.pay(payment)
        self.assertEqual(self.proofs(payment), ["signed"])

    def test_a_webhook_without_a_checksum_is_refused(self) -> None:
        payment = self.buy_here()
        self.assertEqual(self.notify(payment.reference, signature="none")["status"], 401)
        self.assertEqual(self.proofs(payment), [])


class TokenTest(ClickPesaCase):
    """The checksum is switched off, and the notify URL carries a token."""

    twin_settings = ("clickpesa.checksum_key=", "clickpesa.webhook_token=our-webhook-token")

    def test_the_token_is_proof(self) -> None:
        payment = self.buy_here()
        self.pay(payment)
        self.assertEqual(self.proofs(payment), ["shared_secret"])

    def test_a_webhook_with_another_token_or_none_is_refused(self) -> None:
        payment = self.buy_here()
        self.decide(payment, "approve", notify="never")
        address = f"{self.stack.url}/notify/clickpesa"
        for query in ("", "?t=", "?t=our-webhook-tokem", "?token=our-webhook-token"):
            with self.subTest(query):
                answer = self.notify(payment.reference, url=address + query)
                self.assertEqual(answer["status"], 401)
        self.assertEqual(self.proofs(payment), [])
        self.assert_undecided(payment)


class WrongKeyTest(ClickPesaCase):
    """The merchant entered another secret as the checksum key."""

    settings = {"gateway.clickpesa": {"checksum_key": "sandbox-api-key"}}

    def test_nothing_is_opened_and_the_log_says_why(self) -> None:
        answer = self.open(self.new_order(), **self.order_body())
        self.assertEqual(answer.status, 502, answer.text)
        self.assertIn("Invalid checksum", self.stack.tollgate.log_tail())
        known = self.stack.twin("/clickpesa/twin/transactions").json()
        self.assertEqual(known["total"], 0)
