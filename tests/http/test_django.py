"""A real Django shop: its own migrations, models and views, kept in step by `django_store`."""

import re
from urllib.parse import urlsplit

import ebook
from case import Case, browser
from shop_processes import ShopProcess, django_store

secret = "checkout-secret-of-the-tests-0123456789"


class DjangoTest(Case):
    settings = {"shop": {"checkout_secret": secret, "files": ["ebook.pdf"]}}
    store: ShopProcess

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.stack.database.query("DROP TABLE store_downloadtoken, store_order")
        cls.store = django_store(cls.stack, secret)
        cls.addClassCleanup(cls.store.stop)
        cls.store.run("/usr/bin/python3", "-W", "ignore", "manage.py", "migrate")
        cls.store.server.start()

    def buy(self) -> tuple[int, str]:
        """The order, and where the shop's own view sends the customer."""
        page = browser.request("GET", self.store.url)
        [form] = browser.forms(page)
        cookie = page.headers["set-cookie"].partition(";")[0]
        fields = form.fields | {"email": "awa@example.com"}
        sent = browser.request("POST", form.action, fields, {"cookie": cookie})
        self.assertEqual(sent.status, 302, sent.text)
        number = re.fullmatch(r"/pay/order/(\d+)\.[0-9a-f]{64}", urlsplit(sent.location).path)
        self.assertIsNotNone(number, sent.location)
        return int(number[1]), sent.location

    def order_page(self, order: int) -> browser.Answer:
        answer = browser.request("GET", f"{self.store.url}/orders/{order}/")
        self.assertEqual(answer.status, 200, answer.text)
        return answer

    def pay(self, checkout: str) -> str:
        """The reference of the payment that the customer opened."""
        page = browser.request("GET", checkout)
        self.assertIn("1500 XOF", page.text)
        [form] = browser.forms(page)
        self.assertEqual(browser.submit(form, gateway="cinetpay").status, 303)
        order = re.search(r"/order/(\d+)\.", checkout)[1]
        rows = self.stack.database.query(
            "SELECT reference FROM tollgate_payments WHERE order_ref = %s ORDER BY attempt", order
        )
        return rows[-1]["reference"]

    def gateway_decides(self, reference: str, decision: str) -> None:
        body = {"transaction_id": reference, "decision": decision}
        self.assertEqual(self.stack.twin("/cinetpay/twin/decide", body).status, 200)

    def wait_for_page(self, order: int, word: str) -> browser.Answer:
        heading = f"<h1>Order {order}: {word}</h1>"
        self.wait_until(lambda: heading in self.order_page(order).text)
        return self.order_page(order)

    def test_the_profile_fits_the_tables_that_django_makes(self) -> None:
        done = self.stack.command("check-config")
        self.assertEqual((done.stdout, done.stderr), ("the configuration is good\n", ""))

    def test_an_order_of_the_shops_own_view_is_paid_and_delivered(self) -> None:
        order, checkout = self.buy()
        self.wait_for_page(order, "pending")
        reference = self.pay(checkout)
        self.gateway_decides(reference, "approve")
        page = self.wait_for_page(order, "paid")
        [link] = browser.links(page)
        self.assertEqual(browser.request("GET", link).body, ebook.pdf())
        [row] = self.stack.database.query("SELECT * FROM store_order WHERE id = %s", order)
        self.assertEqual(row["cinetpay_payment_id"], reference)

    def test_an_order_that_was_not_paid_may_be_paid_again(self) -> None:
        order, checkout = self.buy()
        self.gateway_decides(self.pay(checkout), "decline")
        page = self.wait_for_page(order, "failed")
        [again] = browser.links(page)
        self.assertEqual(again, checkout)
        self.gateway_decides(self.pay(again), "approve")
        self.assertEqual(len(browser.links(self.wait_for_page(order, "paid"))), 1)
