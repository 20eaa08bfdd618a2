"""Bought files: whole, in parts, and only as often as was granted, whoever delivers the bytes."""

import random
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from case import Case, Payment, browser

content = random.Random(1).randbytes(300_000)
size = len(content)


class DownloadTest(Case):
    uses_max = 3
    settings: dict[str, dict[str, Any]] = {
        "downloads": {"delivery": "x-accel", "uses_max": 3, "use_lasts_s": 600}
    }

    def bought(self, file: str = "film.mp4") -> tuple[Payment, str]:
        """A paid payment of a file, and its link."""
        path = self.stack.downloads / file
        path.parent.mkdir(exist_ok=True)
        if not path.exists():
            path.write_bytes(content)
        payment = self.buy(files=[file])
        self.decide(payment, "approve")
        self.wait_for_status(payment, "paid")
        [link] = self.download_links(self.return_page(payment))
        return payment, link

    def get(self, link: str, method: str = "GET", **headers: str) -> browser.Answer:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return browser.request(method, link, headers={"accept-language": "en"} | names)

    def uses(self, payment: Payment) -> int:
        [grant] = self.grants(payment)
        return grant["uses"]

    def change_grant(self, payment: Payment, change: str) -> None:
        [grant] = self.grants(payment)
        self.stack.database.query(
            f"UPDATE tollgate_grants SET {change} WHERE id = %s", grant["id"]
        )

    def end_use(self, payment: Payment) -> None:
        """What the passing of time does."""
        self.change_grant(payment, "use_ends_at = '2026-01-01'")

    def use_up(self, payment: Payment) -> None:
        self.change_grant(payment, "uses = uses_max, use_ends_at = '2026-01-01'")

    def assert_part(self, answer: browser.Answer, first: int, last: int) -> None:
        self.assertEqual(answer.status, 206)
        self.assertEqual(answer.headers["content-range"], f"bytes {first}-{last}/{size}")
        self.assertEqual(answer.headers["content-length"], str(last - first + 1))
        self.assertEqual(answer.body, content[first : last + 1])


