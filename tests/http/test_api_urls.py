"""Addresses that a payment brings along: where its events go, and where its customer may be sent."""

from typing import Any
from uuid import UUID

from api_case import ApiCase
from case import Payment

from receiver import Delivery, Receiver

receiver = Receiver()  # of all events
own = Receiver()  # of payments that say so
secret = "whsec_bmV3IHNlY3JldCBvZiB0aGUgdGVzdHMsIDMyIGJ5dGU="


def tearDownModule() -> None:
    receiver.close()
    own.close()


class UrlCase(ApiCase):
    def setUp(self) -> None:
        super().setUp()
        receiver.reset()
        own.reset()

    def told(self, where: Receiver, payment: Payment) -> list[Delivery]:
        return [one for one in where.deliveries() if one.json()["data"]["id"] == payment.id]

    def paid(self, **changes: Any) -> Payment:
        payment = self.buy(**changes)
        self.decide(payment, "approve")
        self.wait_for_status(payment, "paid")
        return payment

    def events_of(self, payment: Payment) -> list[dict[str, Any]]:
        return self.stack.database.query(
            "SELECT delivered_at, last_error FROM tollgate_outbox WHERE payment_id = %s",
            UUID(payment.id).bytes,
        )

    def wrong(self, **changes: Any) -> set[str]:
        answer = self.open(self.new_order(), **changes)
        self.assertEqual(answer.status, 422, answer.text)
        return set(answer.json()["errors"])


class CallbackTest(UrlCase):
    settings = {"events": {"url": receiver.url, "secret": secret, "callbacks": "anywhere"}}

    def test_events_of_a_payment_go_to_its_own_address(self) -> None:
        url = f"{own.url}?shop=1&a=b"
        payment, other = self.paid(callback_url=url), self.paid()
        self.wait_until(lambda: self.told(own, payment) and self.told(receiver, other))
        [event] = self.told(own, payment)
        self.assertEqual(event.json()["type"], "payment.paid")
        self.assertTrue(event.is_signed_with(secret))
        self.assertEqual(self.told(receiver, payment) + self.told(own, other), [])

    def test_a_new_attempt_goes_there_too(self) -> None:
        payment = self.buy(callback_url=own.url)
        self.decide(payment, "decline")
        self.wait_for_status(payment, "failed")
        answer = self.stack.api("POST", self.of(payment.id, "retry/"))
        again = self._opened(payment.order, answer)
        self.decide(again, "approve")
        self.wait_until(lambda: self.told(own, again))
        self.assertEqual(self.told(receiver, again), [])

    def test_redirects_are_not_followed(self) -> None:
        own.behave("302", location=receiver.url)
        payment = self.paid(callback_url=own.url)
        self.wait_until(lambda: [row["last_error"] for row in self.events_of(payment)] != [""])
        self.assertEqual(self.events_of(payment)[0]["last_error"], "status 302")
        self.assertEqual(self.told(receiver, payment), [])

    def test_cron_finds_the_address_too(self) -> None:
        own.down()
        payment = self.paid(callback_url=own.url)
        self.wait_until(lambda: self.events_of(payment)[0]["last_error"])
        own.up()
        self.stack.database.query("UPDATE tollgate_outbox SET next_attempt_at = '2026-01-01'"
                                  " WHERE next_attempt_at IS NOT NULL")  # fmt: skip
        self.stack.command("reconcile", "--once")
        self.wait_until(lambda: self.told(own, payment))

    def test_wrong_addresses_are_named(self) -> None:
        for name in ("callback_url", "success_url", "failure_url"):
            for url in ("http://shop.example/", "//x", "javascript:alert(1)", "", 1, None, "https://"
                        "a@shop.example/", "https://shop.example/#a", "https://x/" + "a" * 1000):
                with self.subTest(f"{name}: {url}"):
                    self.assertEqual(self.wrong(**{name: url}), {name})

    def test_what_is_kept(self) -> None:
        urls = {f"{name}_url": f"https://shop.example/{name}?a=1" for name in
                ("callback", "success", "failure")}  # fmt: skip
        payment = self.buy(**urls)
        [row] = self.stack.database.query(
            "SELECT * FROM tollgate_shop_urls WHERE payment_id = %s", UUID(payment.id).bytes
        )
        self.assertEqual({name: row[name] for name in urls}, urls)


class NeighbourTest(UrlCase):
    """As in production: nobody with a key of the API can make us call our own network."""

    settings = {"events": {"url": receiver.url, "secret": secret}}

    def test_loopback_is_refused_at_once(self) -> None:
        for url in (own.url, own.url.replace("127.0.0.1", "localhost"), "https://[::1]/"):
            self.assertEqual(self.wrong(callback_url=url), {"callback_url"}, url)

    def test_a_name_that_leads_to_a_neighbour_is_refused_when_it_is_called(self) -> None:
        # Names of the whole world that mean the machine itself, and other spellings of it.
        port = own.url.split(":")[2].split("/")[0]
        for url in (f"https://127.1:{port}/", f"https://0x7f000001:{port}/", f"https://0:{port}/",
                    f"https://2130706433:{port}/", "https://10.0.0.1/", "https://169.254.169.254/latest/meta-data/"):
            with self.subTest(url):
                payment = self.paid(callback_url=url)
                self.wait_until(lambda: self.events_of(payment)[0]["last_error"])
                self.assertEqual(self.events_of(payment)[0]["last_error"], "refused_by_us")
        self.assertEqual(own.deliveries(), [])

    def test_the_operators_own_address_may_be_called(self) -> None:
        payment = self.paid(callback_url=f"{receiver.url}/of-one")
        self.wait_until(lambda: self.told(receiver, payment))


class OnlyCallbacksTest(UrlCase):
    settings = {"events": {"secret": secret, "callbacks": "anywhere"}}

    def test_without_an_address_for_all_the_others_have_no_events(self) -> None:
        other, payment = self.paid(), self.paid(callback_url=own.url)
        self.wait_until(lambda: self.told(own, payment))
        self.assertEqual(self.events_of(other), [])


class NoSecretTest(UrlCase):
    def test_what_cannot_be_signed_is_not_promised(self) -> None:
        self.assertEqual(self.wrong(callback_url="https://shop.example/"), {"callback_url"})
        self.assertEqual(self.open(self.new_order(), success_url="https://a.example/").status, 201)


del ApiCase, UrlCase
