"""Download grants in the merchant's hand: several files with limits of their own, refunds,
`tollgate grants`, and links that outlive a change of the key."""

import hashlib
import json
import os
import random
import re
import socket
import threading
import time
from pathlib import Path
from typing import Any
from uuid import UUID

from case import Case, Payment, browser

content = random.Random(3).randbytes(200_000)
size = len(content)
first_key = "a" * 40
second_key = "b" * 40


class GrantsCase(Case):
    settings: dict[str, dict[str, Any]] = {
        "downloads": {"delivery": "x-accel", "uses_max": 3, "use_lasts_s": 600},
        "server": {"key": first_key},
    }

    def bought(self, *files: Any) -> Payment:
        for file in files:
            name = file["path"] if isinstance(file, dict) else file
            (self.stack.downloads / name).write_bytes(content)
        payment = self.buy(files=list(files))
        self.decide(payment, "approve")
        self.wait_for_status(payment, "paid")
        return payment

    def links(self, payment: Payment) -> list[str]:
        return self.download_links(self.return_page(payment))

    def get(self, link: str, **headers: str) -> browser.Answer:
        return browser.request("GET", link, headers={"accept-language": "en"} | headers)

    def listed(self, payment: Payment, command: str = "list", *arguments: str) -> list[dict]:
        done = self.stack.command("grants", command, payment.id, "--json", *arguments)
        return json.loads(done.stdout)

    def refused(self, *arguments: str) -> str:
        return self.stack.command("grants", *arguments, expect=1).stderr

    def causes(self, payment: Payment) -> list[str]:
        """Of the events in the trail that change no status."""
        rows = self.stack.database.query(
            "SELECT cause FROM tollgate_events WHERE payment_id = %s AND from_status = to_status"
            " ORDER BY number",
            UUID(payment.id).bytes,
        )
        return [row["cause"] for row in rows]


class FilesTest(GrantsCase):
    def test_every_file_has_its_own_limits(self) -> None:
        payment = self.bought(
            "a.pdf",
            {"path": "b.mp4", "uses_max": 1},
            {"path": "c.zip", "expires_after_s": 3600},
            {"path": "d.zip", "uses_max": 9, "expires_after_s": 60},
        )
        grants = self.grants(payment)
        self.assertEqual([grant["uses_max"] for grant in grants], [3, 1, 3, 9])
        paid_at = self.payment_row(payment)["paid_at"]
        lives = [(grant["expires_at"] - paid_at).total_seconds() for grant in grants]
        self.assertEqual([round(life) for life in lives], [259_200, 259_200, 3600, 60])
        once, thrice = self.links(payment)[1], self.links(payment)[0]
        self.assertEqual([self.get(once).status for _ in range(2)], [200, 410])
        self.assertEqual([self.get(thrice).status for _ in range(4)], [200] * 3 + [410])

    def test_a_retry_sells_the_same(self) -> None:
        (self.stack.downloads / "a.pdf").write_bytes(content)
        payment = self.buy(files=[{"path": "a.pdf", "uses_max": 2}])
        self.decide(payment, "decline")
        self.wait_for_status(payment, "failed")
        page = self.return_page(payment)
        [form] = [form for form in browser.forms(page) if form.action.endswith("/pay/retry")]
        self.assertEqual(browser.submit(form).status, 303)
        [files] = self.stack.database.query(
            "SELECT files FROM tollgate_payments WHERE merchant = 'main' AND order_ref = %s"
            " AND attempt = 2",
            str(payment.order),
        )
        self.assertEqual(json.loads(files["files"]), [{"path": "a.pdf", "uses_max": 2}])

    def test_what_is_no_file_is_refused(self) -> None:
        (self.stack.downloads / "link.pdf").symlink_to("/etc/hostname")
        for files in (
            ["link.pdf"],
            [{"path": "a.pdf", "uses_max": 0}],
            [{"path": "a.pdf", "expires_after_s": 1}],
            [{"path": "a.pdf", "price": 1}],
            [{"uses_max": 1}],
            ["../tollgate.toml"],
            [["a.pdf"]],
            ["a.pdf"] * 11,
        ):
            with self.subTest(files):
                answer = self.open(self.new_order(), files=files)
                self.assertEqual(answer.status, 422, answer.text)
                self.assertEqual(list(answer.json()["errors"]), ["files"])

    def test_a_file_that_becomes_a_link_is_not_followed(self) -> None:
        payment = self.bought("later.pdf")
        [link] = self.links(payment)
        path = self.stack.downloads / "later.pdf"
        path.unlink()
        path.symlink_to(self.stack.configuration)
        answer = self.get(link)
        self.assertEqual(answer.status, 503)
        self.assertNotIn("password", answer.text)
        self.assertEqual(self.grants(payment)[0]["uses"], 0)


