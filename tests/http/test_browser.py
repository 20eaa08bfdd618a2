"""The demo shop's purchase in a real browser, on a phone and on a desktop."""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from case import Case, Payment
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from stack import gateway_names

import ebook

phone = (360, 740)
desktop = (1280, 800)
touch_target_px = 44

arguments = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-sync",
    "--no-first-run",
    "--no-proxy-server",
)


class BrowserTest(Case):
    shop = True
    driver: webdriver.Chrome
    files: Path
    screenshots: Path

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        folder = tempfile.TemporaryDirectory(prefix="tollgate-browser-", ignore_cleanup_errors=True)
        cls.addClassCleanup(folder.cleanup)
        cls.files = Path(folder.name) / "downloads"
        cls.screenshots = Path(os.environ.get("TOLLGATE_SCREENSHOTS", f"{folder.name}/screenshots"))
        cls.screenshots.mkdir(parents=True, exist_ok=True)
        options = Options()
        for argument in (*arguments, f"--user-data-dir={folder.name}/profile"):
            options.add_argument(argument)
        options.add_experimental_option(
            "prefs",
            {
                "intl.accept_languages": "en",
                "download.default_directory": str(cls.files),
                "plugins.always_open_pdf_externally": True,
            },
        )
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        options.ignore_local_proxy_environment_variables()
        cls.driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
        cls.addClassCleanup(cls.driver.quit)

    def setUp(self) -> None:
        super().setUp()
        self.show_on(*desktop)
        self.speak("en")
        self.addCleanup(self.assert_quiet_and_private)

    def assert_quiet_and_private(self) -> None:
        """No error in the console, and not one request to anybody else."""
        errors = [entry for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]
        self.assertEqual(errors, [])
        ours = {self.stack.url, self.stack.twins_url, self.stack.shop_url}
        for entry in self.driver.get_log("performance"):
            event = json.loads(entry["message"])["message"]
            if event["method"] != "Network.requestWillBeSent":
                continue
            url = urlsplit(event["params"]["request"]["url"])
            if url.scheme in ("http", "https"):
                self.assertIn(f"{url.scheme}://{url.netloc}", ours)

    # What the customer does.

    def show_on(self, width: int, height: int) -> None:
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600},
        )

    def speak(self, language: str) -> None:
        agent = self.driver.execute_script("return navigator.userAgent")
        self.driver.execute_cdp_cmd(
            "Network.setUserAgentOverride", {"userAgent": agent, "acceptLanguage": language}
        )

    def prefer_dark(self, dark: bool) -> None:
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})

    @contextmanager
    def without_scripts(self) -> Iterator[None]:
        self.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
        try:
            yield
        finally:
            self.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})

    def element(self, selector: str) -> WebElement:
        return self.wait_until(
            lambda: next(iter(self.driver.find_elements(By.CSS_SELECTOR, selector)), None)
        )

    def see(self, heading: str) -> None:
        """Waits for a page of Tollgate or of the gateway with that heading."""

        def is_there() -> bool:
            source = self.driver.page_source
            return f">{heading}</h1>" in source

        self.wait_until(is_there, 30)

    def picture(self, name: str) -> None:
        self.driver.save_screenshot(str(self.screenshots / f"{name}.png"))

    def buy_in_shop(self, name: str = "Awa Koné") -> Payment:
        """From the product page to the gateway's page."""
        self.driver.get(f"{self.stack.shop_url}/")
        self.element("input[name=name]").send_keys(name)
        self.element("input[name=email]").send_keys("awa@example.com")
        self.element("form button").click()
        self.element("button[value=approve]")
        [row] = self.stack.database.query(
            "SELECT LOWER(HEX(id)) AS id, reference, order_ref, payment_url FROM tollgate_payments"
            " ORDER BY id DESC LIMIT 1"
        )
        self.assertEqual(self.driver.current_url, row["payment_url"])
        return Payment(int(row["order_ref"]), row["id"], row["reference"], row["payment_url"], "")

    def choose(self, choice: str) -> None:
        self.element(f"button[value={choice}]").click()

    def downloaded(self) -> bytes:
        """Follows the page's download link and returns the file."""
        for file in self.files.glob("*"):
            file.unlink()
        self.element("a[href*='/download/']").click()
        path = self.files / "ebook.pdf"
        self.wait_until(lambda: path.exists() and not list(self.files.glob("*.crdownload")))
        return path.read_bytes()

    def assert_fits(self) -> None:
        """Nothing sticks out at the side, and what is pressed is large enough for a finger."""
        width, inner = self.driver.execute_script(
            "return [document.documentElement.scrollWidth, window.innerWidth]"
        )
        self.assertLessEqual(width, inner)
        pressed = "button, .button, input:not([type=radio]), label:has(> [type=radio]), .quiet"
        for element in self.driver.find_elements(By.CSS_SELECTOR, pressed):
            if element.is_displayed():
                self.assertGreaterEqual(element.size["height"], touch_target_px - 4, element.text)
        self.assertTrue(self.driver.title)
        self.assertIn(
            self.driver.execute_script("return document.documentElement.lang"), ("fr", "en")
        )


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
        with self.without_scripts():
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
