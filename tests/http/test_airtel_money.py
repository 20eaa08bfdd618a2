"""What is particular about Airtel Money: four texts that a callback's hash may be made over, words
for a payment under way, sealed requests, tokens that live for minutes."""

from typing import Any

from case import Payment, browser
from gateway_case import GatewayCase


class AirtelMoneyCase(GatewayCase):
    gateway = "airtel_money"
    gateways = ("cinetpay", "airtel_money")
    settings = {**GatewayCase.settings, "server": {"log_level": "debug"}}

    def forms_logged(self, payment: Payment) -> list[str]:
        """What the operator reads of each notification: which form of proof it had."""
        lines = self.stack.tollgate.log_text().splitlines()
        return [
            line.split("form=", 1)[1].split()[0]
            for line in lines
            if f"reference={payment.reference}" in line and " form=" in line
        ]


class Callbacks(AirtelMoneyCase):
    def test_each_text_that_may_be_hashed(self) -> None:
        cases = {
            "": "received_bytes",
            "compact": "compact",
            "inner": "inner",
            "pretty": "pretty",
            "header": "received_bytes",
        }
        for shape, form in cases.items():
            with self.subTest(shape or "as sent"):
                payment = self.buy_here()
                self.behave(transaction_id=payment.reference, notify_shape=shape)
                self.pay(payment)
                self.assert_settled_once(payment)
                self.assertEqual(self.forms_logged(payment), [form])

    def test_a_text_that_was_changed_on_its_way(self) -> None:
        payment = self.buy_here()
        url = f"{self.stack.url}/notify/airtel_money"
        self.notify(payment.reference, fields={"status_code": "TIP"})
        sent = self.at_gateway(payment)["notifications"][-1]["sent"]
        changes = (("TIP", "TS"), (payment.reference, "B" + payment.reference[1:]), ("}", " }"))
        for old, new in changes[:2]:
            with self.subTest(old):
                changed = sent.replace(old, new)
                self.assertNotEqual(changed, sent)
                self.assertEqual(self.post(url, changed).status, 401)
        respaced = sent.replace(*changes[2])
        self.assertEqual(self.post(url, respaced).status, 200)

    def test_a_callback_without_its_hash(self) -> None:
        payment = self.buy_here()
        self.decide(payment, "approve", notify="never")
        asked = self.times_asked(payment)
        self.assertEqual(self.notify(payment.reference, signature="none")["status"], 401)
        self.stack.tollgate.restart()  # which carries out every check that is under way
        self.assertEqual(self.times_asked(payment), asked)
        self.assert_undecided(payment)

    def test_in_progress_comes_before_the_end(self) -> None:
        payment = self.buy_here()
        self.assert_acknowledged(self.decide(payment, "processing"))
        self.wait_for_status(payment, "processing")
        self.assert_nothing_delivered(payment)
        self.pay(payment)
        self.assert_paid_once(payment, ("pending", "processing"))

    def test_in_progress_comes_after_the_end(self) -> None:
        payment = self.buy_here()
        self.assert_acknowledged(self.decide(payment, "approve", notify="reordered"))
        self.wait_for_status(payment, "paid")
        self.stack.tollgate.restart()  # which carries out every check that is under way
        self.assert_settled_once(payment)

    def test_a_signed_success_that_the_enquiry_denies(self) -> None:
        payment = self.buy_here()
        self.notify(payment.reference, fields={"status_code": "TS"})
        self.wait_for_check(payment)
        self.assert_undecided(payment)

    def test_only_what_is_promised_or_more_than_that(self) -> None:
        for manner in ("only_required", "unknown_fields"):
            with self.subTest(manner):
                payment = self.buy_here()
                self.behave(transaction_id=payment.reference, **{manner: True})
                self.pay(payment)
                self.assert_settled_once(payment)

    def post(self, url: str, body: str) -> browser.Answer:
        return browser.request("POST", url, body.encode(), {"content-type": "application/json"})


class Enquiries(AirtelMoneyCase):
    def test_words_that_end_nothing(self) -> None:
        for word in ("TIP", "TA", "SUCCESS", "TX", ""):
            with self.subTest(word):
                payment = self.buy_here()
                self.behave(transaction_id=payment.reference, check_status=word)
                self.decide(payment, "approve")
                self.wait_for_check(payment)
                self.assert_undecided(payment)
                self.behave(reset=True)
                self.make_due(payment)
                self.wait_for_status(payment, "paid")
                self.assert_settled_once(payment)

    def test_the_code_beside_a_success_decides_nothing(self) -> None:
        for code in ("DP00800001006", "DP00800001000", "DP00800001007"):
            with self.subTest(code):
                payment = self.buy_here()
                self.behave(transaction_id=payment.reference, check_code=code)
                self.pay(payment)
                self.assert_settled_once(payment)

    def test_the_code_beside_a_failure_tells_how(self) -> None:
        cases = {"002": "failed", "008": "cancelled", "024": "expired", "029": "expired"}
        for digits, status in cases.items():
            with self.subTest(digits):
                payment = self.buy_here()
                self.behave(transaction_id=payment.reference, check_code=f"DP00800001{digits}")
                self.decide(payment, "decline")
                self.wait_for_status(payment, status)

    def test_an_amount_that_is_told_is_taken_by_its_word(self) -> None:
        cases: tuple[tuple[dict[str, str], str], ...] = (
            ({"check_amount": "49.50"}, "paid"),
            ({"check_amount": "49.49"}, "review"),
            ({"check_amount": "49.50", "check_currency": "KES"}, "review"),
            ({"check_amount": "much"}, "review"),
        )
        for behaviour, status in cases:
            with self.subTest(behaviour):
                payment = self.buy_here()
                self.behave(transaction_id=payment.reference, **behaviour)
                self.decide(payment, "approve")
                self.wait_for_status(payment, status)

    def test_rules(self) -> None:
        cases: tuple[tuple[dict[str, Any], str, str], ...] = (
            ({"currency": "KES"}, "currency", "currency must be ZMW in ZM"),
            ({"customer": {"phone": "+256752604392"}}, "customer.phone",
             "customer.phone must be a mobile number of ZM, such as 260971234567"),
            ({"customer": {"phone": "0971234567"}}, "customer.phone",
             "customer.phone must be a mobile number of ZM, such as 260971234567"),
        )  # fmt: skip
        for changes, field, rule in cases:
            with self.subTest(changes):
                answer = self.open(self.new_order(), **self.order_body(**changes))
                self.assertEqual(answer.status, 422, answer.text)
                self.assertEqual(answer.json()["errors"][field], rule)


