"""What a customer sees who comes back from the gateway."""

import re
from concurrent.futures import ThreadPoolExecutor
from html import escape
from urllib.parse import quote, urlencode

from case import Case, Payment, browser

hostile_shop = '<b>Chez "Awa" & Fils</b>'


class ReturnTest(Case):
    settings = {
        "check": {"timeout_ms": 1500, "return_wait_ms": 1000},
        "shop": {"name": hostile_shop},
        "database": {"timeout_ms": 3000},
    }

    def get(self, url: str, **headers: str) -> browser.Answer:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return browser.request("GET", url, headers={"accept-language": "en"} | names)

    def by_reference(self, payment: Payment, name: str = "transaction_id") -> str:
        return f"{self.stack.url}/return/cinetpay?{name}={payment.reference}"

    def paid(self) -> Payment:
        payment = self.buy()
        self.decide(payment, "approve")
        self.wait_for_status(payment, "paid")
        return payment

    def failed(self, decision: str = "decline", status: str = "failed") -> Payment:
        payment = self.buy()
        self.decide(payment, decision)
        self.wait_for_status(payment, status)
        return payment

    def retry(self, page: browser.Answer) -> browser.Answer:
        [form] = browser.forms(page)
        return browser.submit(form)


class ComingBackTest(ReturnTest):
    def test_a_cross_site_post_becomes_a_get(self) -> None:
        payment = self.paid()
        answer = self.come_back(payment)
        self.assertEqual((answer.status, answer.location), (303, payment.return_url))
        self.assertNotIn("set-cookie", answer.headers)

    def test_a_post_changes_nothing(self) -> None:
        payment = self.buy()
        self.decide(payment, "approve", notify="never")
        self.come_back(payment)
        self.assertEqual(self.times_asked(payment), 0)
        self.assertEqual(self.payment_row(payment)["status"], "pending")

    def test_a_post_without_our_token(self) -> None:
        payment = self.paid()
        url = f"{self.stack.url}/return/cinetpay"
        answer = browser.request("POST", url, {"transaction_id": payment.reference})
        self.assertEqual(answer.status, 303)
        page = self.get(answer.location)
        self.assertEqual((page.status, self.download_links(page)), (200, []))
        self.assertIn("Payment received", page.text)

    def test_a_post_leads_nowhere_else(self) -> None:
        url = f"{self.stack.url}/return/cinetpay"
        for fields in (
            {"transaction_id": "//evil.example"},
            {"transaction_id": "x\r\nset-cookie: a=b"},
            {"t": "x", "url": "https://evil.example/"},
            {},
        ):
            with self.subTest(fields):
                answer = browser.request("POST", url, fields)
                self.assertEqual(answer.status, 303)
                self.assertTrue(answer.location.startswith(url), answer.location)
                self.assertNotIn("set-cookie", answer.headers)
                self.assertEqual(self.get(answer.location).status, 404)

    def test_the_old_address(self) -> None:
        payment = self.paid()
        old = payment.return_url.replace("/return/cinetpay", "/payment/return/")
        self.assertEqual(len(self.download_links(self.get(old))), 1)
        answer = browser.request("POST", old, {"transaction_id": payment.reference})
        self.assertEqual((answer.status, answer.location), (303, payment.return_url))

    def test_only_our_token_shows_the_downloads(self) -> None:
        payment = self.paid()
        self.assertEqual(len(self.download_links(self.get(payment.return_url))), 1)
        for name in ("transaction_id", "cpm_trans_id", "order"):
            with self.subTest(name):
                page = self.get(self.by_reference(payment, name))
                self.assertEqual(page.status, 200)
                self.assertIn("Payment received", page.text)
                self.assertEqual(self.download_links(page), [])

    def test_only_our_token_may_try_again(self) -> None:
        payment = self.failed()
        self.assertEqual(len(browser.forms(self.get(payment.return_url))), 1)
        page = self.get(self.by_reference(payment))
        self.assertIn("Not paid", page.text)
        self.assertEqual(browser.forms(page), [])
        self.assertNotIn(payment.return_url.partition("t=")[2], page.text)

    def test_an_order_number_names_no_payment(self) -> None:
        payment = self.paid()
        for name in ("transaction_id", "order", "t", "id"):
            with self.subTest(name):
                url = f"{self.stack.url}/return/cinetpay?{name}={payment.order}"
                self.assertEqual(self.get(url).status, 404)

    def test_tampered_tokens(self) -> None:
        payment, other = self.paid(), self.paid()
        base, _, token = payment.return_url.partition("t=")
        other_token = other.return_url.partition("t=")[2]
        first, last = ("A" if token[0] != "A" else "B"), ("A" if token[-1] != "A" else "Q")
        half = len(token) // 2
        tokens = {
            "empty": "",
            "first": first + token[1:],
            "last": token[:-1] + last,
            "cut": token[:-1],
            "longer": token + "A",
            "twice": token + token,
            "mixed": token[:half] + other_token[half:],
            "id": payment.id,
            "not base64": quote("../../etc/passwd"),
            "long": "A" * 4000,
            "broken escape": "%zz",
            "NUL": token + "%00",
        }
        for name, changed in tokens.items():
            with self.subTest(name):
                page = self.get(f"{base}t={changed}")
                self.assertEqual(page.status, 404)
                self.assertIn("Unknown payment", page.text)
                self.assertEqual(self.download_links(page), [])
                self.assertNotIn(payment.reference, page.text)

    def test_unknown_gateway(self) -> None:
        payment = self.paid()
        self.assertEqual(self.get(f"{self.stack.url}/return/nosuch").status, 404)
        self.assertEqual(self.get(payment.return_url.replace("cinetpay", "nosuch")).status, 404)


