"""Ranges and conditions, request by request: every way of delivery answers the same bytes with the
same headers, and the same as nginx that serves the file itself."""

import os
import random
import re
import socket
import time
from email.utils import formatdate
from urllib.parse import urlsplit

from case import Case, Payment, browser
from download_servers import DownloadServers

content = random.Random(2).randbytes(50_000)
size = len(content)
ways = ("x_accel", "stream", "x_sendfile")
modified = 1_700_000_000
date = formatdate(modified, usegmt=True)
before = formatdate(modified - 1, usegmt=True)
after = formatdate(modified + 1, usegmt=True)
older_forms = (
    time.strftime("%A, %d-%b-%y %H:%M:%S GMT", time.gmtime(modified)),
    time.strftime("%a %b %e %H:%M:%S %Y", time.gmtime(modified)),
)

ranges = (
    "bytes=0-", "bytes=0-0", "bytes=0-99", "bytes=100-199", "bytes=49999-", "bytes=49999-49999",
    "bytes=40000-999999999", "bytes=-1", "bytes=-1000", "bytes=-50000", "bytes=-50001",
    "bytes=-999999999", "bytes=1-", "bytes=000100-000199", "BYTES=5-9", "Bytes=5-9",
    "bytes= 5-9", "bytes=5 -9", "bytes=5- 9", "bytes=- 9", "bytes=5-9 ",
    # several
    "bytes=0-0,-1", "bytes=5-9,20-29", "bytes=20-29,5-9", "bytes=5-9 , 20-29", "bytes=5-9,,20-29",
    "bytes=5-9,20-29,", ",bytes=5-9", "bytes=,5-9", "bytes=5-9,60000-", "bytes=60000-,5-9",
    "bytes=60000-,70000-", "bytes=5-9,7-20", "bytes=5-9,5-9,5-9", "bytes=0-24999,25000-",
    "bytes=0-25000,25000-", "bytes=0-,0-", "bytes=0-,-1", "bytes=1-,1-,1-,1-",
    "bytes=" + ",".join(["0-0"] * 100), "bytes=" + ",".join(["0-0"] * 101),
    "bytes=" + ",".join(f"{i}-{i}" for i in range(0, 1000, 10)),
    "bytes=" + ",".join(f"{i}-" for i in range(1000)), "bytes=" + ",".join(["5-1"] * 500),
    # none that could be given
    "bytes=50000-", "bytes=50000-50001", "bytes=999999999-", "bytes=-0", "bytes=9-5",
    "bytes=-0,5-9",
    "bytes=9223372036854775807-", "bytes=9223372036854775808-", "bytes=0-9223372036854775807",
    "bytes=0-9223372036854775808", "bytes=0-99999999999999999999999",
    # no ranges
    "bytes=", "bytes", "bytes=-", "bytes=--5", "bytes=-5-9", "bytes=5", "bytes=5-9-", "bytes=a-b",
    "bytes=+5-9", "bytes=0x5-9", "bytes=5-9;", "bytes=5-9x", "bytes:5-9", "bytes 5-9", "bytes =5-9",
    "byte=5-9", "items=5-9", "none", "5-9", "*", "bytes=*", "bytes=5.5-9", "bytes=1e3-",
    "bytes=٥-٩", "%62ytes=5-9", "bytes=%35-9",
)  # fmt: skip

# {tag} is the file's.
conditions = (
    {},
    {"If-None-Match": "{tag}"},
    {"If-None-Match": "W/{tag}"},
    {"If-None-Match": '"other"'},
    {"If-None-Match": '"other", {tag}'},
    {"If-None-Match": "*"},
    {"If-None-Match": '"other"', "If-Modified-Since": date},
    {"If-None-Match": "{tag}", "If-Modified-Since": date},
    {"If-Modified-Since": date},
    {"If-Modified-Since": before},
    {"If-Modified-Since": "yesterday"},
    *({"If-Modified-Since": form} for form in older_forms),
    {"If-Match": "{tag}"},
    {"If-Match": '"other"'},
    {"If-Match": '"other" , {tag}'},
    {"If-Match": "W/{tag}"},
    {"If-Match": "*"},
    {"If-Unmodified-Since": date},
    {"If-Unmodified-Since": before},
    {"If-Unmodified-Since": after},
    {"If-Match": "{tag}", "If-None-Match": "{tag}"},
    {"If-Match": '"other"', "If-None-Match": "{tag}"},
    {"If-Range": "{tag}", "Range": "bytes=5-9"},
    {"If-Range": '"other"', "Range": "bytes=5-9"},
    {"If-Range": "W/{tag}", "Range": "bytes=5-9"},
    {"If-Range": date, "Range": "bytes=5-9"},
    {"If-Range": before, "Range": "bytes=5-9"},
    {"If-Range": after, "Range": "bytes=5-9"},
    {"If-Range": "yesterday", "Range": "bytes=5-9"},
    *({"If-Range": form, "Range": "bytes=5-9"} for form in older_forms),
    {"If-Range": "{tag}", "Range": "bytes=5-9,20-29"},
    {"If-Range": '"other"', "Range": "bytes=5-9,20-29"},
    {"If-Range": "{tag}", "Range": "bytes=60000-"},
    {"If-Range": '"other"', "Range": "bytes=60000-"},
    {"If-Range": "{tag}"},
    {"If-Range": '"other"'},
    {"If-Match": "{tag}", "Range": "bytes=5-9"},
    {"If-Match": '"other"', "Range": "bytes=5-9"},
    {"If-None-Match": "{tag}", "Range": "bytes=5-9"},
    {"If-None-Match": '"other"', "Range": "bytes=5-9"},
    {"If-None-Match": '"other"', "Range": "bytes=60000-"},
    {"If-Modified-Since": before, "Range": "bytes=5-9,20-29"},
    {"If-Unmodified-Since": date, "Range": "bytes=5-9"},
)

