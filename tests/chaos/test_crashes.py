"""tollgate.fcgi is killed: at any moment, and at every place that has a name."""

import subprocess
import time
from collections import Counter

from chaos_case import ChaosCase, options

random_kills = 20
hits_per_point = 3
point_timeout_s = 30
cron_lasts_max_s = 1.5
late_times_max = 4  # a point is hit when it is reached for the first to the fourth time...
notifications_per_time = 100  # ...for which so many notifications are enough
apart = ("open.", "refund.")  # no notification leads there


def fail_points(program: str) -> list[str]:
    """All that are compiled in."""
    done = subprocess.run([program, "--fail-points"], capture_output=True, text=True, check=True)
    return [line.split()[0] for line in done.stdout.splitlines()]


class CrashTest(ChaosCase):
    def test_killed_at_random_moments(self) -> None:
        with self.notifying() as gateway:
            for share in sorted(self.chance.random() for _ in range(random_kills)):
                self.after(gateway, share)
                self.supervise_for(self.chance.uniform(0, 0.05))
                self.stack.tollgate.kill()
                self.keep_running()
        self.assert_nothing_lost()

    def test_killed_at_every_fail_point(self) -> None:
        """Each is hit several times, while its share of the notifications arrives."""
        points = self.points_of_a_notification()
        turns = points * hits_per_point
        self.chance.shuffle(turns)
        reached: Counter[str] = Counter()
        share = self.notifications // len(turns)
        late_times = max(1, min(late_times_max, share // notifications_per_time))
        with self.notifying(at_once=False) as gateway:
            for point in turns:
                gateway.allow(share)
                self.die_at(f"{point}:{self.chance.randint(1, late_times)}")
                reached[point] += 1
        self.assertEqual(reached, dict.fromkeys(points, hits_per_point))
        self.assert_nothing_lost(f", {len(points)} points")

    def test_cron_settles_beside_the_daemon(self) -> None:
        """Two processes ask about the same payments and settle them at the same moment; cron's is
        killed now and then."""
        command = [self.stack.binaries / "cli/tollgate", "reconcile", "--once"]
        kills = 0
        with self.notifying() as gateway:
            while gateway.is_alive():
                self.ledger.let_time_pass()
                cron = subprocess.Popen(
                    command, env=self.stack.tollgate.environment, stderr=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                )  # fmt: skip
                until = time.monotonic() + self.chance.uniform(0.1, cron_lasts_max_s)
                self.run_until(
                    lambda: cron.poll() is not None or time.monotonic() > until, 60, "cron"
                )
                kills += cron.poll() is None
                cron.kill()
                cron.wait()
        self.assert_nothing_lost(f", kills of cron {kills}")

    def points_of_a_notification(self) -> list[str]:
        named = fail_points(str(self.stack.binaries / "fcgi/tollgate.fcgi"))
        if options.points:
            self.assertLessEqual(set(options.points), set(named))
            return options.points
        return [one for one in named if not one.startswith(apart)]

    def die_at(self, point: str) -> None:
        """The next life of the process ends there."""
        self.arm(point)
        self.stack.tollgate.kill()
        self.start_tollgate()
        self.disarm()
        before = self.deaths
        self.run_until(
            lambda: self.deaths > before, point_timeout_s, f"death at {point}", passing=True
        )
