"""Servers of a private stack: started, watched and stopped by their process ids, on loopback only.

Every server dies with the process that started it, even if that is killed: the kernel sends the
signal (`setpriv --pdeathsig`). It does so when the *thread* ends that started a server, so only the
main thread may start one.
"""

import os
import pwd
import re
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pymysql
import pymysql.cursors

_poll_s = 0.02
_sanitizer_report = re.compile(r"ERROR: \w+Sanitizer|runtime error:")


class StackError(Exception):
    """A server did not start, did not stop cleanly, or left a sanitizer's report."""


def wait_until(
    condition: Callable[[], Any], timeout_s: float, what: str, poll_s: float = _poll_s
) -> Any:
    """Polls until the condition holds, and returns its value."""
    deadline = time.monotonic() + timeout_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise StackError(f"{what}: not within {timeout_s:g} s")
        time.sleep(poll_s)


def exit_on_signals() -> None:
    """Makes signals an ordinary exit, so that everything is stopped on the way out."""

    def leave(number: int, _frame: object) -> None:
        sys.exit(128 + number)

    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in a script's background
    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGHUP, leave)


class Port:
    """A free port of 127.0.0.1, reserved until close().

    The socket is bound but never listens: nobody else is given the port, and the server, which
    binds with SO_REUSEADDR like every server, may use it as often as it is started.
    """

    def __init__(self) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", 0))
        self.number: int = self._socket.getsockname()[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.number}"

    def accepts(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.number)) == 0

    def close(self) -> None:
        self._socket.close()


