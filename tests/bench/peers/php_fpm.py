"""The same edge in PHP, behind PHP-FPM: tests/bench/peers/php."""

import os
import shutil
import socket
from collections.abc import Sequence
from pathlib import Path

import peers.tollgate
from ground import Behind, Ground, api_key, root, secret, site_id, uses_max
from peers import Peer
from processes import with_children
from servers import Server

source = Path(__file__).resolve().parent / "php"
fpm = "/usr/sbin/php-fpm8.2"
slow_seconds = 10  # how long the load lasts when each child waits for the gateway


class Php(Peer):
    name = "php"

    def __init__(self, ground: Ground, children: int = 8) -> None:
        super().__init__(ground)
        self._children = children
        self._directory = ground.directory / "php"
        self._socket = ground.directory / "php.sock"

    def start(self) -> None:
        peers.tollgate.configure(self.ground)  # the tables are the same
        self._install()
        http = (source / "nginx.conf").read_text().replace("@directory@", str(self._directory))
        params = "fastcgi_param SCRIPT_FILENAME $php_entry;\n"
        # A child serves one connection at a time: what nginx kept would hold it.
        self.ground.start_front(Behind(self._socket, params=params, http=http))
        as_root = ["--allow-to-run-as-root"] if os.getuid() == 0 else []
        self._server = self.ground.start(
            self.ground.program(
                "php-fpm",
                [fpm, "--nodaemonize", *as_root, "-c", self._directory / "php.ini",
                 "--fpm-config", self._directory / "fpm.conf"],
                self._accepts,
                {"PHP_INI_SCAN_DIR": ""},
            )
        )  # fmt: skip

    @property
    def server(self) -> Server:
        return self._server

    def pids(self) -> Sequence[int]:
        return with_children(self._server.pid)

    def slow_notifications(self, count: int, delay_ms: int) -> int:
        return min(count, self._children * slow_seconds * 1000 // delay_ms)

    def _install(self) -> None:
        self._directory.mkdir()
        for file in (*source.glob("*.php"), source / "php.ini"):
            shutil.copy(file, self._directory)
        (self._directory / "settings.php").write_text(self._settings())
        account = "user = www-data\ngroup = www-data" if os.getuid() == 0 else ""
        pool = (source / "fpm.conf").read_text().format(
            logs=self.ground.logs, account=account, socket=self._socket, children=self._children
        )  # fmt: skip
        (self._directory / "fpm.conf").write_text(pool)

    def _settings(self) -> str:
        database = self.ground.database
        settings = {
            "DATABASE_SOCKET": str(database.socket),
            "DATABASE_NAME": database.name_of_database,
            "DATABASE_USER": database.user,
            "DATABASE_PASSWORD": database.password,
            "GATEWAY_ADDRESS": self.ground.gateway_url.replace("http:", "tcp:"),
            "GATEWAY_API_KEY": api_key,
            "GATEWAY_SITE_ID": site_id,
            "GATEWAY_SECRET": secret,
            "LINK_KEY": self.ground.link_key,
            "PUBLIC_URL": self.ground.url,
            "SHOP_NAME": "Tollgate demo",
            "SHOP_URL": "https://shop.example/",
            "USES_MAX": uses_max,
            "STYLE": (root / "fcgi/pages/page.css").read_text(),
        }
        lines = [f"const {name} = {_php(value)};" for name, value in settings.items()]
        return "<?php\n" + "\n".join(lines) + "\n"

    def _accepts(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self._socket)) == 0


def _php(value: str | int) -> str:
    if isinstance(value, int):
        return str(value)
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