# Where nginx by itself does what RFC 9110 forbids; our answer, and the section.
better_than_nginx = (
    ("GET", {"If-Modified-Since": after}, 304),  # 13.1.3: not changed since is not "other date"
    ("GET", {"If-None-Match": "{tag}", "If-Modified-Since": before}, 304),  # 13.1.3: the tag counts
    ("GET", {"If-Match": "{tag}", "If-Unmodified-Since": before}, 200),  # 13.1.4: the tag counts
    ("GET", {"If-Unmodified-Since": "yesterday"}, 200),  # 13.1.4: no date, no condition
    ("HEAD", {"Range": "bytes=5-9"}, 200),  # 14.2: ranges are defined for GET alone
    ("HEAD", {"Range": "bytes=60000-"}, 200),
    ("HEAD", {"Range": "bytes=0-0,-1"}, 200),
)

described = ("content-range", "content-length", "content-type", "etag", "last-modified")
# Those of Tollgate besides.
own = ("content-disposition", "cache-control", "x-content-type-options")


def told(
    answer: browser.Answer, names: tuple[str, ...] = described
) -> tuple[int, dict[str, str | None], bytes]:
    """Status, headers and bytes, without what must differ: the boundary of several parts, and the
    page of a refusal."""
    boundary = re.fullmatch(
        r"multipart/byteranges; boundary=(\w+)", answer.headers["content-type"] or ""
    )
    headers = {name: answer.headers[name] for name in names}
    body = answer.body
    if boundary:
        headers["content-type"] = headers["content-length"] = "several"
        body = body.replace(boundary[1].encode(), b"boundary")
        assert len(answer.body) == int(answer.headers["content-length"])
    if answer.status not in (200, 206):
        headers.pop("content-length", None)
        headers.pop("content-type", None)
        body = b""
    if answer.status >= 400:
        headers.pop("etag", None)
        headers.pop("last-modified", None)
    return answer.status, headers, body


