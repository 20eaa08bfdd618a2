#!/usr/bin/python3
"""Runs the end-to-end tests: all of them, or the named ones (`tests/http/run.py test_purchase`)."""

import argparse
import sys
import unittest
from pathlib import Path

here = Path(__file__).resolve().parent
sys.path[:0] = [str(here), str(here.parents[1] / "sandbox")]

from servers import exit_on_signals  # noqa: E402


class Result(unittest.TextTestResult):
    passed = 0

    def addSuccess(self, test: unittest.TestCase) -> None:
        super().addSuccess(test)
        self.passed += 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", type=Path, help="file for the line `passed failed`")
    parser.add_argument("names", nargs="*", help="test_module[.Class[.test_name]]")
    options = parser.parse_args()
    exit_on_signals()
    loader = unittest.defaultTestLoader
    if options.names:
        suite = loader.loadTestsFromNames(options.names)
    else:
        suite = loader.discover(str(here), pattern="test_*.py")
    runner = unittest.TextTestRunner(resultclass=Result, verbosity=2)
    result = runner.run(suite)
    failed = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    if options.counts:
        options.counts.write_text(f"{result.passed} {failed}\n")
    return 1 if failed or not result.passed else 0


if __name__ == "__main__":
    sys.exit(main())
