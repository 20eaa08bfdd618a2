"""The demo shop's purchase in a real browser, on a phone and on a desktop."""

from browser_case import BrowserTest, phone
from case import Payment
from selenium.webdriver.common.by import By
from stack import gateway_names

import ebook


class PurchaseTest(BrowserTest):
    def buy_and_download(self, device: str) -> None:
        self.driver.get(f"{self.stack.shop_url}/")
        self.assert_fits()
        self.picture(f"{device}-1-shop")
        payment = self.buy_in_shop()
        self.assert_fits()
        self.picture(f"{device}-2-gateway")
        self.choose("approve")
        self.see("Payment received")
        self.assert_fits()
        self.picture(f"{device}-3-paid")
        self.assertEqual(self.downloaded(), ebook.pdf())
        self.assert_paid_once(payment)

        self.element("a.quiet").click()
        self.wait_until(lambda: self.driver.current_url == f"{self.stack.shop_url}/")
        self.driver.get(f"{self.stack.shop_url}/orders/{payment.order}")
        self.assert_fits()
        self.picture(f"{device}-4-order")
        self.assertEqual(self.downloaded(), ebook.pdf())

    def test_on_a_desktop(self) -> None:
        self.buy_and_download("desktop")

    def test_on_a_phone(self) -> None:
        self.show_on(*phone)
        self.buy_and_download("phone")

    def test_in_french_and_in_the_dark(self) -> None:
        self.show_on(*phone)
        self.speak("fr-CI")
        self.prefer_dark(True)
        self.addCleanup(self.prefer_dark, False)
        self.buy_in_shop()
        self.picture("dark-1-gateway")
        self.choose("approve")
        self.see("Paiement reçu")
        self.assert_fits()
        self.picture("dark-2-paid")
        self.assertEqual(self.downloaded(), ebook.pdf())

    def test_without_scripts(self) -> None:
        with self.without_scripts():
            payment = self.buy_in_shop()
            self.choose("approve")
            self.element("form#back button").click()
            self.see("Payment received")
            self.assertEqual(self.downloaded(), ebook.pdf())
        self.assert_paid_once(payment)

    def test_a_shop_that_is_never_notified(self) -> None:
        payment = self.buy_in_shop()
        self.choose("silent")
        self.see("Payment received")
        self.assertEqual(self.downloaded(), ebook.pdf())
        self.assert_paid_once(payment)

    def test_declined_then_tried_again(self) -> None:
        self.show_on(*phone)
        first = self.buy_in_shop()
        self.choose("decline")
        self.see("Not paid")
        self.assert_fits()
        self.picture("phone-5-declined")
        self.assertEqual(self.driver.find_elements(By.CSS_SELECTOR, "a[href*='/download/']"), [])
        self.assertEqual(self.shop_row(first)["status"], "failed")

        self.element("form button").click()
        self.element("button[value=approve]")
        self.assertNotEqual(self.driver.current_url, first.payment_url)
        self.choose("approve")
        self.see("Payment received")
        self.assertEqual(self.downloaded(), ebook.pdf())
        self.assertEqual(self.shop_row(first)["status"], "paid")
        self.assertEqual(len(self.shop_tokens(first)), 1)

    def test_pending_then_the_page_updates_by_itself(self) -> None:
        self.show_on(*phone)
        payment = self.buy_in_shop()
        self.choose("pending")
        self.see("Being confirmed")
        self.assert_fits()
        self.picture("phone-6-confirming")
        self.decide(payment, "approve")
        self.see("Payment received")
        self.assertEqual(self.downloaded(), ebook.pdf())

    def test_pending_then_the_page_updates_without_scripts(self) -> None:
        with self.without_scripts():
            payment = self.buy_in_shop()
            self.choose("pending")
            self.element("form#back button").click()
            self.see("Being confirmed")
            self.decide(payment, "approve")
            self.see("Payment received")
            self.assertEqual(self.downloaded(), ebook.pdf())

    def test_held_for_review(self) -> None:
        self.behave(check_amount="5")
        payment = self.buy_in_shop()
        self.choose("approve")
        self.see("Payment under review")
        self.assert_fits()
        self.picture("desktop-5-review")
        self.assert_nothing_delivered(payment)