class RangeTest(Case):
    settings = {"downloads": {"delivery": "x-accel", "uses_max": 1000, "use_lasts_s": 86_400}}
    servers: DownloadServers
    payment: Payment
    link: str

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.servers = DownloadServers(cls.stack)
        cls.addClassCleanup(cls.servers.stop)
        cls.servers.start()
        for name in ("film.mp4", "empty.txt"):
            path = cls.stack.downloads / name
            path.write_bytes(content if name == "film.mp4" else b"")
            os.utime(path, (modified, modified))
        test = cls()
        cls.payment, cls.link = test.bought("film.mp4")
        status = (cls.stack.downloads / "film.mp4").stat()
        cls.tag = f'"{int(status.st_mtime):x}-{size:x}"'

    def bought(self, file: str) -> tuple[Payment, str]:
        payment = self.buy(files=[file])
        self.decide(payment, "approve")
        self.wait_for_status(payment, "paid")
        [link] = self.download_links(self.return_page(payment))
        return payment, link

    def ask(self, way: str, headers: dict[str, str], method: str = "GET") -> browser.Answer:
        link = self.servers.at(way, self.link)
        if way == "plain":
            link = self.servers.urls[way] + "/film.mp4"
        filled = {name: value.replace("{tag}", self.tag) for name, value in headers.items()}
        encoded = {name: value.encode() for name, value in filled.items()}
        return browser.request(method, link, headers=encoded)

    def uses(self) -> int:
        [grant] = self.grants(self.payment)
        return grant["uses"]

    def compare(self, headers: dict[str, str], method: str = "GET") -> None:
        """All ways agree, and with plain nginx."""
        answers = {way: self.ask(way, headers, method) for way in ways}
        expected = told(self.ask("plain", headers, method))
        for way, answer in answers.items():
            self.assertEqual(told(answer), expected, f"{way} {method} {headers}")
        self.agree(answers, f"{method} {headers}")

    def agree(self, answers: dict[str, browser.Answer], what: str) -> None:
        first = told(answers["x_accel"], own)
        for way, answer in answers.items():
            self.assertEqual(told(answer, own), first, f"{way} {what}")
            self.assertEqual(answer.headers["x-content-type-options"], "nosniff", way)
            if answer.status == 200:
                self.assertEqual(answer.headers["accept-ranges"], "bytes", f"{way} {what}")
            for secret in ("x-sendfile", "x-accel-redirect"):
                self.assertNotIn(secret, answer.headers)

    def test_every_range(self) -> None:
        for text in ranges:
            with self.subTest(text[:60]):
                self.compare({"Range": text})

    def test_every_condition(self) -> None:
        for headers in conditions:
            with self.subTest(str(headers)):
                self.compare(headers)

    def test_a_head(self) -> None:
        for headers in ({}, {"If-None-Match": "{tag}"}, {"If-Match": '"other"'}, {"If-Range": "x"}):
            with self.subTest(str(headers)):
                self.compare(headers, "HEAD")
        uses = self.uses()
        for way in ways:
            self.assertEqual(self.ask(way, {"Range": "bytes=0-"}, "HEAD").status, 200)
        self.assertEqual(self.uses(), uses)

    def test_where_nginx_is_wrong(self) -> None:
        """Should it mend its ways, a line goes from this list to those above."""
        for method, headers, status in better_than_nginx:
            with self.subTest(f"{method} {headers}"):
                self.assertNotEqual(self.ask("plain", headers, method).status, status)
                answers = {way: self.ask(way, headers, method) for way in ways}
                self.assertEqual({answer.status for answer in answers.values()}, {status})
                self.assertEqual(len({str(told(answer)) for answer in answers.values()}), 1)
                self.agree(answers, f"{method} {headers}")

    def test_an_empty_file(self) -> None:
        _, link = self.bought("empty.txt")
        for text in ("", "bytes=0-", "bytes=0-0", "bytes=-5", "bytes=1-", "bytes=x"):
            headers = {"range": text} if text else {}
            plain = self.servers.urls["plain"] + "/empty.txt"
            expected = told(browser.request("GET", plain, headers=headers))
            for way in ways:
                answer = browser.request("GET", self.servers.at(way, link), headers=headers)
                self.assertEqual(told(answer), expected, f"{way} {text}")

    def test_names_that_need_care(self) -> None:
        for name in ("part one/100 % Attiéké #1?.pdf", "a+b&c=d;e.txt", "'quote\".zip"):
            path = self.stack.downloads / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
            _, link = self.bought(name)
            answers = {way: browser.request("GET", self.servers.at(way, link)) for way in ways}
            with self.subTest(name):
                for way, answer in answers.items():
                    self.assertEqual((answer.status, answer.body == content), (200, True), way)
                self.agree(answers, name)

    def test_what_is_not_sent_is_not_counted(self) -> None:
        uses = self.uses()
        for way in ways:
            for headers, status in (
                ({"Range": "bytes=60000-"}, 416),
                ({"Range": "bytes=x"}, 416),
                ({"If-None-Match": "{tag}"}, 304),
                ({"If-Match": '"other"'}, 412),
            ):
                self.assertEqual(self.ask(way, headers).status, status)
        self.assertEqual(self.uses(), uses)

    def test_what_has_the_first_byte_is_counted(self) -> None:
        for way in ways:
            for headers, counted in (
                ({}, 1),
                ({"Range": "bytes=0-"}, 1),
                ({"Range": "bytes=0-0"}, 1),
                ({"Range": "bytes=-50000"}, 1),
                ({"Range": "bytes=9-9,0-0"}, 1),
                ({"Range": "bytes=1-,1-"}, 1),
                ({"Range": "items=1-"}, 1),
                ({"Range": "bytes=1-", "If-Range": '"other"'}, 1),
                ({"Range": "bytes=1-"}, 0),
                ({"Range": "bytes=-49999"}, 0),
                ({"Range": "bytes=9-9,5-5"}, 0),
                ({"Range": "bytes=1-", "If-Range": "{tag}"}, 0),
            ):
                with self.subTest(f"{way} {headers}"):
                    uses = self.uses()
                    answer = self.ask(way, headers)
                    self.assertIn(answer.status, (200, 206))
                    self.assertEqual(self.uses(), uses + counted)

    def test_a_range_that_is_said_twice_is_no_bypass(self) -> None:
        """Whichever of them the web server believes, it is the one that was counted."""
        self.assertEqual(self.ask("stream", {}).status, 200)  # what is resumed belongs to it
        for way in ways:
            for first, second in (("bytes=1-", "bytes=0-"), ("bytes=0-", "bytes=1-")):
                uses = self.uses()
                status, body = self.raw(way, f"Range: {first}\r\nRange: {second}\r\n")
                with self.subTest(f"{way} {first}, {second}: {status}"):
                    begun = status in (200, 206) and body[:1000] == content[:1000]
                    self.assertIn(status, (200, 206, 400, 416))
                    self.assertEqual(self.uses() - uses, 1 if begun else 0)

    def raw(self, way: str, headers: str) -> tuple[int, bytes]:
        parts = urlsplit(self.servers.at(way, self.link))
        with socket.create_connection((parts.hostname, parts.port), 30) as connection:
            request = f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n"
            connection.sendall(f"{request}{headers}\r\n".encode())
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        head, _, body = answer.partition(b"\r\n\r\n")
        return int(head.split()[1]), body
