"""Shops that run in a process of their own: a Django store, and a page of plain PHP."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from case import browser
from servers import Port, Server
from stack import Stack

shops = Path(__file__).resolve().parents[1] / "shops"


class ShopProcess:
    """A web server of a shop on loopback. `command` is given its address as its last argument."""

    def __init__(
        self,
        stack: Stack,
        name: str,
        command: list[str],
        directory: Path,
        environment: Mapping[str, str],
    ) -> None:
        self.port = Port()
        self.url = self.port.url
        self._environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"} | dict(environment)
        self._directory = directory
        self.server = Server(
            name,
            ["env", f"--chdir={directory}", *command, f"127.0.0.1:{self.port.number}"],
            stack.logs / f"{name}.log",
            lambda: self.port.accepts() and browser.request("GET", self.url).status == 200,
            environment=self._environment,
            dies_by="TERM",
        )

    def run(self, *command: str) -> str:
        """Runs a command of the shop to its end."""
        done = subprocess.run(
            command,
            cwd=self._directory,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def stop(self) -> None:
        self.server.kill()
        self.port.close()


def django_store(stack: Stack, checkout_secret: str) -> ShopProcess:
    database = stack.database
    return ShopProcess(
        stack,
        "django",
        ["/usr/bin/python3", "-W", "ignore", "manage.py", "runserver", "--noreload"],
        shops / "django_store",
        {
            "STORE_SECRET_KEY": "of-the-tests",
            "STORE_DATABASE_NAME": database.name_of_database,
            "STORE_DATABASE_USER": database.user,
            "STORE_DATABASE_PASSWORD": database.password,
            "STORE_DATABASE_SOCKET": str(database.socket),
            "STORE_TOLLGATE_URL": stack.url,
            "STORE_TOLLGATE_CHECKOUT_SECRET": checkout_secret,
        },
    )


def plain_php(stack: Stack, directory: Path, checkout_secret: str) -> ShopProcess:
    return ShopProcess(
        stack,
        "php",
        ["php", "-n", "-t", str(directory), "-S"],
        directory,
        {"PLAIN_TOLLGATE_URL": stack.url, "PLAIN_CHECKOUT_SECRET": checkout_secret},
    )
