"""tollgate.fcgi is killed while a shop opens payments and gives money back."""

import http.client
from collections import Counter
from typing import Any
from uuid import UUID

from chaos_case import ChaosCase, browser
from test_crashes import fail_points, hits_per_point

orders_per_hit = 3
wait_s = 30


class ShopCase(ChaosCase):
    def dies_in_turn(self, prefix: str) -> list[str]:
        named = fail_points(str(self.stack.binaries / "fcgi/tollgate.fcgi"))
        turns = [one for one in named if one.startswith(prefix)] * hits_per_point
        self.chance.shuffle(turns)
        return turns

    def live_until(self, point: str) -> None:
        """The process that runs now will die there."""
        self.arm(point)
        self.stack.tollgate.restart()
        self.disarm()

    def ask(self, method: str, path: str, body: Any) -> browser.Answer | None:
        """A request of the shop; nothing when nobody answered for Tollgate."""
        try:
            answer = self.stack.api(method, path, body)
        except (OSError, http.client.HTTPException):
            return None
        finally:
            self.keep_running()
        return None if answer.status == 503 else answer

    def query_one(self, statement: str, *values: Any) -> dict[str, Any]:
        [row] = self.stack.database.query(statement, *values)
        return row

    def pass_minutes(self) -> None:
        """What the passing of time does to an opening nobody answered for."""
        self.stack.database.query(
            "UPDATE tollgate_payments SET opening_until = created_at, checked_at = NULL"
        )
        self.ledger.let_time_pass()

    def new_order(self) -> int:
        return self.stack.database.insert(
            "INSERT INTO store_order (email, amount_fcfa, status, created_at)"
            " VALUES ('awa@example.com', 1500, 'pending', UTC_TIMESTAMP(6))"
        )


class OpeningTest(ShopCase):
    def test_killed_while_payments_are_opened(self) -> None:
        """Every order comes to one payment that the customer can pay, and is delivered once."""
        paid = {}
        for point in self.dies_in_turn("open."):
            self.live_until(point)
            for _ in range(orders_per_hit):
                order = self.new_order()
                paid[order] = self.open(order)
        self.assertGreaterEqual(self.deaths, len(self.dies_in_turn("open.")))
        for reference in paid.values():
            decision = {"transaction_id": reference, "decision": "approve"}
            self.assertEqual(self.stack.twin("/cinetpay/twin/decide", decision).status, 200)
        self.run_until(lambda: self.count_paid() == len(paid), wait_s, "settlement", passing=True)
        self.stack.tollgate.restart()
        self.assert_each_order_once(paid)

    def open(self, order: int) -> str:
        """As a shop does that asks until it has an address to send its customer to."""
        body = {"order": str(order), "amount": 1500, "currency": "XOF", "files": ["ebook.pdf"]}
        opened: list[str] = []

        def is_opened() -> bool:
            answer = self.ask("POST", "/api/v1/payments/", body)
            if answer is None:
                return False
            data = answer.json()["data"]
            self.assertIn(answer.status, (201, 409), answer.text)
            if data["payment_url"]:
                opened.append(data["reference"])
            else:
                self.pass_minutes()
            return bool(opened)

        self.run_until(is_opened, wait_s, "opening")
        return opened[0]

    def count_paid(self) -> int:
        return self.query_one(
            "SELECT COUNT(*) AS n FROM tollgate_payments WHERE status = 'paid'"
        )["n"]

    def assert_each_order_once(self, paid: dict[int, str]) -> None:
        statuses = Counter()
        for order, reference in paid.items():
            rows = self.stack.database.query(
                "SELECT p.reference, p.status, COUNT(g.id) AS grants FROM tollgate_payments p"
                " LEFT JOIN tollgate_grants g ON g.payment_id = p.id"
                " WHERE p.order_ref = %s GROUP BY p.id",
                str(order),
            )
            statuses.update(row["status"] for row in rows)
            delivered = [row["reference"] for row in rows if row["grants"]]
            self.assertEqual(delivered, [reference])
            updates = self.query_one(
                "SELECT COUNT(*) AS n FROM shop_history WHERE order_id = %s", order
            )
            self.assertEqual(updates["n"], 1)
        self.assertEqual(statuses["paid"], len(paid))
        print(f"\nopened {len(paid)}, paid {statuses['paid']}, attempts left pending"
              f" {statuses['pending']}, lost 0, doubled 0, deaths {self.deaths}", flush=True)


class RefundTest(ShopCase):
    gateways = ("cinetpay", "flutterwave")

    def test_killed_while_money_goes_back(self) -> None:
        """It goes back once or not at all; where nobody knows, an operator is told."""
        ends: Counter[str] = Counter()
        for point in self.dies_in_turn("refund."):
            payment = self.pay()
            self.live_until(point)
            for _ in range(3):  # the shop insists
                self.ask("POST", f"/api/v1/payments/{payment['id']}/refund/", {})
            self.wait_for_an_end(payment)
            ends[self.judge(payment, point)] += 1
        self.assertEqual(self.deaths, len(self.dies_in_turn("refund.")))
        print(f"\nrefunds {sum(ends.values())}: {dict(ends)}, given back twice 0,"
              f" deaths {self.deaths}", flush=True)

    def pay(self) -> dict[str, Any]:
        about = self.stack.gateways["flutterwave"]
        body = {
            "order": str(self.new_order()),
            "gateway": "flutterwave",
            "amount": about["amount"],
            "currency": about["currency"],
            "files": ["ebook.pdf"],
            "customer": {"name": "Koné", "surname": "Awa", "email": "awa@example.com",
                         "phone": about["phone"]},
        }  # fmt: skip
        payment = self.stack.api("POST", "/api/v1/payments/", body).json()["data"]
        decision = {"transaction_id": payment["reference"], "decision": "approve"}
        self.stack.twin("/flutterwave/twin/decide", decision)
        self.run_until(lambda: self.row(payment)["status"] == "paid", wait_s, "paid", passing=True)
        return payment

    def row(self, payment: dict[str, Any]) -> dict[str, Any]:
        id_ = UUID(payment["id"]).bytes
        return self.query_one("SELECT * FROM tollgate_payments WHERE id = %s", id_)

    def wait_for_an_end(self, payment: dict[str, Any]) -> None:
        """Until the gateway told how it ended, or was asked and could not tell."""
        asked = self.row(payment)["checks"]

        def ended() -> bool:
            row = self.row(payment)
            return row["refund_id"] is None or row["checks"] > asked

        self.run_until(ended, wait_s, "an end of the refund", passing=True)

    def judge(self, payment: dict[str, Any], point: str) -> str:
        path = f"/flutterwave/twin/transactions?transaction_id={payment['reference']}"
        [transaction] = self.stack.twin(path).json()["transactions"]
        refunds = len(transaction["refunds"])
        self.assertEqual(refunds, 0 if point == "refund.begun" else 1)
        row = self.row(payment)
        if row["status"] == "refunded":
            self.assertEqual(refunds, 1)
            return "refunded"
        self.assertEqual((row["status"], row["attention"]), ("paid", "refund_unknown"))
        return "for the operator"
