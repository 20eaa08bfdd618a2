"""What the storefront is told: every change once or more, in order, signed, whatever happens."""

import json
import re
import shutil
import statistics
import subprocess
import unittest
from collections.abc import Callable, Sequence
from datetime import timezone
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from case import Case, Payment

from receiver import Delivery, Receiver

receiver = Receiver()
secret = "whsec_bmV3IHNlY3JldCBvZiB0aGUgdGVzdHMsIDMyIGJ5dGU="
previous_secret = "whsec_b2xkIHNlY3JldCBvZiB0aGUgdGVzdHMsIDMyIGJ5dGU="
wrong_secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

# The first wait of the schedule, with its tenth and the sender's look at the table.
first_retry_s = 30


def tearDownModule() -> None:
    receiver.close()


class EventCase(Case):
    gateways = ("cinetpay", "cash_on_delivery")
    settings = {
        "events": {
            "url": receiver.url,
            "secret": secret,
            "previous_secret": previous_secret,
            "timeout_ms": 1500,
            "in_flight_max": 4,
        }
    }

    def setUp(self) -> None:
        super().setUp()
        receiver.reset()

    def buy(self, amount: int = 1500, /, **changes: Any) -> Payment:
        return super().buy(amount, **({"gateway": "cinetpay"} | changes))

    def told(self, payment: Payment) -> list[Delivery]:
        """What came about the payment, in the order of arrival."""
        return [one for one in receiver.deliveries() if one.json()["data"]["id"] == payment.id]

    def wait_for_events(self, payment: Payment, count: int) -> list[Delivery]:
        self.wait_until(lambda: len(self.told(payment)) >= count, first_retry_s)
        return self.told(payment)

    def rows(self, payment: Payment) -> list[dict[str, Any]]:
        return self.stack.database.query(
            "SELECT * FROM tollgate_outbox WHERE payment_id = %s ORDER BY number",
            UUID(payment.id).bytes,
        )

    def wait_for_rows(
        self, payment: Payment, condition: Callable[[list[dict[str, Any]]], bool]
    ) -> list[dict[str, Any]]:
        self.wait_until(lambda: condition(self.rows(payment)), first_retry_s)
        return self.rows(payment)

    def wait_until_delivered(self, payment: Payment, count: int = 1) -> list[dict[str, Any]]:
        return self.wait_for_rows(
            payment,
            lambda rows: [bool(row["delivered_at"]) for row in rows] == [True] * count,
        )

    def pass_time(self, payment: Payment) -> None:
        """Leases end, and what is to be tried again is due."""
        self.stack.database.query(
            "UPDATE tollgate_outbox SET next_attempt_at = '2026-01-01',"
            " lease_until = IF(lease_until IS NULL, NULL, '2026-01-01')"
            " WHERE payment_id = %s AND next_attempt_at IS NOT NULL",
            UUID(payment.id).bytes,
        )

    def approve(self) -> Payment:
        payment = self.buy()
        self.decide(payment, "approve")
        self.wait_for_status(payment, "paid")
        return payment

    def types(self, deliveries: list[Delivery]) -> list[str]:
        return [one.json()["type"].removeprefix("payment.") for one in deliveries]


