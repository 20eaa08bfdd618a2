"""Keys of the payments API: what they may do, whose payments they see, how often, and their ends."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from api_case import ApiCase
from case import browser


class KeyCase(ApiCase):
    gateways = ("cinetpay", "cash_on_delivery")

    def open(self, order: int, amount: int = 1500, /, **changes: Any) -> browser.Answer:
        return super().open(order, amount, **({"gateway": "cinetpay"} | changes))

    def new_key(self, name: str, *options: str) -> str:
        return self.stack.command("keys", "add", "--name", name, *options).stdout.strip()

    def listed(self, name: str) -> list[dict[str, Any]]:
        keys = json.loads(self.stack.command("keys", "list", "--json").stdout)
        return [key for key in keys if key["name"] == name]

    def works(self, key: str) -> bool:
        return self.stack.api("GET", self.of(str(uuid4())), key=key).status == 404


class ScopeTest(KeyCase):
    def test_a_key_does_what_its_scopes_say(self) -> None:
        payment = self.buy()
        body = {"order": f"scope-{uuid4()}", "amount": 100, "currency": "XOF",
                "gateway": "cinetpay"}  # fmt: skip
        requests = (
            ("read", "GET", self.path, None),
            ("read", "GET", self.of(payment.id), None),
            ("read", "GET", self.of(payment.id, "status/"), None),
            ("read", "POST", self.of(payment.id, "verify/"), None),
            ("read", "POST", f"/payments/{payment.id}/verify/", None),
            ("open", "POST", self.path, body),
            ("open", "POST", self.of(payment.id, "retry/"), {}),
            ("refund", "POST", self.of(payment.id, "refund/"), {}),
            ("confirm", "POST", self.of(payment.id, "confirm/"), {"outcome": "paid"}),
        )
        for scope in ("read", "open", "refund", "confirm"):
            key = self.new_key(f"only {scope}", "--scopes", scope)
            for needed, method, path, json_body in requests:
                with self.subTest(f"{scope}: {method} {path}"):
                    answer = self.stack.api(method, path, json_body, key)
                    if needed == scope:
                        self.assertNotIn(answer.status, (401, 403), answer.text)
                    else:
                        self.assertEqual(answer.status, 403)
                        self.assertIn(needed, answer.json()["message"])
                        self.assertIn(f'scope="{needed}"', answer.headers["www-authenticate"])

    def test_wrong_scopes_make_no_key(self) -> None:
        for scopes in ("write", "read everything", ""):
            done = self.stack.command(
                "keys", "add", "--name", "wrong", "--scopes", scopes, expect=1
            )
            self.assertEqual(done.stdout, "")
            self.assertIn("read open refund confirm", done.stderr)
        self.assertEqual(self.listed("wrong"), [])

    def test_a_key_sees_only_its_merchants_payments(self) -> None:
        payment = self.buy()
        stranger = self.new_key("stranger", "--merchant", "stranger")
        for method, end, body in (
            ("GET", "", None),
            ("GET", "status/", None),
            ("POST", "verify/", None),
            ("POST", "retry/", {}),
            ("POST", "refund/", {}),
            ("POST", "confirm/", {"outcome": "paid"}),
        ):
            with self.subTest(f"{method} {end}"):
                answer = self.stack.api(method, self.of(payment.id, end), body, stranger)
                self.assertEqual(answer.status, 404)
        answer = self.stack.api("GET", self.path, key=stranger)
        self.assertEqual(answer.json()["data"], [])


class LifeTest(KeyCase):
    def test_a_rotation_overlaps(self) -> None:
        old = self.new_key("rotating", "--scopes", "read,open")
        made = self.stack.command("keys", "rotate", "rotating", "--overlap", "2h").stdout.strip()
        self.assertTrue(self.works(old) and self.works(made))
        first, second = self.listed("rotating")
        self.assertEqual((first["state"], second["state"]), ("ending", "active"))
        self.assertEqual(second["scopes"], ["read", "open"])
        ends = datetime.fromisoformat(first["expires_at"])
        self.assertLess(abs(ends - datetime.now(UTC) - timedelta(hours=2)), timedelta(minutes=2))
        last = self.stack.command("keys", "rotate", "rotating", "--overlap", "0").stdout.strip()
        self.assertFalse(self.works(made))
        self.assertTrue(self.works(last))
        self.stack.command("keys", "revoke", "rotating")
        self.assertFalse(self.works(last) or self.works(old))

    def test_a_rotation_of_nothing(self) -> None:
        done = self.stack.command("keys", "rotate", "nosuch", expect=1)
        self.assertEqual(done.stdout, "")
        done = self.stack.command("keys", "rotate", "nosuch", "--overlap", "soon", expect=1)
        self.assertIn("24h", done.stderr)

    def test_the_same_name_of_two_merchants_is_told_apart(self) -> None:
        ours = self.new_key("till")
        theirs = self.new_key("till", "--merchant", "other")
        done = self.stack.command("keys", "rotate", "till", expect=1)
        self.assertIn("--merchant", done.stderr)
        self.stack.command("keys", "rotate", "till", "--merchant", "other", "--overlap", "0")
        self.assertTrue(self.works(ours))
        self.assertFalse(self.works(theirs))

    def test_the_last_use_is_listed(self) -> None:
        key = self.new_key("used")
        self.assertIsNone(self.listed("used")[0]["last_used_at"])
        self.assertTrue(self.works(key))
        used = datetime.fromisoformat(self.listed("used")[0]["last_used_at"])
        self.assertLess(abs(datetime.now(UTC) - used), timedelta(minutes=1))
        self.assertIn("used merchant=main scopes=read,open,refund,confirm",
                      self.stack.command("keys", "list").stdout)  # fmt: skip

    def test_no_key_is_stored(self) -> None:
        key = self.new_key("secret")
        rows = self.stack.database.query("SELECT * FROM tollgate_api_keys")
        self.assertNotIn(key, repr(rows))


class RateTest(KeyCase):
    settings = {"api": {"requests_per_minute": 30}}

    def test_a_key_that_asks_too_often_is_told_when_to_come_again(self) -> None:
        busy, other = self.new_key("busy"), self.new_key("other")
        answers = [self.stack.api("GET", self.of(str(uuid4())), key=busy) for _ in range(20)]
        statuses = [answer.status for answer in answers]
        self.assertEqual(statuses[:10], [404] * 10)
        self.assertIn(429, statuses[10:])
        refused = next(answer for answer in answers if answer.status == 429)
        self.assertIn(int(refused.headers["retry-after"]), (1, 2))
        self.assertIn("30", refused.json()["message"])
        self.assertTrue(self.works(other))
        self.assertEqual(self.stack.api("GET", self.path, key="wrong").status, 401)


del ApiCase, KeyCase
