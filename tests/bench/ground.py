"""What every peer stands on, so that only the peers differ: a fresh MariaDB with the shop's tables
and Tollgate's, a gateway, the files that are sold, and nginx with the server block that merchants
get.
"""

import os
import re
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from servers import Database, Port, Server, StackError

root = Path(__file__).resolve().parent.parent.parent
binaries = root / "build/release"

amount_fcfa = 1500
api_key = "bench-api-key"
site_id = "445160"
secret = "bench-gateway-secret"
files_bytes = {"64k.bin": 64 * 1024, "10m.bin": 10 * 1024 * 1024}
uses_max = 100

# MariaDB's own defaults, where the sandbox is smaller; every commit is flushed to the disk.
database_options = [
    "--innodb-flush-log-at-trx-commit=1",
    "--innodb-buffer-pool-size=128M",
    "--innodb-log-file-size=96M",
]


@dataclass(frozen=True)
class Behind:
    """How nginx reaches a peer."""

    socket: Path
    keepalive: int = 0  # idle connections of each worker; 0: a connection per request
    params: str = ""  # over those that Tollgate gets
    http: str = ""  # beside the server block


class Ground:
    """Threads: the main one, as servers.py demands."""

    def __init__(self, delay_ms: int = 0) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="tollgate-bench-"))
        self.directory.chmod(0o755)
        self.logs = self.directory / "logs"
        self.downloads = self.directory / "downloads"
        self.link_key = secrets.token_hex(32)
        self._port, self._plain_port, self._gateway_port = Port(), Port(), Port()
        self.port = self._port.number
        self.plain_port = self._plain_port.number
        self.url = self._port.url
        self.gateway_url = self._gateway_port.url
        self.database = Database(
            self.directory / "mariadb", self.logs / "mariadb.log", database_options
        )
        self.gateway = Server(
            "tollgate-bench-gateway",
            [binaries / "bench/tollgate-bench-gateway",
             "--port", str(self._gateway_port.number),
             "--amount", str(amount_fcfa), "--delay-ms", str(delay_ms)],
            self.logs / "gateway.log",
            self._gateway_port.accepts,
        )  # fmt: skip
        self._nginx_options = ["-p", f"{self.directory}/", "-c", "nginx.conf",
                               "-e", str(self.logs / "nginx.log")]  # fmt: skip
        self.nginx = Server(
            "nginx",
            ["nginx", *self._nginx_options],
            self.logs / "nginx.log",
            self._port.accepts,
            dies_by="TERM",  # so that its workers go with it
        )
        self._servers: list[Server] = []

    def __enter__(self) -> "Ground":
        self.logs.mkdir()
        self.downloads.mkdir()
        for name, size in files_bytes.items():
            (self.downloads / name).write_bytes(os.urandom(size))
        try:
            self._servers.append(self.database)
            self.database.create()
            self.database.run_script(root / "sandbox/shop_tables.sql")
        except BaseException:
            self._leave(quietly=True)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        self._leave(quietly=kind is not None)

    def start(self, server: Server) -> Server:
        """Starts a server that ends with the ground, before those that were started earlier."""
        self._servers.append(server)
        server.start()
        return server

    def start_front(self, behind: Behind) -> None:
        """The gateway, and nginx before the peer that listens there."""
        self._write_nginx_configuration(behind)
        self.start(self.gateway)
        self.start(self.nginx)

    def program(
        self,
        name: str,
        command: list[str | Path],
        ready: Callable[[], bool],
        environment: dict[str, str] | None = None,
    ) -> Server:
        """A server with nothing of our own environment but the path."""
        kept = {"PATH": os.environ["PATH"]} | (environment or {})
        return Server(name, command, self.logs / f"{name}.log", ready, environment=kept)

    def _leave(self, quietly: bool) -> None:
        problems = []
        for server in reversed(self._servers):
            try:
                server.stop()
            except StackError as error:
                problems.append(str(error))
        for port in (self._port, self._plain_port, self._gateway_port, self.database.port):
            port.close()
        shutil.rmtree(self.directory, ignore_errors=True)
        if problems and not quietly:
            raise StackError("\n\n".join(problems))

    def _write_nginx_configuration(self, behind: Behind) -> None:
        server = _changed(
            root / "nginx/tollgate.conf",
            (r"listen 80;", f"listen 127.0.0.1:{self.port};"),
            (r" *listen \[::\]:80;\n", ""),
            (r"unix:/run/tollgate/tollgate\.sock", f"unix:{behind.socket}"),
            (r"^ *keepalive \d+;", f"keepalive {behind.keepalive};" if behind.keepalive else ""),
            (r"/var/log/nginx/tollgate\.log", f"{self.logs}/access.log"),
            (r"alias /srv/shop/files/;", f"alias {self.downloads}/;"),
            (r"from=/srv/shop/files;", f"from={self.downloads};"),
        )
        kept = "on" if behind.keepalive else "off"
        params = _changed(
            root / "nginx/fastcgi_tollgate.conf",
            (r"fastcgi_keep_conn on;", f"fastcgi_keep_conn {kept};\n{behind.params}"),
        )
        (self.directory / "fastcgi_tollgate.conf").write_text(params)
        (self.directory / "tollgate.conf").write_text(behind.http + server)
        (self.directory / "nginx.conf").write_text(
            _nginx_main.format(
                user="user root;" if os.getuid() == 0 else "",
                workers=os.cpu_count(),
                plain_port=self.plain_port,
                logs=self.logs,
                downloads=self.downloads,
            )
        )
        checked = subprocess.run(
            ["nginx", "-t", "-q", *self._nginx_options], capture_output=True, text=True
        )
        if checked.returncode != 0:
            raise StackError(f"nginx -t\n{checked.stderr}")


def _changed(file: Path, *changes: tuple[str, str]) -> str:
    """Each expression stands exactly once, or what is measured would not be what is shipped."""
    text = file.read_text()
    for old, new in changes:
        text, count = re.subn(old, new, text, flags=re.MULTILINE)
        if count != 1:
            raise StackError(f"{file}: '{old}' stands there {count} times")
    return text


# As Debian's own nginx.conf where that matters; `plain` serves the files by itself.
_nginx_main = """\
daemon off;
{user}
worker_processes {workers};
pid nginx.pid;
error_log logs/nginx.log;
events {{
    worker_connections 4096;
}}
http {{
    sendfile on;
    tcp_nopush on;
    access_log off;
    client_body_temp_path temporary_body;
    proxy_temp_path temporary_proxy;
    fastcgi_temp_path temporary_fastcgi;
    scgi_temp_path temporary_scgi;
    uwsgi_temp_path temporary_uwsgi;

    include tollgate.conf;

    server {{
        listen 127.0.0.1:{plain_port};
        access_log {logs}/plain.log tollgate;
        root {downloads};
    }}
}}
"""
