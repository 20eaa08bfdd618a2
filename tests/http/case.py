"""The base of the end-to-end tests: one private stack for the tests of a class, and the steps
that a shop, a customer and a gateway take.

    class PurchaseTest(Case):
        settings = {"downloads": {"uses_max": 2}}      # goes over the generated tollgate.toml

        def test_...(self) -> None:
            payment = self.buy()
            self.decide(payment, "approve")
"""

import os
import sys
import unittest
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "sandbox"))

import browser  # noqa: E402
from servers import StackError, wait_until  # noqa: E402
from stack import Stack  # noqa: E402

__all__ = ["Case", "Payment", "StackError", "browser"]


@dataclass(frozen=True)
class Payment:
    """What Tollgate answered when it was opened, and the shop's order it is for."""

    order: int
    id: str
    reference: str
    payment_url: str
    return_url: str


class Case(unittest.TestCase):
    settings: Mapping[str, Mapping[str, Any]] = {}
    stack: Stack

    @classmethod
    def setUpClass(cls) -> None:
        preset = os.environ.get("TOLLGATE_PRESET", "dev")
        cls.stack = Stack(preset, shop=False, settings=cls.settings)
        cls.addClassCleanup(cls.stack.stop)
        cls.stack.start()

    def setUp(self) -> None:
        self.behave(reset=True)

    def new_order(self, amount: int = 1500) -> int:
        return self.stack.database.insert(
            "INSERT INTO store_order (email, amount_fcfa, status, created_at)"
            " VALUES ('awa@example.com', %s, 'pending', UTC_TIMESTAMP(6))",
            amount,
        )

    def open(self, order: int, amount: int = 1500, **changes: Any) -> browser.Answer:
        """The shop's request to Tollgate; `changes` replace or add fields."""
        body = {
            "order": str(order),
            "amount": amount,
            "currency": "XOF",
            "files": ["ebook.pdf"],
            "customer": {"name": "Koné", "surname": "Awa", "email": "awa@example.com"},
        }
        return self.stack.api("POST", "/api/v1/payments/", body | changes)

    def buy(self, amount: int = 1500, **changes: Any) -> Payment:
        """A new order row of the shop and its open payment."""
        order = self.new_order(amount)
        answer = self.open(order, amount, **changes)
        self.assertEqual(answer.status, 201, answer.text)
        data = answer.json()["data"]
        names = ("id", "reference", "payment_url", "return_url")
        return Payment(order, **{name: data[name] for name in names})

    def decide(self, payment: Payment, decision: str, **more: Any) -> list[dict[str, Any]]:
        """The gateway decides (approve, decline, cancel, pending) and notifies as it behaves, or as
        `notify` says; returns the answers that its notifications got: {"status", "body"}."""
        body = {"transaction_id": payment.reference, "decision": decision} | more
        answer = self.stack.twin("/cinetpay/twin/decide", body)
        self.assertEqual(answer.status, 200, answer.text)
        return answer.json()["notifications"]

    def behave(self, **behaviour: Any) -> None:
        """Sets the manners of the gateway's twin for this test; docs/sandbox.md names them."""
        answer = self.stack.twin("/cinetpay/twin/behaviour", behaviour)
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
            "SELECT from_status, to_status FROM tollgate_events WHERE payment_id = %s ORDER BY id",
            UUID(payment.id).bytes,
        )
        return [(row["from_status"], row["to_status"]) for row in rows]

    def wait_until(self, condition: Callable[[], Any], timeout_s: float = 20) -> Any:
        """Polls until the condition holds, and returns its value."""
        try:
            return wait_until(condition, timeout_s, "what the test waits for")
        except StackError as error:
            self.fail(f"{error}\n{self.stack.tollgate.log_tail()}")

    def wait_for_status(self, payment: Payment, status: str, timeout_s: float = 20) -> None:
        """Waits until the payment's row has the status."""
        self.wait_until(lambda: self.payment_row(payment)["status"] == status, timeout_s)

    def _row(self, statement: str, *values: Any) -> dict[str, Any]:
        rows = self.stack.database.query(statement, *values)
        self.assertEqual(len(rows), 1, statement)
        return rows[0]
