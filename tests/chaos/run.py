#!/usr/bin/python3
"""Runs the crash and fault tests: all of them, or the named ones (`tests/chaos/run.py test_crashes`).

They run against the release build unless TOLLGATE_PRESET says otherwise. Each prints what it
counted; a seed that failed can be given again.
"""

import argparse
import random
import sys
import unittest
from pathlib import Path

here = Path(__file__).resolve().parent
sys.path[:0] = [str(here), str(here.parents[1] / "sandbox")]

from chaos_case import options as chaos  # noqa: E402
from servers import exit_on_signals  # noqa: E402


class Result(unittest.TextTestResult):
    passed = 0

    def addSuccess(self, test: unittest.TestCase) -> None:
        super().addSuccess(test)
        self.passed += 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--counts", type=Path, help="file for the line `passed failed`")
    parser.add_argument("--notifications", type=int, default=20_000, help="per scenario")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--points", nargs="*", help="these fail points alone")
    parser.add_argument("names", nargs="*", help="test_module[.Class[.test_name]]")
    options = parser.parse_args()
    if not 500 <= options.notifications <= 200_000:
        parser.error("500 to 200000 notifications")
    exit_on_signals()
    chaos.notifications, chaos.seed = options.notifications, options.seed
    chaos.points = options.points or []
    print(f"seed {chaos.seed}, {chaos.notifications} notifications per scenario", flush=True)
    loader = unittest.defaultTestLoader
    if options.names:
        suite = loader.loadTestsFromNames(options.names)
    else:
        suite = loader.discover(str(here), pattern="test_*.py")
    runner = unittest.TextTestRunner(sys.stdout, resultclass=Result, verbosity=2)
    result = runner.run(suite)
    failed = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    if options.counts:
        options.counts.write_text(f"{result.passed} {failed}\n")
    return 1 if failed or not result.passed else 0


if __name__ == "__main__":
    sys.exit(main())
