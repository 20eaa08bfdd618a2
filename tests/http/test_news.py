"""What a page that waits asks, and how few requests may be held."""

import time
from concurrent.futures import Future, ThreadPoolExecutor, TimeoutError
from typing import Any
from urllib.parse import urlencode

from case import Case, Payment, browser

held_at_least_s = 2.0  # far from both: at once, and the five seconds that a request is held
hold_max_s = 5.0


class NewsTest(Case):
    settings: Any = {"server": {"threads": 8}, "check": {"timeout_ms": 1500, "return_wait_ms": 500}}

    def setUp(self) -> None:
        super().setUp()
        self.threads = ThreadPoolExecutor(8)
        self.addCleanup(self.threads.shutdown)

    def news(self, payment: Payment, seen: str = "pending", **more: str) -> browser.Answer:
        token = payment.return_url.partition("t=")[2]
        query = urlencode({"t": token, "seen": seen} | more)
        return browser.request(
            "GET", f"{self.stack.url}/pay/news?{query}", headers={"accept-language": "en"}
        )

    def later(self, payment: Payment) -> Future[tuple[browser.Answer, float]]:
        """The answer and how long it took."""

        def ask() -> tuple[browser.Answer, float]:
            began = time.monotonic()
            return self.news(payment), time.monotonic() - began

        return self.threads.submit(ask)

    def assert_held(self, waiting: Future[tuple[browser.Answer, float]]) -> None:
        with self.assertRaises(TimeoutError):
            waiting.result(1)


class LongPollTest(NewsTest):
    def test_held_until_there_is_news(self) -> None:
        payment = self.buy()
        self.news(payment, seen="")  # asks the gateway, so that it is not asked while we wait
        waiting = self.later(payment)
        self.assert_held(waiting)
        self.decide(payment, "approve")
        answer, _ = waiting.result()
        self.assertEqual(answer.json(), {"changed": True, "title": "Payment received"})
        self.assertEqual(answer.headers["content-type"], "application/json")
        self.assertEqual(answer.headers["cache-control"], "no-store")

    def test_held_for_a_few_seconds_only(self) -> None:
        answer, took_s = self.later(self.buy()).result()
        self.assertEqual(answer.json(), {"changed": False, "again_ms": 200})
        self.assertGreater(took_s, held_at_least_s)
        self.assertLess(took_s, hold_max_s + 5)

    def test_what_another_process_settled_is_seen_in_the_end(self) -> None:
        payment = self.buy()
        waiting = self.later(payment)
        self.behave(notify="never")
        self.decide(payment, "approve")
        self.make_due(payment)
        self.stack.command("reconcile", "--once")
        answer, _ = waiting.result()
        self.assertTrue(answer.json()["changed"])

    def test_a_crowd_holds_a_quarter_of_the_threads(self) -> None:
        payments = [self.buy() for _ in range(6)]
        began = time.monotonic()
        waiting = [self.later(payment) for payment in payments]
        self.wait_until(lambda: sum(one.done() for one in waiting) == 4)
        page = self.return_page(self.buy())
        self.assertIn("Being confirmed", page.text)
        self.assertLess(time.monotonic() - began, hold_max_s)
        results = [one.result() for one in waiting]
        at_once = [answer.json() for answer, took_s in results if took_s < held_at_least_s]
        self.assertEqual(at_once, [{"changed": False, "again_ms": 5000}] * 4)

    def test_one_page_asks_the_gateway_no_more_than_it_may(self) -> None:
        payment = self.buy()
        for _ in range(2):
            self.later(payment).result()
        self.assertLessEqual(self.times_asked(payment), 3)

    def test_news_at_once(self) -> None:
        payment = self.buy()
        self.decide(payment, "approve")
        self.wait_for_status(payment, "paid")
        answer = self.news(payment, lang="sw")
        self.assertEqual(answer.json(), {"changed": True, "title": "Malipo yamepokelewa"})
        self.assertTrue(self.news(payment, seen="paid").json()["changed"])

    def test_only_our_token(self) -> None:
        payment = self.buy()
        for query in ("", "t=", "t=x", f"t={payment.reference}", f"t={payment.id}", "t=%zz"):
            with self.subTest(query):
                answer = browser.request("GET", f"{self.stack.url}/pay/news?{query}")
                self.assertEqual((answer.status, answer.json()), (404, {"changed": False}))
        self.assertEqual(browser.request("POST", f"{self.stack.url}/pay/news").status, 405)

    def test_a_stop_waits_for_nobody(self) -> None:
        payment = self.buy()
        self.news(payment, seen="")
        waiting = self.later(payment)
        self.assert_held(waiting)
        began = time.monotonic()
        self.stack.tollgate.stop()
        self.addCleanup(lambda: self.stack.tollgate.running or self.stack.tollgate.start())
        stopped_s = time.monotonic() - began
        answer, _ = waiting.result()
        self.assertEqual(answer.json()["changed"], False)
        self.assertLess(stopped_s, 3)
        self.stack.tollgate.start()


class OneThreadTest(NewsTest):
    """A process that serves one request at a time holds none."""

    settings = {"server": {"threads": 1}, "check": {"timeout_ms": 1500, "return_wait_ms": 500}}

    def test_answered_at_once_and_the_gateway_is_asked(self) -> None:
        payment = self.buy()
        self.decide(payment, "approve", notify="never")
        answer, took_s = self.later(payment).result()
        self.assertEqual(answer.json(), {"changed": False, "again_ms": 5000})
        self.assertLess(took_s, held_at_least_s)
        self.wait_until(lambda: self.news(payment).json()["changed"])


del NewsTest