class Server:
    """One program of the stack. `ready` is polled after a start. `environment` is what its next
    start is given; ours unless said."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        log: Path,
        ready: Callable[[], bool],
        *,
        environment: Mapping[str, str] | None = None,
        user: str | None = None,
        dies_by: str = "KILL",
    ) -> None:
        self.name = name
        self.log = log
        self._command = ["setpriv", "--pdeathsig", dies_by, "--", *map(str, command)]
        self._ready = ready
        self.environment = dict(os.environ if environment is None else environment)
        self._user = user
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        if self._process is None:
            raise StackError(f"{self.name} is not running")
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(
        self,
        timeout_s: float = 60,
        *,
        ready: Callable[[], bool] | None = None,
        poll_s: float = _poll_s,
        arguments: Sequence[str] = (),
    ) -> None:
        """`ready` takes the place of the server's own question; `arguments` are for this start."""
        if threading.current_thread() is not threading.main_thread():
            raise StackError(f"{self.name}: only the main thread may start a server")
        if self._process is not None:
            raise StackError(f"{self.name} was started already")
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self._command, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self.environment,
                start_new_session=True,
                **self._identity(),
            )
        try:
            is_ready = ready or self._ready
            wait_until(
                lambda: not self.running or is_ready(), timeout_s, f"start {self.name}", poll_s
            )
            if not self.running:
                raise StackError(f"{self.name} ended with {self._process.poll()} at its start")
        except BaseException as error:
            self.kill()
            if isinstance(error, StackError):
                raise StackError(f"{error}\n{self.log_tail()}") from None
            raise

    def stop(self, timeout_s: float = 60) -> None:
        """SIGTERM; raises unless the server ran, ends with 0 and left no sanitizer report."""
        process, self._process = self._process, None
        if process is None:
            return
        problem = ""
        if process.poll() is None:
            process.terminate()
            try:
                code = process.wait(timeout_s)
                problem = f"{self.name} ended with {code} when asked to stop" if code else ""
            except subprocess.TimeoutExpired:
                problem = f"{self.name} did not stop within {timeout_s:g} s"
        else:
            problem = f"{self.name} had ended by itself, with {process.returncode}"
        _kill_group(process)
        self._raise_for(problem)

    def kill(self) -> None:
        """SIGKILL, to the server and what it started: the power cut of a test."""
        process, self._process = self._process, None
        if process is not None:
            _kill_group(process)
            self._raise_for("")

    def restart(self) -> None:
        self.stop()
        self.start()

    def send(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def cpu_ms(self) -> float:
        """User and system time of all its threads."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")

    def log_text(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def log_tail(self, lines: int = 60) -> str:
        return "\n".join([f"--- {self.log.name}", *self.log_text().splitlines()[-lines:]])

    def _identity(self) -> dict[str, Any]:
        if self._user is None:
            return {}
        account = pwd.getpwnam(self._user)
        return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}

    def _raise_for(self, problem: str) -> None:
        report = _sanitizer_report.search(self.log_text())
        if report:
            text = self.log_text()[report.start() :][:8000]
            raise StackError(f"{problem or self.name}: sanitizer report\n{text}")
        if problem:
            raise StackError(f"{problem}\n{self.log_tail()}")


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


class Database(Server):
    """A MariaDB of its own below `directory`, with one database and one user that owns it."""

    name_of_database = "shop"
    user = "shop"

    def __init__(
        self,
        directory: Path,
        log: Path,
        options: Sequence[str] = (),
        *,
        name: str = "mariadb",
        server_options: Sequence[str] = (),
    ) -> None:
        """`options` go over those that keep it small; `server_options` are not for the program that
        makes the data directory."""
        self.password = secrets.token_hex(12)
        self.port = Port()
        self.socket = directory / "mariadb.sock"
        self._data = directory / "data"
        self._account = _database_account()
        self._directory = directory
        self._more_options = options
        super().__init__(
            name,
            ["mariadbd", *self._options(), f"--socket={self.socket}", *server_options],
            log,
            self.answers,
            user=self._account,
        )

    @property
    def url(self) -> str:
        address = f"127.0.0.1:{self.port.number}"
        return f"mysql://{self.user}:{self.password}@{address}/{self.name_of_database}"

    def create(self) -> None:
        """Makes the data directory, starts the server, makes the database and its user."""
        self._make_directories()
        self._make_data()
        self.start()
        self._make_database()

    def connect(self, **changes: Any) -> pymysql.Connection:
        """A connection of the database's user; rows are dicts, times are UTC, autocommit is on."""
        settings = {
            "unix_socket": str(self.socket),
            "user": self.user,
            "password": self.password,
            "database": self.name_of_database,
            "charset": "utf8mb4",
            "autocommit": True,
            "cursorclass": pymysql.cursors.DictCursor,
            "init_command": "SET time_zone = '+00:00'",
            "connect_timeout": 10,
        }
        return pymysql.connect(**(settings | changes))

    def query(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        """Runs one statement on a connection of its own."""
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute(statement, values)
            return list(cursor.fetchall())

    def insert(self, statement: str, *values: Any) -> int:
        """Runs one INSERT and returns its AUTO_INCREMENT id."""
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.lastrowid

    def run_script(self, path: Path) -> None:
        """Runs the statements of a file; they end with a semicolon at a line's end."""
        lines = [line for line in path.read_text().splitlines() if not line.startswith("--")]
        with self.connect() as connection, connection.cursor() as cursor:
            for statement in re.split(r";$", "\n".join(lines), flags=re.MULTILINE):
                if statement.strip():
                    cursor.execute(statement)

    def answers(self) -> bool:
        try:
            self.connect(user="root", password="", database=None).close()
        except pymysql.err.OperationalError:
            return False
        return self.port.accepts()

    def _make_directories(self) -> None:
        self._data.mkdir(parents=True, exist_ok=True)
        if self._account:
            account = pwd.getpwnam(self._account)
            for directory in (self._directory, self._data):
                os.chown(directory, account.pw_uid, account.pw_gid)

    def _make_data(self) -> None:
        made = subprocess.run(
            ["mariadb-install-db", *self._options(), "--auth-root-authentication-method=normal",
             "--skip-test-db", "--force"],  # --force: no name service is needed
            capture_output=True,
            text=True,
            **self._identity(),
        )  # fmt: skip
        if made.returncode != 0:
            raise StackError(f"mariadb-install-db failed\n{made.stdout}{made.stderr}")

    def _make_database(self) -> None:
        name, user = self.name_of_database, self.user
        with self.connect(user="root", password="", database=None) as connection:
            with connection.cursor() as cursor:
                cursor.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
                for host in ("127.0.0.1", "localhost"):
                    cursor.execute(f"CREATE USER {user}@'{host}' IDENTIFIED BY '{self.password}'")
                    cursor.execute(f"GRANT ALL ON {name}.* TO {user}@'{host}'")

    def _options(self) -> list[str]:
        return [
            "--no-defaults",
            f"--datadir={self._data}",
            f"--tmpdir={self._directory}",
            "--bind-address=127.0.0.1",
            f"--port={self.port.number}",
            "--skip-name-resolve",
            "--default-time-zone=+03:00",  # a shared host's is never ours either
            "--max-connections=200",
            "--innodb-flush-log-at-trx-commit=1",
            "--innodb-buffer-pool-size=32M",
            "--innodb-log-file-size=16M",
            "--innodb-buffer-pool-dump-at-shutdown=0",
            "--innodb-buffer-pool-load-at-startup=0",
            "--innodb-use-native-aio=0",
            "--performance-schema=0",
            *self._more_options,
        ]


def _database_account() -> str | None:
    """MariaDB refuses to run as root: then its own account, or nobody where there is none."""
    if os.getuid() != 0:
        return None
    try:
        return pwd.getpwnam("mysql").pw_name
    except KeyError:
        return "nobody"