class PageTest(ReturnTest):
    def test_paid(self) -> None:
        payment = self.paid()
        page = self.get(payment.return_url)
        for text in ("Payment received", "1500 XOF", str(payment.order), payment.reference):
            self.assertIn(text, page.text)
        self.assertNotIn("http-equiv", page.text)
        self.assertEqual(browser.forms(page), [])
        self.assertIn(f"{self.stack.shop_url}/", browser.links(page))

    def test_pending_is_being_confirmed_and_refreshes(self) -> None:
        payment = self.buy()
        page = self.get(payment.return_url)
        self.assertEqual(page.status, 200)
        self.assertIn("Being confirmed", page.text)
        self.assertIsNotNone(re.search(r'http-equiv="refresh" content="\d+"', page.text))
        self.assertEqual((browser.forms(page), self.download_links(page)), ([], []))

    def test_a_page_that_refreshes_does_not_ask_the_gateway_each_time(self) -> None:
        payment = self.buy()
        for _ in range(5):
            self.get(payment.return_url)
        self.assertEqual(self.times_asked(payment), 1)

    def test_unpaid_ends(self) -> None:
        for decision, status, text in (
            ("decline", "failed", "refused"),
            ("cancel", "cancelled", "cancelled"),
            ("expire", "expired", "run out"),
        ):
            with self.subTest(decision):
                page = self.get(self.failed(decision, status).return_url)
                self.assertEqual(page.status, 200)
                self.assertIn("Not paid", page.text)
                self.assertIn(text, page.text)
                self.assertEqual(self.download_links(page), [])
                self.assertEqual(len(browser.forms(page)), 1)

    def test_never_failed_while_it_is_unknown(self) -> None:
        for manner in ("500", "garbage", "hang"):
            with self.subTest(manner):
                self.behave(check=manner)
                payment = self.buy()
                page = self.get(payment.return_url)
                self.assertEqual(page.status, 200)
                self.assertIn("Being confirmed", page.text)
                self.assertNotIn("Not paid", page.text)
                self.assertEqual(browser.forms(page), [])
                self.behave(reset=True)
                self.decide(payment, "approve")
                self.wait_for_status(payment, "paid")
                self.assertEqual(len(self.download_links(self.get(payment.return_url))), 1)

    def test_languages(self) -> None:
        payment = self.paid()
        titles = {
            "fr": "Paiement reçu",
            "en": "Payment received",
            "ar": "تم استلام الدفع",
            "sw": "Malipo yamepokelewa",
            "bs": "Plaćanje primljeno",
        }
        cases = (
            ("fr", "fr"),
            ("en", "en"),
            ("en-GB,en;q=0.9", "en"),
            ("fr-CI", "fr"),
            ("de, en;q=0.5, fr;q=0.4", "en"),
            ("en;q=0.3, fr;q=0.7", "fr"),
            ("en;q=0, fr", "fr"),
            ("EN", "en"),
            ("sw-TZ, en;q=0.5", "sw"),
            ("ar-TN", "ar"),
            ("sr-Latn-RS", "bs"),
            ("de", "fr"),
            ("*", "fr"),
            ("", "fr"),
            ("<script>", "fr"),
        )
        for wish, language in cases:
            with self.subTest(wish):
                page = self.get(payment.return_url, accept_language=wish)
                self.assertEqual(page.headers["content-language"], language)
                direction = "rtl" if language == "ar" else "ltr"
                self.assertIn(f'<html lang="{language}" dir="{direction}">', page.text)
                self.assertIn(f"<title>{titles[language]}", page.text)
                self.assertIn("Accept-Language", page.headers["vary"])
                page = self.get(f"{payment.return_url}&lang={language}", accept_language="de")
                self.assertIn(f"<title>{titles[language]}", page.text)

    def test_headers(self) -> None:
        for name, url in (
            ("paid", self.paid().return_url),
            ("unpaid", self.failed().return_url),
            ("unknown", f"{self.stack.url}/return/cinetpay?t=x"),
        ):
            with self.subTest(name):
                page = self.get(url)
                self.assertEqual(page.headers["content-type"], "text/html; charset=utf-8")
                self.assertEqual(page.headers["cache-control"], "no-store")
                self.assertEqual(page.headers["referrer-policy"], "no-referrer")
                self.assertEqual(page.headers["x-content-type-options"], "nosniff")
                policy = page.headers["content-security-policy"]
                self.assertIn("default-src 'none'", policy)
                self.assertIn("frame-ancestors 'none'", policy)
                self.assertNotIn("unsafe", policy)
                self.assertNotIn("set-cookie", page.headers)

    def test_nothing_is_loaded_and_nothing_runs(self) -> None:
        page = self.get(self.paid().return_url)
        for tag in ("<script", "<img", "<link", "<iframe", " style=", " onclick=", "@import"):
            self.assertNotIn(tag, page.text)

    def test_text_is_escaped(self) -> None:
        payment = self.buy(customer={"name": "<i>Awa</i>"}, description="<i>Livre</i>")
        page = self.get(payment.return_url)
        self.assertNotIn("<b>", page.text)
        self.assertNotIn("<i>", page.text)
        self.assertIn("&lt;b&gt;Chez", page.text)

    def test_what_is_asked_for_is_not_repeated_in_the_page(self) -> None:
        query = urlencode({"t": "<script>alert(1)</script>", "transaction_id": '"><script>'})
        page = self.get(f"{self.stack.url}/return/cinetpay?{query}")
        self.assertEqual(page.status, 404)
        self.assertNotIn("<script", page.text)

    def test_file_names_are_escaped(self) -> None:
        name = 'Attiéké & <Alloco> "1".pdf'
        (self.stack.downloads / name).write_bytes(b"recipes")
        payment = self.buy(files=[name])
        self.decide(payment, "approve")
        self.wait_for_status(payment, "paid")
        page = self.get(payment.return_url)
        shown = "Attiéké & _Alloco_ _1_.pdf"  # as it can be stored everywhere
        self.assertIn(escape(shown), page.text)
        self.assertNotIn("<Alloco>", page.text)
        [link] = self.download_links(page)
        file = self.download(link)
        self.assertEqual((file.status, file.body), (200, b"recipes"))
        disposition = file.headers["content-disposition"]
        self.assertIn(f"filename*=UTF-8''{quote(shown, safe='')}", disposition)

    def test_several_files(self) -> None:
        (self.stack.downloads / "part").mkdir(exist_ok=True)
        (self.stack.downloads / "part/two.zip").write_bytes(b"second part")
        payment = self.buy(files=["ebook.pdf", "part/two.zip", "ebook.pdf"])
        self.decide(payment, "approve")
        self.wait_for_status(payment, "paid")
        links = self.download_links(self.get(payment.return_url))
        self.assertEqual(len(set(links)), 2)
        self.assertEqual([self.download(link).status for link in links], [200, 200])
        self.assertEqual(len(self.shop_tokens(payment)), 2)

    def test_a_payment_without_files(self) -> None:
        payment = self.buy(files=[])
        self.decide(payment, "approve")
        self.wait_for_status(payment, "paid")
        page = self.get(payment.return_url)
        self.assertIn("Payment received", page.text)
        self.assertEqual(self.download_links(page), [])
        self.assertEqual((self.grants(payment), self.shop_tokens(payment)), ([], []))

    def test_a_customer_gets_a_page_while_the_database_is_away(self) -> None:
        payment = self.paid()
        [link] = self.download_links(self.get(payment.return_url))
        retry = {"t": payment.return_url.partition("t=")[2]}
        self.stack.database.stop()
        self.addCleanup(lambda: self.stack.database.running or self.stack.database.start())
        refresh = '<noscript><meta http-equiv="refresh"'
        for answer in (
            self.get(payment.return_url),
            self.get(link),
            browser.request(
                "POST", f"{self.stack.url}/pay/retry", retry, {"accept-language": "en"}
            ),
        ):
            with self.subTest(answer.url):
                self.assertEqual(answer.status, 503)
                # What was sent by a form is sent again by its customer, not by the page.
                again = '<input type="hidden" name="t"' if "/pay/retry" in answer.url else refresh
                self.assertIn(again, answer.text)
                self.assertEqual(answer.headers["content-type"], "text/html; charset=utf-8")
                self.assertGreater(int(answer.headers["retry-after"]), 0)
                self.assertIn("Your payment is not lost", answer.text)
                self.assertNotIn("Not paid", answer.text)
        self.stack.database.start()
        self.assertEqual(len(self.download_links(self.get(payment.return_url))), 1)


