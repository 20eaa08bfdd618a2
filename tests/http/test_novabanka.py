"""NovaBanka: the signed reply that says where the browser goes, while the bank waits for it."""

import json
import time
from base64 import b64encode
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from case import Payment, browser
from gateway_case import GatewayCase

secret = "YXKZPOQ9RRLGPDED5D3PC5BJ"
prompt_s = 1.0  # far below the time that Tollgate gives the bank's own answers


def verifier_of(reply: dict[str, str]) -> str:
    """The msgVerifier that the reply to a notification must have."""
    text = "".join((
        reply["msgName"], reply["version"], reply["paymentID"], secret,
        reply["browserRedirectionURL"],
    ))  # fmt: skip
    return b64encode(sha256(text.encode()).digest()).decode()


class NovaBankaCase(GatewayCase):
    gateway = "novabanka"

    def post(self, body: str, path: str = "/notify/novabanka", **headers: str) -> browser.Answer:
        headers = {"content-type": "application/json"} | headers
        return browser.request("POST", self.stack.url + path, body.encode(), headers)

    def sent(self, payment: Payment) -> str:
        """The last notification of the bank."""
        return self.at_gateway(payment)["notifications"][-1]["sent"]

    def choose(self, payment: Payment, choice: str) -> browser.Answer:
        """The customer's click on the bank's page, and where the bank then sends the browser."""
        answer = browser.request("POST", payment.payment_url, {"choice": choice})
        self.assertEqual(answer.status, 303, answer.text)
        return answer


class Replies(NovaBankaCase):
    def assert_sends_back(self, reply: str, payment: Payment) -> dict[str, str]:
        message: dict[str, str] = json.loads(reply)
        self.assertEqual(message["msgName"], "PaymentNotificationResponse")
        self.assertEqual(message["paymentID"], self.at_gateway(payment)["token"])
        self.assertEqual(message["browserRedirectionURL"], payment.return_url)
        self.assertEqual(message["msgVerifier"], verifier_of(message))
        return message

    def test_the_reply_is_signed_and_the_same_each_time(self) -> None:
        payment = self.buy_here()
        replies = self.decide(payment, "decline", notify="twice")
        replies += self.decide(payment, "cancel")
        replies += self.decide(payment, "approve", notify="together")
        self.wait_for_status(payment, "paid")
        replies += self.decide(payment, "approve")
        self.assertEqual(len(replies), 6)
        self.assertEqual(len({reply["body"] for reply in replies}), 1, replies)
        self.assert_sends_back(replies[0]["body"], payment)

    def test_nothing_stands_around_the_reply(self) -> None:
        payment = self.buy_here()
        self.decide(payment, "approve")
        answer = self.post(self.sent(payment))
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.headers["content-type"], "application/json")
        self.assertTrue(answer.text.startswith('{"msgName"') and answer.text.endswith('"}'))

    def test_the_browser_goes_where_the_reply_says(self) -> None:
        for choice, status in (("approve", "paid"), ("decline", "failed")):
            with self.subTest(choice):
                payment = self.buy_here()
                self.assertEqual(self.choose(payment, choice).location, payment.return_url)
                self.wait_for_status(payment, status)

    def test_the_reply_does_not_wait_for_the_banks_answer(self) -> None:
        payment = self.buy_here()
        self.behave(transaction_id=payment.reference, check="hang")
        begun = time.monotonic()
        [reply] = self.decide(payment, "approve")
        self.assertLess(time.monotonic() - begun, prompt_s)
        self.assert_sends_back(reply["body"], payment)
        self.assert_undecided(payment)
        self.behave(reset=True)
        self.make_due(payment)
        self.wait_for_status(payment, "paid")
        self.assert_settled_once(payment)

    def test_without_a_right_reply_the_browser_goes_to_error_url(self) -> None:
        payment = self.buy_here()
        self.behave(transaction_id=payment.reference, notify_shape="unsigned")
        answer = self.choose(payment, "approve")
        [refused] = self.at_gateway(payment)["notifications"]
        self.assertEqual(refused["status"], 401)
        self.assertNotIn("msgVerifier", refused["body"])
        self.assertEqual(answer.location, self.at_gateway(payment)["return_url"])
        self.pass_minutes(payment)
        page = browser.request("GET", answer.location)
        self.assertEqual(len(self.download_links(page)), 1)
        self.assert_settled_once(payment)

    def test_the_old_address(self) -> None:
        payment = self.buy_here()
        self.decide(payment, "approve", notify="never")
        answer = self.notify(payment.reference, url=f"{self.stack.url}/wc-api/novabankaipg")
        self.assertEqual(answer["status"], 200)
        self.assert_sends_back(answer["body"], payment)
        self.wait_for_status(payment, "paid")
        for path in ("/wc-api/novabankaipg_success", "/wc-api/novabankaipg_failure"):
            token = payment.return_url.partition("?")[2]
            page = browser.request("GET", f"{self.stack.url}{path}?{token}")
            self.assertEqual(len(self.download_links(page)), 1, path)

    def test_whether_the_address_lives(self) -> None:
        answer = browser.request("GET", f"{self.stack.url}/notify/novabanka")
        self.assertEqual(answer.status, 200)