class NamesTest(GrantsCase):
    def test_names_in_any_script(self) -> None:
        for name, ascii_name, escaped in (
            ("كتاب.pdf", "____.pdf", "%D9%83%D8%AA%D8%A7%D8%A8.pdf"),
            ("文件 1.zip", "__ 1.zip", "%E6%96%87%E4%BB%B6%201.zip"),
            ('a "b";c.txt', "a _b_;c.txt", "a%20_b_%3Bc.txt"),
            ("invoice\u202efdp.exe", "invoicefdp.exe", "invoicefdp.exe"),
            ("100%.pdf", "100_.pdf", "100%25.pdf"),
            ("con.pdf", "_con.pdf", "_con.pdf"),
        ):
            with self.subTest(name):
                payment = self.bought(name)
                page = self.return_page(payment)
                self.assertNotIn("\u202e", page.text)
                answer = self.get(self.download_links(page)[0])
                self.assertEqual((answer.status, answer.body), (200, content))
                self.assertEqual(
                    answer.headers["content-disposition"],
                    f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{escaped}",
                )


class CommandsTest(GrantsCase):
    def test_a_list(self) -> None:
        payment = self.bought("a.pdf", "b.mp4")
        links = self.links(payment)
        self.assertEqual(self.get(links[0]).status, 200)
        for name in ((payment.id,), (payment.reference,), ("--order", str(payment.order))):
            text = self.stack.command("grants", "list", *name).stdout
            self.assertIn("a.pdf: active, 1 of 3 uses, until 20", text)
            self.assertEqual(re.findall(r"http\S+", text), links)
        first = self.listed(payment)[0]
        self.assertEqual(
            {name: first[name] for name in ("file", "state", "uses", "uses_max", "revoked_at")},
            {"file": "a.pdf", "state": "active", "uses": 1, "uses_max": 3, "revoked_at": None},
        )
        self.assertEqual(first["link"], links[0])
        self.assertEqual(self.listed(self.buy()), [])
        self.assertIn("there is no payment", self.refused("list", "0" * 20))

    def test_new_links(self) -> None:
        payment = self.bought("a.pdf", "b.mp4")
        old = self.links(payment)
        self.assertEqual(self.get(old[0]).status, 200)
        [changed] = self.listed(payment, "reissue", "--file", "a.pdf")
        new = self.links(payment)
        self.assertEqual(changed["link"], new[0])
        self.assertNotEqual(new[0], old[0])
        self.assertEqual(new[1], old[1])
        self.assertEqual(self.get(old[0]).status, 404)
        self.assertEqual(self.get(old[0], range="bytes=10-").status, 404)
        self.assertEqual([self.get(new[0]).status for _ in range(3)], [200, 200, 410])
        tokens = {link.rpartition("/")[2] for link in new}
        self.assertEqual(set(self.shop_tokens(payment)), tokens)
        self.assertRegex(self.causes(payment)[0], r"^cli \S+: new download links: a\.pdf$")

    def test_more_uses_and_time(self) -> None:
        payment = self.bought("a.pdf")
        [link] = self.links(payment)
        self.assertEqual([self.get(link).status for _ in range(4)], [200, 200, 200, 410])
        for _ in range(2):  # so many are left, however often it is said
            [grant] = self.listed(payment, "extend", "--uses", "2")
        self.assertEqual((grant["uses"], grant["uses_max"]), (3, 5))
        self.assertEqual([self.get(link).status for _ in range(3)], [200, 200, 410])
        self.stack.command(
            "grants", "extend", payment.reference, "--expires", "2020-01-01T00:00:00Z"
        )
        self.assertIn("run out", self.get(link).text)
        [grant] = self.listed(
            payment, "extend", "--uses", "1", "--expires", "2099-12-31T00:00:00Z"
        )
        self.assertEqual(grant["expires_at"], "2099-12-31T00:00:00Z")
        self.assertEqual(self.get(link).status, 200)
        self.assertEqual(len(self.causes(payment)), 4)
        self.assertIn("the time must be", self.refused("extend", payment.id, "--expires", "soon"))
        self.stack.command("grants", "extend", payment.id, expect=106)

    def test_an_end_and_a_beginning(self) -> None:
        payment = self.bought("a.pdf", "b.mp4")
        old = self.links(payment)
        self.stack.command("grants", "revoke", payment.id, "--file", "a.pdf")
        self.assertEqual(self.get(old[0]).status, 404)
        self.assertEqual(self.links(payment), [old[1]])
        self.assertEqual(len(self.shop_tokens(payment)), 1)
        self.assertEqual([grant["state"] for grant in self.listed(payment)], ["revoked", "active"])
        self.assertIn("nothing in force", self.refused("revoke", payment.id, "--file", "a.pdf"))
        self.assertIn(
            "nothing in force", self.refused("extend", payment.id, "--file", "a.pdf", "--uses", "1")
        )
        self.stack.command("grants", "reissue", payment.id, "--file", "a.pdf")
        self.assertEqual(self.get(self.links(payment)[0]).status, 200)
        self.assertEqual(len(self.shop_tokens(payment)), 2)

    def test_nothing_of_what_is_not_paid(self) -> None:
        payment = self.bought("a.pdf")
        self.behave(check_code="660")
        self.post_notification(self.fields_of(payment))
        self.wait_for_status(payment, "refunded")
        self.assertIn("not paid", self.refused("reissue", payment.id))
        self.assertIn("nothing in force", self.refused("extend", payment.id, "--uses", "1"))
        self.assertEqual(self.shop_tokens(payment), [])
        self.assertIn("not paid", self.refused("reissue", self.buy().id))

    def test_the_trail_stays_whole(self) -> None:
        """Each event is chained to the one before, those of the merchant too."""
        payment = self.bought("a.pdf")
        self.stack.command("grants", "extend", payment.id, "--uses", "3")
        self.stack.command("grants", "revoke", payment.id)
        rows = self.stack.database.query(
            "SELECT * FROM tollgate_events WHERE payment_id = %s ORDER BY number",
            UUID(payment.id).bytes,
        )
        self.assertEqual([row["number"] for row in rows], list(range(1, len(rows) + 1)))
        chain = b""
        for row in rows:
            parts = (
                row["id"],
                row["payment_id"],
                row["from_status"].encode(),
                row["to_status"].encode(),
                row["cause"].encode(),
                row["evidence_id"] or b"",
                row["created_at"].strftime("%Y-%m-%d %H:%M:%S.%f").encode(),
            )
            message = chain + b"".join(b"%d:%b" % (len(part), part) for part in parts)
            chain = hashlib.sha256(message).digest()
            self.assertEqual(row["hash"], chain)
        self.assertEqual(self.payment_row(payment)["chain"], chain)


