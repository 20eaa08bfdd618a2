"""Tollgate as it is shipped, but for the number of threads and of connections that nginx keeps."""

import json
import os
import subprocess
from collections.abc import Sequence
from typing import Any

import browser
from ground import Behind, Ground, api_key, binaries, secret, site_id, uses_max
from peers import Peer
from servers import Server, StackError

threads = 128
# All connections that nginx keeps must leave threads for others: docs/operating.md.
keepalive = threads * 3 // 4 // (os.cpu_count() or 1)
checks_in_flight = 512


def configure(ground: Ground, changes: Sequence[str] = ()) -> None:
    """Writes tollgate.toml, with `changes` such as check.in_flight_max=64, and makes the tables."""
    sections = _sections(ground)
    for change in changes:
        name, _, value = change.partition("=")
        section, _, key = name.rpartition(".")
        sections.setdefault(section, {})[key] = int(value) if value.isdigit() else value
    lines = []
    for name, settings in sections.items():
        # A TOML value of these types is spelled as in JSON.
        lines += [f"[{name}]", *(f"{key} = {json.dumps(settings[key])}" for key in settings)]
    file = ground.directory / "tollgate.toml"
    file.touch(mode=0o600)
    file.write_text("\n".join(lines) + "\n")
    done = subprocess.run(
        [binaries / "cli/tollgate", "migrate"],
        env=environment(ground),
        capture_output=True,
        text=True,
        timeout=120,
    )
    if done.returncode != 0:
        raise StackError(f"tollgate migrate\n{done.stdout}{done.stderr}")


def environment(ground: Ground) -> dict[str, str]:
    return {"TOLLGATE_CONFIG": str(ground.directory / "tollgate.toml")}


def _sections(ground: Ground) -> dict[str, dict[str, Any]]:
    return {
        "server": {
            "public_url": ground.url,
            "listen": str(ground.directory / "tollgate.sock"),
            "key": ground.link_key,
            "threads": threads,
        },
        "database": {
            "socket": str(ground.database.socket),
            "name": ground.database.name_of_database,
            "user": ground.database.user,
            "password": ground.database.password,
        },
        "shop": {
            "name": "Tollgate demo",
            "url": "https://shop.example/",
            "profile": "django_store",
        },
        "downloads": {
            "directory": str(ground.downloads),
            "delivery": "x-accel",
            "uses_max": uses_max,
        },
        "check": {"in_flight_max": checks_in_flight},
        "gateway.cinetpay": {
            "api_key": api_key,
            "site_id": site_id,
            "secret": secret,
            "api_url": ground.gateway_url,
        },
    }


class Tollgate(Peer):
    name = "tollgate"

    def __init__(self, ground: Ground, settings: Sequence[str] = ()) -> None:
        super().__init__(ground)
        self._settings = settings

    def start(self) -> None:
        configure(self.ground, self._settings)
        self.ground.start_front(Behind(self.ground.directory / "tollgate.sock", keepalive))
        self._server = self.ground.start(
            self.ground.program(
                "tollgate.fcgi", [binaries / "fcgi/tollgate.fcgi"], self.healthy,
                environment(self.ground),
            )
        )  # fmt: skip

    def healthy(self) -> bool:
        return browser.request("GET", f"{self.ground.url}/healthz").status == 200

    @property
    def server(self) -> Server:
        return self._server

    def pids(self) -> Sequence[int]:
        return [self._server.pid]
