"""The base of the cluster tests: one stack for all of them, of three nodes and two processes, and a
gateway that sends every notification to both processes at the same moment.

    class NodeTest(ClusterCase):
        def test_...(self) -> None:
            with self.notifying() as gateway:
                gateway.wait_for(0.3)
                self.nodes[0].kill()
            self.assert_nothing_lost()
"""

import contextlib
import os
import random
import sys
import tempfile
import time
import unittest
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

root = Path(__file__).resolve().parents[2]
sys.path += [str(root / name) for name in ("sandbox", "tests/http", "tests/chaos")]

import browser  # noqa: E402
from chaos_case import history  # noqa: E402
from galera import Node  # noqa: E402
from ledger import Ledger, profile_that_hides_nothing  # noqa: E402
from notifier import Notifier, message_of  # noqa: E402
from servers import wait_until  # noqa: E402
from stack import Stack  # noqa: E402

settle_timeout_s = 120
mix = {"paid": 85, "failed": 10, "pending": 5}
conflict_counters = ("wsrep_local_cert_failures", "wsrep_local_bf_aborts")

@dataclass
class Options:
    notifications: int = 2_000
    seed: int = 0


options = Options()
_directory = tempfile.TemporaryDirectory(prefix="tollgate-profile-")
_stack: Stack | None = None


def the_stack() -> Stack:
    """It is started once; stop_stack() ends it."""
    global _stack
    if _stack is None:
        profile = Path(_directory.name) / "profile.toml"
        shipped = (root / "sql/profiles/django_store.toml").read_text()
        profile.write_text(profile_that_hides_nothing(shipped))
        _stack = Stack(
            os.environ.get("TOLLGATE_PRESET", "release"),
            shop=False,
            gateways=["cinetpay"],
            settings={
                "shop": {"profile": str(profile)},
                "server": {"log_level": "warning"},
                "database": {"timeout_ms": 4000},
                "check": {"connect_timeout_ms": 1000, "timeout_ms": 3000},
            },
            nodes=3,
            processes=2,
        )
        _stack.start()
        for statement in history:
            _stack.database.query(statement)
    return _stack


def stop_stack() -> None:
    if _stack is not None:
        _stack.stop()


class Gateway:
    """Sends the same messages to every process, in the same order, at the same time."""

    def __init__(self, stack: Stack, references: list[str], seed: str) -> None:
        site_id = stack.cinetpay["site_id"]
        self._count = len(references)
        self.notifiers = [
            Notifier(
                url,
                [message_of(one, site_id, 1500) for one in references],
                random.Random(seed),
            )
            for url in stack.urls
        ]

    def start(self) -> None:
        for one in self.notifiers:
            one.allow()
            one.start()

    def wait_for(self, share: float) -> None:
        """Until each process has acknowledged so many."""
        wait_until(
            lambda: all(len(one.acknowledged) >= share * self._count for one in self.notifiers),
            settle_timeout_s,
            f"acknowledgement of {share:.0%}",
        )

    def end(self) -> None:
        for one in self.notifiers:
            one.give_up()
            one.join()

    @property
    def answers(self) -> Counter[str]:
        return sum((one.answers for one in self.notifiers), Counter())

    @property
    def acknowledged(self) -> set[str]:
        """By any process: from then on it may not be lost."""
        return {reference for one in self.notifiers for reference in one.acknowledged}


