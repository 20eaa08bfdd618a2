"""The database dies, hangs, is away, is full, or says the wrong thing at its commit."""

import atexit
import os
import signal
import subprocess
import time
import unittest
from pathlib import Path

from chaos_case import ChaosCase, Notifier, timeout_ms

away_s = 30
kills = 3
# However the database hangs: the time-out of the batch before, one's own, and a busy machine.
answered_within_s = 2 * timeout_ms / 1000 + 1.5
under_way_s = 0.5  # an answer may be on its way while the database goes away
table_full, disk_full, lost_connection = 1114, 1021, 2013


class DatabaseTest(ChaosCase):
    def test_killed_database(self) -> None:
        with self.notifying() as gateway:
            for number in range(1, kills + 1):
                self.after(gateway, number / (kills + 1))
                self.supervise_for(self.chance.uniform(0, 0.1))
                self.stack.database.kill()
                self.stack.database.start()
        self.assert_nothing_lost(f", kills of the database {kills}")
        self.assertEqual(self.deaths, 0)

    def test_everything_killed_at_once(self) -> None:
        with self.notifying() as gateway:
            for number in range(1, kills + 1):
                self.after(gateway, number / (kills + 1))
                self.stack.database.kill()
                self.stack.tollgate.kill()
                self.start_tollgate()  # before the database, as it may be after a power cut
                self.stack.database.start()
        self.assert_nothing_lost(f", kills of both {kills}")

    def test_database_hangs_for_30_s(self) -> None:
        with self.notifying() as gateway:
            self.after(gateway, 0.3)
            self.stack.database.send(signal.SIGSTOP)
            try:
                self.assert_nothing_is_acknowledged(gateway)
            finally:
                self.stack.database.send(signal.SIGCONT)
        self.assert_refused_in_time(gateway)

    def test_database_away_for_30_s(self) -> None:
        with self.notifying() as gateway:
            self.after(gateway, 0.3)
            self.stack.database.kill()
            self.assert_nothing_is_acknowledged(gateway)
            self.stack.database.start()
        self.assert_refused_in_time(gateway)

    def assert_nothing_is_acknowledged(self, gateway: Notifier) -> None:
        """For as long as the database is away."""
        begin = time.monotonic() + under_way_s
        self.supervise_for(away_s)
        self.assertEqual(gateway.acknowledged_between(begin, time.monotonic()), 0)

    def assert_refused_in_time(self, gateway: Notifier) -> None:
        self.assertGreater(gateway.answers["503"], 0)
        self.assertLess(gateway.slowest_s, answered_within_s)
        note = f", refused {gateway.answers['503']}, slowest answer {gateway.slowest_s:.1f} s"
        self.assert_nothing_lost(note)
        self.assertEqual(self.deaths, 0)


class FailingStatementsTest(ChaosCase):
    """The errors of a full disk, and of a connection that is lost at the commit, as the database
    says them; for so many statements in a row, one out of three phases each."""

    def fail_with(self, point: str, code: int, times: int) -> int:
        """How many notifications were refused."""
        with self.notifying(at_once=False) as gateway:
            for first in (1, 100, 300):
                gateway.allow(self.notifications // 3)
                self.arm(f"{point}:{first}-{first + times}={code}")
                self.restart_tollgate()
                self.run_until(lambda: gateway.at_rest, 120, "acknowledgements", passing=True)
        self.disarm()
        self.restart_tollgate()  # few commits are left to come: the failing ones might never end
        self.assert_nothing_lost(f", refused {gateway.answers['503']}")
        self.assertEqual(self.deaths, 0)
        return gateway.answers["503"]

    def test_no_room_for_a_row(self) -> None:
        self.assertGreater(self.fail_with("database.write", table_full, 1_000), 0)

    def test_no_room_at_the_commit(self) -> None:
        self.assertGreater(self.fail_with("database.before_commit", disk_full, 500), 0)

    def test_the_answer_to_a_commit_is_lost(self) -> None:
        self.fail_with("database.after_commit", lost_connection, 500)


class FullDiskTest(ChaosCase):
    """The database's files lie on a small disk of their own, which becomes full."""

    megabytes = 512
    database_options = ("--innodb-log-file-size=16M",)
    left_bytes = 1 << 20
    full_s = 8

    @classmethod
    def prepare_stack(cls) -> None:
        disk = cls.stack.directory / "mariadb"
        disk.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={cls.megabytes}m", "tollgate-test", disk]
        if subprocess.run(mount, capture_output=True).returncode != 0:
            cls.stack.stop()
            raise unittest.SkipTest("a disk of its own cannot be mounted here")
        unmount = ["umount", "--lazy", "--quiet", disk]
        atexit.register(subprocess.run, unmount, capture_output=True)  # however we end
        cls.addClassCleanup(subprocess.run, unmount, check=True)
        cls.addClassCleanup(cls.stack.database.stop)

    def free_bytes(self, disk: Path) -> int:
        room = os.statvfs(disk)
        return room.f_bavail * room.f_frsize

    def test_full_disk(self) -> None:
        disk = self.stack.directory / "mariadb"
        filler = disk / "filler"
        with self.notifying() as gateway:
            self.after(gateway, 0.2)
            with filler.open("wb", buffering=0) as file:
                while self.free_bytes(disk) > self.left_bytes:
                    file.write(bytes(self.left_bytes // 2))
            self.supervise_for(self.full_s)
            refused = gateway.answers["503"]
            filler.unlink()
        self.assertGreater(refused, 0, "the disk was not full")
        self.assert_nothing_lost(f", refused {refused}")


