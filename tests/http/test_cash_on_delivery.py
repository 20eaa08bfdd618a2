"""Cash on delivery: nobody can be asked, and an operator says what became of it, over the API."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

from case import Case, Payment, browser


class CashCase(Case):
    gateways = ("cinetpay", "cash_on_delivery")

    def buy_for_cash(self, amount: int = 1500, **changes: Any) -> Payment:
        return self.buy(amount, gateway="cash_on_delivery", **changes)

    def confirm(self, payment: Payment, key: str | None = None, **body: Any) -> browser.Answer:
        return self.stack.api("POST", f"/api/v1/payments/{payment.id}/confirm/", body, key)

    def confirmed(self, payment: Payment, **body: Any) -> dict[str, Any]:
        """Says it, which must be possible; the payment as it is then."""
        answer = self.confirm(payment, **body)
        self.assertEqual(answer.status, 200, answer.text)
        self.assertEqual(answer.json()["message"], "confirmed")
        return answer.json()["data"]

    def causes(self, payment: Payment) -> list[str]:
        rows = self.stack.database.query(
            "SELECT cause FROM tollgate_events WHERE payment_id = %s ORDER BY number",
            UUID(payment.id).bytes,
        )
        return [row["cause"] for row in rows]


class OpenTest(CashCase):
    def test_it_is_opened_at_once_and_the_customer_sees_what_to_have_ready(self) -> None:
        payment = self.buy_for_cash(2500)
        self.assertEqual(payment.payment_url, payment.return_url)
        self.assertIn("/return/cash_on_delivery?t=", payment.payment_url)
        page = self.return_page(payment)
        self.assertIn("You pay on delivery", page.text)
        self.assertIn("2500 XOF", page.text)
        self.assertEqual((self.download_links(page), browser.forms(page)), ([], []))
        self.assertEqual(self.shop_row(payment)["status"], "pending")
        self.assert_nothing_delivered(payment)

    def test_nobody_is_asked(self) -> None:
        payment = self.buy_for_cash()
        self.assertIsNone(self.payment_row(payment)["check_due_at"])
        data = self.stack.api("GET", f"/api/v1/payments/{payment.id}/status/").json()["data"]
        self.assertEqual((data["status"], data["checks"], data["attention"]), ("pending", 0, ""))
        self.return_page(payment)
        self.assertEqual(self.payment_row(payment)["checks"], 0)
        self.assertEqual(self.evidence(payment), [])

    def test_a_row_that_is_due_all_the_same_does_no_harm(self) -> None:
        payment = self.buy_for_cash()
        self.make_due(payment)
        self.wait_for_check(payment)
        self.assertEqual(self.payment_row(payment)["status"], "pending")
        self.stack.command("reconcile", "--once")
        self.confirmed(payment, outcome="paid")
        self.assert_paid_once(payment)

    def test_nothing_comes_in(self) -> None:
        payment = self.buy_for_cash()
        url = f"{self.stack.url}/notify/cash_on_delivery"
        fields = {"reference": payment.reference, "status": "paid"}
        for method, body in (("GET", None), ("POST", b""), ("POST", fields)):
            self.assertEqual(browser.request(method, url, body).status, 404)
        self.assertEqual(self.payment_row(payment)["status"], "pending")

    def test_its_order_cannot_be_paid_in_another_way_meanwhile(self) -> None:
        payment = self.buy_for_cash()
        again = self.open(payment.order, gateway="cinetpay")
        self.assertEqual(again.status, 409, again.text)
        self.assertEqual(again.json()["data"]["id"], payment.id)


class ConfirmTest(CashCase):
    def test_the_carrier_brought_the_price(self) -> None:
        payment = self.buy_for_cash()
        data = self.confirmed(payment, outcome="paid")
        self.assertEqual((data["status"], data["paid"], data["attention"]), ("paid", "1500", ""))
        self.assert_paid_once(payment)
        self.assertEqual(self.causes(payment), ["created", "operator key shop: paid 1500 XOF"])
        self.assertEqual(self.evidence(payment), ["operator"])
        [link] = self.download_links(self.return_page(payment))
        self.assertEqual(self.download(link).status, 200)

    def test_less_is_reviewed_until_the_rest_is_there(self) -> None:
        payment = self.buy_for_cash()
        some = self.confirmed(payment, outcome="paid", amount="1000")
        self.assertEqual((some["status"], some["attention"]), ("review", "underpaid"))
        self.assertEqual(some["paid"], "1000")
        self.assert_nothing_delivered(payment)
        self.assertIn("under review", self.return_page(payment).text)
        self.assertIsNone(self.payment_row(payment)["check_due_at"])

        all_of_it = self.confirmed(payment, outcome="paid", amount=1500)
        self.assertEqual((all_of_it["status"], all_of_it["attention"]), ("paid", ""))
        self.assert_paid_once(payment, ("pending", "review"))
        less = self.confirmed(payment, outcome="paid", amount="1")
        self.assertEqual((less["status"], less["paid"]), ("paid", "1500"))

    def test_more_is_paid_and_seen(self) -> None:
        payment = self.buy_for_cash()
        data = self.confirmed(payment, outcome="paid", amount="2000")
        self.assertEqual((data["status"], data["attention"]), ("paid", "overpaid"))
        self.assert_paid_once(payment)

    def test_twice_changes_nothing(self) -> None:
        payment = self.buy_for_cash()
        first = self.confirmed(payment, outcome="paid")
        self.assertEqual(self.confirmed(payment, outcome="paid"), first)
        self.assert_paid_once(payment)
        self.assertEqual(self.evidence(payment), ["operator"])

    def test_at_once_from_many_sides_it_is_paid_once(self) -> None:
        payment = self.buy_for_cash()
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: self.confirm(payment, outcome="paid"), range(8)))
        self.assertEqual({answer.status for answer in answers}, {200})
        self.assert_paid_once(payment)

    def test_a_currency_with_decimals(self) -> None:
        payment = self.buy_for_cash(12, currency="EUR")
        data = self.confirmed(payment, outcome="paid", amount="12.5")
        self.assertEqual((data["amount"], data["paid"]), ("12.00", "12.50"))
        self.assertEqual(data["attention"], "overpaid")


class CancelTest(CashCase):
    def test_the_customer_did_not_take_it(self) -> None:
        payment = self.buy_for_cash()
        for _ in range(2):
            data = self.confirmed(payment, outcome="cancelled")
            self.assertEqual((data["status"], data["paid"]), ("cancelled", None))
        self.assertEqual(self.events(payment), [("", "pending"), ("pending", "cancelled")])
        self.assertEqual(self.shop_row(payment)["status"], "failed")
        self.assert_nothing_delivered(payment)

    def test_the_customer_does_not_order_the_carrier_again(self) -> None:
        payment = self.buy_for_cash()
        self.confirmed(payment, outcome="cancelled")
        page = self.return_page(payment)
        self.assertIn("cancelled", page.text)
        self.assertEqual(browser.forms(page), [])
        token = payment.return_url.split("?t=")[1]
        answer = browser.request("POST", f"{self.stack.url}/pay/retry", {"t": token})
        self.assertEqual((answer.status, answer.location), (303, payment.return_url))
        rows = self.stack.database.query(
            "SELECT status FROM tollgate_payments WHERE order_ref = %s", str(payment.order)
        )
        self.assertEqual(rows, [{"status": "cancelled"}])

    def test_then_the_order_may_be_paid_in_another_way_and_twice_is_seen(self) -> None:
        payment = self.buy_for_cash()
        self.confirmed(payment, outcome="cancelled")
        by_card = self._opened(payment.order, self.open(payment.order, gateway="cinetpay"))
        self.decide(by_card, "approve")
        self.wait_for_status(by_card, "paid")
        late = self.confirmed(payment, outcome="paid")
        self.assertEqual((late["status"], late["attention"]), ("paid", "paid_twice"))

    def test_cancelled_by_mistake_may_still_be_paid(self) -> None:
        payment = self.buy_for_cash()
        self.confirmed(payment, outcome="cancelled")
        self.confirmed(payment, outcome="paid")
        self.assert_paid_once(payment, ("pending", "cancelled"))

    def test_what_was_paid_cannot_be_cancelled(self) -> None:
        for amount, status in (("1500", "paid"), ("1000", "review")):
            with self.subTest(amount):
                payment = self.buy_for_cash()
                self.confirmed(payment, outcome="paid", amount=amount)
                answer = self.confirm(payment, outcome="cancelled")
                self.assertEqual(answer.status, 409, answer.text)
                self.assertIs(answer.json()["success"], False)
                self.assertEqual(answer.json()["data"]["status"], status)
                self.assertEqual(self.evidence(payment), ["operator"])

    def test_cash_does_not_go_back_through_us(self) -> None:
        payment = self.buy_for_cash()
        self.confirmed(payment, outcome="paid")
        answer = self.stack.api("POST", f"/api/v1/payments/{payment.id}/refund/", {})
        self.assertEqual(answer.status, 409, answer.text)
        self.assertIn("cannot give money back", answer.json()["message"])
        self.assertEqual(answer.json()["data"]["refund_under_way"], None)


class RefusalTest(CashCase):
    def test_a_payment_of_a_gateway_is_not_confirmed_by_hand(self) -> None:
        payment = self.buy(1500, gateway="cinetpay")
        for outcome in ("paid", "cancelled"):
            answer = self.confirm(payment, outcome=outcome)
            self.assertEqual(answer.status, 409, answer.text)
            self.assertIn("confirmed by its gateway", answer.json()["message"])
        self.assertEqual(self.events(payment), [("", "pending")])
        self.assertEqual(self.evidence(payment), [])

    def test_only_a_key_of_its_merchant_may_say_so(self) -> None:
        payment = self.buy_for_cash()
        other = self.stack.add_key("other", "till")
        self.assertEqual(self.confirm(payment, other, outcome="paid").status, 404)
        for key in ("", "tg_wrong"):
            self.assertEqual(self.confirm(payment, key, outcome="paid").status, 401)
        nobody = f"/api/v1/payments/{uuid4()}/confirm/"
        self.assertEqual(self.stack.api("POST", nobody, {"outcome": "paid"}).status, 404)
        self.assertEqual(self.payment_row(payment)["status"], "pending")

    def test_wrong_members_are_named_and_nothing_happens(self) -> None:
        payment = self.buy_for_cash()
        cases: tuple[tuple[str, dict[str, Any], set[str]], ...] = (
            ("nothing", {}, {"outcome"}),
            ("unknown outcome", {"outcome": "delivered"}, {"outcome"}),
            ("capitals", {"outcome": "PAID"}, {"outcome"}),
            ("no text", {"outcome": True}, {"outcome"}),
            ("null", {"outcome": None}, {"outcome"}),
            ("unknown member", {"outcome": "paid", "amonut": "5"}, {"amonut"}),
            ("zero", {"outcome": "paid", "amount": 0}, {"amount"}),
            ("negative", {"outcome": "paid", "amount": "-1500"}, {"amount"}),
            ("decimals", {"outcome": "paid", "amount": "1500.5"}, {"amount"}),
            ("too large", {"outcome": "paid", "amount": "1" + "0" * 20}, {"amount"}),
            ("with its currency", {"outcome": "paid", "amount": "1500 XOF"}, {"amount"}),
            ("amount is a list", {"outcome": "paid", "amount": [1500]}, {"amount"}),
            ("amount of nothing", {"outcome": "cancelled", "amount": "1500"}, {"amount"}),
            ("everything", {"outcome": "x", "amount": "y", "z": 1}, {"outcome", "amount", "z"}),
        )
        for name, body, wrong in cases:
            with self.subTest(name):
                answer = self.confirm(payment, **body)
                self.assertEqual(answer.status, 422, answer.text)
                self.assertEqual(set(answer.json()["errors"]), wrong)
        self.assertEqual(self.events(payment), [("", "pending")])

    def test_no_json_and_other_methods(self) -> None:
        payment = self.buy_for_cash()
        url = f"{self.stack.url}/api/v1/payments/{payment.id}/confirm/"
        bearer = {"authorization": f"Bearer {self.stack.key}"}
        json = bearer | {"content-type": "application/json"}
        for body in (b"", b"[]", b"{", b'{"outcome":"paid","outcome":"paid"}'):
            self.assertEqual(browser.request("POST", url, body, json).status, 400)
        self.assertEqual(browser.request("POST", url, {"outcome": "paid"}, bearer).status, 415)
        answer = browser.request("GET", url, headers=bearer)
        self.assertEqual((answer.status, answer.headers["allow"]), (405, "POST"))
        self.assertEqual(self.payment_row(payment)["status"], "pending")


class CurrenciesTest(CashCase):
    settings = {"gateway.cash_on_delivery": {"currencies": "XOF EUR"}}

    def test_only_what_the_carrier_takes(self) -> None:
        self.buy_for_cash()
        self.buy_for_cash(12, currency="EUR")
        answer = self.open(self.new_order(), gateway="cash_on_delivery", currency="USD")
        self.assertEqual(answer.status, 422, answer.text)
        self.assertEqual(answer.json()["errors"], {"currency": "currency must be XOF or EUR"})
