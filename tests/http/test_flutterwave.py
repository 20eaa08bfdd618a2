"""What is Flutterwave's own: three envelopes of webhooks, the redirect's parameters, attempts with
numbers, refunds that end later. The scenarios of all gateways are in gateway_case.py."""

import json
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID

from case import Payment, browser
from gateway_case import GatewayCase

repetitions = 3


class FlutterwaveCase(GatewayCase):
    gateway = "flutterwave"

    def notifications_of(self, payment: Payment) -> list[dict[str, Any]]:
        """What was received about it: proof and body."""
        return self.stack.database.query(
            "SELECT proof, body FROM tollgate_evidence WHERE payment_id = %s"
            " AND kind = 'notification' ORDER BY id",
            UUID(payment.id).bytes,
        )

    def post(self, body: str, path: str = "/notify/flutterwave", **headers: str) -> int:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        names["content-type"] = "application/json"
        return browser.request("POST", self.stack.url + path, body.encode(), names).status

    def charge(self, payment: Payment, **changes: Any) -> str:
        data = {"id": 1, "tx_ref": payment.reference, "status": "successful", "amount": 1500}
        return json.dumps({"event": "charge.completed", "data": data | changes})

    @property
    def secret_hash(self) -> str:
        return self.about["settings"]["secret_hash"]


class WebhookTest(FlutterwaveCase):
    def test_every_envelope_leads_to_the_payment(self) -> None:
        proofs = {
            "nested": "shared_secret",
            "flat": "shared_secret",
            "v4_hash": "shared_secret",
            "v4": "signed",
        }
        for shape, proof in proofs.items():
            with self.subTest(shape):
                payment = self.buy_here()
                self.behave(transaction_id=payment.reference, notify_shape=shape)
                self.pay(payment)
                self.assert_settled_once(payment)
                [received] = self.notifications_of(payment)
                self.assertEqual(received["proof"], proof)
                kept = json.loads(received["body"])
                self.assertIn(payment.reference, json.dumps(kept))

    def test_every_envelope_may_be_forged_in_vain(self) -> None:
        payment = self.buy_here()
        for shape in ("nested", "flat", "v4_hash", "v4"):
            for signature in ("none", "wrong"):
                with self.subTest(f"{shape}, {signature}"):
                    answer = self.notify(payment.reference, shape=shape, signature=signature)
                    self.assertEqual(answer["status"], 401)
        self.assertEqual(self.notifications_of(payment), [])
        self.assertEqual(self.times_asked(payment), 0)
        self.assert_undecided(payment)

    def test_a_right_hash_excuses_no_wrong_signature(self) -> None:
        payment = self.buy_here()
        body = self.charge(payment)
        for name, headers in (
            ("wrong signature", {"verif_hash": self.secret_hash, "flutterwave_signature": "x"}),
            ("plain signature", {"flutterwave_signature": self.secret_hash}),
            ("prefix", {"verif_hash": self.secret_hash[:-1]}),
            ("misspelt", {"verifi_hash": self.secret_hash}),
            ("in the query", {}),
        ):
            with self.subTest(name):
                query = f"?verif-hash={self.secret_hash}" if not headers else ""
                self.assertEqual(self.post(body, f"/notify/flutterwave{query}", **headers), 401)
        self.assertEqual(self.times_asked(payment), 0)

    def test_a_message_that_lies_about_the_amount_is_only_a_question(self) -> None:
        payment = self.buy_here()
        self.assertEqual(self.post(self.charge(payment), verif_hash=self.secret_hash), 200)
        self.wait_for_check(payment)
        self.assert_undecided(payment)

    def test_messages_about_no_payment_of_ours(self) -> None:
        payment = self.buy_here()
        for shape in ("payout", "test"):
            with self.subTest(shape):
                self.assertEqual(self.notify(payment.reference, shape=shape)["status"], 200)
        other = self.charge(payment, tx_ref="WOOC_42_1772600767")
        self.assertEqual(self.post(other, verif_hash=self.secret_hash), 200)
        self.assertEqual(self.notifications_of(payment), [])
        self.assertEqual(self.times_asked(payment), 0)

    def test_what_cannot_be_read(self) -> None:
        for body in ("", "[]", "txRef=1", '{"event":'):
            with self.subTest(body):
                self.assertEqual(self.post(body, verif_hash=self.secret_hash), 400)

    def test_what_is_not_acknowledged_is_sent_again(self) -> None:
        payment = self.buy_here()
        manners = {"notify_shape": "v4_plain", "notify_retry_ms": 50}
        self.behave(transaction_id=payment.reference, **manners)
        [answer] = self.decide(payment, "approve")
        self.assertEqual(answer["status"], 401)
        self.wait_until(lambda: len(self.at_gateway(payment)["notifications"]) == 1 + repetitions)
        self.assert_undecided(payment)
        self.make_due(payment)
        self.wait_for_status(payment, "paid")
        self.assert_settled_once(payment)

    def test_the_address_of_the_shop_before_tollgate(self) -> None:
        payment = self.buy_here()
        self.decide(payment, "approve", notify="never")
        url = f"{self.stack.url}/payments/webhooks/flutterwave/"
        self.assertEqual(self.notify(payment.reference, url=url)["status"], 200)
        self.wait_for_status(payment, "paid")
        self.assert_settled_once(payment)
        forged = self.notify(payment.reference, url=url, signature="none")
        self.assertEqual(forged["status"], 401)


