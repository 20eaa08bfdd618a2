#!/usr/bin/python3
"""Runs the end-to-end tests: all of them, or the named ones (`tests/http/run.py test_purchase`).

Most of their time they wait for servers, so the files are run side by side, each by a process of its
own that has its own servers; a file's output is printed when it has ended.
"""

import argparse
import subprocess
import sys
import tempfile
import unittest
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

here = Path(__file__).resolve().parent
sys.path[:0] = [str(here), str(here.parents[1] / "sandbox")]

from servers import exit_on_signals  # noqa: E402


class Result(unittest.TextTestResult):
    passed = 0

    def addSuccess(self, test: unittest.TestCase) -> None:
        super().addSuccess(test)
        self.passed += 1


def run_here(names: Sequence[str]) -> tuple[int, int]:
    """The numbers of tests that passed and that failed."""
    suite = unittest.defaultTestLoader.loadTestsFromNames(names)
    result = unittest.TextTestRunner(resultclass=Result, verbosity=2).run(suite)
    failed = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    return result.passed, failed


def tests_in(file: Path) -> int:
    return unittest.defaultTestLoader.loadTestsFromName(file.stem).countTestCases()


class Files:
    """All files, a few at a time."""

    def __init__(self) -> None:
        self._processes: list[subprocess.Popen[str]] = []

    def run(self, jobs: int) -> tuple[int, int]:
        # Those with the most tests first, so that none of them is alone at the end.
        files = sorted(here.glob("test_*.py"), key=tests_in, reverse=True)
        pool = ThreadPoolExecutor(jobs)
        try:
            counts = list(pool.map(self._run_file, files))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in self._processes:
                process.terminate()
        return sum(passed for passed, _ in counts), sum(failed for _, failed in counts)

    def _run_file(self, file: Path) -> tuple[int, int]:
        with tempfile.NamedTemporaryFile("r", suffix=".counts") as counts:
            command = [sys.executable, __file__, "--counts", counts.name, file.stem]
            process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
            )
            self._processes.append(process)
            output, _ = process.communicate()
            print(output, end="", flush=True)
            words = counts.read().split()
        if process.returncode != 0 and (not words or words[1] == "0"):
            print(f"{file.name}: ended with {process.returncode}")
            return 0, 1
        return int(words[0]), int(words[1])


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--counts", type=Path, help="file for the line `passed failed`")
    parser.add_argument("--jobs", type=int, default=3, help="files at a time, without names")
    parser.add_argument("names", nargs="*", help="test_module[.Class[.test_name]]")
    options = parser.parse_args()
    exit_on_signals()
    passed, failed = run_here(options.names) if options.names else Files().run(options.jobs)
    if options.counts:
        options.counts.write_text(f"{passed} {failed}\n")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
