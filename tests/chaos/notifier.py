"""A gateway that notifies: over many connections at once, each message again and again until it is
acknowledged, as gateways do, only faster. It writes down what was acknowledged."""

import asyncio
import random
import threading
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from case import signed_fields, token_of

connections_max = 48
answer_timeout_s = 30  # no gateway waits longer
tries_max = 2_000
pause_first_s, pause_max_s = 0.02, 0.5


@dataclass
class Message:
    reference: str
    request: bytes
    tries: int = 0


def message_of(reference: str, site_id: str, amount: int) -> Message:
    """CinetPay's notification of a success; whether it is one, the gateway alone knows."""
    fields = dict.fromkeys(signed_fields, "") | {
        "cpm_site_id": site_id,
        "cpm_trans_id": reference,
        "cpm_trans_date": "2026-03-04 05:06:07",
        "cpm_amount": str(amount),
        "cpm_currency": "XOF",
        "signature": "chaos",
        "payment_method": "OM",
        "cpm_error_message": "SUCCES",
    }
    body = urlencode(fields).encode()
    head = (
        "POST /notify/cinetpay HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"X-Token: {token_of(fields)}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return Message(reference, head.encode() + body)


class Unanswered(Exception):
    """The connection ended before the answer did."""


class Connection:
    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, request: bytes) -> tuple[int, bool]:
        """The status, and whether the answer says when to come again."""
        try:
            async with asyncio.timeout(answer_timeout_s):
                return await self._send(request)
        except TimeoutError:
            self.close()
            raise
        except (OSError, EOFError, ValueError) as error:
            self.close()
            raise Unanswered from error

    async def _send(self, request: bytes) -> tuple[int, bool]:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        lines = head.split("\r\n")
        headers = {name.lower(): value for name, _, value in (one.partition(": ") for one in lines)}
        await reader.readexactly(int(headers.get("content-length", "")))
        if headers.get("connection") == "close":
            self.close()
        return int(lines[0].split(" ")[1]), "retry-after" in headers

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
        self._streams = None


class Notifier(threading.Thread):
    """Threads: started and joined by one; what it counted may be read by any."""

    def __init__(self, url: str, messages: Sequence[Message], chance: random.Random) -> None:
        """Nothing is sent before it is allowed: allow()."""
        super().__init__(name="notifier", daemon=True)
        self.acknowledged: dict[str, float] = {}  # reference: time.monotonic() of the first time
        self.answers: Counter[str] = Counter()
        self.slowest_s = 0.0
        self.given_up: list[str] = []
        self._port = urlsplit(url).port or 0
        shuffled = list(messages)
        chance.shuffle(shuffled)
        self._waiting = deque(shuffled)
        self._unfinished = len(shuffled)
        self._allowed = 0
        self._lock = threading.Lock()
        self._ends = False

    def allow(self, count: int | None = None) -> None:
        """So many more may be sent; all of them unless said."""
        with self._lock:
            self._allowed += len(self._waiting) if count is None else count

    def give_up(self) -> None:
        self._ends = True

    @property
    def at_rest(self) -> bool:
        """All that is allowed was acknowledged, or given up."""
        with self._lock:
            all_sent = self._allowed == 0 or not self._waiting
            return all_sent and self._unfinished == len(self._waiting)

    def acknowledged_between(self, begin: float, end: float) -> int:
        return sum(begin <= when <= end for when in list(self.acknowledged.values()))

    def run(self) -> None:
        asyncio.run(self._run())

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for _ in range(connections_max):
                tasks.create_task(self._work())

    def _next(self) -> Message | None:
        with self._lock:
            if self._allowed == 0 or not self._waiting:
                return None
            self._allowed -= 1
            return self._waiting.popleft()

    async def _work(self) -> None:
        connection = Connection(self._port)
        while self._unfinished and not self._ends:
            message = self._next()
            if message is None:
                await asyncio.sleep(0.005)
                continue
            await self._insist(connection, message)
            self._unfinished -= 1
        connection.close()

    async def _insist(self, connection: Connection, message: Message) -> None:
        pause_s = pause_first_s
        while not self._ends and message.tries < tries_max:
            message.tries += 1
            if await self._try(connection, message):
                return
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, pause_max_s)
        self.given_up.append(message.reference)

    async def _try(self, connection: Connection, message: Message) -> bool:
        begin = time.monotonic()
        try:
            status, says_when = await connection.send(message.request)
        except Unanswered:
            self.answers["closed"] += 1
            return False
        except TimeoutError:
            self.answers["no answer in time"] += 1
            return False
        now = time.monotonic()
        self.slowest_s = max(self.slowest_s, now - begin)
        if status == 200:
            self.answers["200"] += 1
            self.acknowledged.setdefault(message.reference, now)
            return True
        self.answers[str(status) if says_when else f"{status} without Retry-After"] += 1
        return False
