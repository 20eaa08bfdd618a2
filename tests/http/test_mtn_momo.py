"""What is particular to MTN MoMo: callbacks by PUT that nobody signs, payers of the sandbox who
decide by themselves, openings in doubt, refunds that are decided later."""

import base64
import json
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from case import Payment, browser
from gateway_case import GatewayCase, nobodys_reference


class MtnMomoCase(GatewayCase):
    gateway = "mtn_momo"

    def callback(
        self, reference: str, body: dict[str, Any] | bytes, method: str = "PUT"
    ) -> browser.Answer:
        """A callback that anybody can write, to the address that MTN was told."""
        url = f"{self.stack.url}/notify/mtn_momo?reference={reference}"
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return browser.request(method, url, content, {"content-type": "application/json"})

    def forged(self, payment: Payment, **changes: Any) -> dict[str, Any]:
        """What MTN would say after a success."""
        return {
            "financialTransactionId": "23503452",
            "externalId": payment.reference,
            "amount": self.about["amount"],
            "currency": self.about["currency"],
            "payer": {"partyIdType": "MSISDN", "partyId": "256772123456"},
            "status": "SUCCESSFUL",
        } | changes

    def buy_as(self, payer: str) -> Payment:
        """Bought by the payer of this number."""
        return self.buy_here(customer={"email": "awa@example.com", "phone": f"+{payer}"})

    def at_mtn(self, method: str, path: str, body: bytes = b"", **headers: str) -> browser.Answer:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return browser.request(method, f"{self.stack.twins_url}/mtn_momo{path}", body, names)


class Callbacks(MtnMomoCase):
    def test_by_put_and_by_post_and_without_a_body(self) -> None:
        for behaviour in ({}, {"notify_shape": "post"}, {"only_required": True}):
            with self.subTest(behaviour):
                payment = self.buy_here()
                self.behave(transaction_id=payment.reference, **behaviour)
                self.pay(payment)
                self.assert_settled_once(payment)

    def test_the_address_that_shops_already_have_takes_put(self) -> None:
        payment = self.buy_here()
        self.decide(payment, "approve", notify="never")
        url = f"{self.stack.url}/payments/webhooks/mtn-momo/?reference={payment.reference}"
        self.assertEqual(browser.request("PUT", url, b"").status, 200)
        self.wait_for_status(payment, "paid")

    def test_put_is_of_gateways_that_use_it(self) -> None:
        answer = browser.request("PUT", f"{self.stack.url}/notify/cinetpay", b"{}")
        self.assertEqual(answer.status, 405)

    def test_a_merchant_may_look_whether_the_address_lives(self) -> None:
        answer = browser.request("GET", f"{self.stack.url}/notify/mtn_momo")
        self.assertEqual(answer.status, 200)

    def test_what_names_no_payment_is_refused(self) -> None:
        for reference in ("", "947354", nobodys_reference.lower()):
            with self.subTest(reference):
                self.assertEqual(self.callback(reference, {}).status, 400)

    def test_a_forged_callback_pays_nothing(self) -> None:
        payment = self.buy_here()
        self.assertEqual(self.callback(payment.reference, self.forged(payment)).status, 200)
        self.wait_for_check(payment)
        self.assert_undecided(payment)

    def test_a_forged_failure_fails_nothing(self) -> None:
        payment = self.buy_here()
        failure = self.forged(payment, status="FAILED", reason="APPROVAL_REJECTED")
        self.assertEqual(self.callback(payment.reference, failure).status, 200)
        self.wait_for_check(payment)
        self.assert_undecided(payment)
        self.pay(payment)

    def test_a_flood_of_forged_callbacks_costs_a_couple_of_questions_and_rows(self) -> None:
        payment = self.buy_here()
        bodies = [self.forged(payment, financialTransactionId=str(i)) for i in range(200)]
        began = time.monotonic()
        with ThreadPoolExecutor(8) as pool:
            answers = pool.map(lambda body: self.callback(payment.reference, body), bodies)
            self.assertEqual({answer.status for answer in answers}, {200})
        self.wait_for_check(payment)
        self.stack.tollgate.restart()  # carries out every check that is under way
        # One more interval of ten seconds when the flood began late in one; and the plan asks.
        intervals = int(time.monotonic() - began) // 10 + 2
        self.assertLessEqual(self.times_asked(payment), intervals + 1)
        kinds = self.evidence(payment)
        self.assertLessEqual(kinds.count("check"), intervals + 1)
        self.assertLessEqual(len(kinds) - kinds.count("check"), intervals, kinds)
        self.assert_undecided(payment)
        self.pay(payment)
        self.assert_settled_once(payment)

    def test_a_flood_about_nobody_leaves_no_row(self) -> None:
        count = "SELECT COUNT(*) AS n FROM tollgate_evidence"
        before = self.stack.database.query(count)
        for i in range(50):
            self.assertEqual(self.callback(nobodys_reference, {"i": i}).status, 200)
        self.assertEqual(self.stack.database.query(count), before)


