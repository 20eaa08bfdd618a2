"""The way to the shop's own pages, and the signed result that they are told."""

import hmac
import json
import re
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit
from uuid import UUID

from browser_case import BrowserTest
from case import Case, Payment, browser

secret = "a-secret-of-at-least-32-characters"
success_url = "https://shop.example/thanks?page=9"
failure_url = "https://shop.example/sorry"
names = ("status", "order", "reference", "amount", "currency", "time")


def shop_settings(mode: str) -> Mapping[str, Mapping[str, Any]]:
    return {
        "shop": {
            "return": mode,
            "success_url": success_url,
            "failure_url": failure_url,
            "result_secret": secret,
        },
        "check": {"timeout_ms": 1500, "return_wait_ms": 1000},
    }


class RedirectCase(Case):
    def get(self, url: str) -> browser.Answer:
        return browser.request("GET", url, headers={"accept-language": "en"})

    def ended(self, decision: str, status: str) -> Payment:
        payment = self.buy()
        self.decide(payment, decision)
        self.wait_for_status(payment, status)
        return payment

    def give_urls(self, payment: Payment, success: str, failure: str) -> None:
        self.stack.database.query(
            "INSERT INTO tollgate_shop_urls (payment_id, success_url, failure_url)"
            " VALUES (%s, %s, %s)",
            UUID(payment.id).bytes,
            success,
            failure,
        )

    def result_of(self, url: str, page: str) -> dict[str, str]:
        """What a genuine result says, on its way to the page."""
        self.assertTrue(url.startswith(page), url)
        query = dict(parse_qsl(urlsplit(url).query, strict_parsing=True))
        said = {name: query.pop(f"tollgate_{name}") for name in names}
        made = hmac.digest(secret.encode(), "\n".join(said.values()).encode(), "sha256").hex()
        self.assertEqual(query.pop("tollgate_signature"), made)
        self.assertEqual(query, dict(parse_qsl(urlsplit(page).query)))
        self.assertLess(abs(int(said.pop("time")) - time.time()), 60)
        return said

    def result_about(self, payment: Payment, status: str) -> dict[str, str]:
        return {
            "status": status,
            "order": str(payment.order),
            "reference": payment.reference,
            "amount": "1500",
            "currency": "XOF",
        }


