"""The base of the end-to-end tests: one private stack for the classes of a module that have the
same settings, and the steps that a shop, a customer and a gateway take.

    class PurchaseTest(Case):
        settings = {"downloads": {"uses_max": 2}}      # goes over the generated tollgate.toml

        def test_...(self) -> None:
            payment = self.buy()
            self.decide(payment, "approve")
"""

import hmac
import json
import os
import sys
import unittest
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "sandbox"))

import browser  # noqa: E402
from servers import StackError, wait_until  # noqa: E402
from stack import Stack  # noqa: E402

__all__ = ["Case", "Payment", "StackError", "browser", "signed_fields", "token_of"]

# The order in which CinetPay signs the fields of a notification.
signed_fields = (
    "cpm_site_id", "cpm_trans_id", "cpm_trans_date", "cpm_amount", "cpm_currency", "signature",
    "payment_method", "cel_phone_num", "cpm_phone_prefixe", "cpm_language", "cpm_version",
    "cpm_payment_config", "cpm_page_action", "cpm_custom", "cpm_designation", "cpm_error_message",
)  # fmt: skip

# What the shop's row is set to, as the shop's own database sees it.
_history = (
    "CREATE TABLE shop_history (id bigint AUTO_INCREMENT PRIMARY KEY, order_id bigint NOT NULL,"
    " status varchar(10) NOT NULL, KEY (order_id))",
    "CREATE TRIGGER shop_history AFTER UPDATE ON store_order FOR EACH ROW"
    " INSERT INTO shop_history (order_id, status) VALUES (NEW.id, NEW.status)",
)

_stacks: dict[tuple[str, bool, str], Stack] = {}


def token_of(fields: Mapping[str, str], secret: str = Stack.cinetpay["secret"]) -> str:
    """The x-token of a notification."""
    message = "".join(fields.get(name, "") for name in signed_fields)
    return hmac.new(secret.encode(), message.encode(), "sha256").hexdigest()


@dataclass(frozen=True)
class Payment:
    """What Tollgate answered when it was opened, and the shop's order it is for."""

    order: int
    id: str
    reference: str
    payment_url: str
    return_url: str