class ClusterCase(unittest.TestCase):
    stack: Stack
    nodes: list[Node]

    @classmethod
    def setUpClass(cls) -> None:
        cls.stack = the_stack()
        assert cls.stack.cluster is not None
        cls.nodes = cls.stack.cluster.nodes

    def setUp(self) -> None:
        self.chance = random.Random(f"{options.seed} {self.id()}")
        self.addCleanup(self.restore)
        self.ledger = Ledger(self.stack)
        self.ledger.empty_tables()
        self.conflicts_before = self.conflicts()
        self.begin = time.monotonic()

    def restore(self) -> None:
        """The next scenario finds a whole cluster."""
        for node in self.nodes:
            if not node.running:
                node.rejoin()
        self.wait_for_whole_cluster()
        for process in self.stack.tollgates:
            if not process.running:
                process.start()

    def wait_for_whole_cluster(self) -> None:
        wait_until(lambda: all(node.answers() for node in self.nodes), 90, "all nodes", 0.1)
        self.stack.cluster.wait_for_size(len(self.nodes))

    def conflicts(self) -> list[int]:
        """How often each node told one of its transactions that another node's was faster; a node
        counts from its start."""
        return [
            sum(int(node.status(name)) for name in conflict_counters) if node.running else 0
            for node in self.nodes
        ]

    def new_conflicts(self) -> int:
        pairs = zip(self.conflicts_before, self.conflicts(), strict=True)
        return sum(now - before if now >= before else now for before, now in pairs)

    def notifier_of(self, process: int, reference: str) -> Notifier:
        """One notification to one process, ready to start."""
        message = message_of(reference, self.stack.cinetpay["site_id"], 1500)
        notifier = Notifier(self.stack.urls[process], [message], self.chance)
        notifier.allow()
        return notifier

    @contextlib.contextmanager
    def notifying(self) -> Iterator[Gateway]:
        """Payments, and a gateway that notifies of each; ends when both processes acknowledged
        all of it."""
        references = self.ledger.open(options.notifications, self.chance, dict(mix))
        self.wait_until_everywhere(len(references))
        gateway = Gateway(self.stack, references, self.id())
        gateway.start()
        self.begin = time.monotonic()
        try:
            yield gateway
            gateway.wait_for(1)
        finally:
            gateway.end()
            self.ledger.acknowledged |= gateway.acknowledged
            self.answers = gateway.answers
        self.assertLessEqual(set(self.answers), {"200", "503", "closed"}, self.answers)

    def wait_until_everywhere(self, payments: int) -> None:
        def seen() -> bool:
            counts = [
                node.query("SELECT COUNT(*) AS n FROM tollgate_payments")[0]["n"]
                for node in self.nodes
            ]
            return counts == [payments] * len(self.nodes)

        wait_until(seen, 30, "the payments at every node")

    def connections_from_processes(self, node: Node) -> int:
        """Over TCP comes Tollgate alone."""
        rows = node.query_as_root(
            "SELECT COUNT(*) AS n FROM information_schema.processlist"
            f" WHERE user = '{node.user}' AND host LIKE '127.0.0.1:%'"
        )
        return rows[0]["n"]

    def wait_for_settlement(self) -> None:
        """Time passes until every payment is what the gateway says; then nothing is under way."""
        passed_at = time.monotonic()

        def settled() -> bool:
            nonlocal passed_at
            if time.monotonic() - passed_at > 1:
                passed_at = time.monotonic()
                self.ledger.let_time_pass()
            return self.ledger.is_settled()

        with contextlib.suppress(Exception):  # what is missing is counted
            wait_until(settled, settle_timeout_s, "settlement", 0.05)
        for process in self.stack.tollgates:
            process.restart()

    def assert_nothing_lost(self) -> None:
        self.wait_for_settlement()
        seconds = time.monotonic() - self.begin
        self.wait_for_whole_cluster()
        conflicts = self.new_conflicts()
        count = self.ledger.count()
        name = self.id().rpartition(".test_")[2].replace("_", " ")
        print(
            f"\n{name}: {count}; answers {dict(self.answers)}, conflicts {conflicts},"
            f" {seconds:.1f} s",
            flush=True,
        )
        self.assertEqual(count.problems(), [], f"seed {options.seed}")
        self.assertEqual(count.settled, len(self.ledger.truth))
        self.assert_nodes_agree()

    def assert_nodes_agree(self) -> None:
        columns = self.stack.database.query(
            "SELECT table_name AS t, GROUP_CONCAT(column_name) AS names"
            " FROM information_schema.columns WHERE table_schema = DATABASE()"
            " AND table_name LIKE 'tollgate%%' AND is_generated = 'NEVER' GROUP BY table_name"
        )
        digests = [
            f"SELECT COUNT(*), BIT_XOR(CRC32(CONCAT_WS('|', {row['names']}))) FROM {row['t']}"
            for row in columns
        ]

        def agreed() -> bool:
            found = [[node.query(digest) for digest in digests] for node in self.nodes]
            return all(one == found[0] for one in found)

        wait_until(agreed, 20, "the same rows at every node", 0.2)

    def wait_until(self, condition: Callable[[], Any], timeout_s: float, what: str) -> Any:
        return wait_until(condition, timeout_s, what, 0.1)


__all__ = ["ClusterCase", "Gateway", "browser", "options", "root"]