class Deliveries:
    """What holds whoever delivers the bytes: nginx or Tollgate."""

    def test_a_whole_file(self) -> None:
        payment, link = self.bought()
        answer = self.get(link)
        self.assertEqual((answer.status, answer.body), (200, content))
        expected = {
            "content-type": "video/mp4",
            "content-length": str(size),
            "accept-ranges": "bytes",
            "cache-control": "private, no-store",
            "x-content-type-options": "nosniff",
        }
        self.assertEqual({name: answer.headers[name] for name in expected}, expected)
        disposition = answer.headers["content-disposition"]
        self.assertTrue(disposition.startswith('attachment; filename="film.mp4"'), disposition)
        self.assertRegex(answer.headers["etag"], r'^"[0-9a-f]+-[0-9a-f]+"$')
        self.assertRegex(answer.headers["x-request-id"], "^[0-9a-f]{32}$")
        self.assertNotIn("x-accel-redirect", answer.headers)
        self.assertNotIn("set-cookie", answer.headers)
        self.assertEqual(self.uses(payment), 1)

    def test_the_tag_is_that_of_the_file(self) -> None:
        _, link = self.bought()
        status = (self.stack.downloads / "film.mp4").stat()
        self.assertEqual(self.get(link).headers["etag"], f'"{int(status.st_mtime):x}-{size:x}"')

    def test_head_tells_the_same_and_does_not_count(self) -> None:
        payment, link = self.bought()
        for _ in range(5):
            head = self.get(link, "HEAD")
            self.assertEqual((head.status, head.body), (200, b""))
            self.assertEqual(head.headers["content-length"], str(size))
        self.assertEqual(self.uses(payment), 0)
        answer = self.get(link)
        for name in ("content-type", "content-length", "etag", "content-disposition"):
            self.assertEqual(head.headers[name], answer.headers[name])

    def test_ranges(self) -> None:
        _, link = self.bought()
        self.assertEqual(self.get(link).status, 200)
        cases = (
            ("bytes=0-", 0, size - 1),
            ("bytes=0-0", 0, 0),
            ("bytes=0-99", 0, 99),
            ("bytes=100-199", 100, 199),
            ("bytes=299999-", size - 1, size - 1),
            ("bytes=100000-999999999", 100_000, size - 1),
            ("bytes=-1", size - 1, size - 1),
            ("bytes=-1000", size - 1000, size - 1),
            ("bytes=-999999999", 0, size - 1),
        )
        for byte_range, first, last in cases:
            with self.subTest(byte_range):
                self.stack.database.query("UPDATE tollgate_grants SET uses = 0")
                self.assert_part(self.get(link, range=byte_range), first, last)

    def test_ranges_that_cannot_be_given(self) -> None:
        _, link = self.bought()
        self.assertEqual(self.get(link).status, 200)
        for byte_range in (f"bytes={size}-", "bytes=999999999-", f"bytes={size}-{size + 1}"):
            with self.subTest(byte_range):
                answer = self.get(link, range=byte_range)
                self.assertEqual(answer.status, 416)
                self.assertEqual(answer.headers["content-range"], f"bytes */{size}")

    def test_parts_make_the_file(self) -> None:
        payment, link = self.bought()
        step = 70_001
        parts = [
            self.get(link, range=f"bytes={start}-{start + step - 1}")
            for start in range(0, size, step)
        ]
        self.assertEqual({part.status for part in parts}, {206})
        self.assertEqual(b"".join(part.body for part in parts), content)
        self.assertEqual(self.uses(payment), 1)

    def test_a_download_that_is_resumed_is_one_use(self) -> None:
        payment, link = self.bought()
        self.use_up(payment)
        self.change_grant(payment, "uses = uses_max - 1")
        self.assertEqual(self.get(link, range="bytes=0-999").status, 206)
        self.assert_part(self.get(link, range="bytes=1000-"), 1000, size - 1)
        self.assert_part(self.get(link, range="bytes=250000-"), 250_000, size - 1)
        self.assertEqual(self.uses(payment), self.uses_max)
        self.end_use(payment)
        self.assertEqual(self.get(link, range="bytes=1000-").status, 410)

    def test_a_late_part_is_a_new_use(self) -> None:
        payment, link = self.bought()
        self.assertEqual(self.get(link).status, 200)
        self.end_use(payment)
        self.assert_part(self.get(link, range="bytes=1000-"), 1000, size - 1)
        self.assertEqual(self.uses(payment), 2)

    def test_no_range_is_a_bypass(self) -> None:
        ranges = (
            "bytes=0-",
            "bytes=0-999999999",
            "BYTES=0-",
            "bytes= 0-",
            "bytes=-999999999",
            "bytes=0-,1-",
            "bytes=1-1,0-",
            "bytes=00-",
            "bytes=5-1",
            "bytes=-",
            "bytes=-0",
            "bytes",
            "items=1-",
            "bytes=1-2-3",
            "bytes=+1-",
            "bytes=1-,-999999",
        )
        for byte_range in ranges:
            with self.subTest(byte_range):
                payment, link = self.bought()
                delivered = 0
                for _ in range(self.uses_max + 3):
                    answer = self.get(link, range=byte_range)
                    if answer.status in (200, 206):
                        delivered += len(answer.body)
                self.assertLessEqual(delivered, self.uses_max * (size + 1000))
                refused = delivered == 0  # 416: nothing was sent, and nothing counted
                self.assertEqual(self.get(link).status, 200 if refused else 410)

    def test_a_condition_on_the_range(self) -> None:
        _, link = self.bought()
        tag = self.get(link).headers["etag"]
        answer = self.get(link, range="bytes=10-19", if_range=tag)
        self.assert_part(answer, 10, 19)
        answer = self.get(link, range="bytes=10-19", if_range='"other"')
        self.assertEqual((answer.status, answer.body), (200, content))

    def test_a_failing_condition_is_a_new_use(self) -> None:
        payment, link = self.bought()
        self.assertEqual(self.get(link).status, 200)
        self.get(link, range="bytes=10-19", if_range='"other"')
        self.assertEqual(self.uses(payment), 2)

    def test_racing_downloads_get_what_was_granted(self) -> None:
        for _ in range(3):
            payment, link = self.bought()
            with ThreadPoolExecutor(16) as threads:
                answers = list(threads.map(self.get, [link] * 16))
            statuses = sorted(answer.status for answer in answers)
            self.assertEqual(statuses, [200] * self.uses_max + [410] * (16 - self.uses_max))
            self.assertEqual({a.body for a in answers if a.status == 200}, {content})
            self.assertEqual(self.uses(payment), self.uses_max)

    def test_used_up(self) -> None:
        payment, link = self.bought()
        for _ in range(self.uses_max):
            self.assertEqual(self.get(link).status, 200)
        answer = self.get(link)
        self.assertEqual(answer.status, 410)
        self.assertIn("used as often", answer.text)
        self.assertEqual(self.get(link, "HEAD").status, 200)  # the last use can be resumed
        self.end_use(payment)
        self.assertEqual(self.get(link, "HEAD").status, 410)
        self.assertEqual(self.uses(payment), self.uses_max)

    def test_expired(self) -> None:
        payment, link = self.bought()
        self.assertEqual(self.get(link).status, 200)
        self.change_grant(payment, "expires_at = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND")
        for headers in ({}, {"range": "bytes=10-"}, {"range": "bytes=0-"}):
            answer = self.get(link, **headers)
            self.assertEqual(answer.status, 410)
            self.assertIn("run out", answer.text)
        self.assertEqual(self.get(link, "HEAD").status, 410)
        self.assertEqual(self.uses(payment), 1)

    def test_a_missing_file_costs_no_use(self) -> None:
        payment, link = self.bought("lost.zip")
        path = self.stack.downloads / "lost.zip"
        path.rename(path.with_suffix(".away"))
        for method in ("GET", "HEAD"):
            answer = self.get(link, method)
            self.assertEqual(answer.status, 503)
            self.assertGreater(int(answer.headers["retry-after"]), 0)
        self.assertEqual(self.uses(payment), 0)
        path.with_suffix(".away").rename(path)
        self.assertEqual(self.get(link).status, 200)

    def test_a_file_that_became_a_folder(self) -> None:
        payment, link = self.bought("odd.zip")
        path = self.stack.downloads / "odd.zip"
        path.unlink()
        path.mkdir()
        self.assertEqual(self.get(link).status, 503)
        self.assertEqual(self.uses(payment), 0)
        path.rmdir()

    def test_an_empty_file(self) -> None:
        (self.stack.downloads / "empty.txt").write_bytes(b"")
        _, link = self.bought("empty.txt")
        answer = self.get(link)
        self.assertEqual((answer.status, answer.body), (200, b""))

    def test_names_that_need_care(self) -> None:
        for name in ("part one/100 % Attiéké #1?.pdf", "a+b&c=d;e.txt", "'quote\".zip"):
            with self.subTest(name):
                _, link = self.bought(name)
                self.assertNotIn(name, link)
                answer = self.get(link)
                self.assertEqual((answer.status, answer.body), (200, content))

    def test_an_answer_that_is_cut_off_keeps_the_link(self) -> None:
        """A customer whose connection breaks resumes without a new use."""
        payment, link = self.bought()
        host, port = self.stack.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), 30) as connection:
            path = link.removeprefix(self.stack.url)
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            self.assertTrue(connection.recv(4096).startswith(b"HTTP/1.1 200 "))
        self.assert_part(self.get(link, range="bytes=4000-"), 4000, size - 1)
        self.assertEqual(self.uses(payment), 1)


