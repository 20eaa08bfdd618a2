"""The clock of Tollgate's computer jumps while it runs."""

import shutil
import subprocess
import unittest
from pathlib import Path

from chaos_case import ChaosCase

jumps = ("+3600", "-3600", "+0", "+86400", "+0")  # seconds, from the true time
takes_effect_s = 1.5  # what is read of the file is believed for a second


def library() -> str:
    """The one that the program faketime preloads into programs with threads."""
    if shutil.which("faketime") is None:
        raise unittest.SkipTest("faketime is not installed")
    found = subprocess.run(
        ["dpkg", "-L", "libfaketime"], capture_output=True, text=True, check=True
    )
    [path] = [one for one in found.stdout.splitlines() if one.endswith("MT.so.1")]
    return path


class ClockTest(ChaosCase):
    file: Path

    @classmethod
    def prepare_stack(cls) -> None:
        cls.file = cls.stack.directory / "time"
        cls.file.write_text("+0")
        cls.stack.tollgate.environment |= {
            "LD_PRELOAD": library(),
            "FAKETIME_TIMESTAMP_FILE": str(cls.file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",  # no system's jumps
        }

    def jump(self, offset: str) -> None:
        new = self.file.with_suffix(".new")
        new.write_text(offset)
        new.rename(self.file)
        self.supervise_for(takes_effect_s)

    def test_clock_jumps(self) -> None:
        with self.notifying(at_once=False) as gateway:
            for offset in jumps:
                gateway.allow(len(self.ledger.truth) // (2 * len(jumps)))
                self.run_until(lambda: gateway.at_rest, 60, "acknowledgements")
                self.jump(offset)
                gateway.allow(len(self.ledger.truth) // (2 * len(jumps)))
                self.stack.tollgate.kill()  # what it had in hand stands in the table
                self.run_until(lambda: gateway.at_rest, 60, "acknowledgements")
        self.assert_far_due_times_end()
        self.assert_nothing_lost(f", jumps {len(jumps)}")

    def assert_far_due_times_end(self) -> None:
        """A clock that was wrong by a day delays a question by a day and no more."""

        def far() -> int:
            [row] = self.stack.database.query(
                "SELECT COUNT(*) AS n FROM tollgate_payments"
                " WHERE status IN ('pending', 'processing')"
                " AND (check_due_at > UTC_TIMESTAMP() + INTERVAL 26 HOUR"
                " OR lease_until > UTC_TIMESTAMP() + INTERVAL 25 HOUR)"
            )
            return row["n"]

        self.run_until(lambda: far() == 0, 60, "times that a wrong clock wrote are asked about")
