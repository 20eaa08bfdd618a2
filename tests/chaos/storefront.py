"""The storefront that the stack tells of every change: what came, held against the tables."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from receiver import Delivery, Receiver
from stack import Stack

secret = "whsec_c3RvcmVmcm9udCBvZiB0aGUgY3Jhc2ggdGVzdHMsIDMyIQ=="
untold = ("pending", "processing")  # the shop opened it itself


@dataclass
class Told:
    """What became of the events; every problem names one, and why."""

    changes: int = 0  # of a status, in the trail, that the storefront is to be told
    delivered: int = 0  # of them, those that came
    again: int = 0  # deliveries beyond the first of each
    problems: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        text = f"events {self.changes}, delivered {self.delivered}, again {self.again}"
        return f"{text}, event problems {len(self.problems)}" if self.problems else text


class Storefront:
    def __init__(self) -> None:
        self._receiver = Receiver()
        self.settings = {"url": self._receiver.url, "secret": secret, "timeout_ms": 3000}

    def close(self) -> None:
        self._receiver.close()

    def forget(self) -> None:
        self._receiver.reset()

    def is_told_all(self, stack: Stack) -> bool:
        [row] = stack.database.query(
            "SELECT COUNT(*) AS n FROM tollgate_outbox WHERE delivered_at IS NULL"
        )
        return row["n"] == 0

    def count(self, stack: Stack) -> Told:
        """Every change at least once, signed, those of a payment in order, and nothing else."""
        told = Told()
        came = self._receiver.deliveries()
        rows = {row["id"]: row for row in stack.database.query("SELECT * FROM tollgate_outbox")}
        changes = stack.database.query(
            "SELECT id, number FROM tollgate_events WHERE from_status <> to_status"
            " AND from_status <> '' AND to_status NOT IN %s",
            untold,
        )
        first = self._first_arrivals(came, rows, told)
        told.changes = len(changes)
        told.delivered = sum(change["id"] in first for change in changes)
        told.again = len(came) - len(first)
        for id_ in {change["id"] for change in changes} | rows.keys():
            name = UUID(bytes=id_)
            if id_ not in rows:
                told.problems.append(f"event {name}: not in the outbox")
            elif id_ not in first:
                told.problems.append(f"event {name}: never came")
            elif rows[id_]["delivered_at"] is None:
                told.problems.append(f"event {name}: came, and is not recorded")
        self._check_order(first, rows, told)
        return told

    @staticmethod
    def _first_arrivals(
        came: Sequence[Delivery], rows: dict[bytes, Any], told: Told
    ) -> dict[bytes, int]:
        """By id: which in the order of arrival."""
        first: dict[bytes, int] = {}
        for place, delivery in enumerate(came):
            id_ = UUID(delivery.id).bytes
            first.setdefault(id_, place)
            if not delivery.is_signed_with(secret):
                told.problems.append(f"event {delivery.id}: a wrong signature")
            if id_ not in rows:
                told.problems.append(f"event {delivery.id}: of nothing that happened")
            elif delivery.body != rows[id_]["payload"]:
                told.problems.append(f"event {delivery.id}: another body")
        return first

    @staticmethod
    def _check_order(first: dict[bytes, int], rows: dict[bytes, Any], told: Told) -> None:
        before: dict[bytes, int] = {}
        for id_, row in sorted(rows.items(), key=lambda item: item[1]["number"]):
            place = first.get(id_, len(first))
            if place < before.get(row["payment_id"], -1):
                told.problems.append(f"event {UUID(bytes=id_)}: overtook the one before it")
            before[row["payment_id"]] = place
