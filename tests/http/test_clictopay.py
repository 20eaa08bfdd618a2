"""What is particular to ClicToPay: how its notifications prove themselves, how the browser comes
back, and payments that are too young for a refund."""

import hmac
import json
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

from case import Payment, browser
from gateway_case import GatewayCase


def text_of(fields: Mapping[str, str]) -> bytes:
    """What a checksum is made of."""
    return "".join(f"{name};{fields[name]};" for name in sorted(fields)).encode()


def hex_hmac(secret: str, message: bytes) -> str:
    return hmac.new(secret.encode(), message, "sha256").hexdigest()


class ClictopayCase(GatewayCase):
    gateway = "clictopay"
    gateways = ("clictopay",)

    def callback(self, payment: Payment, operation: str = "deposited") -> dict[str, str]:
        return {
            "mdOrder": self.at_gateway(payment)["token"],
            "orderNumber": payment.reference,
            "operation": operation,
            "status": "1",
        }

    def get(self, fields: Mapping[str, str]) -> int:
        url = f"{self.stack.url}/notify/clictopay?{urlencode(fields)}"
        return browser.request("GET", url).status

    def post_json(self, body: bytes, signature: str = "") -> int:
        headers = {"content-type": "application/json"}
        if signature:
            headers["x-signature"] = signature
        url = f"{self.stack.url}/webhook/ipay"
        return browser.request("POST", url, body, headers).status

    def paid_in_silence(self) -> Payment:
        payment = self.buy_here()
        self.decide(payment, "approve", notify="never")
        return payment

    def assert_not_asked(self, payment: Payment) -> None:
        self.assertEqual(self.times_asked(payment), 0)
        self.assert_undecided(payment)