class Payers(MtnMomoCase):
    """The numbers with which MTN's sandbox decides by itself."""

    twin_settings = ("mtn_momo.ongoing_s=2",)

    def test_those_who_fail(self) -> None:
        failed = [f"467331234{last}" for last in (50, 55, 56, 57, 58, 59, 60, 61, 62)]
        expected = dict.fromkeys(failed, "failed") | {
            "46733123451": "cancelled",
            "46733123452": "expired",
            "46733123463": "expired",
        }
        payments = {payer: self.buy_as(payer) for payer in expected}
        for payer, status in expected.items():
            with self.subTest(payer):
                self.wait_for_status(payments[payer], status)
                self.assert_nothing_delivered(payments[payer])
                self.assertEqual(self.shop_row(payments[payer])["status"], "failed")

    def test_one_who_takes_his_time(self) -> None:
        payment = self.buy_as("46733123453")
        self.make_due(payment)
        self.wait_for_status(payment, "processing")
        self.wait_until(lambda: self.ask_for_status(payment)["status"] == "paid")
        self.assert_settled_once(payment)

    def test_one_who_never_ends(self) -> None:
        payment = self.buy_as("46733123454")
        self.make_due(payment)
        self.wait_for_status(payment, "processing")
        self.assertIn("Confirm on your phone", self.return_page(payment).text)
        self.assertIsNotNone(self.payment_row(payment)["check_due_at"])


class Openings(MtnMomoCase):
    def test_an_answer_that_cannot_be_read_is_asked_about(self) -> None:
        self.behave(open="garbage")
        payment = self.buy_here()
        self.assertEqual(self.times_asked(payment), 1)
        self.behave(reset=True)
        self.pay(payment)
        self.assert_settled_once(payment)

    def test_a_payment_whose_opening_was_lost_is_found_by_its_own_name(self) -> None:
        self.behave(open="hang")
        order = self.new_order()
        answer = self.open(order, **self.order_body())
        self.assertEqual(answer.status, 504, answer.text)
        self.behave(reset=True)
        names = ("id", "reference", "payment_url", "return_url")
        data = answer.json()["data"]
        payment = Payment(order, **{name: data[name] or "" for name in names})
        self.assert_acknowledged(self.decide(payment, "approve"))
        self.wait_for_status(payment, "paid")
        row = self.payment_row(payment)
        self.assertEqual(row["gateway_ref"], self.at_gateway(payment)["token"])

    def test_the_payers_number_is_sent_in_digits(self) -> None:
        number = self.about["phone"]
        spaced = f"{number[:4]} {number[4:7]}-{number[7:]}"
        payment = self.buy_here(customer={"phone": spaced})
        self.assertEqual(uuid.UUID(self.at_gateway(payment)["token"]).version, 4)
        self.pay(payment)

    def test_without_a_token_nothing_is_opened(self) -> None:
        for manner, status, ends in (("refuse", 502, "failed"), ("500", 504, "pending")):
            with self.subTest(manner):
                self.stack.twin("/mtn_momo/twin/tokens", {"expire": True})
                self.behave(token=manner)
                answer = self.open(self.new_order(), **self.order_body())
                self.assertEqual(answer.status, status, answer.text)
                data = answer.json()["data"]
                self.assertEqual(data["status"], ends)
                known = f"/mtn_momo/twin/transactions?transaction_id={data['reference']}"
                self.assertEqual(self.stack.twin(known).json()["transactions"], [])
                self.behave(reset=True)
        self.pay(self.buy_here())


