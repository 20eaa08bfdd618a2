"""The store's own tests, at two nodes at the same moment: tests/mysql/cluster_test.cpp."""

import os
import subprocess

from cluster_case import ClusterCase, root

_program = "tests/tollgate_mysql_tests"


class StoresTest(ClusterCase):
    def test_two_stores_do_the_same_at_the_same_moment(self) -> None:
        program = self.stack.binaries / _program
        if not program.exists():
            program = root / "build/dev" / _program
        if not program.exists():
            self.skipTest(f"{_program} is not built")
        first, second, _ = self.nodes
        for statement in (
            "CREATE DATABASE stores CHARACTER SET utf8mb4",
            f"GRANT ALL ON stores.* TO {first.user}@'127.0.0.1'",
        ):
            first.query_as_root(statement)
        done = subprocess.run(
            [program, "--run_test=cluster_test", "--color_output=no"],
            env=os.environ
            | {
                "TOLLGATE_TEST_DATABASE": first.url.rpartition("/")[0] + "/stores",
                "TOLLGATE_TEST_DATABASE_OTHER": f"127.0.0.1:{second.port.number}",
            },
            capture_output=True,
            text=True,
            timeout=300,
        )
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertGreater(self.new_conflicts(), 0)  # or this showed nothing