class SignedCallbacks(ClictopayCase):
    secret = "callback-token"

    def test_a_checksum_is_accepted_in_either_case_and_order(self) -> None:
        for name, spell in (("upper", str.upper), ("lower", str.lower)):
            with self.subTest(name):
                payment = self.paid_in_silence()
                fields = self.callback(payment)
                checksum = spell(hex_hmac(self.secret, text_of(fields)))
                self.assertEqual(self.get({"checksum": checksum} | fields), 200)
                self.wait_for_status(payment, "paid")
                self.assert_settled_once(payment)

    def test_posted_and_repeated(self) -> None:
        payment = self.buy_here()
        self.behave(transaction_id=payment.reference, notify="twice", notify_shape="form")
        self.assert_acknowledged(self.decide(payment, "approve"))
        self.wait_for_status(payment, "paid")
        self.assert_settled_once(payment)

    def test_without_the_right_checksum_nobody_is_asked(self) -> None:
        payment = self.paid_in_silence()
        fields = self.callback(payment)
        right = hex_hmac(self.secret, text_of(fields))
        cases = {
            "none": fields,
            "empty": fields | {"checksum": ""},
            "another secret": fields | {"checksum": hex_hmac("x", text_of(fields))},
            "a field more": fields | {"checksum": right, "amount": "10500"},
            "another operation": fields | {"checksum": right, "operation": "refunded"},
        }
        for name, forged in cases.items():
            with self.subTest(name):
                self.assertEqual(self.get(forged), 401)
        self.assert_not_asked(payment)

    def test_only_the_answer_decides(self) -> None:
        payment = self.buy_here()
        for operation in ("deposited", "reversed", "refunded", "declinedByTimeout"):
            fields = {"operation": operation, "status": "1"}
            self.assertEqual(self.notify(payment.reference, fields=fields)["status"], 200)
        self.wait_for_check(payment)
        self.ask_for_status(payment)
        self.assert_undecided(payment)

    def test_a_callback_that_names_only_the_gateways_order(self) -> None:
        payment = self.paid_in_silence()
        answer = self.notify(payment.reference, fields={"orderNumber": None})
        self.assertEqual(answer["status"], 200)
        self.wait_for_status(payment, "paid")
        self.assert_settled_once(payment)

    def test_a_stored_card_is_no_payment(self) -> None:
        payment = self.paid_in_silence()
        answer = self.notify(payment.reference, fields={"operation": "bindingCreated"})
        self.assertEqual(answer["status"], 200)
        self.assert_not_asked(payment)

    def test_a_ping(self) -> None:
        for path in ("/notify/clictopay", "/webhook/ipay"):
            self.assertEqual(browser.request("GET", self.stack.url + path).status, 200, path)

    def test_a_notification_is_repeated_until_it_arrives(self) -> None:
        payment = self.buy_here()
        self.behave(transaction_id=payment.reference, notify_retry_ms=1000)
        self.stack.tollgate.stop()
        try:
            self.decide(payment, "approve")
        finally:
            self.stack.tollgate.start()
        self.wait_until(lambda: self.at_gateway(payment)["notifications"][-1]["status"] == 200)
        self.wait_for_status(payment, "paid")
        self.assert_settled_once(payment)

    def test_json_with_a_signature(self) -> None:
        payment = self.paid_in_silence()
        body = json.dumps({"reference": payment.reference, "status": "success"}).encode()
        right = hex_hmac("webhook-secret", body)
        for wrong in ("", "00", hex_hmac(self.secret, body), "sha256="):
            self.assertEqual(self.post_json(body, wrong), 401, wrong)
        self.assertEqual(self.post_json(body + b" ", right), 401)
        self.assert_not_asked(payment)
        self.assertEqual(self.post_json(body, f"sha256={right.upper()}"), 200)
        self.wait_for_status(payment, "paid")
        self.assert_settled_once(payment)

    def test_json_of_the_gateway(self) -> None:
        payment = self.paid_in_silence()
        url = f"{self.stack.url}/webhook/ipay"
        wish = {"shape": "json", "url": url}
        for signature in ("none", "wrong"):
            answer = self.notify(payment.reference, signature=signature, **wish)
            self.assertEqual(answer["status"], 401)
        self.assert_not_asked(payment)
        self.assertEqual(self.notify(payment.reference, **wish)["status"], 200)
        self.wait_for_status(payment, "paid")

    def test_the_browser_comes_back_and_proves_nothing(self) -> None:
        payment = self.buy_here()
        page = browser.request("GET", payment.payment_url)
        self.behave(transaction_id=payment.reference, notify="never")
        [form] = browser.forms(page)
        back = urlsplit(browser.submit(form, choice="decline").location)
        self.assertEqual(back.netloc, urlsplit(self.stack.url).netloc)
        self.assertEqual(back.path, urlsplit(payment.return_url).path)
        self.assertEqual(parse_qs(back.query)["orderId"], [self.at_gateway(payment)["token"]])

        # Our own token, which stands in the return URL, stays what names the payment.
        other = self.buy_here()
        self.decide(other, "approve", notify="never")
        order = self.at_gateway(other)["token"]
        forged = f"{payment.return_url}&orderId={order}&lang=fr&status=success"
        answer = browser.request("GET", forged)
        self.assertEqual(answer.status, 200, answer.text)
        self.assertEqual(self.download_links(answer), [])
        self.assert_nothing_delivered(payment)
        self.assert_nothing_delivered(other)

    def test_what_is_sent_is_what_the_shop_said(self) -> None:
        payment = self.buy_here(description="Livre & thé")
        known = self.at_gateway(payment)
        self.assertEqual((known["amount"], known["currency"]), ("10.500", "TND"))
        self.assertEqual(known["description"], "Livre & thé")
        self.assertEqual(parse_qs(urlsplit(payment.payment_url).query)["mdOrder"], [known["token"]])

    def test_euro_and_dollars(self) -> None:
        for currency in ("EUR", "USD"):
            payment = self.buy_here(amount="10.50", currency=currency)
            self.pay(payment)
            self.assert_settled_once(payment)