class Case(unittest.TestCase):
    gateway = "cinetpay"  # whose twin decides and notifies
    gateways: Sequence[str] = ("cinetpay",)  # which are configured
    settings: Mapping[str, Mapping[str, Any]] = {}
    twin_settings: Sequence[str] = ()
    shop = False  # whether the demo shop runs too
    stack: Stack

    @classmethod
    def setUpClass(cls) -> None:
        options = [cls.gateways, cls.settings, cls.twin_settings]
        key = (cls.__module__, cls.shop, json.dumps(options))
        if key not in _stacks:
            _stacks[key] = cls._new_stack()
        cls.stack = _stacks[key]

    @classmethod
    def _new_stack(cls) -> Stack:
        preset = os.environ.get("TOLLGATE_PRESET", "dev")
        stack = Stack(
            preset,
            shop=cls.shop,
            gateways=cls.gateways,
            settings=cls.settings,
            twin_settings=cls.twin_settings,
        )
        unittest.addModuleCleanup(stack.stop)
        stack.start()
        for statement in _history:
            stack.database.query(statement)
        return stack

    def setUp(self) -> None:
        self.behave(reset=True)

    def new_order(self, amount: int = 1500) -> int:
        return self.stack.database.insert(
            "INSERT INTO store_order (email, amount_fcfa, status, created_at)"
            " VALUES ('awa@example.com', %s, 'pending', UTC_TIMESTAMP(6))",
            amount,
        )

    def open(self, order: int, amount: int = 1500, /, **changes: Any) -> browser.Answer:
        """The shop's request to Tollgate; `changes` replace or add fields."""
        body = {
            "order": str(order),
            "amount": amount,
            "currency": "XOF",
            "files": ["ebook.pdf"],
            "customer": {"name": "Koné", "surname": "Awa", "email": "awa@example.com"},
        }
        return self.stack.api("POST", "/api/v1/payments/", body | changes)

    def buy(self, amount: int = 1500, /, **changes: Any) -> Payment:
        """A new order row of the shop and its open payment."""
        order = self.new_order(amount)
        return self._opened(order, self.open(order, amount, **changes))

    def open_again(self, unpaid: Payment) -> Payment:
        """Another attempt to pay the order of a payment that failed."""
        return self._opened(unpaid.order, self.open(unpaid.order))

    def decide(self, payment: Payment, decision: str, **more: Any) -> list[dict[str, Any]]:
        """The gateway decides (approve, decline, cancel, pending) and notifies as it behaves, or as
        `notify` says; returns the answers that its notifications got: {"status", "body"}."""
        body = {"transaction_id": payment.reference, "decision": decision} | more
        answer = self.stack.twin(f"/{self.gateway}/twin/decide", body)
        self.assertEqual(answer.status, 200, answer.text)
        return answer.json()["notifications"]

    def fields_of(self, payment: Payment, **changes: str) -> dict[str, str]:
        """A notification about the payment, as CinetPay posts it after a success."""
        return dict.fromkeys(signed_fields, "") | {
            "cpm_site_id": self.stack.cinetpay["site_id"],
            "cpm_trans_id": payment.reference,
            "cpm_trans_date": "2026-03-04 05:06:07",
            "cpm_amount": "1500",
            "cpm_currency": "XOF",
            "signature": "0123456789abcdef",
            "payment_method": "OM",
            "cel_phone_num": "0700000000",
            "cpm_phone_prefixe": "225",
            "cpm_error_message": "SUCCES",
        } | changes  # fmt: skip

    def post_notification(
        self, fields: Mapping[str, str], token: str | None = None, path: str = "/notify/cinetpay"
    ) -> browser.Answer:
        """Posts it with its right token; another `token` replaces that, and "" leaves it out."""
        token = token_of(fields) if token is None else token
        headers = {"x-token": token} if token else {}
        return browser.request("POST", self.stack.url + path, dict(fields), headers)

    def times_asked(self, payment: Payment) -> int:
        """How often the gateway was asked about the payment."""
        return self.at_gateway(payment)["checks"]

    def at_gateway(self, payment: Payment) -> dict[str, Any]:
        """The payment as the gateway's twin knows it."""
        path = f"/{self.gateway}/twin/transactions?transaction_id={payment.reference}"
        [transaction] = self.stack.twin(path).json()["transactions"]
        return transaction

    def behave(self, **behaviour: Any) -> None:
        """Sets the manners of the gateway's twin for this test; docs/sandbox.md names them."""
        answer = self.stack.twin(f"/{self.gateway}/twin/behaviour", behaviour)
        self.assertEqual(answer.status, 200, answer.text)

    def come_back(self, payment: Payment) -> browser.Answer:
        """The customer returns by the gateway's cross-site POST; the answer to it."""
        fields = {"transaction_id": payment.reference, "token": "of-the-gateway"}
        return browser.request(
            "POST", payment.return_url, fields, {"origin": self.stack.twins_url}
        )

    def return_page(self, payment: Payment, language: str = "en") -> browser.Answer:
        """The page that the customer sees in the end."""
        headers = {"accept-language": language}
        answer = browser.request("GET", payment.return_url, headers=headers)
        self.assertEqual(answer.status, 200, answer.text)
        return answer

    def download_links(self, page: browser.Answer) -> list[str]:
        return [link for link in browser.links(page) if "/download/" in link]

    def download(self, link: str, byte_range: str = "") -> browser.Answer:
        headers = {"range": byte_range} if byte_range else {}
        return browser.request("GET", link, headers=headers)

    def payment_row(self, payment: Payment) -> dict[str, Any]:
        return self._row("SELECT * FROM tollgate_payments WHERE id = %s", UUID(payment.id).bytes)

    def shop_row(self, payment: Payment) -> dict[str, Any]:
        return self._row("SELECT * FROM store_order WHERE id = %s", payment.order)

    def shop_tokens(self, payment: Payment) -> list[str]:
        """The download tokens in the shop's own table."""
        rows = self.stack.database.query(
            "SELECT token FROM store_downloadtoken WHERE order_id = %s ORDER BY id", payment.order
        )
        return [row["token"] for row in rows]

    def grants(self, payment: Payment) -> list[dict[str, Any]]:
        return self.stack.database.query(
            "SELECT * FROM tollgate_grants WHERE payment_id = %s ORDER BY file",
            UUID(payment.id).bytes,
        )

    def events(self, payment: Payment) -> list[tuple[str, str]]:
        """The changes of status, in their order: (from, to)."""
        rows = self.stack.database.query(
            "SELECT from_status, to_status FROM tollgate_events WHERE payment_id = %s ORDER BY number",
            UUID(payment.id).bytes,
        )
        return [(row["from_status"], row["to_status"]) for row in rows]

    def evidence(self, payment: Payment) -> list[str]:
        """The kinds of what was received and asked about it, in their order."""
        rows = self.stack.database.query(
            "SELECT kind FROM tollgate_evidence WHERE reference = %s ORDER BY id", payment.reference
        )
        return [row["kind"] for row in rows]

    def order_updates(self, payment: Payment) -> list[str]:
        """Every status that the shop's row was set to."""
        rows = self.stack.database.query(
            "SELECT status FROM shop_history WHERE order_id = %s ORDER BY id", payment.order
        )
        return [row["status"] for row in rows]

    def assert_paid_once(self, payment: Payment, way: tuple[str, ...] = ("pending",)) -> None:
        """Paid after the statuses of `way`, and everything that follows happened exactly once."""
        steps = ("", *way, "paid")
        self.assertEqual(self.events(payment), list(zip(steps, steps[1:], strict=False)))
        row = self.shop_row(payment)
        self.assertEqual((row["status"], row["cinetpay_payment_id"]), ("paid", payment.reference))
        self.assertEqual(self.order_updates(payment).count("paid"), 1)
        self.assertEqual(len(self.grants(payment)), 1)
        self.assertEqual(len(self.shop_tokens(payment)), 1)

    def assert_nothing_delivered(self, payment: Payment) -> None:
        self.assertEqual(self.grants(payment), [])
        self.assertEqual(self.shop_tokens(payment), [])
        self.assertNotEqual(self.shop_row(payment)["status"], "paid")
        self.assertIsNone(self.payment_row(payment)["paid_at"])

    def wait_for_check(self, payment: Payment, more_than: int = 0) -> None:
        """Waits until more than so many checks are carried out, whatever they said."""
        self.wait_until(lambda: self.payment_row(payment)["checks"] > more_than)

    def make_due(self, payment: Payment) -> None:
        """What the passing of time does: the reconciler asks about it next."""
        self.stack.database.query(
            "UPDATE tollgate_payments SET check_due_at = '2026-01-01' WHERE id = %s",
            UUID(payment.id).bytes,
        )

    def age_last_check(self, payment: Payment) -> None:
        """What the passing of time does: a customer's page asks again."""
        self.stack.database.query(
            "UPDATE tollgate_payments SET checked_at = '2026-01-01' WHERE id = %s",
            UUID(payment.id).bytes,
        )

    def wait_until(self, condition: Callable[[], Any], timeout_s: float = 20) -> Any:
        """Polls until the condition holds, and returns its value."""
        try:
            return wait_until(condition, timeout_s, "what the test waits for")
        except StackError as error:
            self.fail(f"{error}\n{self.stack.tollgate.log_tail()}")

    def wait_for_status(self, payment: Payment, status: str, timeout_s: float = 20) -> None:
        """Waits until the payment's row has the status."""
        self.wait_until(lambda: self.payment_row(payment)["status"] == status, timeout_s)

    def _opened(self, order: int, answer: browser.Answer) -> Payment:
        self.assertEqual(answer.status, 201, answer.text)
        data = answer.json()["data"]
        names = ("id", "reference", "payment_url", "return_url")
        return Payment(order, **{name: data[name] for name in names})

    def _row(self, statement: str, *values: Any) -> dict[str, Any]:
        rows = self.stack.database.query(statement, *values)
        self.assertEqual(len(rows), 1, statement)
        return rows[0]
