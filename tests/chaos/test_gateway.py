"""The gateway is slow, fails, hangs and lies while it notifies."""

from collections.abc import Iterator
from typing import Any

from chaos_case import ChaosCase

liars_per_lie = 40


class GatewayTest(ChaosCase):
    def misbehave_until_acknowledged(self, **behaviour: Any) -> None:
        """All is acknowledged, whatever the gateway is like; then it is itself again."""
        self.behave(**behaviour)
        with self.notifying():
            pass
        self.settled_meanwhile = self.settled()
        self.behave(reset=True)

    def settled(self) -> int:
        [row] = self.stack.database.query(
            "SELECT COUNT(*) AS n FROM tollgate_payments WHERE status IN ('paid', 'failed')"
        )
        return row["n"]

    def test_gateway_answers_after_100_ms(self) -> None:
        self.misbehave_until_acknowledged(check="slow", check_delay_ms=100)
        self.assertGreater(self.settled_meanwhile, 0)
        self.assert_nothing_lost()

    def test_gateway_answers_after_2_s(self) -> None:
        self.misbehave_until_acknowledged(check="slow", check_delay_ms=2000)
        self.assert_nothing_lost()

    def test_gateway_fails(self) -> None:
        self.misbehave_until_acknowledged(check="500")
        self.assertEqual(self.settled_meanwhile, 0)
        self.assert_nothing_lost()

    def test_gateway_answers_garbage(self) -> None:
        self.misbehave_until_acknowledged(check="garbage")
        self.assertEqual(self.settled_meanwhile, 0)
        self.assert_nothing_lost()

    def test_gateway_does_not_know_the_payments(self) -> None:
        self.misbehave_until_acknowledged(check="404")
        self.assertEqual(self.settled_meanwhile, 0)
        self.assert_nothing_lost()

    def test_gateway_hangs(self) -> None:
        self.misbehave_until_acknowledged(check="hang")
        self.assertEqual(self.settled_meanwhile, 0)
        self.assert_nothing_lost()


class LyingGatewayTest(ChaosCase):
    mix = {"paid": 80, "failed": 10, "pending": 5, "review": 5}
    # What is told about a payment, and whether the truth that follows makes it paid.
    passing_lies = (
        {"check_code": "662", "check_status": "WAITING_FOR_CUSTOMER"},  # stale
        {"check_code": "600", "check_status": "REFUSED"},  # contradicts what comes later
        {"check_code": "600"},  # contradicts itself
        {"check_amount": "1000"},
        {"check_omit": ["amount", "currency"]},
    )
    lasting_lies = (
        {"check_amount": "1000"},
        {"check_currency": "XAF"},
        {"check_reference": "ANOTHERPAYMENT000000"},
    )

    def test_gateway_lies(self) -> None:
        with self.notifying(at_once=False) as gateway:
            liars = self.lie()
            gateway.allow()
        self.run_until(lambda: self.asked(liars), 60, "questions about all", passing=True)
        [row] = self.stack.database.query(
            "SELECT COUNT(*) AS n FROM tollgate_payments WHERE status = 'paid'"
            f" AND reference IN ({', '.join(['%s'] * len(liars))})",
            *liars,
        )
        self.assertEqual(row["n"], 0)
        for reference in liars:
            self.tell(reference, {})  # the truth from now on
        self.assert_nothing_lost(f", lies {len(liars)} told and taken back")

    def lie(self) -> list[str]:
        """Tells the twin what to lie about; returns the payments of which it does so for a time."""
        paid = self.with_truth("paid")
        liars = []
        for behaviour in self.passing_lies:
            some = [next(paid) for _ in range(liars_per_lie)]
            liars += some
            for reference in some:
                self.tell(reference, behaviour)
        for number, reference in enumerate(self.with_truth("review")):
            self.tell(reference, self.lasting_lies[number % len(self.lasting_lies)])
        return liars

    def with_truth(self, truth: str) -> Iterator[str]:
        return (one for one, its in self.ledger.truth.items() if its == truth)

    def tell(self, reference: str, behaviour: dict[str, Any]) -> None:
        self.behave(transaction_id=reference, **behaviour)

    def asked(self, references: list[str]) -> bool:
        [row] = self.stack.database.query(
            "SELECT COUNT(*) AS n FROM tollgate_payments WHERE checks > 0"
            f" AND reference IN ({', '.join(['%s'] * len(references))})",
            *references,
        )
        return row["n"] == len(references)
