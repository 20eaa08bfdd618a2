"""The worked examples of docs/examples, each against the real server: a payment from its opening to
its refund, and events of our sender taken by each receiver."""

import os
import subprocess
import unittest
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from case import Case, browser

from servers import Port, Server

examples = Path(__file__).resolve().parents[2] / "docs/examples"
secret = "whsec_bmV3IHNlY3JldCBvZiB0aGUgdGVzdHMsIDMyIGJ5dGU="
wrong_secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
python = "/usr/bin/python3"


class ExampleCase(Case):
    gateways = ("flutterwave", "cinetpay")
    gateway = "flutterwave"
    settings = {"events": {"secret": secret, "callbacks": "anywhere"}}


class PayTest(ExampleCase):
    def pay(self, program: Sequence[str], *arguments: str, expect: int = 0) -> str:
        environment = os.environ | {
            "TOLLGATE_URL": self.stack.url,
            "TOLLGATE_KEY": self.stack.key,
            "TOLLGATE_WAIT_S": "0.1",
        }
        done = subprocess.run(
            [*program, *arguments],
            cwd=examples,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        self.assertEqual(done.returncode, expect, done.stderr)
        return done.stdout if expect == 0 else done.stderr

    def take_a_payment(self, *program: str) -> None:
        order = f"example-{uuid4()}"
        # This gateway wants an address of the customer's, which the examples do not give.
        refused = self.pay(program, "open", order, "0", "XOF", "cinetpay",
                           expect=0 if program[0].endswith(".sh") else 1)  # fmt: skip
        self.assertIn("amount", refused)
        payment, url = self.pay(program, "open", order, "1500", "XOF", "cinetpay").split()
        self.assertTrue(url.startswith(self.stack.twins_url))
        data = self.stack.api("GET", f"/api/v1/payments/{payment}/").json()["data"]
        self.assertEqual((data["order"], data["amount"]), (order, "1500"))
        self.stack.twin(
            "/cinetpay/twin/decide",
            {"transaction_id": data["reference"], "decision": "approve", "notify": "never"},
        )
        self.assertEqual(self.pay(program, "wait", payment).strip(), "paid")

    def give_back(self, *program: str) -> None:
        body = {"order": f"example-{uuid4()}", "amount": 1500, "currency": "XOF",
                "gateway": "flutterwave", "customer": {"email": "awa@example.com"}}  # fmt: skip
        data = self.stack.api("POST", "/api/v1/payments/", body).json()["data"]
        self.stack.twin(
            "/flutterwave/twin/decide",
            {"transaction_id": data["reference"], "decision": "approve"},
        )
        self.assertEqual(self.pay(program, "wait", data["id"]).strip(), "paid")
        said = self.pay(program, "refund", data["id"], "500")
        self.assertIn("partially_refunded, given back 500", said)

    def test_shell(self) -> None:
        self.take_a_payment("./pay.sh")
        self.give_back("./pay.sh")

    def test_php(self) -> None:
        self.take_a_payment("php", "pay.php")
        self.give_back("php", "pay.php")

    def test_python(self) -> None:
        self.take_a_payment(python, "pay.py")
        self.give_back(python, "pay.py")

    def test_javascript(self) -> None:
        self.take_a_payment("node", "pay.mjs")
        self.give_back("node", "pay.mjs")


class EventTest(ExampleCase):
    @contextmanager
    def receiver(self, *command: str) -> Iterator[tuple[str, Path]]:
        """Its address, and the file of what it took."""
        port = Port()
        seen = self.stack.directory / f"events-{uuid4()}"
        seen.touch()
        server = Server(
            "receiver",
            [word.format(port=port.number, examples=examples) for word in command],
            self.stack.logs / "receiver.log",
            port.accepts,
            environment=os.environ
            | {"TOLLGATE_EVENTS_SECRET": secret, "EVENTS_FILE": str(seen)},
        )
        server.start()
        try:
            yield f"{port.url}/events", seen
        finally:
            server.kill()
            port.close()

    def take_events(self, *command: str) -> None:
        with self.receiver(*command) as (url, seen):
            body = {"order": f"event-{uuid4()}", "amount": 1500, "currency": "XOF",
                    "gateway": "cinetpay", "callback_url": url}  # fmt: skip
            data = self.stack.api("POST", "/api/v1/payments/", body).json()["data"]
            self.stack.twin(
                "/cinetpay/twin/decide",
                {"transaction_id": data["reference"], "decision": "approve"},
            )
            taken = self.wait_until(lambda: seen.read_text().splitlines())
            self.assertEqual(len(taken), 1, taken)
            event, kind, order = taken[0].split()
            self.assertEqual((kind, order), ("payment.paid", body["order"]))
            self.wait_until(lambda: self.delivered(event))
            self.stack.command("events", "replay", event)
            self.wait_until(lambda: self.delivered(event) and self.attempts(event) == 1)
            self.assertEqual(seen.read_text().splitlines(), taken)  # it came again, and was known
            forged: dict[str, Any] = {
                "webhook-id": str(uuid4()),
                "webhook-timestamp": "1772600767",
                "webhook-signature": "v1,AAAA",
            }
            answer = browser.request("POST", url, b'{"type":"payment.paid"}', forged)
            self.assertEqual(answer.status, 401)
            self.assertEqual(seen.read_text().splitlines(), taken)

    def row(self, event: str) -> dict[str, Any]:
        [row] = self.stack.database.query(
            "SELECT attempts, delivered_at FROM tollgate_outbox WHERE id = UNHEX(%s)",
            event.replace("-", ""),
        )
        return row

    def delivered(self, event: str) -> bool:
        return self.row(event)["delivered_at"] is not None

    def attempts(self, event: str) -> int:
        return self.row(event)["attempts"]

    def test_php(self) -> None:
        self.take_events("php", "-S", "127.0.0.1:{port}", "{examples}/receive_events.php")

    def test_python(self) -> None:
        self.take_events(python, "{examples}/receive_events.py", "{port}")

    def test_javascript(self) -> None:
        self.take_events("node", "{examples}/receive_events.mjs", "{port}")


class DocumentationTest(unittest.TestCase):
    def test_the_examples_in_the_text_are_these(self) -> None:
        """docs/events.md shows how a signature is verified; the examples do it so."""
        text = (examples.parent / "events.md").read_text()
        for name, begin in (
            ("tollgate.py", "    event_id, sent_at = "),
            ("tollgate.php", "    $id = $headers['webhook-id']"),
            ("tollgate.mjs", '  const id = headers["webhook-id"]'),
        ):
            with self.subTest(name):
                shown = (examples / name).read_text()
                lines = shown[shown.index(begin) :].splitlines()[:4]
                for line in lines:
                    self.assertIn(line, text)


del Case, ExampleCase
