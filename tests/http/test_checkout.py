"""The checkout without a server call: signed links and forms, and addresses of orders."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID

import documented
import ebook
from case import Case, Payment, browser

document = "docs/checkout.md"
secret = "checkout-secret-of-the-tests-0123456789"
_functions: dict[str, Any] = {}
exec(documented.code(document, "python"), _functions)  # noqa: S102: our own document
tollgate_link: Callable[[str, str, dict[str, str], str], str] = _functions["tollgate_link"]
tollgate_order_key: Callable[[str, str], str] = _functions["tollgate_order_key"]


class CheckoutCase(Case):
    settings = {"shop": {"checkout_secret": secret, "files": ["ebook.pdf"]}}
    gateways = ("cinetpay", "clickpesa", "cash_on_delivery")

    def get(self, url: str, language: str = "en") -> browser.Answer:
        return browser.request("GET", url, headers={"accept-language": language})

    def rows_of(self, order: object) -> list[dict[str, Any]]:
        return self.stack.database.query(
            "SELECT * FROM tollgate_payments WHERE order_ref = %s ORDER BY attempt", str(order)
        )

    def press(self, page: browser.Answer, gateway: str = "cinetpay", **more: str) -> browser.Answer:
        """The customer presses a button of the page."""
        [form] = browser.forms(page)
        return browser.submit(form, gateway=gateway, **more)

    def payment_of(self, order: int) -> Payment:
        row = self.rows_of(order)[-1]
        identity = str(UUID(bytes=row["id"]))
        data = self.stack.api("GET", f"/api/v1/payments/{identity}/").json()["data"]
        return Payment(
            order, identity, row["reference"], row["payment_url"], data["return_url"]
        )

    def assert_refused(self, answer: browser.Answer, status: int, words: str) -> None:
        self.assertEqual(answer.status, status, answer.text)
        self.assertIn(words, answer.text)
        self.assertEqual(browser.forms(answer), [])


class LinkTest(CheckoutCase):
    def fields(self, order: object, **changes: str) -> dict[str, str]:
        return {"order": str(order), "amount": "1500", "currency": "XOF", **changes}

    def link(self, order: object, gateway: str = "cinetpay", **changes: str) -> str:
        return tollgate_link(self.stack.url, gateway, self.fields(order, **changes), secret)

    def open_link(self, url: str) -> Payment:
        """The customer follows the link and presses the button."""
        page = self.get(url)
        self.assertEqual(page.status, 200, page.text)
        sent = self.press(page)
        self.assertEqual(sent.status, 303, sent.text)
        return self.payment_of(int(dict(parse_qsl(urlsplit(url).query))["order"]))

    def test_a_link_shows_what_is_to_be_paid_and_its_button_opens_it(self) -> None:
        order = self.new_order()
        url = self.link(order, files="ebook.pdf", description="Café – 2 €", email="a@example.com")
        for method in ("GET", "HEAD", "GET"):  # a preview, a scanner, the customer
            self.assertEqual(browser.request(method, url).status, 200)
        self.assertEqual(self.rows_of(order), [])
        page = self.get(url)
        self.assertIn("1500 XOF", page.text)
        self.assertIn(str(order), page.text)

        sent = self.press(page)
        payment = self.payment_of(order)
        self.assertEqual((sent.status, sent.location), (303, payment.payment_url))
        row = self.payment_row(payment)
        self.assertEqual((row["amount_minor"], row["merchant"]), (1500, "main"))
        self.assertEqual(row["description"], "Café – 2 €")
        self.assertIn("a@example.com", row["customer"])
        self.decide(payment, "approve")
        self.wait_for_status(payment, "paid")
        self.assertEqual(self.shop_row(payment)["status"], "paid")

        again = self.get(url)
        self.assertEqual((again.status, again.location), (303, payment.return_url))
        [download] = self.download_links(self.return_page(payment))
        self.assertEqual(self.download(download).body, ebook.pdf())
        posted = browser.request("POST", url, {})
        self.assertEqual((posted.status, posted.location), (303, payment.return_url))
        self.assertEqual(len(self.rows_of(order)), 1)

    def test_a_form_of_the_shops_own_page_opens_at_once(self) -> None:
        order = self.new_order()
        url = urlsplit(self.link(order))
        address = f"{url.scheme}://{url.netloc}{url.path}"
        sent = browser.request("POST", address, dict(parse_qsl(url.query)))
        self.assertEqual(sent.status, 303, sent.text)
        self.assertEqual(sent.location, self.payment_of(order).payment_url)

    def test_an_open_payment_is_the_same_however_often_its_link_is_used(self) -> None:
        url = self.link(self.new_order())
        with ThreadPoolExecutor(8) as pool:
            sent = list(pool.map(lambda _: browser.request("POST", url, {}), range(8)))
        self.assertEqual({answer.status for answer in sent}, {303})
        order = int(dict(parse_qsl(urlsplit(url).query))["order"])
        [row] = self.rows_of(order)
        for _ in range(2):
            again = self.get(url)
            self.assertEqual((again.status, again.location), (303, row["payment_url"]))
        self.assertEqual(len(self.rows_of(order)), 1)

    def test_after_a_failure_the_link_opens_another_attempt(self) -> None:
        url = self.link(self.new_order())
        first = self.open_link(url)
        self.decide(first, "decline")
        self.wait_for_status(first, "failed")
        second = self.open_link(url)
        self.assertEqual([row["attempt"] for row in self.rows_of(first.order)], [1, 2])
        self.decide(second, "approve")
        self.wait_for_status(second, "paid")
        self.assertEqual(self.get(url).location, second.return_url)

    def test_whatever_is_changed_is_refused_in_the_customers_language(self) -> None:
        order = self.new_order()
        url = self.link(order, phone="+2250700000000")
        changed = {
            "amount": url.replace("amount=1500", "amount=15"),
            "currency": url.replace("XOF", "XAF"),
            "order": url.replace(f"order={order}", f"order={order + 1}"),
            "another field": url.replace("/pay/cinetpay?", "/pay/cinetpay?files=ebook.pdf&"),
            "twice": url + "&amount=15",
            "no signature": url[: url.index("&sig=")],
            "half a signature": url[:-8],
            "gateway": url.replace("/pay/cinetpay", "/pay/cash_on_delivery"),
            "moved": url.replace("amount=1500&currency=XOF", "amount=150&currency=0XOF"),
        }
        for name, address in changed.items():
            with self.subTest(name):
                for method in ("GET", "POST"):
                    answer = browser.request(
                        method, address, {} if method == "POST" else None, {"accept-language": "en"}
                    )
                    self.assert_refused(answer, 403, "Payment link not valid")
        for language, words in {"fr": "Lien de paiement", "ar": "رابط", "sw": "Kiungo"}.items():
            self.assertIn(words, self.get(changed["amount"], language).text)
        self.assertEqual(self.rows_of(order) + self.rows_of(order + 1), [])
        self.assert_refused(self.get(url.replace("cinetpay", "nobody")), 404, "not valid")
        self.assertEqual(self.get(url + "&fbclid=1&utm_source=mail").status, 200)

    def test_an_expired_link_opens_nothing_but_shows_what_was_opened(self) -> None:
        order = self.new_order()
        late = self.link(order, expires=str(int(time.time()) - 1))
        self.assert_refused(self.get(late), 410, "Payment link expired")
        self.assert_refused(browser.request("POST", late, {}), 410, "expiré")
        self.assertEqual(self.rows_of(order), [])
        self.assertEqual(self.get(self.link(order, expires=str(int(time.time()) + 60))).status, 200)
        payment = self.open_link(self.link(order))
        self.assertEqual(self.get(late).location, payment.payment_url)

    def test_another_amount_waits_for_the_payment_that_is_open(self) -> None:
        order = self.new_order()
        payment = self.open_link(self.link(order))
        other = self.link(order, amount="3000")
        self.assert_refused(self.get(other), 409, "Another payment is under way")
        self.assert_refused(browser.request("POST", other, {}), 409, "Un autre paiement")
        self.decide(payment, "decline")
        self.wait_for_status(payment, "failed")
        self.assertIn("3000 XOF", self.get(other).text)

    def test_what_cannot_be_paid_is_told_to_the_operator(self) -> None:
        order = self.new_order()
        for changes, rule in {
            ("amount", "1501"): "multiple of 5",
            ("amount", "1500.5"): "order, amount, currency",
            ("currency", "EUR"): "currency",
            ("files", "../secret"): "existing files",
            ("success_url", "javascript:alert(1)"): "success_url",
            ("order", "a b"): "order, amount, currency",
        }.items():
            with self.subTest(changes):
                url = self.link(order, **dict([changes]))
                self.assert_refused(self.get(url), 422, "This payment cannot begin")
                self.assertIn(rule, self.stack.tollgate.log_text())
        self.assertEqual(self.rows_of(order), [])

    def test_a_gateway_that_refuses_leads_to_the_page_that_says_so(self) -> None:
        self.behave(opening="refuse")
        order = self.new_order()
        sent = self.press(self.get(self.link(order)))
        self.assertEqual(sent.status, 303)
        self.assertIn("Not paid", self.get(sent.location).text)


class PhoneTest(CheckoutCase):
    gateway = "clickpesa"

    def link(self, order: object, **changes: str) -> str:
        fields = {"order": str(order), "amount": "1500", "currency": "TZS", **changes}
        return tollgate_link(self.stack.url, "clickpesa", fields, secret)

    def test_a_phone_that_the_prompt_needs_is_asked_for(self) -> None:
        order = self.new_order()
        page = self.get(self.link(order, name="Asha"))
        self.assertIn("Your phone number", page.text)
        for wrong in ("", "12", "+254712345678", '"><script>'):
            again = self.press(page, "clickpesa", payer_phone=wrong)
            self.assertEqual(again.status, 422, again.text)
            self.assertEqual(browser.forms(again)[0].fields["payer_phone"], wrong)
        self.assertEqual(self.rows_of(order), [])
        sent = self.press(page, "clickpesa", payer_phone="0712 345 678", payer_name="Mallory")
        payment = self.payment_of(order)
        self.assertEqual((sent.status, sent.location), (303, payment.return_url))
        self.assertIn("Confirm on your phone", self.return_page(payment).text)
        row = self.payment_row(payment)
        self.assertIn("0712 345 678", row["customer"])
        self.assertNotIn("Mallory", row["customer"])

    def test_what_the_shop_signed_the_customer_cannot_change(self) -> None:
        order = self.new_order()
        page = self.get(self.link(order, phone="255712345678"))
        self.assertNotIn("Your phone number", page.text)
        self.press(page, "clickpesa", payer_phone="255799999999")
        self.assertIn("255712345678", self.rows_of(order)[0]["customer"])


class OrderTest(CheckoutCase):
    def address(self, order: int) -> str:
        return f"{self.stack.url}/pay/order/{tollgate_order_key(str(order), secret)}"

    def test_the_amount_is_the_one_of_the_shops_table(self) -> None:
        order = self.new_order(2500)
        page = self.get(self.address(order) + "?amount=5&currency=XAF&order=1")
        self.assertIn("2500 XOF", page.text)
        self.stack.database.query("UPDATE store_order SET amount_fcfa = 2000 WHERE id = %s", order)
        self.assertEqual(self.press(page, amount="5").status, 303)
        payment = self.payment_of(order)
        self.assertEqual(self.payment_row(payment)["amount_minor"], 2000)
        self.assertIn("awa@example.com", self.payment_row(payment)["customer"])
        self.decide(payment, "approve")
        self.wait_for_status(payment, "paid")
        self.assert_paid_once(payment)
        self.assertEqual(self.get(self.address(order)).location, payment.return_url)

    def test_a_key_that_the_shop_did_not_sign_finds_nothing(self) -> None:
        order = self.new_order()
        other = tollgate_order_key(str(order + 1), secret).partition(".")[2]
        for key in (str(order), f"{order}.", f"{order}.{other}", f"{order}.{'0' * 64}", "x"):
            with self.subTest(key):
                answer = self.get(f"{self.stack.url}/pay/order/{key}")
                self.assert_refused(answer, 404, "Payment link not valid")
        self.assert_refused(self.get(self.address(10**9)), 404, "Payment link not valid")

    def test_an_order_that_the_shop_wants_no_money_for(self) -> None:
        order = self.new_order()
        page = self.get(self.address(order))
        self.stack.database.query("UPDATE store_order SET status = 'paid' WHERE id = %s", order)
        words = "not waiting for a payment"
        self.assert_refused(self.get(self.address(order)), 409, words)
        [form] = browser.forms(page)
        self.assertEqual(browser.submit(form, gateway="cinetpay").status, 409)
        self.assertEqual(self.rows_of(order), [])

    def test_the_customer_chooses_among_the_gateways_that_fit(self) -> None:
        order = self.new_order()
        page = self.get(self.address(order))
        self.assertIn("How would you like to pay?", page.text)
        for title in ("CinetPay", "Cash on delivery"):
            self.assertIn(f">{title}</button>", page.text)
        self.assertNotIn("ClickPesa", page.text)  # takes no XOF
        for nobody in ("clickpesa", "nobody", ""):
            again = self.press(page, nobody)
            self.assertEqual((again.status, self.rows_of(order)), (200, []))
        sent = self.press(page, "cash_on_delivery")
        self.assertEqual(sent.status, 303, sent.text)
        self.assertEqual(self.rows_of(order)[0]["gateway"], "cash_on_delivery")

    def test_the_language_of_the_page_stays(self) -> None:
        page = self.get(self.address(self.new_order()) + "?lang=sw", "fr")
        self.assertIn("lang=sw", browser.forms(page)[0].action)


class ClosedTest(Case):
    def test_without_a_secret_there_are_no_links(self) -> None:
        fields = {"order": "1", "amount": "1500", "currency": "XOF"}
        for key in ("", secret):
            url = tollgate_link(self.stack.url, "cinetpay", fields, key)
            self.assertEqual(browser.request("GET", url).status, 403)
            self.assertEqual(browser.request("POST", url, {}).status, 403)
            path = f"/pay/order/{tollgate_order_key('1', key)}"
            self.assertEqual(browser.request("GET", self.stack.url + path).status, 404)


class DocumentedTest(Case):
    fields = {
        "order": "42",
        "amount": "1500",
        "currency": "XOF",
        "description": "Café – 2 €",
        "expires": "1800000000",
        "name": "O'Brien & 💳~*",
    }

    def test_every_language_signs_alike(self) -> None:
        arguments = ("https://pay.example", "cinetpay", self.fields, secret)
        links = [
            tollgate_link(*arguments),
            documented.call_php(document, "tollgate_link", *arguments),
            documented.call_javascript(document, "tollgateLink", *arguments),
        ]
        read = [dict(parse_qsl(urlsplit(link).query, strict_parsing=True)) for link in links]
        self.assertEqual(read[0], read[1])
        self.assertEqual(read[0], read[2])
        keys = {
            tollgate_order_key("42", secret),
            documented.call_php(document, "tollgate_order_key", "42", secret),
            documented.call_javascript(document, "tollgateOrderKey", "42", secret),
        }
        self.assertEqual(len(keys), 1)
        text = (documented.root / document).read_text()
        self.assertIn(keys.pop(), text)

    def test_the_example_is_what_it_says(self) -> None:
        fields = {name: value for name, value in self.fields.items() if name != "name"}
        link = tollgate_link("https://pay.example", "cinetpay", fields, secret)
        text = (documented.root / document).read_text()
        self.assertIn(dict(parse_qsl(urlsplit(link).query))["sig"], text)
        self.assertIn(urlencode({"sig": "09e6"}), text)
