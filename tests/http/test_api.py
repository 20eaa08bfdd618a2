"""The payments API as the shop's server sees it."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from case import Case, browser

path = "/api/v1/payments/"


class ApiTest(Case):
    settings = {"check": {"timeout_ms": 1000, "return_wait_ms": 3000}}

    def payments_of(self, order: object) -> list[dict[str, Any]]:
        return self.stack.database.query(
            "SELECT attempt, status, reference FROM tollgate_payments WHERE order_ref = %s"
            " ORDER BY attempt",
            str(order),
        )

    def count(self) -> int:
        [row] = self.stack.database.query("SELECT COUNT(*) AS payments FROM tollgate_payments")
        return row["payments"]

    def raw(self, body: bytes, content_type: str = "application/json") -> browser.Answer:
        headers = {"authorization": f"Bearer {self.stack.key}"}
        if content_type:
            headers["content-type"] = content_type
        return browser.request("POST", self.stack.url + path, body, headers)

    def assert_error(self, answer: browser.Answer, status: int) -> dict[str, Any]:
        """An error in the shape of all errors; its JSON."""
        self.assertEqual(answer.status, status, answer.text)
        self.assertEqual(answer.headers["content-type"], "application/json")
        json = answer.json()
        self.assertIs(json["success"], False)
        self.assertTrue(json["message"])
        return json


class OpenTest(ApiTest):
    def test_the_answer_has_every_field(self) -> None:
        order = self.new_order()
        before = datetime.now(UTC) - timedelta(seconds=1)
        answer = self.open(order, 1500, description="Attiéké & Alloco", language="en")
        self.assertEqual(answer.status, 201, answer.text)
        self.assertEqual(answer.headers["content-type"], "application/json")
        self.assertEqual(answer.headers["cache-control"], "no-store")
        json = answer.json()
        self.assertEqual((json["success"], json["message"]), (True, "payment opened"))
        data = json["data"]
        uuid_v7 = r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
        self.assertRegex(data["id"], f"^{uuid_v7}$")
        self.assertRegex(data["reference"], r"^[A-Z0-9]{20}$")
        self.assertTrue(data["payment_url"].startswith(f"{self.stack.twins_url}/cinetpay/pay/"))
        self.assertTrue(data["return_url"].startswith(f"{self.stack.url}/return/cinetpay?t="))
        self.assertRegex(data["created_at"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        created = datetime.fromisoformat(data["created_at"])
        self.assertTrue(before <= created <= datetime.now(UTC), created)
        rest = {
            "order": str(order),
            "attempt": 1,
            "gateway": "cinetpay",
            "status": "pending",
            "paid": None,
            "refunded": None,
            "refund_under_way": None,
            "amount": "1500",
            "currency": "XOF",
            "attention": "",
            "checks": 0,
            "paid_at": None,
        }
        self.assertEqual({name: data[name] for name in rest}, rest)
        varying = {"id", "reference", "payment_url", "return_url", "created_at"}
        self.assertEqual(set(data), set(rest) | varying)

        found = self.stack.api("GET", f"{path}{data['id']}/")
        self.assertEqual(found.status, 200)
        self.assertEqual(found.json()["data"], data)

    def test_the_gateway_is_told_what_was_ordered(self) -> None:
        payment = self.buy(2500, description="Livre #1 & $2")
        [told] = self.stack.twin(
            f"/cinetpay/twin/transactions?transaction_id={payment.reference}"
        ).json()["transactions"]
        self.assertEqual((told["amount"], told["currency"]), ("2500", "XOF"))
        self.assertEqual(told["notify_url"], f"{self.stack.url}/notify/cinetpay")
        self.assertEqual(told["return_url"], payment.return_url)
        self.assertIsNone(re.search(r"[#/$_&]", told["description"]))

    def test_spellings_of_the_same_amount(self) -> None:
        for amount in (1500, "1500", "1500.00", "1500.0"):
            with self.subTest(amount):
                order = self.new_order()
                answer = self.open(order, amount)
                self.assertEqual(answer.status, 201, answer.text)
                self.assertEqual(answer.json()["data"]["amount"], "1500")

    def test_currencies_with_decimals(self) -> None:
        answer = self.open(self.new_order(), 12, currency="USD")
        self.assertEqual(answer.status, 201, answer.text)
        self.assertEqual(answer.json()["data"]["amount"], "12.00")

    def test_only_what_is_required(self) -> None:
        order = f"A-{uuid4()}"
        answer = self.stack.api("POST", path, {"order": order, "amount": 5, "currency": "XOF"})
        self.assertEqual(answer.status, 201, answer.text)
        self.assertEqual(answer.json()["data"]["order"], order)

    def test_content_type_with_a_character_set(self) -> None:
        body = b'{"order":"charset-1","amount":100,"currency":"XOF"}'
        self.assertEqual(self.raw(body, "application/json; charset=utf-8").status, 201)
        body = body.replace(b"charset-1", b"charset-2")
        self.assertEqual(self.raw(body, "Application/JSON").status, 201)

    def test_without_the_final_slash(self) -> None:
        body = {"order": "no-slash", "amount": 100, "currency": "XOF"}
        opened = self.stack.api("POST", path.rstrip("/"), body)
        self.assertEqual(opened.status, 201, opened.text)
        payment = opened.json()["data"]["id"]
        self.assertEqual(self.stack.api("GET", f"{path}{payment}").status, 200)
        self.assertEqual(self.stack.api("GET", f"{path}{payment}/status").status, 200)

    def test_every_answer_has_its_own_request_id(self) -> None:
        answers = [
            self.open(self.new_order()),
            self.stack.api("GET", f"{path}{uuid4()}/"),
            self.stack.api("GET", "/nowhere"),
            self.stack.api("DELETE", path),
            browser.request("GET", f"{self.stack.url}/healthz"),
            browser.request("POST", f"{self.stack.url}/notify/cinetpay", b""),
        ]
        ids = [answer.headers["x-request-id"] for answer in answers]
        self.assertEqual(len(set(ids)), len(ids))
        self.assertNotIn(None, ids)


class RefusalTest(ApiTest):
    def setUp(self) -> None:
        super().setUp()
        before = self.count()
        self.addCleanup(lambda: self.assertEqual(self.count(), before, "a row was left"))

    def test_wrong_fields_are_named(self) -> None:
        many = ["ebook.pdf"] * 11
        cases: tuple[tuple[str, dict[str, Any], set[str]], ...] = (
            ("unknown currency", {"currency": "XYZ"}, {"currency"}),
            ("currency in small letters", {"currency": "xof"}, {"currency"}),
            ("currency as a number", {"currency": 952}, {"currency"}),
            ("currency of another gateway", {"currency": "EUR"}, {"currency"}),
            ("amount zero", {"amount": 0}, {"amount"}),
            ("amount zero as text", {"amount": "0.00"}, {"amount"}),
            ("negative amount", {"amount": -1500}, {"amount"}),
            ("negative zero", {"amount": "-0"}, {"amount"}),
            ("too many decimals", {"amount": "1500.5"}, {"amount"}),
            ("too many decimals as a number", {"amount": 1500.5}, {"amount"}),
            ("no multiple of 5", {"amount": 1501}, {"amount"}),
            ("huge amount", {"amount": 10**16}, {"amount"}),
            ("more digits than fit", {"amount": "9" * 40}, {"amount"}),
            ("exponent", {"amount": "1.5e3"}, {"amount"}),
            ("no number", {"amount": "many"}, {"amount"}),
            ("plus sign", {"amount": "+1500"}, {"amount"}),
            ("space", {"amount": " 1500"}, {"amount"}),
            ("thousands", {"amount": "1,500"}, {"amount"}),
            ("hexadecimal", {"amount": "0x5dc"}, {"amount"}),
            ("empty amount", {"amount": ""}, {"amount"}),
            ("amount null", {"amount": None}, {"amount"}),
            ("amount true", {"amount": True}, {"amount"}),
            ("amount as a list", {"amount": [1500]}, {"amount"}),
            ("order as a number", {"order": 7}, {"order"}),
            ("empty order", {"order": ""}, {"order"}),
            ("long order", {"order": "x" * 65}, {"order"}),
            ("order with a space", {"order": "a b"}, {"order"}),
            ("order with a quote", {"order": "1' OR '1'='1"}, {"order"}),
            ("order null", {"order": None}, {"order"}),
            ("unknown gateway", {"gateway": "nosuch"}, {"gateway"}),
            ("gateway as a number", {"gateway": 1}, {"gateway"}),
            ("unknown field", {"amout": 1500}, {"amout"}),
            ("long description", {"description": "x" * 256}, {"description"}),
            ("description with a line break", {"description": "a\nb"}, {"description"}),
            ("description as a number", {"description": 1}, {"description"}),
            ("language", {"language": "de"}, {"language"}),
            ("customer as text", {"customer": "Awa"}, {"customer"}),
            ("unknown field of the customer", {"customer": {"iban": "x"}}, {"customer.iban"}),
            ("long name", {"customer": {"name": "x" * 101}}, {"customer.name"}),
            ("name as a number", {"customer": {"name": 1}}, {"customer.name"}),
            ("files as text", {"files": "ebook.pdf"}, {"files"}),
            ("too many files", {"files": many}, {"files"}),
            ("file that is not there", {"files": ["nosuch.pdf"]}, {"files"}),
            ("file as a number", {"files": [1]}, {"files"}),
            ("folder", {"files": ["."]}, {"files"}),
            ("empty path", {"files": [""]}, {"files"}),
            ("file above the folder", {"files": ["../tollgate.toml"]}, {"files"}),
            ("file by a detour", {"files": ["../downloads/ebook.pdf"]}, {"files"}),
            ("absolute path", {"files": ["/etc/passwd"]}, {"files"}),
            ("NUL in a path", {"files": ["ebook.pdf\x00.txt"]}, {"files"}),
            ("several", {"currency": "XYZ", "files": ["nosuch.pdf"], "x": 1},
             {"currency", "files", "x"}),
        )  # fmt: skip
        for name, changes, wrong in cases:
            with self.subTest(name):
                json = self.assert_error(self.open(1, **changes), 422)
                self.assertEqual(set(json["errors"]), wrong)

    def test_missing_fields_are_named(self) -> None:
        complete = {"order": "1", "amount": 1500, "currency": "XOF"}
        for name in complete:
            with self.subTest(name):
                body = {key: value for key, value in complete.items() if key != name}
                json = self.assert_error(self.stack.api("POST", path, body), 422)
                self.assertEqual(json["errors"], {name: "is required"})
        json = self.assert_error(self.stack.api("POST", path, {}), 422)
        self.assertEqual(set(json["errors"]), set(complete))

    def test_what_is_no_json_object(self) -> None:
        bodies = (
            b"",
            b"{",
            b"not json",
            b"[]",
            b'"text"',
            b"null",
            b"1500",
            b'{"order":"1","amount":1500,"currency":"XOF"} x',
            b"{'order':'1'}",
            b'{"order":"1","order":"2","amount":1500,"currency":"XOF"}',
            b'{"order":"\xff","amount":1500,"currency":"XOF"}',
            b"[" * 60000,
            b'{"a":' * 5000,
        )
        for body in bodies:
            with self.subTest(body[:40]):
                self.assert_error(self.raw(body), 400)

    def test_another_content_type(self) -> None:
        body = b'{"order":"1","amount":1500,"currency":"XOF"}'
        for content_type in ("", "text/plain", "application/x-www-form-urlencoded", "text/json"):
            with self.subTest(content_type):
                self.assert_error(self.raw(body, content_type), 415)

    def test_a_body_that_is_too_large(self) -> None:
        body = b'{"order":"1","amount":1500,"currency":"XOF"}'
        for size in (64 * 1024 + 1, 100 * 1024):
            with self.subTest(size):
                self.assertEqual(self.raw(body.ljust(size)).status, 413)

    def test_no_key_or_a_wrong_one(self) -> None:
        body = b'{"order":"1","amount":1500,"currency":"XOF"}'
        key = self.stack.key
        wrong = (
            None,
            "",
            "Bearer",
            "Bearer ",
            "Bearer x",
            f"Bearer {key[:-1]}",
            f"Bearer {key}x",
            f"Basic {key}",
            key,
        )
        for value in wrong:
            for method, where in (
                ("POST", path),
                ("GET", f"{path}{uuid4()}/"),
                ("GET", f"{path}{uuid4()}/status/"),
            ):
                with self.subTest(f"{method} {value}"):
                    headers = {"content-type": "application/json"}
                    if value is not None:
                        headers["authorization"] = value
                    answer = browser.request(
                        method, self.stack.url + where, body if method == "POST" else None, headers
                    )
                    self.assert_error(answer, 401)
                    self.assertEqual(answer.headers["www-authenticate"], "Bearer")

    def test_unknown_payments(self) -> None:
        for name in (str(uuid4()), "1", "x", "00000000", f"{uuid4()}x", "%00", "' OR 1=1"):
            for end in ("/", "/status/"):
                with self.subTest(name + end):
                    url = f"{path}{name.replace(' ', '%20')}{end}"
                    answer = self.stack.api("GET", url)
                    self.assertIn(answer.status, (404, 400) if name == "%00" else (404,))

    def test_unknown_addresses(self) -> None:
        for where in ("/", "/api/", "/api/v1/", "/api/v2/payments/", f"{path}a/b/c/", "/nowhere"):
            with self.subTest(where):
                self.assertEqual(self.stack.api("GET", where).status, 404)

    def test_other_methods(self) -> None:
        payment = uuid4()
        cases = (
            (path, "GET, HEAD, POST", ("PUT", "DELETE", "PATCH")),
            (f"{path}{payment}/", "GET, HEAD", ("POST", "PUT", "DELETE")),
            (f"{path}{payment}/status/", "GET, HEAD", ("POST", "DELETE")),
            ("/healthz", "GET, HEAD", ("POST", "DELETE")),
            ("/readyz", "GET, HEAD", ("POST", "DELETE")),
            ("/pay/retry", "POST", ("GET", "PUT")),
            (f"/download/{'x' * 32}", "GET, HEAD", ("POST", "DELETE")),
            ("/return/cinetpay", "GET, HEAD, POST", ("PUT", "DELETE")),
        )
        for where, allowed, methods in cases:
            for method in methods:
                with self.subTest(f"{method} {where}"):
                    body = {} if method in ("POST", "PUT", "PATCH") else None
                    answer = self.stack.api(method, where, body)
                    self.assertEqual(answer.status, 405)
                    self.assertEqual(answer.headers["allow"], allowed)


class MerchantTest(ApiTest):
    def test_another_merchant_sees_nothing(self) -> None:
        other = self.stack.add_key("other", "other-shop")
        payment = self.buy()
        for end in ("/", "/status/"):
            answer = self.stack.api("GET", f"{path}{payment.id}{end}", key=other)
            self.assert_error(answer, 404)
        self.assertEqual(self.times_asked(payment), 0)

    def test_order_references_belong_to_their_merchant(self) -> None:
        other = self.stack.add_key("second", "second-shop")
        body = {"order": "shared-1", "amount": 100, "currency": "XOF"}
        for key in (None, other):
            self.assertEqual(self.stack.api("POST", path, body, key).status, 201)
        self.assertEqual(len(self.payments_of("shared-1")), 2)

    def test_a_revoked_key_ends_at_once(self) -> None:
        key = self.stack.add_key("main", "short-lived")
        payment = self.buy()
        self.assertEqual(self.stack.api("GET", f"{path}{payment.id}/", key=key).status, 200)
        self.stack.command("keys", "revoke", "--name", "short-lived")
        self.assert_error(self.stack.api("GET", f"{path}{payment.id}/", key=key), 401)


class OrderTest(ApiTest):
    def test_an_order_that_is_being_paid_or_is_paid(self) -> None:
        payment = self.buy()
        for status in ("pending", "processing", "paid"):
            with self.subTest(status):
                if status != "pending":
                    self.decide(payment, "approve" if status == "paid" else status)
                    self.wait_for_status(payment, status)
                json = self.assert_error(self.open(payment.order), 409)
                self.assertEqual(json["data"]["id"], payment.id)
                self.assertEqual(json["data"]["status"], status)
                self.assertEqual(json["data"]["payment_url"], payment.payment_url)
        self.assertEqual(len(self.payments_of(payment.order)), 1)

    def test_an_order_under_review_is_not_opened_again(self) -> None:
        payment = self.buy()
        self.behave(check_amount="5")
        self.decide(payment, "approve")
        self.wait_for_status(payment, "review")
        self.assert_error(self.open(payment.order), 409)

    def test_an_order_whose_payment_ended_unpaid_is_opened_again(self) -> None:
        payment = self.buy()
        for attempt, (decision, status) in enumerate(
            (("decline", "failed"), ("cancel", "cancelled"), ("expire", "expired")), start=1
        ):
            with self.subTest(decision):
                self.decide(payment, decision)
                self.wait_for_status(payment, status)
                again = self.open_again(payment)
                self.assertNotEqual(again.reference, payment.reference)
                self.assertEqual(self.payments_of(payment.order)[attempt]["status"], "pending")
                payment = again

    def test_simultaneous_openings_have_one_winner(self) -> None:
        for _ in range(5):
            order = self.new_order()
            with ThreadPoolExecutor(8) as threads:
                answers = list(threads.map(self.open, [order] * 8))
            self.assertEqual(sorted(answer.status for answer in answers), [201] + [409] * 7)
            ids = {answer.json()["data"]["id"] for answer in answers}
            self.assertEqual(len(ids), 1)
            self.assertEqual(len(self.payments_of(order)), 1)


class GatewayTroubleTest(ApiTest):
    def test_a_refused_opening(self) -> None:
        self.behave(open="refuse")
        order = self.new_order()
        json = self.assert_error(self.open(order), 502)
        self.assertEqual((json["data"]["status"], json["data"]["payment_url"]), ("failed", ""))
        [shop] = self.stack.database.query("SELECT status FROM store_order WHERE id = %s", order)
        self.assertEqual(shop["status"], "failed")

        self.behave(reset=True)
        answer = self.open(order)
        self.assertEqual((answer.status, answer.json()["data"]["attempt"]), (201, 2))
        self.assertEqual(
            [(row["attempt"], row["status"]) for row in self.payments_of(order)],
            [(1, "failed"), (2, "pending")],
        )

    def test_an_opening_without_an_answer_stays_pending(self) -> None:
        for manner in ("500", "garbage", "hang"):
            with self.subTest(manner):
                self.behave(open=manner)
                order = self.new_order()
                answer = self.open(order)
                json = self.assert_error(answer, 504)
                self.assertEqual(answer.headers["retry-after"], "60")
                self.assertEqual(json["data"]["status"], "pending")
                self.behave(reset=True)

                self.assert_error(self.open(order), 409)
                self.stack.database.query(
                    "UPDATE tollgate_payments SET opening_until = opening_until - INTERVAL 61 SECOND"
                    " WHERE order_ref = %s",
                    str(order),
                )
                self.assertEqual(self.open(order).status, 201)

    def test_a_payment_whose_opening_was_lost_can_still_be_paid(self) -> None:
        """The gateway opened it, but its answer never came; the customer paid all the same."""
        self.behave(open="garbage")
        order = self.new_order()
        data = self.assert_error(self.open(order), 504)["data"]
        self.behave(reset=True)
        body = {"transaction_id": data["reference"], "decision": "approve"}
        self.assertEqual(self.stack.twin("/cinetpay/twin/decide", body).status, 200)
        self.wait_until(lambda: self.payments_of(order)[0]["status"] == "paid")


class StatusTest(ApiTest):
    def get(self, payment: Any, end: str = "") -> dict[str, Any]:
        answer = self.stack.api("GET", f"{path}{payment.id}/{end}")
        self.assertEqual(answer.status, 200, answer.text)
        self.assertIs(answer.json()["success"], True)
        return answer.json()

    def test_get_asks_nobody(self) -> None:
        payment = self.buy()
        self.decide(payment, "approve", notify="never")
        json = self.get(payment)
        self.assertEqual(json["data"]["status"], "pending")
        self.assertNotIn("provider_status", json)
        self.assertEqual(self.times_asked(payment), 0)

    def test_status_asks_the_gateway(self) -> None:
        payment = self.buy()
        json = self.get(payment, "status/")
        self.assertEqual(json["data"]["status"], "pending")
        self.assertEqual(json["provider_status"]["code"], "662")
        self.assertEqual(self.times_asked(payment), 1)

        self.decide(payment, "approve", notify="never")
        json = self.get(payment, "status/")
        self.assertEqual((json["data"]["status"], json["data"]["checks"]), ("paid", 2))
        self.assertIsNotNone(json["data"]["paid_at"])
        told = json["provider_status"]
        self.assertEqual((told["code"], told["data"]["status"]), ("00", "ACCEPTED"))
        self.assertEqual(told["data"]["amount"], "1500")
        self.assert_paid_once(payment)

        self.assertEqual(self.get(payment, "status/"), json)
        self.assertEqual(self.times_asked(payment), 2)

    def test_status_while_the_gateway_cannot_be_asked(self) -> None:
        for manner in ("500", "garbage", "hang"):
            with self.subTest(manner):
                self.behave(check=manner)
                payment = self.buy()
                json = self.get(payment, "status/")
                self.assertEqual(json["data"]["status"], "pending")
                self.assertIsNone(json["provider_status"])

    def test_many_ask_about_one_payment(self) -> None:
        payment = self.buy()
        self.decide(payment, "approve", notify="never")
        with ThreadPoolExecutor(16) as threads:
            answers = list(threads.map(lambda _: self.get(payment, "status/"), range(16)))
        self.assertEqual({answer["data"]["status"] for answer in answers}, {"paid"})
        self.assert_paid_once(payment)


class HealthTest(ApiTest):
    def test_health(self) -> None:
        for where in ("/healthz", "/readyz"):
            answer = browser.request("GET", self.stack.url + where)
            self.assertEqual((answer.status, answer.text), (200, "ok\n"))

    def test_the_logs_hold_no_secret(self) -> None:
        payment = self.buy()
        self.decide(payment, "approve")
        self.wait_for_status(payment, "paid")
        [link] = self.download_links(self.return_page(payment))
        self.assertEqual(self.download(link).status, 200)
        self.post_notification(self.fields_of(payment), "0" * 64)
        access_log = self.stack.logs / "access.log"  # nginx writes it once a second
        self.wait_until(lambda: '"POST /notify/cinetpay" 401' in access_log.read_text())
        logs = self.stack.tollgate.log_text() + access_log.read_text()
        self.assertIn("event=notify.rejected", logs)
        secrets = {
            "API key": self.stack.key,
            "gateway's key": self.stack.cinetpay["api_key"],
            "gateway's secret": self.stack.cinetpay["secret"],
            "database password": self.stack.database.password,
            "return token": payment.return_url.partition("t=")[2],
            "download token": link.rpartition("/")[2],
            "e-mail address": "awa@example.com",
        }
        for name, secret in secrets.items():
            with self.subTest(name):
                self.assertNotIn(secret, logs)


del ApiTest
