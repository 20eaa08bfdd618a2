"""A page of plain PHP takes a payment with nothing but what docs/checkout.md says."""

import shutil
import tempfile
from pathlib import Path

import documented
import ebook
from case import Case, browser
from shop_processes import ShopProcess, plain_php, shops

secret = "checkout-secret-of-the-tests-0123456789"


class PlainPhpTest(Case):
    settings = {
        "server": {"environment": "sandbox"},
        "shop": {"checkout_secret": secret},
    }
    page: ShopProcess

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        directory = Path(tempfile.mkdtemp(prefix="tollgate-php-"))
        cls.addClassCleanup(shutil.rmtree, directory)
        shutil.copy(shops / "plain_php/index.php", directory)
        functions = documented.code("docs/checkout.md", "php")
        (directory / "tollgate.php").write_text(f"<?php\n{functions}")
        cls.page = plain_php(cls.stack, directory, secret)
        cls.addClassCleanup(cls.page.stop)
        cls.page.server.start()

    def test_a_customer_buys_the_book(self) -> None:
        [form] = browser.forms(browser.request("GET", self.page.url))
        sent = browser.submit(form)
        self.assertEqual(sent.status, 303, sent.text)
        [row] = self.stack.database.query(
            "SELECT * FROM tollgate_payments WHERE order_ref = %s", form.fields["order"]
        )
        self.assertEqual(sent.location, row["payment_url"])
        self.assertEqual(row["description"], "Attiéké & Alloco – l’e-book")
        body = {"transaction_id": row["reference"], "decision": "approve"}
        self.assertEqual(self.stack.twin("/cinetpay/twin/decide", body).status, 200)

        # The form once more leads to what became of it.
        result = browser.submit(form)
        self.assertEqual(result.status, 303, result.text)
        page = browser.request("GET", result.location, headers={"accept-language": "en"})
        links = browser.links(page)
        [download] = [link for link in links if "/download/" in link]
        self.assertEqual(browser.request("GET", download).body, ebook.pdf())
        [thanks] = [link for link in links if link.startswith(f"{self.page.url}/thanks")]
        self.assertIn("Thank you", browser.request("GET", thanks).text)

    def test_who_changes_the_price_buys_nothing(self) -> None:
        [form] = browser.forms(browser.request("GET", self.page.url))
        form.fields["amount"] = "5"
        self.assertEqual(browser.submit(form).status, 403)
