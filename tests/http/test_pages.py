"""Our pages in every language, on small and large screens: seen by a browser, read by axe-core."""

from pathlib import Path
from typing import Any

from browser_case import BrowserTest, desktop, languages, phone
from case import Payment
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

axe_core = Path(__file__).parent / "axe/node_modules/axe-core/axe.min.js"
axe_rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
old_phone, small_phone = (240, 320), (320, 480)
screens = {"old": old_phone, "small": small_phone, "phone": phone, "desktop": desktop}

logo = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 40"><rect width="120" height="40"'
    ' rx="8" fill="#123a6b"/><script>alert(1)</script></svg>'
)


class PageTest(BrowserTest):
    gateways = ("cinetpay", "mtn_momo", "cash_on_delivery")

    def ended(self, decision: str, status: str) -> Payment:
        payment = self.buy()
        self.decide(payment, decision)
        self.wait_for_status(payment, status)
        return payment

    def prompted(self) -> Payment:
        """Its customer is to confirm on the phone."""
        about = self.stack.gateways["mtn_momo"]
        return self.buy(
            about["amount"],
            gateway="mtn_momo",
            currency=about["currency"],
            customer={"name": "Awa", "phone": about["phone"]},
        )

    def buy(self, amount: Any = 1500, /, **changes: Any) -> Payment:
        order = self.new_order(1500)
        answer = self.open(order, amount, **({"gateway": "cinetpay"} | changes))
        return self._opened(order, answer)

    def every_page(self) -> dict[str, str]:
        """An address of each kind of page."""
        return {
            "confirming": self.buy().return_url,
            "prompt": self.prompted().return_url,
            "cash": self.buy(gateway="cash_on_delivery").return_url,
            "paid": self.ended("approve", "paid").return_url,
            "unpaid": self.ended("decline", "failed").return_url,
            "unknown": f"{self.stack.url}/return/cinetpay?t=unknown",
        }

    def assert_quiet_and_private(self) -> None:
        self.driver.get_log("browser")  # the unknown page is no success, and the console says so
        super().assert_quiet_and_private()


class LanguageTest(PageTest):
    def in_language(self, url: str, language: str) -> str:
        return f"{url}{'&' if '?' in url else '?'}lang={language}"

    def test_every_page_in_every_language_on_every_screen(self) -> None:
        for page, url in self.every_page().items():
            for language in languages:
                for screen, size in screens.items():
                    with self.subTest(page=page, language=language, screen=screen):
                        self.show_on(*size)
                        self.driver.get(self.in_language(url, language))
                        root = self.element("html")
                        self.assertEqual(root.get_attribute("lang"), language)
                        direction = "rtl" if language == "ar" else "ltr"
                        self.assertEqual(root.get_attribute("dir"), direction)
                        self.assert_fits()
                        if screen in ("old", "desktop"):
                            self.picture(f"pages-{page}-{language}-{screen}")

    def test_without_scripts_on_an_old_phone(self) -> None:
        self.show_on(*old_phone)
        with self.without_scripts():
            for page, url in self.every_page().items():
                with self.subTest(page):
                    self.driver.get(url)
                    self.element("h1")
                    self.assert_fits()
                    ways = self.driver.find_elements(By.CSS_SELECTOR, "a, button")
                    self.assertTrue(ways, "a dead end")

    def test_the_browsers_wish_and_the_links_at_the_foot(self) -> None:
        self.speak("sr-RS,sr;q=0.9")
        self.driver.get(self.ended("approve", "paid").return_url)
        self.see("Plaćanje primljeno")
        self.element("nav a[lang=sw]").click()
        self.see("Malipo yamepokelewa")
        self.element("nav a[lang=ar]").click()
        self.see("تم استلام الدفع")
        self.assertEqual(len(self.driver.find_elements(By.CSS_SELECTOR, "a[href*=download]")), 1)