class PlainSignatureTest(FlutterwaveCase):
    settings = GatewayCase.settings | {"gateway.flutterwave": {"plain_v4_signature": "on"}}

    def test_the_hash_itself_as_signature(self) -> None:
        payment = self.buy_here()
        self.behave(transaction_id=payment.reference, notify_shape="v4_plain")
        self.pay(payment)
        [received] = self.notifications_of(payment)
        self.assertEqual(received["proof"], "shared_secret")
        wrong = self.notify(payment.reference, shape="v4_plain", signature="wrong")
        self.assertEqual(wrong["status"], 401)


class OpeningTest(FlutterwaveCase):
    def test_the_mail_address_is_required(self) -> None:
        answer = self.open(self.new_order(), **self.order_body(customer={"name": "Awa"}))
        self.assertEqual(answer.status, 422, answer.text)
        self.assertIn("customer.email", answer.json()["errors"])

    def test_amounts_with_decimals(self) -> None:
        payment = self.buy_here(amount="12.50", currency="USD")
        self.assertEqual(self.at_gateway(payment)["amount"], "12.50")
        self.pay(payment)
        self.assert_settled_once(payment)
        self.assertEqual(self.payment_row(payment)["attention"], "")

    def test_nothing_of_a_card_is_kept_but_its_end(self) -> None:
        payment = self.buy_here(amount="1500.00", currency="NGN")
        self.pay(payment)
        rows = self.stack.database.query(
            "SELECT body FROM tollgate_evidence WHERE payment_id = %s AND kind = 'check'",
            UUID(payment.id).bytes,
        )
        kept = b"".join(row["body"] for row in rows).decode()
        self.assertIn('"last_4digits":"2950"', kept)
        for text in ("553188", "3188", "09/32", "Kon", "Awa", "awa@example.com", "192.0.2"):
            self.assertNotIn(text, kept)


class ReturnTest(FlutterwaveCase):
    def choose(self, payment: Payment, choice: str) -> tuple[str, dict[str, str]]:
        """What the customer does on the page; where he is sent, and with which parameters."""
        answer = browser.request("POST", payment.payment_url, {"choice": choice})
        self.assertEqual(answer.status, 303)
        return answer.location, dict(parse_qsl(urlsplit(answer.location).query))

    def page(self, url: str) -> browser.Answer:
        return browser.request("GET", url, headers={"accept-language": "en"})

    def test_paid_on_the_page(self) -> None:
        payment = self.buy_here()
        url, fields = self.choose(payment, "approve")
        self.assertTrue(url.startswith(f"{payment.return_url}&status=completed&"), url)
        self.assertEqual(fields["tx_ref"], payment.reference)
        self.assertTrue(fields["transaction_id"].isdigit())
        page = self.page(url)
        self.assertEqual(len(self.download_links(page)), 1)
        row = self.payment_row(payment)
        self.assertEqual((row["status"], row["gateway_ref"]), ("paid", fields["transaction_id"]))

    def test_declined_on_the_page(self) -> None:
        payment = self.buy_here()
        url, fields = self.choose(payment, "decline")
        self.assertEqual(fields["status"], "failed")
        self.assertEqual(self.download_links(self.page(url)), [])
        self.wait_for_status(payment, "failed")

    def test_a_page_that_was_left_decides_nothing(self) -> None:
        payment = self.buy_here()
        url, fields = self.choose(payment, "pending")
        self.assertEqual(fields["status"], "cancelled")
        self.assertNotIn("transaction_id", fields)
        self.assertIn("Being confirmed", self.page(url).text)
        self.assert_undecided(payment)
        self.pay(payment)
        self.assert_settled_once(payment)

    def test_a_success_that_is_only_claimed(self) -> None:
        payment = self.buy_here()
        fields = {"status": "successful", "tx_ref": payment.reference, "transaction_id": "1"}
        for base in ("/return/flutterwave", "/payments/callback/"):
            with self.subTest(base):
                page = self.page(f"{self.stack.url}{base}?{urlencode(fields)}")
                self.assertEqual((page.status, self.download_links(page)), (200, []))
                self.assert_undecided(payment)

    def test_the_address_of_the_shop_before_tollgate(self) -> None:
        payment = self.buy_here()
        self.decide(payment, "approve", notify="never")
        fields = {"status": "completed", "tx_ref": payment.reference, "transaction_id": "1"}
        page = self.page(f"{self.stack.url}/payments/callback/?{urlencode(fields)}")
        self.assertEqual(page.status, 200)
        self.assertIn("Payment received", page.text)
        self.assertEqual(self.download_links(page), [])  # whoever knows tx_ref is not the customer
        self.assert_settled_once(payment)