class Tokens(AirtelMoneyCase):
    def expire(self) -> int:
        return self.stack.twin("/airtel_money/twin/tokens", {"expire": True}).json()["issued"]

    def test_a_token_that_expired_is_replaced_in_every_kind_of_call(self) -> None:
        payment = self.buy_here()
        issued = self.expire()
        self.pay(payment)
        self.assertGreater(self.expire(), issued)
        self.assertEqual(self.refund(payment).status, 200)
        self.assertEqual(self.payment_row(payment)["status"], "refunded")
        self.pay(self.buy_here())

    def test_a_token_that_lasts_for_a_moment(self) -> None:
        self.expire()
        self.behave(token_lasts_s=1)
        for _ in range(3):
            payment = self.buy_here()
            self.pay(payment)
            self.assert_settled_once(payment)

    def test_without_a_token_nothing_is_opened(self) -> None:
        for manner, status in (("refuse", "failed"), ("500", "pending")):
            with self.subTest(manner):
                self.expire()
                self.behave(token=manner)
                answer = self.open(self.new_order(), **self.order_body())
                self.assertIn(answer.status, (502, 504))
                data = answer.json()["data"]
                self.assertEqual(data["status"], status)
                path = f"/airtel_money/twin/transactions?transaction_id={data['reference']}"
                self.assertEqual(self.stack.twin(path).json()["transactions"], [])
                self.behave(reset=True)
        self.pay(self.buy_here())


class Refunds(AirtelMoneyCase):
    def test_airtels_own_id_is_kept_for_the_refund(self) -> None:
        payment = self.buy_here()
        self.assertIsNone(self.payment_row(payment)["gateway_ref"])
        self.pay(payment)
        self.assertEqual(
            self.payment_row(payment)["gateway_ref"], self.at_gateway(payment)["token"]
        )

    def test_a_refund_in_doubt_waits_for_a_person(self) -> None:
        payment = self.buy_here()
        self.pay(payment)
        self.behave(transaction_id=payment.reference, refund="pending")
        self.assertEqual(self.refund(payment).status, 202)
        self.assertEqual(self.payment_row(payment)["attention"], "refund_unknown")
        asked = self.payment_row(payment)["checks"]
        self.make_due(payment)
        self.wait_for_check(payment, asked)
        self.assertEqual(self.payment_row(payment)["status"], "paid")
        self.assertEqual(self.refund(payment).status, 409)


class SignedMessages(AirtelMoneyCase):
    """The twin demands the signature of every POST, and its path is v2."""

    twin_settings = ("airtel_money.signing=on", "airtel_money.version=v2")

    def test_opened_paid_and_given_back(self) -> None:
        for _ in range(2):
            payment = self.buy_here()
            self.pay(payment)
            self.assert_settled_once(payment)
            self.assertEqual(self.refund(payment).status, 200)
            self.assertEqual(self.payment_row(payment)["status"], "refunded")

    def test_a_token_that_is_never_taken_opens_nothing(self) -> None:
        self.behave(token_lasts_s=0)
        answer = self.open(self.new_order(), **self.order_body())
        self.assertEqual(answer.json()["data"]["status"], "failed", answer.text)
        self.behave(reset=True)
        self.pay(self.buy_here())


class SignatureMissing(AirtelMoneyCase):
    """The application has message signing on, and Tollgate was not told."""

    twin_settings = ("airtel_money.signing=on",)
    settings = {**AirtelMoneyCase.settings, "gateway.airtel_money": {"message_signing": "off"}}

    def test_the_opening_is_refused(self) -> None:
        answer = self.open(self.new_order(), **self.order_body())
        self.assertEqual(answer.status, 502, answer.text)
        self.assertEqual(answer.json()["data"]["status"], "failed")


class CallbackAuthenticationOff(AirtelMoneyCase):
    """The merchant has no callback key: a callback is a hint, and nothing else."""

    twin_settings = ("airtel_money.callback_key=",)

    def test_a_hint_makes_tollgate_ask(self) -> None:
        payment = self.buy_here()
        self.pay(payment)
        self.assert_settled_once(payment)
        self.assertEqual(self.forms_logged(payment), ["unsigned"])

    def test_a_hint_is_never_believed(self) -> None:
        payment = self.buy_here()
        answer = self.notify(payment.reference, fields={"status_code": "TS"})
        self.assertEqual(answer["status"], 200)
        self.wait_for_check(payment)
        self.assert_undecided(payment)
