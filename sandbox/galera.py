"""A Galera cluster on loopback: every node has its directory, its ports and, while it is joining,
its own door for the state that another one sends it.

    cluster = Cluster(directory, logs)
    cluster.create()
    cluster.nodes[1].kill()
    cluster.nodes[1].start()      # joins again, and is synced
"""

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pymysql.err
from servers import Database, Port, StackError, wait_until

_provider = Path("/usr/lib/galera/libgalera_smm.so")
_start_timeout_s = 90


def missing() -> str:
    """What this computer lacks for a cluster; empty when it lacks nothing."""
    if not _provider.exists():
        return f"{_provider} is not there (package galera-4)"
    for program in ("mariadbd", "wsrep_sst_rsync", "rsync"):
        if not shutil.which(program):
            return f"the program {program} is not there"
    return ""


class Node(Database):
    """One server of a cluster. It is ready when it takes statements and has caught up."""

    def __init__(
        self, directory: Path, log: Path, number: int, gossip: Sequence[Port], options: Sequence[str]
    ) -> None:
        """`gossip` are the ports over which the nodes talk, this one's at `number`."""
        self._increment, self._snapshot = Port(), Port()
        own = gossip[number].number
        peers = ",".join(f"127.0.0.1:{port.number}" for port in gossip)
        provider_options = [
            f"gmcast.listen_addr=tcp://127.0.0.1:{own}",
            f"ist.recv_addr=127.0.0.1:{self._increment.number}",
            "gcache.size=32M",
            # A silent node is given up after 2 s, not 5 s: tests kill many.
            "evs.keepalive_period=PT0.5S",
            "evs.suspect_timeout=PT2S",
            "evs.inactive_timeout=PT5S",
            "evs.install_timeout=PT5S",
        ]
        super().__init__(
            directory,
            log,
            options,
            name=f"node {number + 1}",
            server_options=[
                "--wsrep-on=ON",
                f"--wsrep-provider={_provider}",
                "--wsrep-cluster-name=tollgate",
                f"--wsrep-cluster-address=gcomm://{peers}",
                f"--wsrep-node-name=node{number + 1}",
                f"--wsrep-node-address=127.0.0.1:{own}",
                f"--wsrep-provider-options={';'.join(provider_options)}",
                "--wsrep-sst-method=rsync",
                f"--wsrep-sst-receive-address=127.0.0.1:{self._snapshot.number}",
                "--wsrep-slave-threads=4",
                "--binlog-format=ROW",
                "--log-bin-trust-function-creators=1",  # a shop may have triggers
                "--default-storage-engine=InnoDB",
                "--innodb-autoinc-lock-mode=2",
            ],
        )

    def create_first(self) -> None:
        """Makes the cluster, of this node alone."""
        self._make_directories()
        self._make_data()
        self.start(_start_timeout_s, arguments=["--wsrep-new-cluster"])
        self._make_database()

    def create_next(self) -> None:
        """Joins with an empty directory: another node sends all there is, users too."""
        self._make_directories()
        self.start(_start_timeout_s)

    def rejoin(self) -> None:
        """After a kill or a stop; another node sends what is missing, as little as possible."""
        self.start(_start_timeout_s, arguments=[f"--wsrep-start-position={self._position()}"])

    def query_as_root(self, statement: str) -> list[dict[str, Any]]:
        """A node that has lost the others refuses all statements but SET and SHOW, even COMMIT."""
        changes = {"user": "root", "password": "", "database": None, "init_command": None}
        with self.connect(**changes) as connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())

    def status(self, name: str) -> str:
        """A variable of SHOW GLOBAL STATUS."""
        rows = self.query_as_root(f"SHOW GLOBAL STATUS LIKE '{name}'")
        return rows[0]["Value"] if rows else ""

    def set_provider_option(self, option: str) -> None:
        """Such as `gmcast.isolate=1`, which cuts the node off from the others."""
        self.query_as_root(f"SET GLOBAL wsrep_provider_options = '{option}'")

    def answers(self) -> bool:
        try:
            return (
                self.status("wsrep_ready") == "ON"
                and self.status("wsrep_local_state_comment") == "Synced"
                and self.port.accepts()
            )
        except pymysql.err.MySQLError:
            return False

    def close(self) -> None:
        for port in (self.port, self._increment, self._snapshot):
            port.close()

    def _position(self) -> str:
        """The last transaction in its tables: after a kill only InnoDB knows."""
        done = subprocess.run(
            [*self._command, "--wsrep-recover"],
            capture_output=True,
            text=True,
            timeout=_start_timeout_s,
            **self._identity(),
        )
        found = re.search(r"Recovered position:\s*(\S+:-?\d+)", done.stdout + done.stderr)
        if not found:
            raise StackError(f"{self.name}: no position\n{done.stderr}")
        return found[1]


class Cluster:
    """Nodes that hold the same. Threads: as for every server, the main one starts them."""

    def __init__(self, directory: Path, logs: Path, size: int = 3, options: Sequence[str] = ()):
        """`options` as for a Database."""
        self._gossip = [Port() for _ in range(size)]
        self.nodes = [
            Node(
                directory / f"node{number + 1}",
                logs / f"node{number + 1}.log",
                number,
                self._gossip,
                options,
            )
            for number in range(size)
        ]
        for node in self.nodes:
            node.password = self.nodes[0].password

    def create(self) -> None:
        first, *others = self.nodes
        first.create_first()
        for node in others:
            node.create_next()

    def wait_for_size(self, size: int, timeout_s: float = 60) -> None:
        """All running nodes agree on how many they are."""

        def agreed() -> bool:
            running = [node for node in self.nodes if node.running]
            return all(node.status("wsrep_cluster_size") == str(size) for node in running)

        wait_until(agreed, timeout_s, f"a cluster of {size}", poll_s=0.1)

    def close(self) -> None:
        """Gives back the ports, when all nodes are stopped."""
        for node in self.nodes:
            node.close()
        for port in self._gossip:
            port.close()