class UnsignedCallbacks(ClictopayCase):
    """As ClicToPay documents them: nothing is signed, and nothing is believed."""

    twin_settings = ("clictopay.checksum_secret=", "clictopay.webhook_secret=")

    def test_a_hint_is_asked_about(self) -> None:
        payment = self.buy_here()
        self.assert_acknowledged(self.decide(payment, "approve"))
        self.wait_for_status(payment, "paid")
        self.assert_settled_once(payment)

    def test_a_hint_changes_nothing_by_itself(self) -> None:
        payment = self.buy_here()
        self.assertEqual(self.get(self.callback(payment)), 200)
        self.wait_for_check(payment)
        self.assert_undecided(payment)

    def test_a_hint_about_nobody_leaves_no_trace(self) -> None:
        fields = {"mdOrder": "00000000-0000-0000-0000-000000000000", "operation": "deposited"}
        self.assertEqual(self.get(fields | {"orderNumber": "NOBODYSPAYMENT000001"}), 200)
        rows = self.stack.database.query(
            "SELECT id FROM tollgate_evidence WHERE reference = 'NOBODYSPAYMENT000001'"
        )
        self.assertEqual(list(rows), [])

    def test_a_json_hint(self) -> None:
        payment = self.paid_in_silence()
        self.assertEqual(self.post_json(json.dumps({"order_id": payment.reference}).encode()), 200)
        self.wait_for_status(payment, "paid")
        self.assert_settled_once(payment)

    def test_what_cannot_be_read(self) -> None:
        self.assertEqual(self.get({"Reference": "7", "Action": "ACCORD"}), 400)
        broken = f"{self.stack.url}/notify/clictopay?mdOrder=%zz"
        self.assertEqual(browser.request("GET", broken).status, 400)
        self.assertEqual(self.post_json(b"{"), 400)


class RsaCallbacks(ClictopayCase):
    key: Path

    @classmethod
    def setUpClass(cls) -> None:
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.key = Path(folder.name) / "callback.pem"
        public = Path(folder.name) / "callback.pub"
        for command in (
            ["openssl", "genrsa", "-out", cls.key, "2048"],
            ["openssl", "rsa", "-in", cls.key, "-pubout", "-out", public],
        ):
            subprocess.run(command, check=True, capture_output=True)
        cls.settings = GatewayCase.settings | {
            "gateway.clictopay": {"checksum_public_key": public.read_text()}
        }
        # What is left of the twin's own way to sign would be accepted beside RSA.
        cls.twin_settings = ("clictopay.checksum_secret=",)
        super().setUpClass()

    def signed(self, fields: Mapping[str, str], digest: str = "sha512") -> dict[str, str]:
        made = subprocess.run(
            ["openssl", "dgst", f"-{digest}", "-sign", self.key],
            input=text_of(fields), check=True, capture_output=True,
        )  # fmt: skip
        return dict(fields) | {"checksum": made.stdout.hex().upper(), "sign_alias": "RSA"}

    def test_the_right_signature_is_asked_about(self) -> None:
        payment = self.paid_in_silence()
        fields = self.signed(self.callback(payment))
        self.assertEqual(self.get(fields), 200)
        self.wait_for_status(payment, "paid")
        self.assert_settled_once(payment)
        self.assertEqual(self.get(fields), 200)

    def test_anything_else_is_refused(self) -> None:
        payment = self.paid_in_silence()
        fields = self.callback(payment)
        signed = self.signed(fields)
        cases = {
            "unsigned": fields,
            "another digest": self.signed(fields, "sha256"),
            "one field changed": signed | {"status": "0"},
            "one digit changed": signed | {"checksum": f"0{signed['checksum'][:-1]}"},
            "cut off": signed | {"checksum": signed["checksum"][:-2]},
            "of another order": signed | {"orderNumber": "NOBODYSPAYMENT000002"},
            "HMAC": fields | {"checksum": hex_hmac("callback-token", text_of(fields))},
        }
        for name, forged in cases.items():
            with self.subTest(name):
                self.assertEqual(self.get(forged), 401)
        self.assert_not_asked(payment)


class TooYoungForARefund(ClictopayCase):
    twin_settings = ("clictopay.cleared=false",)

    def test_all_of_it_is_reversed(self) -> None:
        payment = self.buy_here()
        self.pay(payment)
        answer = self.refund(payment)
        self.assertIn(answer.status, (200, 202), answer.text)
        self.wait_for_status(payment, "refunded")
        self.assertEqual(len(self.at_gateway(payment)["refunds"]), 1)

    def test_a_reversal_whose_answer_is_lost_is_found(self) -> None:
        payment = self.buy_here()
        self.pay(payment)
        self.behave(transaction_id=payment.reference, refund="garbage")
        self.assertEqual(self.refund(payment).status, 202)
        self.behave(reset=True)
        self.make_due(payment)
        self.wait_for_status(payment, "refunded")

    def test_a_part_has_to_wait(self) -> None:
        payment = self.buy_here()
        self.pay(payment)
        answer = self.refund(payment, "4.500")
        self.assertEqual(answer.status, 502, answer.text)
        self.assertEqual(self.at_gateway(payment)["refunds"], [])
        self.assertEqual(self.payment_row(payment)["status"], "paid")