class Telling(EventCase):
    def test_a_change_is_told_once_and_signed(self) -> None:
        payment = self.buy()
        self.decide(payment, "approve", notify="twice")
        self.wait_for_status(payment, "paid")
        [row] = self.wait_until_delivered(payment)
        [event] = self.told(payment)
        self.assertEqual(event.body, row["payload"])
        self.assertEqual(event.id, str(UUID(bytes=row["id"])))
        self.assertEqual(event.headers["content-type"], "application/json")
        self.assertTrue(event.is_signed_with(secret))
        self.assertLess(abs(event.at - int(event.headers["webhook-timestamp"])), 5)
        [change] = self.stack.database.query(
            "SELECT number, to_status FROM tollgate_events WHERE id = %s", row["id"]
        )
        self.assertEqual(change, {"number": event.json()["number"], "to_status": "paid"})

    def test_the_payload_is_the_payment_of_the_api_without_the_customers_addresses(self) -> None:
        payment = self.approve()
        [event] = self.wait_for_events(payment, 1)
        api = self.stack.api("GET", f"/api/v1/payments/{payment.id}/").json()["data"]
        self.assertEqual((api.pop("payment_url"), api.pop("return_url")),
                         (payment.payment_url, payment.return_url))  # fmt: skip
        told = event.json()
        self.assertEqual(told["data"], api)
        self.assertEqual((told["type"], told["timestamp"]), ("payment.paid", api["paid_at"]))
        self.assertNotIn("return/", event.body.decode())

    def test_both_secrets_sign_while_one_follows_the_other(self) -> None:
        payment = self.approve()
        [event] = self.wait_for_events(payment, 1)
        self.assertEqual(len(event.headers["webhook-signature"].split(" ")), 2)
        for one, good in ((secret, True), (previous_secret, True), (wrong_secret, False)):
            self.assertEqual(event.is_signed_with(one), good)

    def test_what_an_operator_says_is_told(self) -> None:
        payment = self.buy(1500, gateway="cash_on_delivery")
        for amount in ("1000", "1500"):
            self.stack.command("confirm", payment.id, "--paid", "--amount", amount)
        events = self.wait_for_events(payment, 2)
        self.assertEqual(self.types(events), ["review", "paid"])
        self.assertEqual(events[0].json()["data"]["attention"], "underpaid")
        cancelled = self.buy(1500, gateway="cash_on_delivery")
        self.stack.command("confirm", cancelled.id, "--cancelled")
        self.assertEqual(self.types(self.wait_for_events(cancelled, 1)), ["cancelled"])

    def test_an_event_arrives_at_once(self) -> None:
        waits = []
        for _ in range(5):
            payment = self.approve()
            [row] = self.wait_until_delivered(payment)
            [event] = self.told(payment)
            waits.append(event.at - row["created_at"].replace(tzinfo=timezone.utc).timestamp())
        # Found by looking at the table every two seconds it would be a whole one.
        self.assertLess(statistics.median(waits), 0.8)

    def test_cron_alone_tells_too(self) -> None:
        payment = self.buy()
        self.decide(payment, "approve", notify="never")
        self.stack.tollgate.stop()
        self.addCleanup(lambda: self.stack.tollgate.running or self.stack.tollgate.start())
        self.make_due(payment)
        done = self.stack.command("reconcile", "--once")
        self.assertRegex(done.stdout, r"^asked about [1-9]\d*\ndelivered [1-9]\d*\n$")
        self.assertEqual(self.types(self.told(payment)), ["paid"])
        again = self.stack.command("reconcile", "--once")
        self.assertTrue(again.stdout.endswith("delivered 0\n"), again.stdout)


class Failing(EventCase):
    def test_later_events_of_a_payment_wait_for_the_earlier_ones(self) -> None:
        receiver.behave("500", times=1)
        payment = self.buy()
        self.decide(payment, "decline")
        self.wait_for_events(payment, 1)
        paying = self.approve()  # of another one, which does not wait
        self.decide(payment, "approve")
        self.wait_for_status(payment, "paid")
        self.assertEqual(self.types(self.wait_for_events(paying, 1)), ["paid"])
        self.assertEqual(self.types(self.told(payment)), ["failed"])
        events = self.wait_for_events(payment, 3)
        self.assertEqual(self.types(events), ["failed", "failed", "paid"])
        first, again, last = events
        self.assertEqual((first.id, first.body), (again.id, again.body))
        self.assertGreaterEqual(again.at - first.at, 5)
        self.assertTrue(again.is_signed_with(secret))
        self.assertLess(again.json()["number"], last.json()["number"])
        self.wait_until_delivered(payment, 2)

    def test_a_storefront_that_is_down_delays_no_settlement_and_hears_later(self) -> None:
        receiver.down()
        payments = [self.approve() for _ in range(3)]
        for payment in payments:
            self.assert_paid_once(payment)
            [row] = self.wait_for_rows(payment, lambda rows: rows[0]["attempts"] > 0)
            self.assertEqual((row["last_error"], row["delivered_at"]), ("connection", None))
        receiver.up()
        for payment in payments:
            self.assertEqual(self.types(self.wait_for_events(payment, 1)), ["paid"])
            self.wait_until_delivered(payment)

    def test_a_storefront_that_hangs_delays_no_settlement(self) -> None:
        receiver.behave("hang")
        payments = [self.approve() for _ in range(8)]  # more than are sent at once
        for payment in payments:
            self.assert_paid_once(payment)
        [row] = self.wait_for_rows(payments[0], lambda rows: rows[0]["attempts"] > 0)
        self.assertEqual(row["last_error"], "timeout")
        receiver.behave("ok")
        for payment in payments:
            self.pass_time(payment)
            self.wait_until_delivered(payment)

    def test_an_answer_that_gets_lost_is_followed_by_the_same_event(self) -> None:
        receiver.behave("lose", times=2)  # a kept connection that ends is tried again at once
        payment = self.approve()
        self.wait_until_delivered(payment)
        events = self.told(payment)
        self.assertGreater(len(events), 1)
        self.assertEqual(len({(one.id, one.body) for one in events}), 1)

    def test_killed_between_the_delivery_and_its_note(self) -> None:
        receiver.behave("hang")
        payment = self.approve()
        self.wait_for_events(payment, 1)
        self.stack.tollgate.kill()
        receiver.behave("ok")
        self.stack.tollgate.start()
        self.assertIsNone(self.rows(payment)[0]["delivered_at"])
        self.assertEqual(len(self.told(payment)), 1)  # its lease lasts
        self.pass_time(payment)
        first, again = self.wait_for_events(payment, 2)
        self.assertEqual((first.id, first.body), (again.id, again.body))
        self.wait_until_delivered(payment)
        self.assert_paid_once(payment)

    def test_a_storefront_may_ask_for_time(self) -> None:
        receiver.behave("503", times=1, retry_after="3600")
        payment = self.approve()
        [row] = self.wait_for_rows(payment, lambda rows: rows[0]["attempts"] > 0)
        wait = row["next_attempt_at"] - row["created_at"]
        self.assertTrue(3590 < wait.total_seconds() < 4000, wait)
        self.pass_time(payment)
        self.wait_until_delivered(payment)


