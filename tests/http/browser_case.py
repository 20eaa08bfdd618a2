"""The base of the tests in a real browser: what its user sees and does."""

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

phone = (360, 740)
desktop = (1280, 800)
touch_target_px = 44
languages = ("fr", "en", "ar", "sw", "bs")

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
            self.driver.execute_script("return document.documentElement.lang"), languages
        )