class NginxDelivers(Deliveries, DownloadTest):
    pass


class TollgateDelivers(Deliveries, DownloadTest):
    settings = {"downloads": DownloadTest.settings["downloads"] | {"delivery": "stream"}}


class AccessTest(DownloadTest):
    def test_unknown_and_revoked_links_look_the_same(self) -> None:
        payment, link = self.bought()
        self.assertEqual(self.get(link).status, 200)
        self.change_grant(payment, "revoked_at = UTC_TIMESTAMP(6)")
        token = link.rpartition("/")[2]
        unknown = link.replace(token, token[::-1])
        answers = [self.get(link), self.get(unknown)]
        self.assertEqual([answer.status for answer in answers], [404, 404])
        self.assertEqual(answers[0].body, answers[1].body)
        names = [sorted(answer.headers.keys()) for answer in answers]
        self.assertEqual(names[0], names[1])

    def test_a_revoked_link_cannot_be_resumed(self) -> None:
        payment, link = self.bought()
        self.assertEqual(self.get(link).status, 200)
        self.change_grant(payment, "revoked_at = UTC_TIMESTAMP(6)")
        self.assertEqual(self.get(link, range="bytes=10-").status, 404)
        self.assertEqual(self.download_links(self.return_page(payment)), [])

    def test_a_refund_ends_the_download(self) -> None:
        payment, link = self.bought()
        self.behave(check_code="660")
        self.post_notification(self.fields_of(payment))
        self.wait_for_status(payment, "refunded")
        self.assertEqual(self.get(link).status, 404)
        self.assertEqual(self.shop_tokens(payment), [])
        page = self.return_page(payment)
        self.assertEqual(self.download_links(page), [])
        self.assertIn("refunded", page.text)

    def test_the_token_is_kept_nowhere_in_our_tables(self) -> None:
        payment, link = self.bought()
        token = link.rpartition("/")[2]
        self.assertEqual(self.shop_tokens(payment), [token])
        for table in ("payments", "grants", "events", "evidence"):
            rows = self.stack.database.query(f"SELECT * FROM tollgate_{table}")
            self.assertNotIn(token, str(rows))

    def test_addresses_that_name_no_grant(self) -> None:
        _, link = self.bought()
        token = link.rpartition("/")[2]
        for name in (
            "x",
            token[:-1],
            token + "A",
            token.swapcase(),
            token[:-1] + "%00",
            "film.mp4",
            "..%2ffilm.mp4",
            "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
            "A" * 3000,
        ):
            with self.subTest(name[:40]):
                answer = self.get(f"{self.stack.url}/download/{name}")
                self.assertIn(answer.status, (400, 404))
                self.assertNotEqual(answer.body, content)

    def test_files_have_no_address_of_their_own(self) -> None:
        self.bought()
        for path in (
            "/protected/film.mp4",
            "/protected/",
            "/protected",
            "/protected/../protected/film.mp4",
            "/protected%2ffilm.mp4",
            "/%70rotected/film.mp4",
            "//protected//film.mp4",
            "/protected/..%2f..%2ftollgate.toml",
            "/protected../tollgate.toml",
            "/download/../protected/film.mp4",
            "/film.mp4",
            "/downloads/film.mp4",
        ):
            with self.subTest(path):
                answer = self.get(self.stack.url + path)
                self.assertIn(answer.status, (400, 404))  # nginx says 400 to some by itself
                self.assertLess(len(answer.body), 1000)

    def test_a_path_that_leaves_the_folder_is_never_followed(self) -> None:
        """Such a row is never written; were it there, it would still deliver nothing."""
        for path in ("../tollgate.toml", "/etc/passwd", "./film.mp4", "a/../film.mp4", ""):
            with self.subTest(path):
                payment, link = self.bought()
                self.stack.database.query(
                    "UPDATE tollgate_grants SET file = %s WHERE id = %s",
                    path,
                    self.grants(payment)[0]["id"],
                )
                self.assertEqual(self.get(link).status, 503)
                self.assertEqual(self.uses(payment), 0)

    def test_a_header_of_the_customer_is_no_redirect(self) -> None:
        answer = self.get(f"{self.stack.url}/download/x", x_accel_redirect="/protected/film.mp4")
        self.assertEqual(answer.status, 404)


del Deliveries, DownloadTest