class AttemptTest(FlutterwaveCase):
    def test_a_declined_card_and_then_a_good_one(self) -> None:
        payment = self.buy_here()
        self.assert_acknowledged(self.decide(payment, "decline"))
        self.wait_for_status(payment, "failed")
        self.assertIsNone(self.payment_row(payment)["gateway_ref"])
        failed = self.number_told(payment)
        self.assert_acknowledged(self.decide(payment, "approve"))
        self.wait_for_status(payment, "paid")
        self.assert_settled_once(payment)
        self.assertNotEqual(self.payment_row(payment)["gateway_ref"], failed)
        self.assertEqual(self.payment_row(payment)["gateway_ref"], self.number_told(payment))

    def test_a_transfer_under_way(self) -> None:
        payment = self.buy_here()
        self.assert_acknowledged(self.decide(payment, "processing"))
        self.wait_for_status(payment, "processing")
        self.pay(payment)
        self.assertEqual(self.way_to_paid(payment), ("pending", "processing"))
        self.assert_settled_once(payment)

    def test_nobody_has_tried_yet(self) -> None:
        payment = self.buy_here()
        for _ in range(2):
            self.age_last_check(payment)
            self.assertEqual(self.ask_for_status(payment)["status"], "pending")
        self.assertGreater(self.times_asked(payment), 0)
        self.assert_undecided(payment)

    def number_told(self, payment: Payment) -> str:
        """The attempt's number in the newest webhook."""
        sent = self.at_gateway(payment)["notifications"][-1]["sent"]
        return str(json.loads(sent)["data"]["id"])


class RefundTest(FlutterwaveCase):
    def paid(self) -> Payment:
        payment = self.buy_here()
        self.pay(payment)
        return payment

    def ask_again(self, payment: Payment) -> None:
        asked = self.payment_row(payment)["checks"]
        self.make_due(payment)
        self.wait_for_check(payment, asked)

    def end_refund(self, payment: Payment, decision: str) -> None:
        body = {"transaction_id": payment.reference, "decision": decision}
        answer = self.stack.twin("/flutterwave/twin/refund", body)
        self.assertEqual(answer.status, 200, answer.text)

    def begin_slow_refund(self, payment: Payment, amount: str | None = None) -> None:
        self.behave(transaction_id=payment.reference, refund="pending")
        answer = self.refund(payment, amount)
        self.assertEqual(answer.status, 202, answer.text)
        [refund] = self.at_gateway(payment)["refunds"]
        row = self.payment_row(payment)
        self.assertEqual(refund["id"], row["refund_id"])
        self.assertTrue(row["refund_ref"].isdigit())

    def test_it_completes_later(self) -> None:
        payment = self.paid()
        self.begin_slow_refund(payment)
        self.ask_again(payment)
        self.assertEqual(self.payment_row(payment)["status"], "paid")
        self.assertIsNotNone(self.payment_row(payment)["refund_id"])
        self.end_refund(payment, "approve")
        self.ask_again(payment)
        row = self.payment_row(payment)
        self.assertEqual((row["status"], row["refund_id"]), ("refunded", None))

    def test_it_fails_later(self) -> None:
        payment = self.paid()
        self.begin_slow_refund(payment, "500")
        self.end_refund(payment, "decline")
        self.ask_again(payment)
        row = self.payment_row(payment)
        self.assertEqual((row["status"], row["refund_id"]), ("paid", None))
        self.behave(reset=True)
        self.assertIn(self.refund(payment).status, (200, 202))
        self.wait_for_status(payment, "refunded")

    def test_a_number_that_is_not_known_is_asked_for(self) -> None:
        payment = self.paid()
        self.stack.database.query(
            "UPDATE tollgate_payments SET gateway_ref = NULL WHERE id = %s", UUID(payment.id).bytes
        )
        answer = self.refund(payment, "500")
        self.assertEqual(answer.status, 200, answer.text)
        self.wait_for_status(payment, "partially_refunded")
        self.assertTrue(self.payment_row(payment)["gateway_ref"].isdigit())