class Parked(EventCase):
    def list(self, *options: str) -> list[dict[str, Any]]:
        return json.loads(self.stack.command("events", "list", "--json", *options).stdout)

    def replay(self, *what: str, expect: int = 0) -> str:
        done = self.stack.command("events", "replay", *what, expect=expect)
        return done.stdout + done.stderr

    def park(self) -> Payment:
        """One whose event the storefront did not want."""
        receiver.behave("410", times=1)
        payment = self.approve()
        self.wait_for_rows(payment, lambda rows: rows[0]["parked_at"] is not None)
        return payment

    def test_parked_listed_and_replayed(self) -> None:
        payment = self.park()
        [listed] = [one for one in self.list("--parked") if one["reference"] == payment.reference]
        [first] = self.told(payment)
        self.assertEqual(listed["id"], first.id)
        self.assertEqual((listed["state"], listed["attempts"], listed["last_error"]),
                         ("parked", 1, "status 410"))  # fmt: skip
        self.assertIn(f"level=error event=event.parked event_id={first.id}",
                      self.stack.tollgate.log_text())  # fmt: skip
        plain = self.stack.command("events", "list", "--payment", payment.reference).stdout
        self.assertIn(f"{first.id} ", plain)
        self.assertIn(" parked, attempts 1 (status 410)\n", plain)
        self.assertRegex(self.replay("--parked"), r"^[1-9]\d* to be sent again\n$")
        _, again = self.wait_for_events(payment, 2)
        self.assertEqual((first.id, first.body), (again.id, again.body))
        self.assertTrue(again.is_signed_with(secret))
        self.wait_until_delivered(payment)
        self.assertEqual(self.replay("--parked", expect=1), "tollgate: there is no such event\n")

    def test_the_last_attempt_parks(self) -> None:
        receiver.behave("500")
        payment = self.approve()
        self.wait_for_rows(payment, lambda rows: rows[0]["attempts"] == 1)
        self.stack.database.query(
            "UPDATE tollgate_outbox SET attempts = 9 WHERE payment_id = %s", UUID(payment.id).bytes
        )
        self.pass_time(payment)
        [row] = self.wait_for_rows(payment, lambda rows: rows[0]["parked_at"] is not None)
        self.assertEqual((row["attempts"], row["next_attempt_at"]), (10, None))
        receiver.behave("ok")
        self.assertEqual(self.replay(self.list("--payment", payment.id)[0]["id"]),
                         "1 to be sent again\n")  # fmt: skip
        [row] = self.wait_until_delivered(payment)
        self.assertEqual(row["attempts"], 1)

    def test_those_behind_a_parked_event_go_on(self) -> None:
        receiver.behave("410", times=1)
        payment = self.buy()
        self.decide(payment, "decline")
        self.wait_for_rows(payment, lambda rows: rows and rows[0]["parked_at"] is not None)
        self.decide(payment, "approve")
        self.assertEqual(self.types(self.wait_for_events(payment, 2)), ["failed", "paid"])

    def test_a_payment_is_replayed_in_order(self) -> None:
        payment = self.buy()
        self.decide(payment, "decline")
        self.wait_until_delivered(payment)
        self.decide(payment, "approve")
        self.wait_until_delivered(payment, 2)
        self.assertEqual(self.replay("--payment", payment.reference), "2 to be sent again\n")
        events = self.wait_for_events(payment, 4)
        self.assertEqual(self.types(events), ["failed", "paid", "failed", "paid"])
        self.wait_until_delivered(payment, 2)
        since = self.rows(payment)[1]["created_at"].strftime("%Y-%m-%dT%H:%M:%SZ")
        self.assertRegex(self.replay("--since", since), r"^[1-9]\d* to be sent again\n$")
        self.wait_for_events(payment, 5)
        self.wait_until_delivered(payment, 2)

    def test_what_cannot_be_replayed(self) -> None:
        for what, why in (
            ([str(uuid4())], "there is no such event"),
            (["7"], "the id of an event is like"),
            (["--since", "yesterday"], "the time must be like"),
            (["--since", "2999-01-01T00:00:00Z"], "there is no such event"),
            (["--payment", "NOBODYSPAYMENT000000"], "there is no payment with the id"),
        ):
            with self.subTest(what):
                self.assertIn(why, self.replay(*what, expect=1))
        done = self.stack.command("events", "replay", expect=None)
        self.assertGreaterEqual(done.returncode, 105)


