"""Runs tollgate-load against a peer."""

import json
import subprocess
from collections.abc import Sequence
from typing import Any

from ground import Ground, amount_fcfa, binaries, secret, site_id


class Wrong(Exception):
    """A peer did not do what it was measured for."""


class Load:
    def __init__(self, ground: Ground, connections: int) -> None:
        self._ground = ground
        self._connections = connections

    def notify(self, references: Sequence[str], *options: str) -> dict[str, Any]:
        return self._run(self._ground.port, "--notify", references, "--secret", secret,
                         "--site-id", site_id, "--amount", str(amount_fcfa),
                         *options)  # fmt: skip

    def get(self, paths: Sequence[str], *options: str) -> dict[str, Any]:
        return self._run(self._ground.port, "--get", paths, *options)

    def get_plain(self, paths: Sequence[str]) -> dict[str, Any]:
        """From nginx alone."""
        return self._run(self._ground.plain_port, "--get", paths)

    def _run(self, port: int, kind: str, lines: Sequence[str], *options: str) -> dict[str, Any]:
        file = self._ground.directory / "requests.txt"
        file.write_text("\n".join(lines) + "\n")
        done = subprocess.run(
            [binaries / "bench/tollgate-load", "--port", str(port), kind, file,
             "--connections", str(self._connections), "--seconds-max", "600", *options],
            capture_output=True,
            text=True,
            timeout=660,
        )  # fmt: skip
        if done.returncode != 0:
            raise Wrong(done.stderr)
        return json.loads(done.stdout)


def expect_only(result: dict[str, Any], status: int, count: int) -> None:
    if result["status"] != {str(status): count}:
        raise Wrong(f"expected {count} answers {status}: {result}")