class LaterRefunds(MtnMomoCase):
    def begun(self) -> Payment:
        payment = self.buy_here()
        self.pay(payment)
        self.behave(transaction_id=payment.reference, refund="pending")
        answer = self.refund(payment)
        self.assertEqual(answer.status, 202, answer.text)
        self.assertEqual(self.payment_row(payment)["attention"], "refund_unknown")
        self.assertEqual(self.refund(payment).status, 409)
        asked = self.payment_row(payment)["checks"]
        self.make_due(payment)
        self.wait_for_check(payment, asked)
        self.assertEqual(self.payment_row(payment)["status"], "paid")
        self.assertIsNotNone(self.payment_row(payment)["refund_id"])
        return payment

    def decide_refund(self, payment: Payment, decision: str) -> None:
        body = {"transaction_id": payment.reference, "decision": decision}
        self.assertEqual(self.stack.twin("/mtn_momo/twin/refund", body).status, 200)
        self.make_due(payment)
        self.wait_until(lambda: self.payment_row(payment)["refund_id"] is None)

    def test_done(self) -> None:
        payment = self.begun()
        self.decide_refund(payment, "approve")
        self.assertEqual(self.payment_row(payment)["status"], "refunded")

    def test_refused_and_then_given_back_after_all(self) -> None:
        payment = self.begun()
        self.decide_refund(payment, "decline")
        self.assertEqual(self.payment_row(payment)["status"], "paid")
        self.behave(reset=True)
        self.assertIn(self.refund(payment).status, (200, 202))
        self.make_due(payment)
        self.wait_for_status(payment, "refunded")
        states = [refund["state"] for refund in self.at_gateway(payment)["refunds"]]
        self.assertEqual(states, ["failed", "paid"])


class Provisioning(MtnMomoCase):
    """The steps of docs/gateways/mtn_momo.md, at the twin."""

    def test_a_user_and_its_key_open_the_product(self) -> None:
        user = str(uuid.uuid4())
        key = {"Ocp_Apim_Subscription_Key": self.about["settings"]["subscription_key"]}
        host = json.dumps({"providerCallbackHost": "shop.example"}).encode()
        made = self.at_mtn("POST", "/v1_0/apiuser", host, X_Reference_Id=user, **key)
        self.assertEqual((made.status, made.body), (201, b""))
        again = self.at_mtn("POST", "/v1_0/apiuser", host, X_Reference_Id=user, **key)
        self.assertEqual((again.status, again.json()["code"]), (409, "RESOURCE_ALREADY_EXIST"))
        shown = self.at_mtn("GET", f"/v1_0/apiuser/{user}", **key)
        self.assertEqual(
            shown.json(), {"providerCallbackHost": "shop.example", "targetEnvironment": "sandbox"}
        )
        secret = self.at_mtn("POST", f"/v1_0/apiuser/{user}/apikey", **key)
        self.assertEqual(secret.status, 201)
        pair = f"{user}:{secret.json()['apiKey']}".encode()
        basic = f"Basic {base64.b64encode(pair).decode()}"
        token = self.at_mtn("POST", "/collection/token/", Authorization=basic, **key)
        self.assertEqual(token.status, 200, token.text)
        self.assertEqual(token.json()["expires_in"], 3600)
        other = self.at_mtn("POST", "/disbursement/token/", Authorization=basic, **key)
        self.assertEqual(other.status, 401)

    def test_nobody_else_is_let_in(self) -> None:
        self.assertEqual(self.at_mtn("POST", "/v1_0/apiuser").status, 401)
        self.assertEqual(self.at_mtn("POST", "/collection/v1_0/requesttopay").status, 401)
        key = {"Ocp_Apim_Subscription_Key": self.about["settings"]["subscription_key"]}
        wrong = self.at_mtn("POST", "/v1_0/apiuser", b"{}", X_Reference_Id="1", **key)
        self.assertEqual((wrong.status, wrong.body), (400, b""))


class Alone(MtnMomoCase):
    """Without callbacks and without the keys of Disbursements."""

    settings = {
        "check": {"timeout_ms": 1500, "return_wait_ms": 3000},
        "gateway.mtn_momo": {"callback": "off", "disbursement_subscription_key": ""},
    }

    def test_a_payment_is_asked_about(self) -> None:
        payment = self.buy_here()
        self.assertEqual(self.at_gateway(payment)["notify_url"], "")
        self.assertEqual(self.decide(payment, "approve"), [])
        self.make_due(payment)
        self.wait_for_status(payment, "paid")
        self.assert_settled_once(payment)

    def test_a_refund_is_refused(self) -> None:
        payment = self.buy_here()
        self.decide(payment, "approve")
        self.make_due(payment)
        self.wait_for_status(payment, "paid")
        answer = self.refund(payment)
        self.assertEqual(answer.status, 502, answer.text)
        self.assertEqual(self.payment_row(payment)["status"], "paid")
        self.assertIsNone(self.payment_row(payment)["refund_id"])
        self.assertEqual(self.at_gateway(payment)["refunds"], [])