class Documentation(EventCase):
    """The examples for the shop's developer hold what they promise."""

    def example(self, language: str) -> str:
        text = (Path(__file__).parents[2] / "docs/events.md").read_text()
        [found] = re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)
        return found

    def is_genuine(self, *arguments: Any) -> bool:
        names: dict[str, Any] = {}
        exec(self.example("python"), names)
        return names["is_genuine"](*arguments)

    def says(self, command: Sequence[str], event: Delivery, body: bytes, with_secret: str) -> str:
        given = {"headers": event.headers, "body": body.decode(), "secret": with_secret}
        done = subprocess.run(
            command, input=json.dumps(given), capture_output=True, text=True, timeout=60
        )
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def assert_takes_our_events(self, *command: str) -> None:
        [event] = self.wait_for_events(self.approve(), 1)
        for one, answer in ((secret, "yes"), (previous_secret, "yes"), (wrong_secret, "no")):
            self.assertEqual(self.says(command, event, event.body, one), answer)
        self.assertEqual(self.says(command, event, event.body + b" ", secret), "no")

    def test_the_example_in_python(self) -> None:
        # The vector that the libraries of Standard Webhooks share.
        body, now = b'{"test": 2432232314}', 1614265330
        good = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        bad = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc="
        headers = {
            "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "webhook-timestamp": str(now),
            "webhook-signature": good,
        }
        for name, changes, at, expected in (
            ("good", {}, now, True),
            ("one of several", {"webhook-signature": f"{bad} v2,x {good} {bad}"}, now, True),
            ("five minutes ago", {}, now + 300, True),
            ("too old", {}, now + 301, False),
            ("too new", {}, now - 301, False),
            ("wrong", {"webhook-signature": bad}, now, False),
            ("cut", {"webhook-signature": "v1,"}, now, False),
            ("none", {"webhook-signature": ""}, now, False),
            ("another version", {"webhook-signature": good.replace("v1", "v2")}, now, False),
            ("another id", {"webhook-id": "msg_p5"}, now, False),
            ("another time", {"webhook-timestamp": str(now + 1)}, now, False),
            ("no time", {"webhook-timestamp": "hello"}, now, False),
        ):
            with self.subTest(name):
                given = self.is_genuine(headers | changes, body, wrong_secret, at)
                self.assertEqual(given, expected)
        self.assertFalse(self.is_genuine(headers, body + b" ", wrong_secret, now))

    def test_python_takes_our_events(self) -> None:
        [event] = self.wait_for_events(self.approve(), 1)
        for one, good in ((secret, True), (previous_secret, True), (wrong_secret, False)):
            self.assertEqual(self.is_genuine(event.headers, event.body, one), good)

    @unittest.skipUnless(shutil.which("php"), "there is no PHP")
    def test_php_takes_our_events(self) -> None:
        self.assert_takes_our_events("php", "-r", self.example("php") + """
            $given = json_decode(stream_get_contents(STDIN), true);
            $good = is_genuine($given['headers'], $given['body'], $given['secret']);
            echo $good ? 'yes' : 'no';""")  # fmt: skip

    @unittest.skipUnless(shutil.which("node"), "there is no Node.js")
    def test_javascript_takes_our_events(self) -> None:
        self.assert_takes_our_events("node", "--input-type=module", "-e", self.example("js") + """
            import { readFileSync } from "node:fs";
            const given = JSON.parse(readFileSync(0, "utf8"));
            const good = isGenuine(given.headers, Buffer.from(given.body), given.secret);
            process.stdout.write(good ? "yes" : "no");""")  # fmt: skip


del EventCase
