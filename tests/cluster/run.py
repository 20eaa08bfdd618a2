#!/usr/bin/python3
"""Runs the tests against a Galera cluster: all of them, or the named ones
(`tests/cluster/run.py test_nodes`).

They run against the release build unless TOLLGATE_PRESET says otherwise. Where the computer cannot
run a cluster one line says so, and nothing fails.
"""

import argparse
import random
import sys
import unittest
from pathlib import Path

here = Path(__file__).resolve().parent
sys.path[:0] = [str(here), str(here.parents[1] / "sandbox")]

import galera  # noqa: E402
from servers import exit_on_signals  # noqa: E402


class Result(unittest.TextTestResult):
    passed = 0

    def addSuccess(self, test: unittest.TestCase) -> None:
        super().addSuccess(test)
        self.passed += 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", type=Path, help="file for the line `passed failed`")
    parser.add_argument("--notifications", type=int, default=2_000, help="per scenario")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("names", nargs="*", help="test_module[.Class[.test_name]]")
    options = parser.parse_args()
    if not 100 <= options.notifications <= 200_000:
        parser.error("100 to 200000 notifications")
    if missing := galera.missing():
        print(f"skipped: no cluster can run here, {missing}")
        if options.counts:
            options.counts.write_text("0 0\n")
        return 0
    exit_on_signals()
    import cluster_case

    cluster_case.options.notifications = options.notifications
    cluster_case.options.seed = options.seed
    print(f"seed {options.seed}, {options.notifications} notifications per scenario", flush=True)
    loader = unittest.defaultTestLoader
    if options.names:
        suite = loader.loadTestsFromNames(options.names)
    else:
        suite = loader.discover(str(here), pattern="test_*.py")
    runner = unittest.TextTestRunner(sys.stdout, resultclass=Result, verbosity=2)
    try:
        result = runner.run(suite)
    finally:
        cluster_case.stop_stack()
    failed = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    if options.counts:
        options.counts.write_text(f"{result.passed} {failed}\n")
    return 1 if failed or not result.passed else 0


if __name__ == "__main__":
    sys.exit(main())