class EveryGatewayTest(BrowserTest):
    """The customer chooses another way to pay each time, on a phone."""

    gateways = gateway_names

    def setUp(self) -> None:
        super().setUp()
        self.show_on(*phone)

    def choose_in_shop(self, gateway: str) -> Payment:
        self.driver.get(f"{self.stack.shop_url}/")
        self.element("input[name=name]").send_keys("Awa Koné")
        self.element("input[name=email]").send_keys("awa@example.com")
        chosen = self.element(f"label:has(> input[value={gateway}])")
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", chosen)
        chosen.click()
        self.element("form button").click()
        self.wait_until(lambda: not self.driver.current_url.startswith(self.stack.shop_url))
        [row] = self.stack.database.query(
            "SELECT LOWER(HEX(id)) AS id, reference, order_ref, payment_url FROM tollgate_payments"
            " ORDER BY id DESC LIMIT 1"
        )
        return Payment(int(row["order_ref"]), row["id"], row["reference"], row["payment_url"], "")

    def assert_bought(self, payment: Payment) -> None:
        self.see("Payment received")
        self.assert_fits()
        self.assertEqual(self.downloaded(), ebook.pdf())
        self.assertEqual(self.shop_row(payment)["status"], "paid")

    def test_the_shop_offers_them_all(self) -> None:
        self.driver.get(f"{self.stack.shop_url}/")
        self.assert_fits()
        self.driver.execute_script("document.querySelector('fieldset').scrollIntoView()")
        self.picture("phone-8-every-gateway")
        offered = self.driver.find_elements(By.CSS_SELECTOR, "fieldset input[type=radio]")
        self.assertEqual(
            [choice.get_attribute("value") for choice in offered], list(gateway_names)
        )

    def test_paid_on_the_gateways_page(self) -> None:
        for gateway, about in self.stack.gateways.items():
            if about["flow"] == "hosted_page":
                with self.subTest(gateway):
                    payment = self.choose_in_shop(gateway)
                    self.element("button[value=approve]")
                    self.assert_fits()
                    self.choose("approve")
                    self.assert_bought(payment)

    def test_confirmed_on_the_phone(self) -> None:
        for gateway, about in self.stack.gateways.items():
            if about["flow"] == "phone_prompt":
                with self.subTest(gateway):
                    payment = self.choose_in_shop(gateway)
                    self.see("Confirm on your phone")
                    self.assert_fits()
                    self.picture(f"phone-9-{gateway}-prompt")
                    body = {"transaction_id": payment.reference, "decision": "approve"}
                    self.stack.twin(f"/{gateway}/twin/decide", body)
                    self.assert_bought(payment)

    def test_cash(self) -> None:
        payment = self.choose_in_shop("cash_on_delivery")
        self.see("Order received")
        self.assert_fits()
        self.picture("phone-10-cash")
        self.stack.command("confirm", payment.reference, "--paid")
        self.driver.refresh()
        self.assert_bought(payment)


class TroubleTest(BrowserTest):
    def assert_quiet_and_private(self) -> None:
        self.driver.get_log("browser")  # these pages are no successes, and the console says so
        super().assert_quiet_and_private()

    def test_a_link_that_is_used_up(self) -> None:
        payment = self.buy_in_shop()
        self.choose("approve")
        self.see("Payment received")
        self.stack.database.query("UPDATE tollgate_grants SET uses = uses_max")
        [token] = self.shop_tokens(payment)
        self.driver.get(f"{self.stack.url}/download/{token}")
        self.see("Link used up")
        self.assert_fits()
        self.picture("desktop-6-used-up")

    def test_an_unknown_payment(self) -> None:
        self.show_on(*phone)
        self.driver.get(f"{self.stack.url}/return/cinetpay?t=unknown")
        self.see("Unknown payment")
        self.assert_fits()
        self.picture("phone-7-unknown")

    def test_a_database_that_comes_back(self) -> None:
        payment = self.buy()
        self.decide(payment, "approve")
        self.wait_for_status(payment, "paid")
        self.stack.database.stop()
        self.addCleanup(lambda: self.stack.database.running or self.stack.database.start())
        self.driver.get(payment.return_url)
        self.see("One moment")
        self.assert_fits()
        self.picture("desktop-7-trouble")
        self.stack.database.start()
        self.see("Payment received")


del BrowserTest
