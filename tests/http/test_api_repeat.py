"""`Idempotency-Key`: whatever happens to a request or its answer, sending it again does nothing
twice, and says what the first one said."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

from api_case import ApiCase
from case import browser


class RepeatCase(ApiCase):
    gateways = ("cinetpay", "cash_on_delivery", "flutterwave")
    settings = {"check": {"timeout_ms": 1000}}

    def body(self, **changes: Any) -> dict[str, Any]:
        return {"order": f"r-{uuid4()}", "amount": 1500, "currency": "XOF",
                "gateway": "cinetpay"} | changes  # fmt: skip

    def payments_of(self, order: str) -> int:
        [row] = self.stack.database.query(
            "SELECT COUNT(*) AS payments FROM tollgate_payments WHERE order_ref = %s", order
        )
        return row["payments"]

    def age(self, minutes: int) -> None:
        """What the passing of time does to requests that nobody has answered."""
        self.stack.database.query(
            "UPDATE tollgate_idempotency SET created_at = created_at - INTERVAL %s MINUTE"
            " WHERE answer IS NULL",
            minutes,
        )

    def assert_replay(self, first: browser.Answer, again: browser.Answer) -> None:
        self.assertEqual((again.status, again.body), (first.status, first.body))
        self.assertEqual(again.headers["content-type"], first.headers["content-type"])
        self.assertEqual(again.headers["idempotent-replayed"], "true")
        self.assertIsNone(first.headers["idempotent-replayed"])
        self.assertNotEqual(again.headers["x-request-id"], first.headers["x-request-id"])

    def paid(self) -> dict[str, Any]:
        """By Flutterwave, which gives parts back."""
        body = self.body(gateway="flutterwave", customer={"email": "awa@example.com"})
        answer = self.post(self.path, body)
        self.assertEqual(answer.status, 201, answer.text)
        data = answer.json()["data"]
        self.stack.twin(
            "/flutterwave/twin/decide",
            {"transaction_id": data["reference"], "decision": "approve"},
        )
        self.wait_until(lambda: self.now(data)["status"] == "paid")
        return data

    def now(self, payment: dict[str, Any]) -> dict[str, Any]:
        return self.stack.api("GET", self.of(payment["id"], "status/")).json()["data"]


class SameTest(RepeatCase):
    def test_an_opening_is_answered_again(self) -> None:
        body, key = self.body(), str(uuid4())
        first = self.post(self.path, body, idempotency_key=key)
        self.assertEqual(first.status, 201, first.text)
        for path in (self.path, self.path.rstrip("/")):
            self.assert_replay(first, self.post(path, body, idempotency_key=key))
        self.assertEqual(self.payments_of(body["order"]), 1)

    def test_even_when_the_payment_is_another_by_now(self) -> None:
        body, key = self.body(), str(uuid4())
        first = self.post(self.path, body, idempotency_key=key)
        data = first.json()["data"]
        self.stack.twin(
            "/cinetpay/twin/decide", {"transaction_id": data["reference"], "decision": "approve"}
        )
        self.wait_until(
            lambda: self.stack.api("GET", self.of(data["id"])).json()["data"]["status"] == "paid"
        )
        self.assert_replay(first, self.post(self.path, body, idempotency_key=key))

    def test_a_refusal_of_the_gateway_is_remembered(self) -> None:
        self.behave(open="refuse")
        body, key = self.body(), str(uuid4())
        first = self.post(self.path, body, idempotency_key=key)
        self.assertEqual(first.status, 502, first.text)
        self.behave(reset=True)
        self.assert_replay(first, self.post(self.path, body, idempotency_key=key))
        self.assertEqual(self.post(self.path, body, idempotency_key=str(uuid4())).status, 201)

    def test_a_part_is_given_back_once(self) -> None:
        payment = self.paid()
        where, key = self.of(payment["id"], "refund/"), str(uuid4())
        first = self.post(where, {"amount": "500"}, idempotency_key=key)
        self.assertIn(first.status, (200, 202), first.text)
        for _ in range(3):
            self.assert_replay(first, self.post(where, {"amount": "500"}, idempotency_key=key))
        self.wait_until(lambda: self.now(payment)["refunded"] == "500")

    def test_confirming_and_retrying(self) -> None:
        opened = self.post(self.path, self.body(gateway="cash_on_delivery")).json()["data"]
        where, key = self.of(opened["id"], "confirm/"), str(uuid4())
        body = {"outcome": "cancelled"}
        first = self.post(where, body, idempotency_key=key)
        self.assertEqual(first.status, 200, first.text)
        self.assert_replay(first, self.post(where, body, idempotency_key=key))
        where, key = self.of(opened["id"], "retry/"), str(uuid4())
        first = self.post(where, None, idempotency_key=key)
        self.assertEqual(first.status, 201, first.text)
        self.assert_replay(first, self.post(where, None, idempotency_key=key))
        self.assertEqual(self.payments_of(opened["order"]), 2)


class OtherTest(RepeatCase):
    def test_another_request_under_the_key_is_refused(self) -> None:
        body, key = self.body(), str(uuid4())
        self.assertEqual(self.post(self.path, body, idempotency_key=key).status, 201)
        payment = self.post(self.path, self.body()).json()["data"]["id"]
        for path, other in (
            (self.path, body | {"amount": 2000}),
            (self.path, {name: body[name] for name in reversed(body)}),
            (self.of(payment, "retry/"), body),
        ):
            answer = self.post(path, other, idempotency_key=key)
            self.assertEqual(answer.status, 422, answer.text)
            self.assertIn("Idempotency-Key", answer.json()["message"])
        self.assertEqual(self.payments_of(body["order"]), 1)

    def test_a_mistake_leaves_the_key_free_for_what_was_meant(self) -> None:
        key = str(uuid4())
        for wrong in (self.body(amount=0), self.body(currency="XYZ")):
            self.assertEqual(self.post(self.path, wrong, idempotency_key=key).status, 422)
        self.assertEqual(self.post(self.path, self.body(), idempotency_key=key).status, 201)

    def test_what_was_not_answered_may_be_asked_again(self) -> None:
        self.behave(open="hang")
        body, key = self.body(), str(uuid4())
        self.assertEqual(self.post(self.path, body, idempotency_key=key).status, 504)
        self.behave(reset=True)
        self.assertEqual(self.post(self.path, body, idempotency_key=key).status, 409)
        self.stack.database.query(
            "UPDATE tollgate_payments SET opening_until = '2026-01-01' WHERE order_ref = %s",
            body["order"],
        )
        self.assertEqual(self.post(self.path, body, idempotency_key=key).status, 201)

    def test_keys_of_two_merchants_are_two_keys(self) -> None:
        body, key = self.body(), str(uuid4())
        stranger = self.stack.add_key("stranger", "stranger")
        ours = self.post(self.path, body, idempotency_key=key)
        theirs = self.post(self.path, body, idempotency_key=key, key=stranger)
        self.assertEqual((ours.status, theirs.status), (201, 201))
        self.assertNotEqual(ours.json()["data"]["id"], theirs.json()["data"]["id"])

    def test_a_rotated_key_of_the_shop_is_the_same_merchants(self) -> None:
        body, key = self.body(), str(uuid4())
        first = self.post(self.path, body, idempotency_key=key)
        other = self.stack.add_key("main", "second")
        self.assert_replay(first, self.post(self.path, body, idempotency_key=key, key=other))

    def test_unusable_keys(self) -> None:
        for key in ("x" * 256, "a b", "a\tb", "ké"):
            headers = {
                "authorization": f"Bearer {self.stack.key}",
                "content-type": "application/json",
                "idempotency-key": key.encode().decode("latin-1"),
            }
            answer = browser.request("POST", self.stack.url + self.path, b"{}", headers)
            self.assertEqual(answer.status, 400, key)
        key = "~" * 255
        self.assertEqual(self.post(self.path, self.body(), idempotency_key=key).status, 201)

    def test_reading_needs_no_key_and_heeds_none(self) -> None:
        payment = self.buy(gateway="cinetpay")
        for _ in range(2):
            answer = self.stack.api(
                "GET", self.of(payment.id), more_headers={"idempotency-key": "same"}
            )
            self.assertEqual(answer.status, 200)
            self.assertIsNone(answer.headers["idempotent-replayed"])


class RaceTest(RepeatCase):
    def test_sixteen_at_once_are_one_payment(self) -> None:
        for _ in range(3):
            body, key = self.body(), str(uuid4())
            with ThreadPoolExecutor(16) as threads:
                answers = list(
                    threads.map(
                        lambda _: self.post(self.path, body, idempotency_key=key), range(16)
                    )
                )
            self.assertEqual(self.payments_of(body["order"]), 1)
            opened = [answer for answer in answers if answer.status == 201]
            self.assertGreaterEqual(len(opened), 1)
            self.assertEqual(len({answer.body for answer in opened}), 1)
            first = [one for one in opened if one.headers["idempotent-replayed"] is None]
            self.assertEqual(len(first), 1)
            for answer in answers:
                if answer.status != 201:
                    self.assertEqual(answer.status, 409, answer.text)
                    self.assertTrue(answer.headers["retry-after"])
            again = self.post(self.path, body, idempotency_key=key)
            self.assert_replay(first[0], again)


class CrashTest(RepeatCase):
    """The process dies while it answers; nginx says 502, and another process takes its place."""

    def die_at(self, point: str, path: str, body: Any, key: str) -> None:
        server = self.stack.tollgate
        server.kill()
        server.environment["TOLLGATE_FAIL_POINT"] = point
        server.start()
        del server.environment["TOLLGATE_FAIL_POINT"]
        headers = {
            "authorization": f"Bearer {self.stack.key}",
            "content-type": "application/json",
            "idempotency-key": key,
        }
        text = json.dumps(body).encode()
        answer = browser.request("POST", self.stack.url + path, text, headers)
        self.assertGreaterEqual(answer.status, 500)
        server.kill()
        server.start()

    def test_an_opening_that_nobody_answered(self) -> None:
        for point in ("open.inserted", "open.answered", "open.recorded"):
            with self.subTest(point):
                body, key = self.body(), str(uuid4())
                self.die_at(point, self.path, body, key)
                waiting = self.post(self.path, body, idempotency_key=key)
                self.assertEqual(waiting.status, 409, waiting.text)
                self.assertTrue(waiting.headers["retry-after"])
                self.age(6)
                again = self.post(self.path, body, idempotency_key=key)
                # The payment that the first one opened, whatever became of it.
                self.assertEqual(again.status, 409, again.text)
                self.assertEqual(again.json()["data"]["order"], body["order"])
                self.assertEqual(self.payments_of(body["order"]), 1)

    def test_a_refund_that_nobody_answered_is_not_begun_again(self) -> None:
        for point in ("refund.begun", "refund.answered", "refund.recorded"):
            with self.subTest(point):
                payment = self.paid()
                where, body, key = self.of(payment["id"], "refund/"), {"amount": "500"}, str(uuid4())
                self.die_at(point, where, body, key)
                self.assertEqual(self.post(where, body, idempotency_key=key).status, 409)
                self.age(6)
                again = self.post(where, body, idempotency_key=key)
                self.assertEqual(again.status, 409, again.text)
                self.assertIn("interrupted", again.json()["message"])
                told = again.json()["data"]
                self.assertEqual([told["refunded"] or told["refund_under_way"]], ["500"])
                self.assert_replay(again, self.post(where, body, idempotency_key=key))
                self.assertEqual(self.refunds_at_gateway(payment), int(point != "refund.begun"))

    def refunds_at_gateway(self, payment: dict[str, Any]) -> int:
        path = f"/flutterwave/twin/transactions?transaction_id={payment['reference']}"
        [transaction] = self.stack.twin(path).json()["transactions"]
        return len(transaction["refunds"])


del ApiCase, RepeatCase
