"""tollgate.fcgi is killed: at any moment, and at every place that has a name."""

import random
import subprocess
from collections import Counter

from chaos_case import ChaosCase, options

random_kills = 20
hits_per_point = 3
point_timeout_s = 30
late_times_max = 4  # a point is hit when it is reached for the first to the fourth time
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
        with self.notifying(at_once=False) as gateway:
            for point in turns:
                gateway.allow(options.notifications // len(turns))
                self.die_at(point, self.chance)
                reached[point] += 1
        self.assertEqual(reached, dict.fromkeys(points, hits_per_point))
        self.assert_nothing_lost(f", {len(points)} points")

    def points_of_a_notification(self) -> list[str]:
        named = fail_points(str(self.stack.binaries / "fcgi/tollgate.fcgi"))
        if options.points:
            self.assertLessEqual(set(options.points), set(named))
            return options.points
        return [one for one in named if not one.startswith(apart)]

    def die_at(self, point: str, chance: random.Random) -> None:
        """The next life of the process ends there."""
        self.arm(f"{point}:{chance.randint(1, late_times_max)}")
        self.stack.tollgate.kill()
        self.start_tollgate()
        self.disarm()
        before = self.deaths
        self.run_until(
            lambda: self.deaths > before, point_timeout_s, f"death at {point}", passing=True
        )