class RetryTest(ReturnTest):
    def attempts(self, payment: Payment) -> list[dict]:
        return self.stack.database.query(
            "SELECT HEX(id) AS id, reference, status, payment_url FROM tollgate_payments"
            " WHERE order_ref = %s ORDER BY attempt",
            str(payment.order),
        )

    def test_a_second_attempt_pays_the_order(self) -> None:
        for decision, status in (("decline", "failed"), ("cancel", "cancelled")):
            with self.subTest(decision):
                first = self.failed(decision, status)
                answer = self.retry(self.get(first.return_url))
                self.assertEqual(answer.status, 303)
                _, second = self.attempts(first)
                self.assertEqual(answer.location, second["payment_url"])
                page = browser.request("GET", answer.location)
                [form] = browser.forms(page)
                back = browser.forms(browser.submit(form, choice="approve"))[0]
                self.wait_until(lambda: self.shop_row(first)["status"] == "paid")
                [link] = self.download_links(self.get(browser.submit(back).location))
                self.assertEqual(self.download(link).status, 200)
                row = self.shop_row(first)
                self.assertEqual(row["cinetpay_payment_id"], second["reference"])
                self.assertEqual(len(self.shop_tokens(first)), 1)
                self.assertEqual(self.grants(first), [])

    def test_pressing_twice_is_one_attempt(self) -> None:
        page = self.get((payment := self.failed()).return_url)
        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(self.retry, [page] * 8))
        self.assertEqual({answer.status for answer in answers}, {303})
        _, second = self.attempts(payment)
        # Who comes before the gateway has answered is sent to the page of the new attempt.
        pages = {answer.location for answer in answers}
        self.assertIn(second["payment_url"], pages)
        own_page = re.escape(f"{self.stack.url}/return/cinetpay?t=")
        for other in pages - {second["payment_url"]}:
            self.assertRegex(other, own_page)
            self.assertIn(second["reference"], self.get(other).text)

    def test_an_order_that_is_not_unpaid_is_not_paid_again(self) -> None:
        for payment in (self.buy(), self.paid()):
            answer = browser.request(
                "POST",
                f"{self.stack.url}/pay/retry",
                {"t": payment.return_url.partition("t=")[2]},
            )
            self.assertEqual((answer.status, answer.location), (303, payment.return_url))
            self.assertEqual(len(self.attempts(payment)), 1)

    def test_an_order_that_another_attempt_paid(self) -> None:
        first = self.failed()
        page = self.get(first.return_url)
        second = self.open_again(first)
        self.decide(second, "approve")
        self.wait_for_status(second, "paid")
        answer = self.retry(page)
        self.assertEqual((answer.status, answer.location), (303, second.return_url))
        self.assertEqual(len(self.attempts(first)), 2)

    def test_a_gateway_that_refuses_leads_to_a_page(self) -> None:
        first = self.failed()
        page = self.get(first.return_url)
        for manner, text in (("refuse", "Not paid"), ("500", "Being confirmed")):
            with self.subTest(manner):
                self.behave(open=manner)
                answer = self.retry(page)
                self.assertEqual(answer.status, 303)
                shown = self.get(answer.location)
                self.assertEqual(shown.status, 200)
                self.assertIn(text, shown.text)

    def test_tokens_that_name_no_payment(self) -> None:
        payment = self.failed()
        token = payment.return_url.partition("t=")[2]
        for name, fields in (
            ("none", {}),
            ("unknown", {"t": "x"}),
            ("changed", {"t": token[:-2] + ("AA" if token[-2:] != "AA" else "BB")}),
            ("only the reference", {"transaction_id": payment.reference}),
        ):
            with self.subTest(name):
                answer = browser.request("POST", f"{self.stack.url}/pay/retry", fields)
                self.assertEqual(answer.status, 404)
        self.assertEqual(len(self.attempts(payment)), 1)


del ReturnTest
