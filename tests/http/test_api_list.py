"""Lists of payments, and asking about one: `verify` and `retry`."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from api_case import ApiCase
from case import browser


class ListCase(ApiCase):
    gateways = ("cinetpay", "cash_on_delivery", "clickpesa")
    settings = {"check": {"timeout_ms": 1000, "return_wait_ms": 3000}}

    def open(self, order: int, amount: int = 1500, /, **changes: Any) -> browser.Answer:
        return super().open(order, amount, **({"gateway": "cinetpay"} | changes))

    def page(self, key: str | None = None, **query: object) -> dict[str, Any]:
        text = "&".join(f"{name}={value}" for name, value in query.items())
        answer = self.stack.api("GET", f"{self.path}?{text}", key=key)
        self.assertEqual(answer.status, 200, answer.text)
        return answer.json()

    def ids(self, key: str | None = None, **query: object) -> list[str]:
        return [one["id"] for one in self.page(key, **query)["data"]]


class ListTest(ListCase):
    def test_newest_first_page_by_page_whatever_is_opened_meanwhile(self) -> None:
        key = self.stack.add_key("pages", "pages")
        made = []
        for number in range(7):
            body = {"order": f"p{number}", "amount": 100, "currency": "XOF", "gateway": "cinetpay"}
            made.append(self.stack.api("POST", self.path, body, key).json()["data"]["id"])
        first = self.page(key, limit=3)
        body = {"order": "later", "amount": 100, "currency": "XOF", "gateway": "cinetpay"}
        self.assertEqual(self.stack.api("POST", self.path, body, key).status, 201)
        second = self.page(key, limit=3, cursor=first["next"])
        third = self.page(key, limit=3, cursor=second["next"])
        self.assertIsNone(third["next"])
        found = [one["id"] for page in (first, second, third) for one in page["data"]]
        self.assertEqual(found, made[::-1])

    def test_a_payment_in_the_list_is_the_payment(self) -> None:
        payment = self.buy()
        [listed] = self.page(order=payment.order)["data"]
        self.assertEqual(listed, self.stack.api("GET", self.of(payment.id)).json()["data"])

    def test_filters(self) -> None:
        paid, failed, opened = self.buy(), self.buy(), self.buy()
        self.decide(paid, "approve")
        self.decide(failed, "decline")
        self.wait_for_status(paid, "paid")
        self.wait_for_status(failed, "failed")
        self.assertIn(paid.id, self.ids(status="paid"))
        self.assertNotIn(failed.id, self.ids(status="paid", limit=100))
        both = self.ids(status="paid,failed", limit=100)
        self.assertTrue({paid.id, failed.id} <= set(both) and opened.id not in both)
        self.assertEqual(self.ids(order=opened.order), [opened.id])
        self.assertEqual(self.ids(order=opened.order, status="paid"), [])
        self.assertEqual(self.ids(reference=failed.reference), [failed.id])
        self.assertEqual(self.ids(gateway="cash_on_delivery"), [])
        self.assertIn(opened.id, self.ids(gateway="cinetpay", limit=100))

    def test_time(self) -> None:
        payment = self.buy()
        now = datetime.now(UTC)
        soon = (now + timedelta(seconds=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
        before = (now - timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.assertIn(payment.id, self.ids(created_from=before, created_to=soon, limit=100))
        self.assertEqual(self.ids(created_from=soon), [])
        self.assertNotIn(payment.id, self.ids(created_to=before, limit=100))
        self.assertEqual(self.ids(created_to="2026-01-01"), [])

    def test_wrong_parameters_are_named(self) -> None:
        cases = {
            "status=payed": {"status"},
            "status=": {"status"},
            "limit=0": {"limit"},
            "limit=101": {"limit"},
            "limit=-1": {"limit"},
            "limit=ten": {"limit"},
            "cursor=x": {"cursor"},
            "cursor=%00": {"cursor"},
            "created_from=yesterday": {"created_from"},
            "created_to=2026-02-30": {"created_to"},
            "created_from=2026-03-04T05:06:07": {"created_from"},
            "order=a%20b": {"order"},
            "reference=abc": {"reference"},
            "gateway=": {"gateway"},
            "page=2": {"page"},
            "limit=1&limit=2": {"limit"},
            "page=2&limit=0&status=x": {"page", "limit", "status"},
        }
        for query, wrong in cases.items():
            with self.subTest(query):
                answer = self.stack.api("GET", f"{self.path}?{query}")
                self.assertEqual(answer.status, 422, answer.text)
                self.assertEqual(set(answer.json()["errors"]), wrong)

    def test_a_page_of_a_long_history_is_quick(self) -> None:
        self.stack.database.query(
            "INSERT INTO tollgate_payments (id, merchant, order_ref, attempt, gateway, reference,"
            " amount_minor, currency, status, created_at, updated_at)"
            " SELECT UNHEX(CONCAT(LPAD(HEX(1735689600000 + seq), 12, '0'), LEFT(MD5(seq), 20))),"
            " 'history', seq, 1, 'cinetpay', UPPER(LEFT(MD5(CONCAT('h', seq)), 20)), 5000, 'XOF',"
            " 'paid', '2025-01-01', '2025-01-01' FROM seq_1_to_100000"
        )
        key = self.stack.add_key("history", "history")
        began = time.monotonic()
        page = self.page(key, status="failed")
        self.assertLess(time.monotonic() - began, 2)
        self.assertEqual(page["data"], [])
        self.assertIsNotNone(page["next"])


class VerifyTest(ListCase):
    def verify(self, payment_id: str, where: str = "") -> browser.Answer:
        return self.stack.api("POST", where or self.of(payment_id, "verify/"))

    def test_the_gateway_is_asked_now(self) -> None:
        payment = self.buy()
        self.decide(payment, "approve", notify="never")
        answer = self.verify(payment.id)
        self.assertEqual(answer.status, 200, answer.text)
        self.assertEqual(answer.json()["data"]["status"], "paid")
        self.assertEqual(answer.json()["provider_status"]["code"], "00")

    def test_what_is_paid_is_asked_about_too(self) -> None:
        payment = self.buy()
        self.decide(payment, "approve")
        self.wait_for_status(payment, "paid")
        asked = self.times_asked(payment)
        self.assertEqual(self.verify(payment.id).status, 200)
        self.assertEqual(self.times_asked(payment), asked + 1)

    def test_the_address_of_the_shops_that_came_before(self) -> None:
        payment = self.buy()
        self.decide(payment, "approve", notify="never")
        for method in ("GET", "POST"):
            answer = self.stack.api(method, f"/payments/{payment.id}/verify/")
            self.assertEqual(answer.status, 200, answer.text)
            self.assertEqual(answer.json()["data"]["status"], "paid")

    def test_a_gateway_that_does_not_answer(self) -> None:
        payment = self.buy()
        self.behave(check="500")
        answer = self.verify(payment.id)
        self.assertEqual(answer.status, 504, answer.text)
        self.assertEqual(answer.json()["data"]["status"], "pending")
        self.assertTrue(answer.headers["retry-after"])

    def test_cash_cannot_be_asked_about(self) -> None:
        answer = self.open(self.new_order(), gateway="cash_on_delivery")
        payment = answer.json()["data"]["id"]
        self.assertEqual(self.verify(payment).status, 409)


class RetryTest(ListCase):
    def failed(self) -> Any:
        payment = self.buy()
        self.decide(payment, "decline")
        self.wait_for_status(payment, "failed")
        return payment

    def retry(self, payment_id: str, body: Any = None) -> browser.Answer:
        return self.stack.api("POST", self.of(payment_id, "retry/"), body)

    def test_a_failed_one_is_a_new_payment_of_the_same_order(self) -> None:
        payment = self.failed()
        for body in (None, {}):
            answer = self.retry(payment.id, body)
            self.assertEqual(answer.status, 201 if body is None else 409, answer.text)
            if body is None:
                data = answer.json()["data"]
                self.assertNotEqual(data["id"], payment.id)
                expected = {"order": str(payment.order), "attempt": 2, "amount": "1500"}
                self.assertEqual({name: data[name] for name in expected}, expected)
                self.assertEqual(data["status"], "pending")
        rows = self.stack.database.query(
            "SELECT customer, files FROM tollgate_payments"
            " WHERE merchant = 'main' AND order_ref = %s",
            str(payment.order),
        )
        self.assertEqual(rows[0], rows[1])

    def test_the_addresses_go_with_it(self) -> None:
        success = "https://shop.example/thanks"
        payment = self.buy(success_url=success)
        self.decide(payment, "cancel")
        self.wait_until(lambda: self.payment_row(payment)["status"] in ("cancelled", "failed"))
        again = self.retry(payment.id).json()["data"]["id"]
        [row] = self.stack.database.query(
            "SELECT success_url FROM tollgate_shop_urls WHERE payment_id = %s", UUID(again).bytes
        )
        self.assertEqual(row["success_url"], success)

    def test_an_open_or_paid_one_is_not_tried_again(self) -> None:
        payment = self.buy()
        answer = self.retry(payment.id)
        self.assertEqual(answer.status, 409)
        self.assertEqual(answer.json()["data"]["id"], payment.id)
        self.decide(payment, "approve")
        self.wait_for_status(payment, "paid")
        self.assertEqual(self.retry(payment.id).status, 409)

    def test_an_order_that_another_attempt_paid(self) -> None:
        payment = self.failed()
        again = self.open_again(payment)
        self.decide(again, "approve")
        self.wait_for_status(again, "paid")
        answer = self.retry(payment.id)
        self.assertEqual((answer.status, answer.json()["data"]["id"]), (409, again.id))

    def test_by_another_gateway(self) -> None:
        payment = self.failed()
        answer = self.retry(payment.id, {"provider": "cash-on-delivery"})
        self.assertEqual(answer.status, 201, answer.text)
        self.assertEqual(answer.json()["data"]["gateway"], "cash_on_delivery")

    def test_wrong_fields_are_named(self) -> None:
        payment = self.failed()
        cases: tuple[tuple[Any, set[str]], ...] = (
            ({"amount": 1}, {"amount"}),
            ({"gateway": "nosuch"}, {"gateway"}),
            ({"msisdn": "12"}, {"msisdn"}),
            ({"language": "xx", "x": 1}, {"language", "x"}),
            ({"gateway": "clickpesa"}, {"currency", "customer.phone"}),
        )
        for body, wrong in cases:
            with self.subTest(str(body)):
                answer = self.retry(payment.id, body)
                self.assertEqual(answer.status, 422, answer.text)
                self.assertEqual(set(answer.json()["errors"]), wrong)
        self.assertEqual(self.retry(str(uuid4())).status, 404)


class AliasTest(ListCase):
    def test_a_request_of_the_seeds_shape(self) -> None:
        body = {
            "order_reference": f"seed-{uuid4()}",
            "amount": "1500",
            "currency": "TZS",
            "provider": "ClickPesa",
            "msisdn": "+255 712 345 678",
        }
        answer = self.stack.api("POST", self.path, body)
        self.assertEqual(answer.status, 201, answer.text)
        data = answer.json()["data"]
        self.assertEqual((data["gateway"], data["order"]), ("clickpesa", body["order_reference"]))
        [row] = self.stack.database.query(
            "SELECT customer FROM tollgate_payments WHERE id = %s", UUID(data["id"]).bytes
        )
        self.assertEqual(row["customer"], '{"phone":"+255712345678"}')


del ApiCase, ListCase
