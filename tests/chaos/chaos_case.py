"""The base of the crash and fault tests: one private stack for a module's tests, a supervisor that
starts tollgate.fcgi again whenever it dies, and the steps of a scenario.

    class KilledTest(ChaosCase):
        def test_...(self) -> None:
            with self.notifying() as gateway:
                self.after(gateway, 0.5)
                self.stack.tollgate.kill()
            self.assert_nothing_lost()
"""

import contextlib
import os
import random
import sys
import tempfile
import time
import unittest
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

root = Path(__file__).resolve().parents[2]
sys.path += [str(root / "sandbox"), str(root / "tests/http")]

import browser  # noqa: E402
from ledger import Ledger, profile_that_hides_nothing, usual_mix  # noqa: E402
from notifier import Notifier, message_of  # noqa: E402
from stack import Stack  # noqa: E402
from storefront import Storefront  # noqa: E402

settle_timeout_s = 120
start_timeout_s = 30
step_s = 0.01
timeout_ms = 2000  # of the database
pass_time_every_s = 1.0
repeated_share = 0.1  # of the payments, notified twice

# MariaDB's own sizes, where the sandbox is smaller; every commit is flushed to the disk.
database_options = [
    "--innodb-flush-log-at-trx-commit=1",
    "--innodb-buffer-pool-size=128M",
    "--innodb-log-file-size=96M",
]

# What the shop's row is set to, as the shop's own database sees it.
history = (
    "CREATE TABLE shop_history (id bigint AUTO_INCREMENT PRIMARY KEY, order_id bigint NOT NULL,"
    " status varchar(10) NOT NULL)",
    "CREATE TRIGGER shop_history AFTER UPDATE ON store_order FOR EACH ROW"
    " INSERT INTO shop_history (order_id, status) VALUES (NEW.id, NEW.status)",
)


@dataclass
class Options:
    notifications: int = 20_000
    seed: int = 0
    points: list[str] = field(default_factory=list)


options = Options()


