"""What nobody can be faster than on a machine: nginx with a program that only echoes, and rows
that are only written.
"""

import json
import subprocess
from collections.abc import Sequence
from typing import Any

import peers.tollgate
from ground import Behind, Ground, binaries
from peers import Peer
from servers import Server, StackError


class Echo(Peer):
    name = "echo"

    def start(self) -> None:
        socket = self.ground.directory / "echo.sock"
        self.ground.start_front(Behind(socket, peers.tollgate.keepalive))
        self._server = self.ground.start(
            self.ground.program(
                "echo",
                [binaries / "bench/tollgate-bench-echo", socket, str(peers.tollgate.threads)],
                socket.exists,
            )
        )

    @property
    def server(self) -> Server:
        return self._server

    def pids(self) -> Sequence[int]:
        return [self._server.pid]


def innodb_rows(ground: Ground, count: int) -> dict[str, Any]:
    """Commits of 64 rows, without anybody else."""
    database = ground.database
    done = subprocess.run(
        [binaries / "bench/tollgate-bench-innodb", "--socket", database.socket,
         "--name", database.name_of_database, "--user", database.user,
         "--password", database.password, "--rows", str(count)],
        capture_output=True,
        text=True,
        timeout=300,
    )  # fmt: skip
    if done.returncode != 0:
        raise StackError(done.stderr)
    return json.loads(done.stdout)