class AtOnceTest(RedirectCase):
    settings = shop_settings("redirect")

    def test_paid(self) -> None:
        payment = self.ended("approve", "paid")
        answer = self.get(payment.return_url)
        self.assertEqual(answer.status, 303)
        result = self.result_of(answer.headers["location"], success_url)
        self.assertEqual(result, self.result_about(payment, "paid"))

    def test_ended_unpaid(self) -> None:
        for decision, status in (
            ("decline", "failed"),
            ("cancel", "cancelled"),
            ("expire", "expired"),
        ):
            with self.subTest(status):
                payment = self.ended(decision, status)
                answer = self.get(payment.return_url)
                self.assertEqual(answer.status, 303)
                result = self.result_of(answer.headers["location"], failure_url)
                self.assertEqual(result, self.result_about(payment, status))

    def test_an_open_payment_waits_on_our_page(self) -> None:
        for manner in ("", "500", "hang", "garbage"):
            with self.subTest(manner):
                if manner:
                    self.behave(check=manner)
                payment = self.buy()
                page = self.get(payment.return_url)
                self.assertEqual(page.status, 200)
                self.assertIn("Being confirmed", page.text)
                self.assertNotIn("refresh", page.headers)
                self.behave(reset=True)
                self.decide(payment, "approve")
                self.wait_for_status(payment, "paid")
                location = self.get(payment.return_url).headers["location"]
                self.result_of(location, success_url)

    def test_what_is_under_review_or_refunded_stays(self) -> None:
        self.behave(check_amount="5")
        payment = self.ended("approve", "review")
        page = self.get(payment.return_url)
        self.assertEqual(page.status, 200)
        self.assertIn("Payment under review", page.text)
        self.assertNotIn("tollgate_", page.text)

    def test_a_payment_brings_its_own_pages(self) -> None:
        own = "https://other.example/a?b=c%20d"
        paid, failed = self.ended("approve", "paid"), self.ended("decline", "failed")
        self.give_urls(paid, own, "")
        self.give_urls(failed, own, "https://other.example/no")
        location = self.get(paid.return_url).headers["location"]
        self.assertEqual(self.result_of(location, own)["status"], "paid")
        location = self.get(failed.return_url).headers["location"]
        self.assertEqual(self.result_of(location, "https://other.example/no")["status"], "failed")

    def test_nothing_on_the_way_changes_the_result(self) -> None:
        failed = self.ended("decline", "failed")
        paid = self.get(self.ended("approve", "paid").return_url).headers["location"]
        stolen = urlsplit(paid).query
        for more in (
            "status=success",
            "tollgate_status=paid",
            stolen,
            "success_url=https://evil.example/",
            "continue_url=https://evil.example/&return=https://evil.example/",
            urlencode({"transaction_id": "x", "cpm_result": "00", "stay": "1"}),
        ):
            with self.subTest(more):
                location = self.get(f"{failed.return_url}&{more}").headers["location"]
                result = self.result_of(location, failure_url)
                self.assertEqual(result, self.result_about(failed, "failed"))

    def test_the_gateways_post_leads_there_too(self) -> None:
        payment = self.ended("approve", "paid")
        answer = self.come_back(payment)
        self.assertEqual(answer.status, 303)
        self.result_of(self.get(answer.location).headers["location"], success_url)

    def test_a_reference_alone_leads_nowhere(self) -> None:
        payment = self.ended("approve", "paid")
        page = self.get(f"{self.stack.url}/return/cinetpay?transaction_id={payment.reference}")
        self.assertEqual(page.status, 200)
        self.assertIn("Payment received", page.text)
        self.assertNotIn("tollgate_", page.text)

    def test_an_older_attempt_leads_to_the_newest(self) -> None:
        first = self.ended("decline", "failed")
        second = self.open_again(first)
        answer = self.get(first.return_url)
        self.assertEqual((answer.status, answer.location), (303, second.return_url))
        self.assertIn("Being confirmed", self.get(answer.location).text)
        self.decide(second, "approve")
        self.wait_for_status(second, "paid")
        location = self.get(self.get(first.return_url).location).headers["location"]
        self.assertEqual(self.result_of(location, success_url), self.result_about(second, "paid"))

    def test_the_waiting_page_has_a_way_on(self) -> None:
        page = self.get(self.buy().return_url)
        self.assertIn("data-news=", page.text)


class PageFirstTest(RedirectCase):
    settings = shop_settings("page_then_redirect")

    def test_the_page_then_the_shop(self) -> None:
        for decision, status, page, text in (
            ("approve", "paid", success_url, "Payment received"),
            ("decline", "failed", failure_url, "Not paid"),
        ):
            with self.subTest(status):
                payment = self.ended(decision, status)
                answer = self.get(payment.return_url)
                self.assertEqual(answer.status, 200)
                self.assertIn(text, answer.text)
                seconds, url = answer.headers["refresh"].split(";url=")
                self.assertEqual(seconds, "10")
                self.assertEqual(self.result_of(url, page), self.result_about(payment, status))
                self.assertIn(url, browser.links(answer))

    def test_who_wants_to_stay_stays(self) -> None:
        answer = self.get(self.ended("approve", "paid").return_url)
        [stay] = [link for link in browser.links(answer) if "stay=1" in link]
        page = self.get(stay)
        self.assertIn("Payment received", page.text)
        self.assertNotIn("refresh", page.headers)
        self.assertEqual(len(self.download_links(page)), 1)
        self.assertTrue([link for link in browser.links(page) if link.startswith(success_url)])


class OurPageTest(RedirectCase):
    settings = shop_settings("page")

    def test_a_link_leads_to_the_shop(self) -> None:
        payment = self.ended("approve", "paid")
        answer = self.get(payment.return_url)
        self.assertEqual((answer.status, answer.headers["refresh"]), (200, None))
        [link] = [link for link in browser.links(answer) if link.startswith(success_url)]
        self.assertEqual(self.result_of(link, success_url), self.result_about(payment, "paid"))


