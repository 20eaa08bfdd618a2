#!/usr/bin/python3
"""Runs the tests of the store against a MariaDB of their own.

The program finds the empty database in TOLLGATE_TEST_DATABASE, whose user may do everything;
TOLLGATE_TEST_DATABASE_RESTART is
a command line that restarts the server and returns when it is ready again.

    tests/mysql/run.py [--preset dev] [--counts FILE] [-- options of the test program]
"""

import argparse
import os
import select
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import xml.etree.ElementTree
from pathlib import Path

root = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(root / "sandbox"))

from servers import Database, StackError, exit_on_signals  # noqa: E402


def ask_for_restart(control: str) -> int:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(control)
        return 0 if connection.recv(16) == b"ready" else 1


def serve_restarts(control: socket.socket, database: Database, process: subprocess.Popen) -> None:
    """Restarts the server for whoever connects, until the process ends."""
    ended = os.pidfd_open(process.pid)
    try:
        while True:
            readable, _, _ = select.select([control, ended], [], [])
            if ended in readable:
                return
            with control.accept()[0] as connection:
                database.restart()
                connection.sendall(b"ready")
    finally:
        os.close(ended)


def grant_everything(database: Database) -> None:
    """A test changes the statistics that the optimizer believes, and reads the server's log."""
    with database.connect(user="root", password="", database=None) as connection:
        with connection.cursor() as cursor:
            for host in ("127.0.0.1", "localhost"):
                cursor.execute(f"GRANT ALL ON *.* TO {database.user}@'{host}'")


def run_program(program: Path, options: list[str], directory: Path) -> tuple[int, int, int]:
    """The exit code, and how many test cases passed and failed."""
    database = Database(directory / "mariadb", directory / "mariadb.log")
    control_path, report = directory / "control.sock", directory / "report.xml"
    restart = [sys.executable, __file__, "--restart", str(control_path)]
    with socket.socket(socket.AF_UNIX) as control:
        control.bind(str(control_path))
        control.listen()
        database.create()
        grant_everything(database)
        try:
            process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--", program, "--color_output=no",
                 "--report_level=short", "--report_format=XML", f"--report_sink={report}",
                 *options],
                env=os.environ
                | {
                    "TOLLGATE_TEST_DATABASE": database.url,
                    "TOLLGATE_TEST_DATABASE_RESTART": shlex.join(restart),
                },
            )  # fmt: skip
            try:
                serve_restarts(control, database, process)
            finally:
                process.kill()
                code = process.wait()
        finally:
            database.stop()
    passed, failed = counts_of(report)
    return code, passed, failed


def counts_of(report: Path) -> tuple[int, int]:
    """A crashed program leaves no report, or half of one: one failure."""
    try:
        suite = xml.etree.ElementTree.parse(report).getroot().find("TestSuite")
    except (OSError, xml.etree.ElementTree.ParseError):
        return 0, 1
    if suite is None:
        return 0, 1
    passed = ("test_cases_passed", "test_cases_passed_with_warnings")
    return sum(int(suite.get(name, 0)) for name in passed), int(suite.get("test_cases_failed", 0))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="dev")
    parser.add_argument("--counts", type=Path, help="file for the line `passed failed`")
    parser.add_argument("--restart", metavar="SOCKET", help=argparse.SUPPRESS)
    parser.add_argument("options", nargs="*", help="options of the test program")
    arguments = parser.parse_args()
    if arguments.restart:
        return ask_for_restart(arguments.restart)
    exit_on_signals()
    directory = Path(tempfile.mkdtemp(prefix="tollgate-"))
    directory.chmod(0o755)
    program = root / "build" / arguments.preset / "tests/tollgate_mysql_tests"
    try:
        code, passed, failed = run_program(program, arguments.options, directory)
    except (StackError, OSError) as error:
        print(f"tests/mysql/run.py: {error}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    if arguments.counts:
        arguments.counts.write_text(f"{passed} {failed}\n")
    return 1 if code or failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
