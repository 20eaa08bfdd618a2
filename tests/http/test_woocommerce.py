"""A WooCommerce shop: its orders follow their payments, and what WooCommerce does with an order is
done exactly once. Both ways in which WooCommerce keeps orders.

With TOLLGATE_WOOCOMMERCE_ZIP this is WooCommerce itself, and stock, mails and download permissions
are its own; without it a stand-in shows that tables, actions and our plugins fit together."""

import base64
import hmac
import json
import time
import unittest
from typing import Any
from uuid import UUID

import wordpress
from case import Case, Payment, browser
from servers import Port
from wordpress import WordPress, table_prefix

needs_woocommerce = unittest.skipUnless(
    wordpress.woocommerce_zip, wordpress.how_to_get_woocommerce
)


class ShopCase(Case):
    gateways = ("cinetpay", "novabanka")
    hpos: bool
    port: Port
    wordpress: WordPress

    @classmethod
    def setUpClass(cls) -> None:
        cls.port = Port()
        cls.addClassCleanup(cls.port.close)
        profile = "woocommerce_hpos" if cls.hpos else "woocommerce_posts"
        cls.settings = {
            "shop": {
                "profile": profile,
                "table_prefix": table_prefix,
                "url": f"{cls.port.url}/",
                "return": "redirect",
                "result_secret": wordpress.result_secret,
            },
            "events": {"url": f"{cls.port.url}/tell-no-shop", "secret": "whsec_" + "A" * 32},
        }
        super().setUpClass()
        cls.wordpress = WordPress(cls.stack, cls.port, hpos=cls.hpos, gateway=cls.gateway)
        cls.addClassCleanup(cls.wordpress.stop)
        cls.wordpress.start()

    def tearDown(self) -> None:
        self.assertNotIn("PHP Fatal", self.wordpress.log_text())

    def new_shop_order(self, *products: int, **wish: Any) -> dict[str, Any]:
        products = products or (self.wordpress.do("product", stock=10),)
        return self.wordpress.do("order", products=products, **wish)

    def opened(self, order: dict[str, Any]) -> Payment:
        """The customer chose Tollgate in the checkout."""
        answer = self.wordpress.do("pay", order=order["id"], gateway=self.gateway)
        self.assertEqual(answer["result"], "success", self.wordpress.log_text())
        return self.newest_payment(order["id"], answer["redirect"])

    def newest_payment(self, order: int, payment_url: str) -> Payment:
        [row] = self.stack.database.query(
            "SELECT id, reference FROM tollgate_payments"
            " WHERE order_ref = %s ORDER BY attempt DESC LIMIT 1",
            str(order),
        )
        return Payment(order, str(UUID(bytes=row["id"])), row["reference"], payment_url, "")

    def state(self, order: dict[str, Any]) -> dict[str, Any]:
        return self.wordpress.do("order_state", order=order["id"])

    def happened(self, order: dict[str, Any]) -> list[str]:
        """WooCommerce's actions for the order, and the mails, in their order."""
        rows = self.stack.database.query(
            f"SELECT what FROM {table_prefix}test_record WHERE order_id = %s ORDER BY id",
            order["id"],
        )
        return [row["what"] for row in rows]

    def shop_status(self, order: dict[str, Any]) -> str:
        """As it stands in the table, whatever WordPress has cached."""
        table, column = ("wc_orders", "status") if self.hpos else ("posts", "post_status")
        [row] = self.stack.database.query(
            f"SELECT {column} AS status FROM {table_prefix}{table} WHERE id = %s", order["id"]
        )
        return row["status"]

    def pay(self, payment: Payment) -> None:
        self.decide(payment, "approve")
        self.wait_for_status(payment, "paid")

    def paid_order(self, **wish: Any) -> tuple[dict[str, Any], Payment]:
        order = self.new_shop_order(**wish)
        payment = self.opened(order)
        self.pay(payment)
        return order, payment

    def novabanka_order(self) -> tuple[dict[str, Any], Payment]:
        self.gateway = "novabanka"
        return self.paid_order(currency="BAM")

    def assert_carried_out_once(self, order: dict[str, Any], came_from: str, to: str) -> None:
        happened = self.happened(order)
        for action in (
            f"woocommerce_order_status_{to}",
            f"woocommerce_order_status_{came_from}_to_{to}",
            "woocommerce_payment_complete",
            "woocommerce_pre_payment_complete",
            "woocommerce_order_payment_status_changed",
        ):
            self.assertEqual(happened.count(action), 1, (action, happened))

    def assert_nothing_due(self, order: dict[str, Any]) -> None:
        self.assertNotIn("_tollgate_due", self.state(order)["meta"])