class Refunds:
    """Whoever delivers."""

    def test_a_refund_while_a_download_is_under_way(self) -> None:
        (self.stack.downloads / "long.mp4").write_bytes(content)
        big = random.Random(4).randbytes(8_000_000)
        payment = self.bought("long.mp4")
        (self.stack.downloads / "long.mp4").write_bytes(big)
        [link] = self.links(payment)
        host, port = self.stack.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), 30) as connection:
            path = link.removeprefix(self.stack.url)
            connection.sendall(
                f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
            )
            begun = connection.recv(4096)
            self.behave(check_code="660")
            self.post_notification(self.fields_of(payment))
            self.wait_for_status(payment, "refunded")
            self.assertEqual(self.get(link, range="bytes=4096-").status, 404)
            self.assertEqual(self.get(link).status, 404)
            rest = b"".join(iter(lambda: connection.recv(1 << 20), b""))
        self.assertEqual((begun + rest).partition(b"\r\n\r\n")[2], big)

    def test_a_file_that_is_replaced_is_sent_as_it_was(self) -> None:
        payment = self.bought("long.mp4")
        old = random.Random(5).randbytes(6_000_000)
        new = random.Random(6).randbytes(5_000_000)
        path = self.stack.downloads / "long.mp4"
        path.write_bytes(old)
        [link] = self.links(payment)
        host, port = self.stack.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), 30) as connection:
            where = link.removeprefix(self.stack.url)
            connection.sendall(
                f"GET {where} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
            )
            begun = connection.recv(4096)
            path.with_suffix(".new").write_bytes(new)
            path.with_suffix(".new").rename(path)
            rest = b"".join(iter(lambda: connection.recv(1 << 20), b""))
        self.assertEqual((begun + rest).partition(b"\r\n\r\n")[2], old)
        tag = re.search(rb'(?i)etag: ("[^"]+")', begun)[1].decode()
        again = self.get(link, range="bytes=4096-", **{"if-range": tag})
        self.assertEqual((again.status, again.body), (200, new))

    def test_customers_who_go_away_hold_nothing(self) -> None:
        payment = self.bought("long.mp4")
        (self.stack.downloads / "long.mp4").write_bytes(random.Random(7).randbytes(8_000_000))
        self.stack.command("grants", "extend", payment.id, "--uses", "1000")
        [link] = self.links(payment)
        host, port = self.stack.url.removeprefix("http://").split(":")
        path = link.removeprefix(self.stack.url)

        def leave() -> None:
            with socket.create_connection((host, int(port)), 30) as connection:
                connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
                connection.recv(1024)

        threads = [threading.Thread(target=leave) for _ in range(100)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        begun = time.monotonic()
        self.assertEqual(len(self.get(link).body), 8_000_000)
        self.assertLess(time.monotonic() - begun, 20)


class RefundsByNginx(Refunds, GrantsCase):
    pass


class RefundsByTollgate(Refunds, GrantsCase):
    settings = GrantsCase.settings | {
        "downloads": GrantsCase.settings["downloads"] | {"delivery": "stream"}
    }

    def test_a_large_file_costs_no_memory(self) -> None:
        payment = self.bought("long.mp4")
        large = 150_000_000
        os.truncate(self.stack.downloads / "long.mp4", large)
        [link] = self.links(payment)
        before = self.memory_peak_kib()
        answer = self.get(link, range="bytes=1-,0-0")  # more parts than one, which we send
        self.assertEqual((answer.status, len(answer.body) > large), (206, True))
        self.assertLess(self.memory_peak_kib() - before, 20_000)

    def memory_peak_kib(self) -> int:
        status = Path(f"/proc/{self.stack.tollgate.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1])


class KeyTest(GrantsCase):
    settings = {**GrantsCase.settings, "shop": {"name": "Keys"}}  # a stack of its own

    def change_keys(self, key: str, previous: str) -> None:
        text = self.stack.configuration.read_text()
        text = re.sub(r'(?m)^(previous_)?key = "[ab]+"\n', "", text)
        lines = f'key = "{key}"\n' + (f'previous_key = "{previous}"\n' if previous else "")
        self.stack.configuration.write_text(text.replace("[server]\n", f"[server]\n{lines}"))
        self.stack.tollgate.restart()

    def test_links_outlive_a_change_of_the_key(self) -> None:
        self.change_keys(first_key, "")
        old = self.bought("a.pdf")
        [mailed] = self.links(old)
        self.change_keys(second_key, first_key)
        self.assertEqual(self.links(old), [mailed])
        self.assertEqual(self.get(mailed).status, 200)
        self.assertEqual(self.listed(old)[0]["link"], mailed)
        new = self.bought("a.pdf")
        self.assertEqual(self.get(self.links(new)[0]).status, 200)

        self.change_keys(second_key, "")
        self.assertEqual(self.get(mailed).status, 200)  # it was mailed: it lives as long as it may
        self.assertEqual(self.get(self.links(new)[0]).status, 200)
        self.assertIsNone(self.listed(old)[0]["link"])
        answer = browser.request("GET", old.return_url)
        self.assertEqual(answer.status, 404)

        [grant] = self.listed(old, "reissue")
        self.assertEqual(self.get(grant["link"]).status, 200)
        self.assertEqual(self.get(mailed).status, 404)

    def test_a_refund_ends_links_of_the_old_key_in_the_shop_too(self) -> None:
        self.change_keys(first_key, "")
        payment = self.bought("a.pdf")
        self.assertEqual(len(self.shop_tokens(payment)), 1)
        self.change_keys(second_key, first_key)
        self.behave(check_code="660")
        self.post_notification(self.fields_of(payment))
        self.wait_for_status(payment, "refunded")
        self.assertEqual(self.shop_tokens(payment), [])


del GrantsCase, Refunds
