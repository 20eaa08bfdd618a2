"""`tollgate doctor`: what is wrong, as the world sees it."""

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import unquote

from case import Case

friendly = b"<html>This page is not here, but have a look at our offers!</html>"


class Shop(ThreadingHTTPServer):
    """A web server of the shop; `serve` says what it has at a path."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.serve: Callable[[str], bytes | None] = lambda path: None
        self.asked: list[str] = []
        Thread(target=self.serve_forever, daemon=True).start()


class Answer(BaseHTTPRequestHandler):
    server: Shop

    def do_GET(self) -> None:
        path = unquote(self.path)
        self.server.asked.append(path)
        body = self.server.serve(path)
        self.send_response(200)  # to everything, as some shops do
        self.end_headers()
        self.wfile.write(friendly if body is None else body)

    def log_message(self, *_: object) -> None:
        pass


class RawFileTest(Case):
    shop_server: Shop

    @classmethod
    def setUpClass(cls) -> None:
        cls.shop_server = Shop()
        cls.addClassCleanup(cls.shop_server.server_close)
        cls.addClassCleanup(cls.shop_server.shutdown)
        port = cls.shop_server.server_address[1]
        cls.shop_url = f"http://127.0.0.1:{port}"
        cls.settings = {"shop": {"url": f"{cls.shop_url}/boutique/"}}
        super().setUpClass()

    def setUp(self) -> None:
        super().setUp()
        self.shop_server.serve = lambda path: None
        self.shop_server.asked.clear()
        for file in self.stack.downloads.rglob("*"):
            if file.is_file():
                file.unlink()
        (self.stack.downloads / "été 1.pdf").write_bytes(b"%PDF-1.7 worth its money")
        (self.stack.downloads / "long.mp4").write_bytes(b"0123456789" * 100_000)

    def findings(self) -> list[dict[str, str]]:
        done = self.stack.command("doctor", "--json", expect=None)
        findings = json.loads(done.stdout)
        self.assertEqual(done.returncode, 1 if findings else 0, done.stderr)
        return findings

    def test_a_good_installation(self) -> None:
        self.assertEqual(self.findings(), [])
        self.assertEqual(self.stack.command("doctor").stdout, "nothing is wrong\n")
        self.assertIn("/downloads/été 1.pdf", self.shop_server.asked)
        self.assertIn("/protected/été 1.pdf", self.shop_server.asked)

    def test_a_folder_that_the_shop_serves(self) -> None:
        for root in (self.stack.downloads, self.stack.downloads.parent):
            with self.subTest(root):
                self.shop_server.serve = lambda path, root=root: (
                    (root / path[1:]).read_bytes() if (root / path[1:]).is_file() else None
                )
                [finding] = self.findings()
                self.assertEqual(finding["name"], "raw_file_public")
                self.assertIn(f"{self.shop_url}/", finding["what"])
                text = self.stack.command("doctor", expect=1).stdout
                for part in ("raw_file_public", "why it matters", "how to mend it"):
                    self.assertIn(part, text)

    def test_a_location_that_is_not_internal(self) -> None:
        file = self.stack.directory / "tollgate.conf"
        shipped = file.read_text()
        file.write_text(shipped.replace("        internal;\n", ""))
        try:
            self.stack.nginx.restart()
            [finding] = self.findings()
            self.assertIn(f"{self.stack.url}/protected/", finding["what"])
        finally:
            file.write_text(shipped)
            self.stack.nginx.restart()
        self.assertEqual(self.findings(), [])

    def test_a_file_of_the_same_beginning_is_another(self) -> None:
        self.shop_server.serve = lambda path: b"%PDF-1.7 worth its money, but more of it"
        self.assertEqual(self.findings(), [])

    def test_nothing_to_sell(self) -> None:
        for file in self.stack.downloads.iterdir():
            file.unlink()
        self.assertEqual(self.findings(), [])
        self.assertEqual(self.shop_server.asked, [])

    def test_no_answer_is_no_good_news(self) -> None:
        text = self.stack.configuration.read_text()
        nowhere = text.replace(self.stack.url, "http://127.0.0.1:9").replace(
            self.shop_url, "http://127.0.0.1:9"
        )
        self.stack.configuration.write_text(nowhere)
        try:
            self.assertEqual([f["name"] for f in self.findings()], ["raw_file_unchecked"])
        finally:
            self.stack.configuration.write_text(text)
