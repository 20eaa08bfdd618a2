"""A storefront that receives events as a test wants it to: it keeps every request in the order of
arrival, and answers, hangs, or breaks the connection. It runs in threads of the test's own process.

    receiver = Receiver()
    receiver.behave("500", times=2)     # then it answers 200 again
    receiver.wait_for(3)[2].json()["type"]
"""

import base64
import hmac
import json
import re
import socket
import sys
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from servers import Port, StackError

_answer_of = {"ok": 200, "410": 410, "429": 429, "500": 500, "503": 503, "302": 302}
_manners = (*_answer_of, "hang", "lose")


@dataclass(frozen=True)
class Delivery:
    """One request as it came; `manner` is how it was answered."""

    at: float
    headers: dict[str, str]
    body: bytes
    manner: str

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    def json(self) -> Any:
        return json.loads(self.body)

    def is_signed_with(self, secret: str) -> bool:
        """By the letter of the specification, and by nobody's library."""
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        sent_at = self.headers["webhook-timestamp"]
        signed = f"{self.id}.{sent_at}.".encode() + self.body
        expected = "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
        is_time = re.fullmatch(r"\d{10}", sent_at) is not None
        return is_time and expected in self.headers["webhook-signature"].split(" ")


@dataclass
class _Manner:
    name: str = "ok"
    times: int | None = None  # for ever
    headers: dict[str, str] = field(default_factory=dict)


class Receiver:
    """Threads: any. While it is down its port stays its own."""

    def __init__(self) -> None:
        self._port = Port()
        self.url = f"{self._port.url}/events"
        self._changed = threading.Condition()
        self._deliveries: list[Delivery] = []
        self._manner = _Manner()
        self._hanging = threading.Event()
        self._server: ThreadingHTTPServer | None = None
        self.up()

    def up(self) -> None:
        if self._server is not None:
            return
        handler = type("Handler", (_Handler,), {"receiver": self})
        self._server = _Server(("127.0.0.1", self._port.number), handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def down(self) -> None:
        """Connections are refused; those that are open end."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server.end_connections()
            self._server = None

    def close(self) -> None:
        self.reset()
        self.down()
        self._port.close()

    def reset(self) -> None:
        """Answers well, and has received nothing."""
        self.behave("ok")
        with self._changed:
            self._deliveries.clear()
        self.up()

    def behave(self, manner: str, *, times: int | None = None, **headers: str) -> None:
        """ok, a status, hang (until it is told otherwise), lose (the answer, after it came); with
        `times` only so often. Headers are added to the answer: retry_after="2"."""
        if manner not in _manners:
            raise ValueError(manner)
        with self._changed:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            self._manner = _Manner(manner, times, named)
            self._hanging.set()
            self._hanging = threading.Event()

    def deliveries(self) -> list[Delivery]:
        with self._changed:
            return list(self._deliveries)

    def wait_for(self, count: int, timeout_s: float = 30) -> list[Delivery]:
        """Waits until so many have come."""
        with self._changed:
            if self._changed.wait_for(lambda: len(self._deliveries) >= count, timeout_s):
                return list(self._deliveries)
            raise StackError(f"{len(self._deliveries)} of {count} events came in {timeout_s:g} s")

    def take(self, headers: dict[str, str], body: bytes) -> tuple[_Manner, threading.Event]:
        """Keeps a request; how to answer it, and what ends its hanging."""
        with self._changed:
            manner, hanging = self._manner, self._hanging
            self._deliveries.append(Delivery(time.time(), headers, body, manner.name))
            if manner.times is not None:
                manner.times -= 1
                if manner.times == 0:
                    self._manner = _Manner()
            self._changed.notify_all()
            return manner, hanging


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, *arguments: Any) -> None:
        self._open: set[socket.socket] = set()
        super().__init__(*arguments)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """That a sender died is no news."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    def end_connections(self) -> None:
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it has ended by itself


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    receiver: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        manner, hanging = self.receiver.take(headers, body)
        if manner.name == "hang":
            hanging.wait()
        if manner.name in ("hang", "lose"):
            self.close_connection = True
            return
        self.send_response(_answer_of[manner.name])
        for name, value in manner.headers.items():
            self.send_header(name, value)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass
