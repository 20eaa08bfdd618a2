"""Profiles beside a shop's tables: a template on tables of its own, and tables that are missing."""

import tempfile
from pathlib import Path
from typing import Any

import ebook
from case import Case, browser
from documented import root
from test_checkout import CheckoutCase, tollgate_order_key
from test_checkout import secret as checkout_secret

template = root / "sql/profiles/custom.toml"
collation = "CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"
made_up_tables = (
    "CREATE TABLE shop_order (id bigint AUTO_INCREMENT PRIMARY KEY, number varchar(40) NOT NULL"
    " UNIQUE, state varchar(10) NOT NULL, total decimal(12,2) NOT NULL, currency char(3) NOT NULL,"
    " email varchar(254) NULL, phone varchar(40) NULL, payment varchar(40) NULL,"
    f" paid_at datetime(6) NULL) {collation}",
    f"CREATE TABLE shop_item (order_id bigint NOT NULL, path varchar(255) NOT NULL) {collation}",
    "CREATE TABLE shop_download (order_id bigint NOT NULL, path varchar(255) NOT NULL,"
    f" token varchar(64) NOT NULL) {collation}",
    "CREATE TABLE shop_note (order_id bigint NOT NULL, said_at datetime(6) NOT NULL,"
    f" words varchar(255) NOT NULL) {collation}",
)


class CustomTest(CheckoutCase):
    settings = {"shop": {"checkout_secret": checkout_secret, "profile": str(template)}}
    gateways = ("cinetpay",)

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        for statement in made_up_tables:
            cls.stack.database.query(statement)

    def new_shop_order(self, number: str) -> str:
        """Its checkout address."""
        key = self.stack.database.insert(
            "INSERT INTO shop_order (number, state, total, currency, email)"
            " VALUES (%s, 'open', 1500, 'XOF', 'awa@example.com')",
            number,
        )
        self.stack.database.query("INSERT INTO shop_item VALUES (%s, 'ebook.pdf')", key)
        return f"{self.stack.url}/pay/order/{tollgate_order_key(number, checkout_secret)}"

    def open_order(self, number: str) -> Any:
        page = self.get(self.new_shop_order(number))
        self.assertEqual(self.press(page).status, 303)
        return self.payment_of(number)

    def order_row(self, number: str) -> dict[str, Any]:
        return self._row("SELECT * FROM shop_order WHERE number = %s", number)

    def notes(self, number: str) -> list[str]:
        rows = self.stack.database.query(
            "SELECT words FROM shop_note JOIN shop_order ON id = order_id WHERE number = %s", number
        )
        return [row["words"] for row in rows]

    def tokens(self, number: str) -> list[str]:
        rows = self.stack.database.query(
            "SELECT token FROM shop_download JOIN shop_order ON id = order_id WHERE number = %s",
            number,
        )
        return [row["token"] for row in rows]

    def test_the_template_fits_the_tables_that_it_describes(self) -> None:
        done = self.stack.command("check-config")
        self.assertEqual((done.stdout, done.stderr), ("the configuration is good\n", ""))

    def test_an_order_is_paid_and_delivered(self) -> None:
        payment = self.open_order("A-1")
        self.assertIn("awa@example.com", self.payment_row(payment)["customer"])
        self.decide(payment, "approve")
        self.wait_for_status(payment, "paid")
        row = self.order_row("A-1")
        self.assertEqual((row["state"], row["payment"]), ("paid", payment.reference))
        self.assertIsNotNone(row["paid_at"])
        [token] = self.tokens("A-1")
        self.assertEqual(self.download(f"{self.stack.url}/download/{token}").body, ebook.pdf())
        self.assertEqual(self.get(self.checkout("A-1")).location, payment.return_url)

    def checkout(self, number: str) -> str:
        return f"{self.stack.url}/pay/order/{tollgate_order_key(number, checkout_secret)}"

    def test_an_order_that_was_not_paid_may_be_paid_again(self) -> None:
        first = self.open_order("A-2")
        self.decide(first, "cancel")
        self.wait_for_status(first, "cancelled")
        self.assertEqual(self.order_row("A-2")["state"], "unpaid")
        self.assertEqual(self.press(self.get(self.checkout("A-2"))).status, 303)
        second = self.payment_of("A-2")
        self.decide(second, "approve")
        self.wait_for_status(second, "paid")
        self.assertEqual(self.order_row("A-2")["payment"], second.reference)

    def test_what_must_be_looked_at_is_noted(self) -> None:
        payment = self.open_order("A-3")
        self.decide(payment, "approve", amount=1000)
        self.wait_for_status(payment, "review")
        words = f"payment {payment.reference} must be looked at: underpaid"
        self.assertEqual(self.notes("A-3"), [words])
        self.assertEqual(self.order_row("A-3")["state"], "open")
        self.assertEqual(self.tokens("A-3"), [])


class MissingTableTest(Case):
    """Of the profile django_store, whose table somebody has renamed."""

    def test_nothing_is_lost_and_everybody_is_told(self) -> None:
        payment = self.buy()
        query = self.stack.database.query
        query("RENAME TABLE store_order TO store_order_away")
        place = "profile django_store:"
        try:
            self.assertEqual(
                [one["status"] for one in self.decide(payment, "approve")], [200]
            )
            self.assertIn("notification", self.evidence(payment))
            self.wait_until(lambda: "settle.failed" in self.stack.tollgate.log_text())
            self.assertIn(f"{place}", self.stack.tollgate.log_text())
            self.assertEqual(self.payment_row(payment)["status"], "pending")
            self.assertEqual(browser.request("GET", f"{self.stack.url}/readyz").status, 200)

            done = self.stack.command("check-config", expect=78)
            self.assertIn(place, done.stderr)
            self.assertIn("store_order' doesn't exist", done.stderr)
            self.assertIn("[paid] statement 1: ", done.stderr)
            self.assertIn("[order]: ", done.stderr)
            self.assertIn("store_order' doesn't exist", self.stack.command("migrate").stderr)

            self.stack.tollgate.restart()
            log = self.stack.tollgate.log_text()
            self.assertIn("event=profile.mistake", log)
        finally:
            query("RENAME TABLE store_order_away TO store_order")
        self.make_due(payment)
        self.wait_for_status(payment, "paid", timeout_s=60)
        self.assertEqual(self.shop_row(payment)["status"], "paid")

    def test_a_mistake_in_the_file_stops_both_programs(self) -> None:
        with tempfile.TemporaryDirectory() as directory:
            profile = Path(directory) / "shop.toml"
            profile.write_text("[paid]\nstatements = ['SELECT :ordre']\n")
            configuration = Path(directory) / "tollgate.toml"
            text = self.stack.configuration.read_text()
            configuration.write_text(text.replace('"django_store"', f'"{profile}"'))
            done = self.stack.command("--config", str(configuration), "check-config", expect=78)
            words = f"{profile}:2 [paid] statement 1: unknown parameter :ordre"
            self.assertEqual(done.stderr, f"{words}\n")