class ChaosCase(unittest.TestCase):
    settings: Mapping[str, Mapping[str, Any]] = {}
    database_options: Sequence[str] = ()
    mix: Mapping[str, int] = usual_mix
    gateways = ("cinetpay",)
    divisor = 1  # of the notifications: a fault that has no moment needs fewer
    stack: Stack
    storefront: Storefront

    @classmethod
    def setUpClass(cls) -> None:
        directory = tempfile.TemporaryDirectory(prefix="tollgate-profile-")
        cls.addClassCleanup(directory.cleanup)
        profile = Path(directory.name) / "profile.toml"
        shipped = root / "sql/profiles/django_store.toml"
        profile.write_text(profile_that_hides_nothing(shipped.read_text()))
        cls.storefront = Storefront()
        cls.addClassCleanup(cls.storefront.close)
        settings = {
            "events": cls.storefront.settings,
            "shop": {"profile": str(profile)},
            "server": {"log_level": "warning"},
            "database": {"timeout_ms": timeout_ms},
            "check": {"connect_timeout_ms": 1000, "timeout_ms": 3000},
        }
        for name, values in cls.settings.items():
            settings[name] = settings.get(name, {}) | dict(values)
        cls.stack = Stack(
            os.environ.get("TOLLGATE_PRESET", "release"),
            shop=False,
            gateways=cls.gateways,
            settings=settings,
            database_options=[*database_options, *cls.database_options],
        )
        cls.addClassCleanup(cls.stack.stop)
        cls.prepare_stack()
        cls.stack.start()
        for statement in history:
            cls.stack.database.query(statement)

    @classmethod
    def prepare_stack(cls) -> None:
        """Before it starts."""

    def shortDescription(self) -> None:
        """The name says it."""

    def setUp(self) -> None:
        self.seed = options.seed
        self.chance = random.Random(f"{self.seed} {self.id()}")
        self.deaths = 0
        self.passed_time_at = 0.0
        self.begin = time.monotonic()
        self.addCleanup(self.restore)
        self.behave(reset=True)
        self.ledger = Ledger(self.stack)
        self.ledger.empty_tables()
        self.storefront.forget()

    @property
    def notifications(self) -> int:
        return options.notifications // self.divisor

    def restore(self) -> None:
        """The next scenario finds servers that run and obey."""
        if not self.stack.database.running:
            self.stack.database.start()
        self.disarm()
        self.run_until(self.answers, start_timeout_s, "an answer of tollgate.fcgi")

    # ------------------------------------------------------------------------------ the supervisor

    def keep_running(self) -> None:
        """As systemd does with Restart=always."""
        if not self.stack.tollgate.running:
            self.deaths += 1
            self.start_tollgate()

    def start_tollgate(self) -> None:
        """Waits for nothing: what it is told to do may kill it at any moment."""
        self.stack.tollgate.kill()
        self.stack.tollgate.start(ready=lambda: True)

    def restart_tollgate(self) -> None:
        """Ends it as an operator does, once it can hear him, and starts it again."""
        self.run_until(self.answers, start_timeout_s, "an answer of tollgate.fcgi")
        self.stack.tollgate.restart()

    def answers(self) -> bool:
        return browser.request("GET", f"{self.stack.url}/healthz").status == 200

    def arm(self, point: str) -> None:
        """From its next start on, the process dies there."""
        self.stack.tollgate.environment["TOLLGATE_FAIL_POINT"] = point

    def disarm(self) -> None:
        self.stack.tollgate.environment.pop("TOLLGATE_FAIL_POINT", None)

    def run_until(
        self, condition: Callable[[], Any], timeout_s: float, what: str, *, passing: bool = False
    ) -> None:
        """Supervises until the condition holds; `passing`: time passes meanwhile."""
        deadline = time.monotonic() + timeout_s
        while not condition():
            self.keep_running()
            now = time.monotonic()
            if passing and now - self.passed_time_at > pass_time_every_s:
                self.passed_time_at = now
                self.ledger.let_time_pass()
            if now > deadline:
                self.fail(f"{what}: not within {timeout_s:g} s\n{self.stack.tollgate.log_tail()}")
            time.sleep(step_s)

    def supervise_for(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        self.run_until(lambda: time.monotonic() > end, seconds + 60, "a while")

    # --------------------------------------------------------------------------------- the gateway

    def behave(self, **behaviour: Any) -> None:
        """Sets the manners of the gateway's twin; docs/sandbox.md names them."""
        answer = self.stack.twin("/cinetpay/twin/behaviour", behaviour)
        self.assertEqual(answer.status, 200, answer.text)

    @contextlib.contextmanager
    def notifying(self, *, at_once: bool = True) -> Iterator[Notifier]:
        """Payments, and a gateway that notifies of each, of some twice; ends when all of it is
        acknowledged."""
        references = self.ledger.open(self.notifications, self.chance, dict(self.mix))
        repeated = self.chance.sample(references, int(repeated_share * len(references)))
        site_id = self.stack.cinetpay["site_id"]
        messages = [message_of(one, site_id, 1500) for one in references + repeated]
        gateway = Notifier(self.stack.url, messages, self.chance)
        if at_once:
            gateway.allow()
        gateway.start()
        self.begin = time.monotonic()
        try:
            yield gateway
            gateway.allow()
            self.run_until(
                lambda: not gateway.is_alive(), settle_timeout_s, "acknowledgement of all"
            )
        finally:
            gateway.give_up()
            gateway.join()
            self.ledger.acknowledged |= gateway.acknowledged.keys()
        self.assertEqual(gateway.given_up, [], gateway.answers)
        self.assertLessEqual(set(gateway.answers), {"200", "503", "closed"}, gateway.answers)

    def after(self, gateway: Notifier, share: float) -> None:
        """Supervises until that share of the payments is acknowledged."""
        wanted = int(share * len(self.ledger.truth))
        self.run_until(
            lambda: len(gateway.acknowledged) >= wanted, settle_timeout_s, "acknowledgements"
        )

    # -------------------------------------------------------------------------------- what is true

    def wait_for_settlement(self) -> None:
        """Time passes until every payment is what the gateway says, and the storefront knows; then
        nothing is under way."""
        self.disarm()
        with contextlib.suppress(AssertionError):  # what is missing is counted
            self.run_until(
                self.ledger.is_settled, settle_timeout_s, "settlement", passing=True
            )
        self.restart_tollgate()
        with contextlib.suppress(AssertionError):
            self.run_until(
                lambda: self.storefront.is_told_all(self.stack),
                settle_timeout_s, "delivery of all events", passing=True,
            )  # fmt: skip

    def assert_nothing_lost(self, note: str = "") -> None:
        self.wait_for_settlement()
        seconds = time.monotonic() - self.begin
        count = self.ledger.count()
        told = self.storefront.count(self.stack)
        name = self.id().rpartition(".test_")[2].replace("_", " ")
        deaths = f", deaths {self.deaths}" if self.deaths else ""
        print(f"\n{name}: {count}, {told}{deaths}{note}, {seconds:.1f} s", flush=True)
        problems = count.problems() + told.problems[:5]
        self.assertEqual(problems, [], f"seed {self.seed}")
        self.assertEqual(count.acknowledged, len(self.ledger.truth))
        self.assertEqual(count.settled, len(self.ledger.truth))


__all__ = ["ChaosCase", "Notifier", "browser", "options", "timeout_ms"]