class NoPageTest(RedirectCase):
    settings = {"shop": {"return": "redirect", "result_secret": secret}}

    def test_without_a_page_of_the_shop_ours_is_shown(self) -> None:
        for decision, status in (("approve", "paid"), ("decline", "failed")):
            answer = self.get(self.ended(decision, status).return_url)
            self.assertEqual(answer.status, 200)
            self.assertIn(f"{self.stack.shop_url}/", browser.links(answer))


class ExampleTest(RedirectCase):
    """The lines of docs/redirects.md, as a shop would use them."""

    settings = shop_settings("redirect")

    def example(self, language: str) -> str:
        text = (Path(__file__).parents[2] / "docs/redirects.md").read_text()
        [found] = re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)
        return found

    def queries(self) -> dict[str, tuple[str, bool]]:
        payment = self.ended("approve", "paid")
        other = self.ended("decline", "failed")
        good, bad = (
            urlsplit(self.get(one.return_url).headers["location"]).query for one in (payment, other)
        )
        signature = parse_qs(good)["tollgate_signature"][0]
        return {
            "genuine": (good, True),
            "genuine, unpaid": (bad, True),
            "another status": (bad.replace("status=failed", "status=paid"), False),
            "another amount": (good.replace("amount=1500", "amount=9500"), False),
            "another signature": (re.sub("signature=.*", f"signature={signature}", bad), False),
            "short signature": (good[:-2], False),
            "no signature": (re.sub("&tollgate_signature=.*", "", good), False),
            "nothing": ("", False),
            "with more": (f"utm_source=x&{good}&status=failed", True),
        }

    def assert_judges(self, command: Sequence[str]) -> None:
        queries = self.queries()
        given = json.dumps({"secret": secret, "queries": [query for query, _ in queries.values()]})
        done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        judged = dict(zip(queries, json.loads(done.stdout), strict=True))
        self.assertEqual(judged, {name: genuine for name, (_, genuine) in queries.items()})

    def test_php(self) -> None:
        program = (
            "$given = json_decode(stream_get_contents(STDIN), true); $secret = $given['secret'];"
            "$all = []; foreach ($given['queries'] as $query) { parse_str($query, $_GET);"
            f"{self.example('php')} $all[] = $genuine; }} echo json_encode($all);"
        )
        self.assert_judges(["php", "-d", "display_errors=stderr", "-r", program])

    def test_python(self) -> None:
        example = "\n    ".join(self.example("python").splitlines())
        program = (
            "import hmac, json, sys\nfrom urllib.parse import parse_qsl\n"
            "given = json.load(sys.stdin)\nsecret, found = given['secret'], []\n"
            "for text in given['queries']:\n    query = dict(parse_qsl(text))\n"
            f"    {example}\n    found.append(genuine)\nprint(json.dumps(found))"
        )
        self.assert_judges(["/usr/bin/python3", "-c", program])

    def test_javascript(self) -> None:
        program = (
            'const { createHmac, timingSafeEqual } = require("node:crypto");'
            'const given = JSON.parse(require("node:fs").readFileSync(0)); const { secret } = given;'
            "console.log(JSON.stringify(given.queries.map((text) => {"
            "const query = new URLSearchParams(text); const judge = () => {"
            f"{self.example('javascript')} return genuine; }}; return judge(); }})))"
        )
        self.assert_judges(["node", "-e", program])


class InABrowserTest(RedirectCase, BrowserTest):
    settings = {"shop": {"return": "redirect", "result_secret": secret}}

    def test_from_our_waiting_page_to_the_shop(self) -> None:
        payment = self.buy()
        own = f"{self.stack.shop_url}/?thanks=1"
        self.give_urls(payment, own, "")
        self.driver.get(payment.return_url)
        self.see("Being confirmed")
        self.decide(payment, "approve")
        self.wait_until(lambda: self.driver.current_url.startswith(self.stack.shop_url))
        result = self.result_of(self.driver.current_url, own)
        self.assertEqual(result, self.result_about(payment, "paid"))


del RedirectCase, BrowserTest