class AccessibilityTest(PageTest):
    def violations(self) -> list[str]:
        self.driver.execute_script(axe_core.read_text())
        result = self.driver.execute_async_script(
            "const [rules, done] = arguments;"
            "axe.run(document, {runOnly: {type: 'tag', values: rules}}).then(done)",
            axe_rules,
        )
        self.assertGreater(len(result["passes"]), 10)
        return [
            f"{rule['id']}: {rule['help']}: {node['html']} {node['failureSummary']}"
            for rule in result["violations"]
            for node in rule["nodes"]
        ]

    def test_axe_finds_nothing(self) -> None:
        if not axe_core.exists():
            self.skipTest("axe-core is missing: sandbox/install tests")
        self.addCleanup(self.prefer_dark, False)
        pages = self.every_page()
        for dark in (False, True):
            self.prefer_dark(dark)
            for page, url in pages.items():
                for language in languages if page == "paid" else ("en", "ar"):
                    for screen in (small_phone, desktop):
                        with self.subTest(page=page, language=language, dark=dark, screen=screen):
                            self.show_on(*screen)
                            self.driver.get(f"{url}&lang={language}")
                            self.assertEqual(self.violations(), [])
                if dark:
                    self.picture(f"pages-{page}-dark")

    def test_the_keyboard_reaches_everything_and_its_place_is_seen(self) -> None:
        self.driver.get(self.ended("decline", "failed").return_url)
        ways = self.driver.find_elements(By.CSS_SELECTOR, "a[href], button")
        reached = []
        for _ in ways:
            self.driver.switch_to.active_element.send_keys(Keys.TAB)
            active = self.driver.switch_to.active_element
            reached.append(active)
            style, width = self.driver.execute_script(
                "const style = getComputedStyle(arguments[0]);"
                "return [style.outlineStyle, parseFloat(style.outlineWidth)]",
                active,
            )
            self.assertEqual(style, "solid", active.text)
            self.assertGreaterEqual(width, 2)
        self.assertEqual(reached, ways)
        self.picture("pages-focus")

    def test_news_is_announced(self) -> None:
        self.driver.get(self.buy().return_url)
        tree = self.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
        roles = [node["role"]["value"] for node in tree if not node.get("ignored")]
        self.assertEqual(roles.count("status"), 1)
        self.assertEqual(roles.count("heading"), 1)
        live = self.element("[role=status]")
        self.assertIn("Being confirmed", live.text)


class LiveTest(PageTest):
    def test_a_page_that_waits_changes_by_itself(self) -> None:
        payment = self.buy()
        self.driver.get(payment.return_url)
        self.see("Being confirmed")
        self.driver.execute_script("window.seenBefore = true")
        self.decide(payment, "approve")
        self.see("Payment received")
        self.assertIsNone(self.driver.execute_script("return window.seenBefore"))

    def test_nothing_but_news_loads_the_page_anew(self) -> None:
        self.driver.get(self.buy().return_url)
        self.driver.get_log("performance")
        self.wait_until(lambda: self.asked_for_news() >= 2)
        self.assertEqual(self.driver.execute_script("return performance.timeOrigin > 0"), True)
        self.see("Being confirmed")

    def asked_for_news(self) -> int:
        script = "return performance.getEntriesByType('resource').map((one) => one.name)"
        return sum("/pay/news" in name for name in self.driver.execute_script(script))

    def test_trouble_ends_by_itself(self) -> None:
        payment = self.buy()
        self.driver.get(payment.return_url)
        self.see("Being confirmed")
        self.stack.database.stop()
        self.addCleanup(lambda: self.stack.database.running or self.stack.database.start())
        self.stack.database.start()
        self.decide(payment, "approve")
        self.see("Payment received")


class OwnLookTest(PageTest):
    """A shop's own files over ours."""

    @classmethod
    def _new_stack(cls) -> Any:
        import tempfile

        folder = Path(tempfile.mkdtemp(prefix="tollgate-pages-"))
        cls.folder = folder
        (folder / "theme.css").write_text(":root{--accent:#123a6b;--on-accent:#fff}")
        (folder / "logo.svg").write_text(logo)
        (folder / "texts.json").write_text('{"en": {"paid_title": "Thank you, <b>friend</b>"}}')
        cls.settings = {"pages": {"directory": str(folder), "languages": ["en", "sw"]}}
        return super()._new_stack()

    def test_colours_logo_and_texts(self) -> None:
        url = self.ended("approve", "paid").return_url
        self.speak("fr")
        self.driver.get(url)
        heading = self.element("h1")
        self.assertEqual(heading.text, "Thank you, <b>friend</b>")
        picture = self.element("img.logo")
        self.assertGreater(self.driver.execute_script("return arguments[0].naturalWidth", picture), 0)
        self.assertEqual(picture.get_attribute("alt"), "Tollgate demo")
        colour = self.element("a.button").value_of_css_property("background-color")
        self.assertEqual(colour, "rgba(18, 58, 107, 1)")
        self.assert_fits()
        self.picture("pages-own-look")
        links = self.driver.find_elements(By.CSS_SELECTOR, "nav a")
        self.assertEqual([link.get_attribute("lang") for link in links], ["sw"])

    def test_a_logo_that_is_opened_by_itself_runs_nothing(self) -> None:
        self.driver.get(self.ended("approve", "paid").return_url)
        source = self.element("img.logo").get_attribute("src")
        self.driver.get(source)
        self.assertEqual(self.driver.current_url, source)  # an alert would stop this

    def test_mistakes_are_named_by_the_command_and_by_the_daemon(self) -> None:
        broken = self.folder / "theme.css"
        good = broken.read_text()
        self.addCleanup(broken.write_text, good)
        broken.write_text("a{}\n@import 'x'")
        done = self.stack.command("check-config", expect=78)
        self.assertEqual(done.stderr, f"{broken}:2: must not contain `@import`\n")


del BrowserTest, PageTest