class Orders:
    """For both kinds of tables."""

    def test_the_profile_fits_the_shops_tables(self) -> None:
        done = self.stack.command("check-config")
        self.assertEqual(done.stderr, "")

    def test_paid(self) -> None:
        order = self.new_shop_order()
        payment = self.opened(order)
        self.assertEqual(self.shop_status(order), "wc-pending")
        before = int(time.time())
        self.pay(payment)
        self.assertEqual(self.shop_status(order), "wc-processing")
        self.assertEqual(self.happened(order), [])  # nobody in the shop knows yet
        state = self.state(order)
        self.assertEqual(state["transaction"], payment.reference)
        self.assertAlmostEqual(state["paid"], before, delta=60)
        self.assertIsNone(state["completed"])
        self.assertFalse(state["needs"])
        [note] = state["notes"]
        self.assertIn("The order is paid. cinetpay, our reference " + payment.reference, note)
        for _ in range(2):
            self.wordpress.do("cron")
        self.assertEqual(self.state(order)["offsets"][0], 3 * 3600)  # the shop's own time
        self.assert_carried_out_once(order, "pending", "processing")
        self.assert_nothing_due(order)

    @needs_woocommerce
    def test_stock_mails_and_permissions_are_woocommerces_own(self) -> None:
        book = self.wordpress.do("product", downloadable=True)
        thing = self.wordpress.do("product", stock=10)
        order = self.new_shop_order(book, thing)
        payment = self.opened(order)
        self.pay(payment)
        for _ in range(2):
            self.wordpress.do("cron")
        state = self.state(order)
        self.assertEqual(state["status"], "processing")
        self.assertEqual(state["stock"], [None, 9])
        self.assertEqual(state["downloads"], 1)
        happened = self.happened(order)
        self.assertEqual(happened.count("mail to awa@example.com"), 1, happened)
        self.assertEqual(happened.count("mail to merchant@shop.example"), 1, happened)
        self.assertEqual(happened.count("woocommerce_grant_product_download_permissions"), 1)
        self.assertEqual(happened.count("woocommerce_reduce_order_stock"), 1)

    def test_nothing_but_downloads_is_completed_at_once(self) -> None:
        order = self.new_shop_order(self.wordpress.do("product", downloadable=True))
        self.pay(self.opened(order))
        self.wordpress.do("cron")
        state = self.state(order)
        self.assertEqual(state["status"], "completed")
        self.assertEqual(state["completed"], state["paid"])
        self.assert_carried_out_once(order, "pending", "completed")

    def test_failed_and_then_paid(self) -> None:
        order = self.new_shop_order()
        payment = self.opened(order)
        self.decide(payment, "decline")
        self.wait_for_status(payment, "failed")
        self.assertEqual(self.shop_status(order), "wc-failed")
        self.wordpress.do("cron")
        actions = [what for what in self.happened(order) if what.startswith("woocommerce")]
        self.assertEqual(
            actions[:2],
            ["woocommerce_order_status_failed", "woocommerce_order_status_pending_to_failed"],
        )
        again = self.opened(order)
        self.assertNotEqual(again.id, payment.id)
        self.pay(again)
        self.wordpress.do("cron")
        state = self.state(order)
        self.assertEqual((state["status"], state["transaction"]), ("processing", again.reference))
        self.assert_carried_out_once(order, "failed", "processing")

    def test_cancelled_and_paid_late(self) -> None:
        order = self.new_shop_order()
        payment = self.opened(order)
        self.decide(payment, "cancel")
        self.wait_for_status(payment, "cancelled")
        self.assertEqual(self.shop_status(order), "wc-cancelled")
        self.decide(payment, "approve")
        self.wait_for_status(payment, "paid")
        self.assertEqual(self.shop_status(order), "wc-processing")
        self.wordpress.do("cron")  # both changes, in their order
        happened = self.happened(order)
        self.assertLess(
            happened.index("woocommerce_order_status_pending_to_cancelled"),
            happened.index("woocommerce_order_status_cancelled_to_processing"),
        )
        self.assertEqual(self.state(order)["status"], "processing")

    def test_paid_twice_and_one_given_back(self) -> None:
        order = self.new_shop_order()
        first = self.opened(order)
        self.decide(first, "decline")
        self.wait_for_status(first, "failed")
        second = self.opened(order)
        self.pay(second)
        self.decide(first, "approve")
        self.wait_for_status(first, "paid")
        state = self.state(order)
        self.assertEqual(state["transaction"], second.reference)
        self.assertIn("Another payment came for this order", state["notes"][-1])
        self.wordpress.do("cron")
        self.assert_carried_out_once(order, "failed", "processing")

    def test_no_more_than_once_when_all_come_at_once(self) -> None:
        order, _ = self.paid_order()
        runs = [self.wordpress.start_doing("cron") for _ in range(2)]
        runs += [self.wordpress.start_doing("sweep") for _ in range(2)]
        for run in runs:
            output, _ = run.communicate(timeout=120)
            self.assertEqual(run.returncode, 0, output)
        self.assert_carried_out_once(order, "pending", "processing")
        self.assert_nothing_due(order)

    def test_the_server_dies_on_the_way(self) -> None:
        for dies_in in (
            "woocommerce_pre_payment_complete",
            "woocommerce_order_status_pending_to_processing",
            "woocommerce_payment_complete",
        ):
            with self.subTest(dies_in):
                order, _ = self.paid_order()
                self.wordpress.environment["SHOP_DIES_IN"] = dies_in
                died = self.wordpress.start_doing("sweep")
                died.communicate(timeout=120)
                del self.wordpress.environment["SHOP_DIES_IN"]
                self.assertEqual(died.returncode, 9)
                self.wordpress.do("sweep")  # too early: somebody may be at work
                self.assertIn("_tollgate_due", self.state(order)["meta"])
                self.age_claims()
                for _ in range(2):
                    self.wordpress.do("sweep")
                self.assert_carried_out_once(order, "pending", "processing")
                self.assert_nothing_due(order)
                self.assertIn(f"({dies_in})", "\n".join(self.state(order)["notes"]))

    def age_claims(self) -> None:
        """What the passing of time does."""
        table = f"{table_prefix}{'wc_orders_meta' if self.hpos else 'postmeta'}"
        self.stack.database.query(
            f"UPDATE {table} SET meta_value = REGEXP_REPLACE(meta_value, '[0-9]+$', '1')"
            " WHERE meta_key = '_tollgate_due' AND meta_value REGEXP ' [0-9]+ [0-9]+$'"
        )

    def test_the_customer_comes_back(self) -> None:
        order, _ = self.paid_order()
        query = f"wc-api=tollgate&order={order['id']}&key={order['key']}"
        answer = self.wordpress.get(f"{self.wordpress.url}/?{query}")
        self.assertEqual(answer.status, 302, answer.text)
        self.assertIn("order-received", answer.location)
        self.assert_carried_out_once(order, "pending", "processing")
        wrong = self.wordpress.get(f"{self.wordpress.url}/?{query}x")
        self.assertEqual(wrong.status, 404)

    def test_the_customer_is_led_back_to_the_shop(self) -> None:
        order = self.new_shop_order()
        payment = self.opened(order)
        self.pay(payment)
        data = self.stack.api("GET", f"/api/v1/payments/{payment.id}/").json()["data"]
        back = self.wordpress.get(data["return_url"])
        self.assertEqual(back.status, 303, back.text)
        self.assertTrue(back.location.startswith(f"{self.wordpress.url}/?wc-api=tollgate&"))
        self.assertIn("tollgate_signature=", back.location)
        self.assertIn("order-received", self.wordpress.get(back.location).location)

    def test_an_orders_own_key_finds_it(self) -> None:
        order = self.new_shop_order()
        page = self.wordpress.get(f"{self.stack.url}/pay/order/{order['key']}")
        self.assertEqual(page.status, 200, page.text)
        self.assertIn("XOF", page.text)
        [form, *_] = browser.forms(page)
        sent = browser.submit(form, gateway="cinetpay")
        self.assertTrue(sent.location.startswith(self.stack.twins_url), sent.text)
        payment = self.newest_payment(order["id"], sent.location)
        self.assertEqual(self.payment_row(payment)["amount_minor"], 1500)
        self.pay(payment)
        self.assertEqual(self.shop_status(order), "wc-processing")
        unknown = self.wordpress.get(f"{self.stack.url}/pay/order/{order['key']}x")
        self.assertEqual(unknown.status, 404)

    def test_the_customer_brings_a_signed_result(self) -> None:
        order, payment = self.paid_order()
        now = str(int(time.time()))
        values = ["failed", str(order["id"]), payment.reference, "1500", "XOF", now]
        names = ("status", "order", "reference", "amount", "currency", "time")
        digest = hmac.new(wordpress.result_secret.encode(), "\n".join(values).encode(), "sha256")
        result = [*zip(names, values, strict=True), ("signature", digest.hexdigest())]
        url = f"{self.wordpress.url}/?wc-api=tollgate&order={order['id']}&key={order['key']}"
        url += "".join(f"&tollgate_{name}={value}" for name, value in result)
        # Nothing but the shop's own page depends on it: the order is paid whatever is said here.
        self.assertNotIn("order-received", self.wordpress.get(url).location)
        forged = url.replace("tollgate_status=failed", "tollgate_status=cancelled")
        self.assertIn("order-received", self.wordpress.get(forged).location)
        self.assertEqual(self.shop_status(order), "wc-processing")

    def test_an_event_carries_out_at_once(self) -> None:
        order, _ = self.paid_order()
        body = json.dumps({"type": "payment.paid", "data": {"order": str(order["id"])}}).encode()
        sent_at = str(int(time.time()))
        key = base64.b64decode(self.stack.events_secret.removeprefix("whsec_"))
        digest = hmac.digest(key, f"msg-1.{sent_at}.".encode() + body, "sha256")
        headers = {
            "content-type": "application/json",
            "webhook-id": "msg-1",
            "webhook-timestamp": sent_at,
            "webhook-signature": "v1,AAAA v1," + base64.b64encode(digest).decode(),
        }
        url = f"{self.wordpress.url}/?rest_route=/tollgate/v1/events"
        forged = browser.request("POST", url, body, headers | {"webhook-id": "msg-2"})
        self.assertEqual(forged.status, 401)
        self.assertEqual(self.happened(order), [])
        answer = browser.request("POST", url, body, headers)
        self.assertEqual(answer.status, 204, answer.text)
        self.assert_carried_out_once(order, "pending", "processing")

    @needs_woocommerce
    def test_from_the_checkout_block_to_the_gateway(self) -> None:
        product = self.wordpress.do("product", stock=3)
        store = f"{self.wordpress.url}/?rest_route=/wc/store/v1"
        cart = browser.request("GET", f"{store}/cart")
        headers = {"nonce": cart.headers["nonce"], "content-type": "application/json"}
        item = json.dumps({"id": product, "quantity": 2}).encode()
        added = browser.request("POST", f"{store}/cart/add-item", item, headers)
        self.assertEqual(added.status, 201, added.text)
        cookies = added.headers.get_all("set-cookie", [])
        headers["cookie"] = "; ".join(cookie.partition(";")[0] for cookie in cookies)
        address = {
            "first_name": "Awa", "last_name": "Koné", "address_1": "Rue 1", "city": "Abidjan",
            "country": "CI", "email": "awa@example.com", "phone": "+2250700000000",
            "state": "Lagunes", "postcode": "01",
        }  # fmt: skip
        body = {"billing_address": address, "shipping_address": address}
        checkout = json.dumps(body | {"payment_method": "tollgate"}).encode()
        answer = browser.request("POST", f"{store}/checkout", checkout, headers)
        self.assertEqual(answer.status, 200, answer.text)
        done = answer.json()
        result = done["payment_result"]
        self.assertEqual(result["payment_status"], "success")
        self.assertTrue(result["redirect_url"].startswith(self.stack.twins_url), result)
        order = {"id": done["order_id"], "key": done["order_key"]}
        payment = self.newest_payment(order["id"], result["redirect_url"])
        self.assertEqual(self.payment_row(payment)["amount_minor"], 3000)
        self.pay(payment)
        self.wordpress.do("cron")
        self.assertEqual(self.state(order)["stock"], [1])

    @needs_woocommerce
    def test_the_settings_page_shows_no_secret_and_keeps_it(self) -> None:
        page = self.wordpress.do("settings_page")
        self.assertIn("Address of Tollgate", page["html"])
        for secret in (self.stack.key, self.stack.events_secret, wordpress.result_secret):
            self.assertNotIn(secret, page["html"])
        self.assertEqual(page["after_saving"]["key"], self.stack.key)
        self.assertEqual(page["after_saving"]["result_secret"], "another" * 8)

    def test_an_unpaid_order_is_cancelled_only_with_tollgates_leave(self) -> None:
        order = self.new_shop_order()
        payment = self.opened(order)
        self.wordpress.do("cancel_unpaid", order=order["id"])
        self.assertEqual(self.shop_status(order), "wc-pending")
        self.behave(transaction_id=payment.reference, notify="never")
        self.decide(payment, "approve", notify="never")
        self.age_last_check(payment)
        self.wordpress.do("cancel_unpaid", order=order["id"])  # asks the gateway
        self.wait_for_status(payment, "paid")
        self.assertEqual(self.shop_status(order), "wc-processing")

    def test_refunded_by_the_merchant_in_woocommerce(self) -> None:
        order, payment = self.novabanka_order()
        self.wordpress.do("cron")
        refund = self.wordpress.do("refund", order=order["id"], amount="1500")
        self.assertEqual(refund, {"amount": "1500"})
        self.wait_for_status(payment, "refunded")
        self.wordpress.do("cron")
        state = self.state(order)
        self.assertEqual((state["status"], state["refunded"]), ("refunded", "1500"))
        happened = self.happened(order)
        self.assertEqual(happened.count("woocommerce_order_status_refunded"), 1, happened)
        self.assert_nothing_due(order)

    def test_refunded_elsewhere(self) -> None:
        order, payment = self.novabanka_order()
        self.wordpress.do("cron")
        self.stack.api("POST", f"/api/v1/payments/{payment.id}/refund/", {})
        self.wait_for_status(payment, "refunded")
        self.assertEqual(self.shop_status(order), "wc-refunded")
        self.wordpress.do("cron")
        happened = self.happened(order)
        self.assertEqual(happened.count("woocommerce_order_status_processing_to_refunded"), 1)
        state = self.state(order)
        self.assertIn("The payment was given back.", "\n".join(state["notes"]))
        self.assertEqual(state["refunded"], "1500")

    def test_what_novabankas_own_plugin_keeps(self) -> None:
        order, payment = self.novabanka_order()
        meta = self.state(order)["meta"]
        kept = {name: value for name, value in meta.items() if name.startswith("_novabankaipg_")}
        self.assertEqual(kept["_novabankaipg_card_last4"], "1112")
        self.assertEqual(kept["_novabankaipg_result"], "CAPTURED")
        self.assertEqual(len(kept), 6, kept)
        self.assertTrue(all(kept.values()), kept)


class OrdersInTheirOwnTables(Orders, ShopCase):
    hpos = True


class OrdersAsPosts(Orders, ShopCase):
    hpos = False