class Notifications(NovaBankaCase):
    def test_older_and_spaced_ones_are_understood(self) -> None:
        for shape in ("form", "spaced"):
            with self.subTest(shape):
                payment = self.buy_here()
                self.behave(transaction_id=payment.reference, notify_shape=shape)
                self.pay(payment)
                self.assert_settled_once(payment)

    def test_members_that_come_and_go(self) -> None:
        for manner in ("unknown_fields", "only_required"):
            with self.subTest(manner):
                payment = self.buy_here()
                self.behave(transaction_id=payment.reference, **{manner: True})
                self.pay(payment)

    def test_a_result_is_asked_for_not_believed(self) -> None:
        payment = self.buy_here()
        answer = self.notify(payment.reference, fields={"type": "valid", "result": "CAPTURED"})
        self.assertEqual(answer["status"], 200)
        self.wait_for_check(payment)
        self.assert_undecided(payment)

    def test_a_boundary_shift_settles_nobodys_payment(self) -> None:
        payment = self.buy_here()
        self.decide(payment, "pending")
        message = json.loads(self.sent(payment))
        self.assertEqual(message["amt"], "25.50")
        message["amt"], message["trackid"] = "25.5", "0" + message["trackid"]
        self.assertEqual(self.post(json.dumps(message)).status, 200)
        self.ask_for_status(payment)
        self.assert_undecided(payment)
        rows = self.stack.database.query(
            "SELECT payment_id FROM tollgate_evidence WHERE reference = %s", message["trackid"]
        )
        self.assertEqual(rows, [{"payment_id": None}])

    def test_what_cannot_be_read(self) -> None:
        payment = self.buy_here()
        self.decide(payment, "pending")
        sent = json.loads(self.sent(payment))
        twice = json.dumps(sent | {"paymentID": "1"})
        form = urlencode(sent) + "&x=%ff"
        for name, body, headers in (
            ("cut off", json.dumps(sent)[:-1], {}),
            ("a name in two cases", twice, {}),
            ("not UTF-8", form, {"content-type": "application/x-www-form-urlencoded"}),
        ):
            with self.subTest(name):
                self.assertEqual(self.post(body, **headers).status, 400)
        self.assert_undecided(payment)

    def test_an_opening_without_an_answer_is_found_by_its_notification(self) -> None:
        self.behave(open="garbage")
        order = self.new_order()
        answer = self.open(order, **self.order_body())
        self.assertEqual(answer.status, 504, answer.text)
        data: dict[str, Any] = answer.json()["data"]
        self.behave(reset=True)
        payment = Payment(order, data["id"], data["reference"], "", data["return_url"])
        self.make_due(payment)
        self.wait_for_check(payment)  # it cannot be asked about without its paymentid
        self.assert_undecided(payment)
        self.pay(payment)
        self.assert_settled_once(payment)
        row = self.payment_row(payment)
        self.assertEqual(row["gateway_ref"], self.at_gateway(payment)["token"])

    def test_a_silent_bank_is_not_a_refusal(self) -> None:
        payment = self.buy_here()
        silent = {"check_status": "PROCESSED", "check_code": "HOST TIMEOUT"}
        self.behave(transaction_id=payment.reference, **silent)
        self.assert_acknowledged(self.decide(payment, "decline"))
        self.wait_for_status(payment, "processing")
        self.assert_nothing_delivered(payment)
        self.behave(reset=True)
        self.make_due(payment)
        self.wait_for_status(payment, "failed")

    def test_an_answer_without_its_verifier_is_none(self) -> None:
        payment = self.buy_here()
        self.behave(transaction_id=payment.reference, check_omit=["msgVerifier"])
        self.decide(payment, "approve")
        self.wait_for_check(payment)
        self.assert_undecided(payment)

    def test_nothing_of_a_card_is_kept_but_its_end(self) -> None:
        payment = self.buy_here()
        self.decide(payment, "approve", notify="never")
        self.notify(payment.reference, fields={"cavv": "AAABBEg0VhI0VniQEjRWAAAAAAA="})
        self.wait_for_status(payment, "paid")
        rows = self.stack.database.query(
            "SELECT body FROM tollgate_evidence WHERE reference = %s", payment.reference
        )
        kept = b"".join(row["body"] for row in rows).decode()
        self.assertIn('"cardlastfourdigits":"1112"', kept)
        for text in ("AAABBEg0VhI0", "msgverifier", "test1234", secret):
            self.assertNotIn(text, kept)


class OtherRefunds(NovaBankaCase):
    """The other of the two ways to sign a refund, and the other place to send it to."""

    twin_settings = ("novabanka.refund_variant=a", "novabanka.refund_servlet=PaymentInitRequest")

    def test_money_goes_back(self) -> None:
        payment = self.buy_here()
        self.pay(payment)
        self.assertEqual(self.refund(payment, "5.50").status, 200)
        self.wait_for_status(payment, "partially_refunded")
        self.assertEqual(self.refund(payment).status, 200)
        self.wait_for_status(payment, "refunded")
        given = [refund["amount"] for refund in self.at_gateway(payment)["refunds"]]
        self.assertEqual(given, ["5.50", "20.00"])


class MisunderstoodRefunds(NovaBankaCase):
    """Signed otherwise than the bank expects: it refuses, and nothing goes back."""

    settings = {**NovaBankaCase.settings, "gateway.novabanka": {"refund_variant": "a"}}

    def test_nothing_goes_back(self) -> None:
        payment = self.buy_here()
        self.pay(payment)
        answer = self.refund(payment)
        self.assertEqual(answer.status, 502, answer.text)
        self.assertEqual(self.at_gateway(payment)["refunds"], [])
        row = self.payment_row(payment)
        self.assertEqual((row["status"], row["refund_id"]), ("paid", None))
