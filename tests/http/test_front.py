"""What happens between nginx and the core under many connections and under a flood."""

import math
import re
import time
from concurrent.futures import ThreadPoolExecutor

from case import Case, browser


class FrontTest(Case):
    settings = {"server": {"threads": 2}}

    def test_connections_that_nginx_keeps_hold_no_thread(self) -> None:
        page = self.buy().return_url
        with ThreadPoolExecutor(24) as clients:
            answers = list(clients.map(lambda _: browser.request("GET", page), range(240)))
        self.assertEqual({answer.status for answer in answers}, {200})
        # A worker that has no connection of its own yet is not kept out by the others'.
        for _ in range(10):
            self.assertEqual(browser.request("GET", f"{self.stack.url}/readyz").status, 200)

    def test_a_flood_of_forged_notifications_does_not_fill_the_log(self) -> None:
        payment = self.buy()
        fields = self.fields_of(payment)
        before = len(self.stack.tollgate.log_text())
        begin = time.monotonic()
        with ThreadPoolExecutor(8) as strangers:
            answers = list(
                strangers.map(lambda _: self.post_notification(fields, "0" * 64), range(200))
            )
        seconds = math.ceil(time.monotonic() - begin) + 1
        self.assertEqual({answer.status for answer in answers}, {401})
        time.sleep(1)  # the next second has lines again
        self.post_notification(fields, "0" * 64)
        log = self.stack.tollgate.log_text()[before:]
        left_out = [int(text) for text in re.findall(r"event=notify.rejected .*left_out=(\d+)", log)]
        self.assertEqual(len(left_out) + sum(left_out), 201)
        self.assertLessEqual(len(left_out), 10 * seconds + 1)


del Case
