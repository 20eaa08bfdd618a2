"""A payment settles once and rightly, whatever the gateway sends and answers."""

import http.client
import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode, urlsplit

from case import Case, Payment, browser, signed_fields, token_of

form = "application/x-www-form-urlencoded"


class SettlementTest(Case):
    settings = {"check": {"timeout_ms": 1500, "return_wait_ms": 3000}}

    def statuses(self, notifications: list[dict]) -> list[int]:
        return [answer["status"] for answer in notifications]

    def settle_all_that_was_received(self) -> None:
        """A stop carries out every check that is under way, so nothing more can come."""
        self.stack.tollgate.restart()


class OrderOfEvents(SettlementTest):
    def test_the_notification_comes_before_the_customer(self) -> None:
        payment = self.buy()
        self.assertEqual(self.statuses(self.decide(payment, "approve")), [200])
        self.wait_for_status(payment, "paid")
        self.assertEqual(self.come_back(payment).status, 303)
        self.assertEqual(len(self.download_links(self.return_page(payment))), 1)
        self.assert_paid_once(payment)

    def test_the_notification_comes_after_the_customer(self) -> None:
        payment = self.buy()
        self.decide(payment, "approve", notify="never")
        self.assertEqual(len(self.download_links(self.return_page(payment))), 1)
        self.assert_paid_once(payment)
        asked = self.payment_row(payment)["checks"]
        self.assertEqual(self.post_notification(self.fields_of(payment)).status, 200)
        self.wait_for_check(payment, asked)
        self.assert_paid_once(payment)

    def test_no_notification_ever_comes(self) -> None:
        payment = self.buy()
        self.decide(payment, "approve", notify="never")
        self.return_page(payment)
        self.assert_paid_once(payment)
        self.assertEqual(self.evidence(payment), ["check"])

    def test_neither_notification_nor_customer_comes(self) -> None:
        payment = self.buy()
        self.decide(payment, "approve", notify="never")
        self.make_due(payment)
        self.wait_for_status(payment, "paid")
        self.assert_paid_once(payment)

    def test_an_order_that_is_paid_twice_reaches_the_operator(self) -> None:
        first = self.buy()
        self.decide(first, "decline")
        self.wait_for_status(first, "failed")
        second = self.open_again(first)
        self.decide(second, "approve")
        self.wait_for_status(second, "paid")
        self.decide(first, "approve")
        self.wait_for_status(first, "paid")
        self.assertEqual(self.payment_row(first)["attention"], "paid_twice")
        self.assertEqual(self.payment_row(second)["attention"], "")
        self.assertEqual(self.shop_row(first)["cinetpay_payment_id"], second.reference)

        # Giving one of them back ends its own link and not the other's.
        [link] = self.download_links(self.return_page(second))
        self.behave(transaction_id=first.reference, check_code="660", check_status="REFUSED")
        again = self.fields_of(first, cpm_error_message="REFUNDED")
        self.assertEqual(self.post_notification(again).status, 200)
        self.wait_for_status(first, "refunded")
        self.assertEqual(self.shop_tokens(first), [link.rsplit("/", 1)[1]])
        self.assertEqual(self.download(link).status, 200)

    def test_two_notifications_at_the_same_moment(self) -> None:
        payments = [self.buy() for _ in range(5)]
        for payment in payments:
            answers = self.decide(payment, "approve", notify="together")
            self.assertEqual(self.statuses(answers), [200, 200])
        self.settle_all_that_was_received()
        for payment in payments:
            self.assert_paid_once(payment)
            self.assertEqual(self.evidence(payment).count("notification"), 1)

    def test_notifications_and_customers_at_the_same_moment(self) -> None:
        payment = self.buy()
        self.decide(payment, "approve", notify="never")
        fields = [self.fields_of(payment, cpm_error_message=f"SUCCES {n}") for n in range(8)]
        with ThreadPoolExecutor(16) as threads:
            notified = list(threads.map(self.post_notification, fields))
            returned = list(threads.map(self.return_page, [payment] * 8))
        self.assertEqual({answer.status for answer in notified}, {200})
        self.assertEqual({len(self.download_links(page)) for page in returned}, {1})
        self.settle_all_that_was_received()
        self.assert_paid_once(payment)
        self.assertEqual(self.evidence(payment).count("notification"), 8)

    def test_the_same_notification_again(self) -> None:
        payment = self.buy()
        answers = self.decide(payment, "approve", notify="twice")
        self.assertEqual(self.statuses(answers), [200, 200])
        self.settle_all_that_was_received()
        self.assert_paid_once(payment)
        self.assertEqual(self.evidence(payment).count("notification"), 1)

    def test_notifications_in_the_wrong_order(self) -> None:
        payment = self.buy()
        answers = self.decide(payment, "approve", notify="reordered")
        self.assertEqual(self.statuses(answers), [200, 200])
        self.settle_all_that_was_received()
        self.assert_paid_once(payment)

    def test_a_notification_that_arrives_long_after_the_customer(self) -> None:
        payment = self.buy()
        self.behave(notify="delayed", notify_delay_ms=500)
        answers: list[list[dict]] = []
        gateway = threading.Thread(
            target=lambda: answers.append(self.decide(payment, "approve")), daemon=True
        )
        gateway.start()
        self.wait_until(lambda: self.download_links(self.return_page(payment)))
        gateway.join(30)
        self.assertEqual([self.statuses(one) for one in answers], [[200]])
        self.settle_all_that_was_received()
        self.assert_paid_once(payment)

    def test_the_operator_is_chosen_first(self) -> None:
        payment = self.buy()
        self.decide(payment, "processing")
        self.wait_for_status(payment, "processing")
        self.assertEqual(self.shop_row(payment)["status"], "pending")
        self.assert_nothing_delivered(payment)
        self.decide(payment, "approve")
        self.wait_for_status(payment, "paid")
        self.assert_paid_once(payment, ("pending", "processing"))

    def test_a_success_after_each_kind_of_failure_wins(self) -> None:
        for decision, status in (
            ("decline", "failed"),
            ("cancel", "cancelled"),
            ("expire", "expired"),
        ):
            with self.subTest(decision):
                payment = self.buy()
                self.decide(payment, decision)
                self.wait_for_status(payment, status)
                self.assertEqual(self.shop_row(payment)["status"], "failed")
                self.assert_nothing_delivered(payment)
                self.decide(payment, "approve")
                self.wait_for_status(payment, "paid")
                self.assert_paid_once(payment, ("pending", status))

    def test_a_failure_after_the_success_changes_nothing(self) -> None:
        payment = self.buy()
        self.decide(payment, "approve")
        self.wait_for_status(payment, "paid")
        for decision in ("decline", "cancel", "expire", "pending", "processing"):
            with self.subTest(decision):
                asked = self.payment_row(payment)["checks"]
                [answer] = self.decide(payment, decision)
                self.assertEqual(answer["status"], 200)
                self.wait_for_check(payment, asked)
                self.assert_paid_once(payment)
        [link] = self.download_links(self.return_page(payment))
        self.assertEqual(self.download(link).status, 200)

    def test_the_failure_of_an_earlier_attempt_does_not_touch_a_paid_order(self) -> None:
        first = self.buy()
        self.decide(first, "expire")
        self.wait_for_status(first, "expired")
        second = self.open_again(first)
        self.decide(second, "approve")
        self.wait_for_status(second, "paid")
        self.decide(first, "decline")
        self.wait_for_status(first, "failed")
        self.assert_paid_once(second)


class Proof(SettlementTest):
    def assert_untouched(self, payment: Payment) -> None:
        self.assertEqual(self.times_asked(payment), 0)
        self.assertEqual(self.evidence(payment), [])
        self.assertEqual(self.events(payment), [("", "pending")])
        self.assertEqual(self.order_updates(payment), [])
        self.assert_nothing_delivered(payment)

    def test_a_forged_notification_is_refused_and_leaves_no_trace(self) -> None:
        payment = self.buy()
        self.decide(payment, "approve", notify="never")
        fields = self.fields_of(payment)
        right = token_of(fields)
        tokens = {
            "none": "",
            "another secret": token_of(fields, "another secret"),
            "no secret": token_of(fields, ""),
            "cut": right[:-1],
            "longer": right + "0",
            "last digit": right[:-1] + ("0" if right[-1] != "0" else "1"),
            "of another notification": token_of(fields | {"cpm_trans_id": "A" * 20}),
            "not hexadecimal": "x" * 64,
        }
        for name, token in tokens.items():
            with self.subTest(name):
                self.assertEqual(self.post_notification(fields, token).status, 401)
                self.assert_untouched(payment)

    def test_the_gateways_own_forgeries_are_refused(self) -> None:
        payment = self.buy()
        for signature in ("none", "wrong"):
            with self.subTest(signature):
                answer = self.stack.twin(
                    "/cinetpay/twin/notify",
                    {"transaction_id": payment.reference, "signature": signature},
                )
                self.assertEqual(answer.json()["status"], 401)
                self.assert_untouched(payment)

    def test_a_changed_value_breaks_the_signature(self) -> None:
        payment = self.buy()
        fields = self.fields_of(payment)
        for name in signed_fields:
            with self.subTest(name):
                changed = fields | {name: fields[name] + "1"}
                answer = self.post_notification(changed, token_of(fields))
                self.assertEqual(answer.status, 401)
        self.assert_untouched(payment)

    def test_characters_moved_between_values_touch_no_payment(self) -> None:
        payment, other = self.buy(), self.buy()
        self.decide(payment, "approve", notify="never")
        self.decide(other, "approve", notify="never")
        fields = self.fields_of(payment)
        date = fields["cpm_trans_date"]
        moved = {
            "from the date": {
                "cpm_trans_id": payment.reference + date[:1],
                "cpm_trans_date": date[1:],
            },
            "to the date": {
                "cpm_trans_id": payment.reference[:-1],
                "cpm_trans_date": payment.reference[-1:] + date,
            },
        }
        for name, changes in moved.items():
            with self.subTest(name):
                shifted = fields | changes
                self.assertEqual(token_of(shifted), token_of(fields))
                self.assertEqual(self.post_notification(shifted).status, 200)
                [orphan] = self.stack.database.query(
                    "SELECT payment_id FROM tollgate_evidence WHERE reference = %s",
                    shifted["cpm_trans_id"],
                )
                self.assertIsNone(orphan["payment_id"])
                for one in (payment, other):
                    self.assert_untouched(one)

    def test_what_a_signed_notification_says_is_not_believed(self) -> None:
        """Only the reference counts; amount, currency and word of the notification do not."""
        payment = self.buy()
        fields = self.fields_of(
            payment, cpm_amount="1", cpm_currency="USD", cpm_error_message="PAYMENT_FAILED"
        )
        self.decide(payment, "approve", notify="never")
        self.assertEqual(self.post_notification(fields).status, 200)
        self.wait_for_status(payment, "paid")
        self.assert_paid_once(payment)

        unpaid = self.buy()
        self.assertEqual(self.post_notification(self.fields_of(unpaid)).status, 200)
        self.wait_for_check(unpaid)
        self.assertEqual(self.payment_row(unpaid)["status"], "pending")
        self.assert_nothing_delivered(unpaid)

    def test_another_site_is_refused(self) -> None:
        payment = self.buy()
        fields = self.fields_of(payment, cpm_site_id="999999")
        self.assertEqual(self.post_notification(fields).status, 401)
        self.assert_untouched(payment)

    def test_a_site_that_borrows_digits_is_refused(self) -> None:
        payment = self.buy()
        site = self.stack.cinetpay["site_id"]
        fields = self.fields_of(payment, cpm_trans_id=f"{site[-1]}{payment.reference}")
        shifted = fields | {"cpm_site_id": site + site[-1], "cpm_trans_id": payment.reference}
        self.assertEqual(token_of(shifted), token_of(fields))
        self.assertEqual(self.post_notification(shifted).status, 401)
        self.assert_untouched(payment)

    def test_an_unknown_reference_is_kept_and_acknowledged(self) -> None:
        reference = "NOSUCHPAYMENT0000000"
        payment = Payment(0, "", reference, "", "")
        for _ in range(2):
            answer = self.post_notification(self.fields_of(payment))
            self.assertEqual(answer.status, 200)
        rows = self.stack.database.query(
            "SELECT payment_id, kind, gateway, proof FROM tollgate_evidence WHERE reference = %s",
            reference,
        )
        expected = {
            "payment_id": None,
            "kind": "notification",
            "gateway": "cinetpay",
            "proof": "signed",
        }
        self.assertEqual(rows, [expected])

    def test_whole_phone_numbers_are_not_kept(self) -> None:
        payment = self.buy()
        self.decide(payment, "approve")
        self.wait_for_status(payment, "paid")
        rows = self.stack.database.query(
            "SELECT body FROM tollgate_evidence WHERE reference = %s AND kind = 'notification'",
            payment.reference,
        )
        [body] = [row["body"].decode() for row in rows]
        self.assertIn(payment.reference, body)
        self.assertNotIn("0700000000", body)

    def test_pings_are_answered(self) -> None:
        url = f"{self.stack.url}/notify/cinetpay"
        for method, body in (("GET", None), ("HEAD", None), ("POST", b""), ("POST", {})):
            with self.subTest(f"{method} {body!r}"):
                self.assertEqual(browser.request(method, url, body).status, 200)
        self.assertEqual(browser.request("GET", f"{self.stack.url}/payment/callback/").status, 200)

    def test_a_get_with_parameters_is_no_ping(self) -> None:
        payment = self.buy()
        query = urlencode(self.fields_of(payment))
        answer = browser.request("GET", f"{self.stack.url}/notify/cinetpay?{query}")
        self.assertEqual(answer.status, 401)
        self.assert_untouched(payment)

    def test_other_methods_and_gateways(self) -> None:
        payment = self.buy()
        fields = self.fields_of(payment)
        body = urlencode(fields).encode()
        headers = {"x-token": token_of(fields), "content-type": form}
        url = f"{self.stack.url}/notify/cinetpay"
        for method in ("PUT", "DELETE", "PATCH", "OPTIONS"):
            with self.subTest(method):
                answer = browser.request(method, url, body, headers)
                self.assertEqual(answer.status, 405)
                self.assertEqual(answer.headers["allow"], "GET, HEAD, POST")
        for path in ("/notify/nosuchgateway", "/notify/", "/notify", "/notify/cinetpay/more"):
            with self.subTest(path):
                answer = browser.request("POST", self.stack.url + path, body, headers)
                self.assertEqual(answer.status, 404)
        self.assert_untouched(payment)

    def test_unreadable_bodies_are_refused(self) -> None:
        payment = self.buy()
        token = token_of(self.fields_of(payment))
        reference = payment.reference.encode()
        cases = (
            ("broken escape", form, b"cpm_trans_id=%zz", 400),
            ("no boundary", "multipart/form-data", b"cpm_trans_id=" + reference, 400),
            ("cut multipart", "multipart/form-data; boundary=b", b"--b\r\nContent-Disp", 400),
            ("JSON", "application/json", b'{"cpm_trans_id":"' + reference + b'"}', 401),
            ("binary", form, bytes(range(0x26, 256)) * 20, 401),
            ("too many fields", form, b"a=1&" * 1000, 400),
        )
        for name, kind, body, status in cases:
            with self.subTest(name):
                answer = browser.request(
                    "POST",
                    f"{self.stack.url}/notify/cinetpay",
                    body,
                    {"x-token": token, "content-type": kind},
                )
                self.assertEqual(answer.status, status)
        self.assert_untouched(payment)


class Forms(SettlementTest):
    """The ways in which a genuine notification may look different."""

    def assert_settles(self, **behaviour: object) -> None:
        payment = self.buy()
        self.behave(transaction_id=payment.reference, **behaviour)
        self.assertEqual(self.statuses(self.decide(payment, "approve")), [200])
        self.wait_for_status(payment, "paid")
        self.assert_paid_once(payment)

    def test_multipart(self) -> None:
        self.assert_settles(notify_form="multipart")

    def test_signed_in_the_order_of_arrival(self) -> None:
        self.assert_settles(notify_order="arrival")

    def test_multipart_signed_in_the_order_of_arrival(self) -> None:
        self.assert_settles(notify_form="multipart", notify_order="arrival")

    def test_unknown_fields(self) -> None:
        self.assert_settles(unknown_fields=True)

    def test_unknown_fields_that_are_signed(self) -> None:
        self.assert_settles(unknown_fields=True, notify_order="arrival")

    def test_only_the_required_fields(self) -> None:
        self.assert_settles(only_required=True)

    def test_text_beyond_ascii(self) -> None:
        payment = self.buy(description="Achat n°7 – été & co")
        self.assertEqual(self.statuses(self.decide(payment, "approve")), [200])
        self.wait_for_status(payment, "paid")
        fields = self.fields_of(payment, cpm_designation="Achat n°7 – été & co + 100 %")
        self.assertEqual(self.post_notification(fields).status, 200)

    def test_the_token_in_capitals(self) -> None:
        payment = self.buy()
        self.decide(payment, "approve", notify="never")
        fields = self.fields_of(payment)
        answer = self.post_notification(fields, token_of(fields).upper())
        self.assertEqual(answer.status, 200)
        self.wait_for_status(payment, "paid")

    def test_a_body_in_chunks(self) -> None:
        payment = self.buy()
        self.decide(payment, "approve", notify="never")
        fields = self.fields_of(payment)
        body = urlencode(fields).encode()
        address = urlsplit(self.stack.url)
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
        self.addCleanup(connection.close)
        headers = {"x-token": token_of(fields), "content-type": form}
        connection.request("POST", "/notify/cinetpay", iter([body[:50], body[50:]]), headers)
        self.assertEqual(connection.getresponse().status, 200)
        self.wait_for_status(payment, "paid")

    def test_the_old_address(self) -> None:
        payment = self.buy()
        self.decide(payment, "approve", notify="never")
        for path in ("/payment/callback/", "/payment/callback", "/notify/cinetpay/"):
            with self.subTest(path):
                answer = self.post_notification(self.fields_of(payment), path=path)
                self.assertEqual(answer.status, 200)
        self.wait_for_status(payment, "paid")
        self.assert_paid_once(payment)


class Answers(SettlementTest):
    """What the gateway says when it is asked."""

    def approve_with(self, **behaviour: object) -> Payment:
        payment = self.buy()
        self.behave(transaction_id=payment.reference, **behaviour)
        self.assertEqual(self.statuses(self.decide(payment, "approve")), [200])
        self.wait_for_check(payment)
        return payment

    def test_a_price_that_does_not_agree_is_held_for_review(self) -> None:
        cases = (
            ("smaller amount", {"check_amount": "1495"}, "underpaid"),
            ("tiny amount", {"check_amount": "5"}, "underpaid"),
            ("zero", {"check_amount": "0"}, "underpaid"),
            ("negative amount", {"check_amount": "-1500"}, "underpaid"),
            ("no number", {"check_amount": "1500 XOF"}, "underpaid"),
            ("decimals", {"check_amount": "1500.5"}, "underpaid"),
            ("no amount", {"check_omit": ["amount"]}, "underpaid"),
            ("another currency", {"check_currency": "USD"}, "other_currency"),
            ("another currency, larger", {"check_currency": "GNF", "check_amount": "9999"},
             "other_currency"),
            ("unknown currency", {"check_currency": "XXX"}, "underpaid"),
            ("no currency", {"check_omit": ["currency"]}, "underpaid"),
            ("neither", {"check_omit": ["amount", "currency", "status"]}, "underpaid"),
        )  # fmt: skip
        for name, behaviour, attention in cases:
            with self.subTest(name):
                payment = self.approve_with(**behaviour)
                row = self.payment_row(payment)
                self.assertEqual((row["status"], row["attention"]), ("review", attention))
                self.assert_nothing_delivered(payment)
                self.assertEqual(self.shop_row(payment)["status"], "pending")
                self.assertEqual(self.order_updates(payment), [])
                page = self.return_page(payment)
                self.assertIn("under review", page.text)
                self.assertEqual(self.download_links(page), [])

    def test_the_right_answer_ends_a_review(self) -> None:
        payment = self.approve_with(check_amount="1000")
        self.assertEqual(self.payment_row(payment)["status"], "review")
        self.behave(reset=True)
        self.post_notification(self.fields_of(payment))
        self.wait_for_status(payment, "paid")
        self.assert_paid_once(payment, ("pending", "review"))

    def test_more_than_the_price_is_paid_and_flagged(self) -> None:
        payment = self.approve_with(check_amount="2000")
        row = self.payment_row(payment)
        self.assertEqual(
            (row["status"], row["attention"], row["paid_minor"]), ("paid", "overpaid", 2000)
        )
        self.assert_paid_once(payment)
        api = self.stack.api("GET", f"/api/v1/payments/{payment.id}/").json()["data"]
        self.assertEqual(api["attention"], "overpaid")

    def test_zeros_after_the_point_are_the_same_amount(self) -> None:
        payment = self.approve_with(check_amount="1500.00")
        self.assertEqual(self.payment_row(payment)["attention"], "")
        self.assert_paid_once(payment)

    def test_a_notified_success_that_the_gateway_denies(self) -> None:
        payment = self.approve_with(check_code="600", check_status="REFUSED")
        self.assertEqual(self.payment_row(payment)["status"], "failed")
        self.assertEqual(self.shop_row(payment)["status"], "failed")
        self.assert_nothing_delivered(payment)

        self.behave(reset=True)
        self.make_due(payment)
        self.wait_for_status(payment, "paid")
        self.assert_paid_once(payment, ("pending", "failed"))

    def test_codes_that_are_no_failure(self) -> None:
        for code in ("662", "623", "663", "607", "603", "621", "664", "804", "999", "abc"):
            with self.subTest(code):
                payment = self.approve_with(check_code=code, check_status="WHATEVER")
                self.assertIn(self.payment_row(payment)["status"], ("pending", "processing"))
                self.assertEqual(self.shop_row(payment)["status"], "pending")
                self.assert_nothing_delivered(payment)
                self.assertIsNotNone(self.payment_row(payment)["check_due_at"])

    def test_accepted_with_another_code_is_not_paid(self) -> None:
        for code in ("600", "627", "662", "1"):
            with self.subTest(code):
                payment = self.approve_with(check_code=code)
                self.assertEqual(self.payment_row(payment)["status"], "pending")
                self.assert_nothing_delivered(payment)

    def test_a_refusal_of_our_question_says_nothing_about_the_payment(self) -> None:
        for code in ("608", "609", "613", "642"):
            with self.subTest(code):
                payment = self.approve_with(check_code=code, check_status="REFUSED")
                self.assertEqual(self.payment_row(payment)["status"], "pending")
                self.assertEqual(self.shop_row(payment)["status"], "pending")

    def test_a_gateway_that_cannot_be_asked_loses_nothing(self) -> None:
        def customer_returns(payment: Payment) -> None:
            self.age_last_check(payment)
            self.assertEqual(len(self.download_links(self.return_page(payment))), 1)

        ways = (
            ("notification", lambda one: self.post_notification(self.fields_of(one))),
            ("customer", customer_returns),
            ("reconciler", self.make_due),
        )
        for manner in ("500", "garbage", "hang"):
            for name, way in ways:
                with self.subTest(f"{manner}, then the {name}"):
                    payment = self.approve_with(check=manner)
                    row = self.payment_row(payment)
                    self.assertEqual(row["status"], "pending")
                    self.assertIsNotNone(row["check_due_at"])
                    self.assertEqual(self.events(payment), [("", "pending")])
                    self.assertEqual(self.order_updates(payment), [])
                    self.behave(reset=True)
                    way(payment)
                    self.wait_for_status(payment, "paid")
                    self.assert_paid_once(payment)

    def test_the_same_notification_again_after_a_gateway_that_could_not_be_asked(self) -> None:
        payment = self.approve_with(check="500")
        self.behave(reset=True)
        answers = self.decide(payment, "approve")
        self.assertEqual(self.statuses(answers), [200])
        self.wait_for_status(payment, "paid")
        self.assert_paid_once(payment)
        self.assertEqual(self.evidence(payment).count("notification"), 1)

    def test_one_hanging_check_does_not_hold_up_the_others(self) -> None:
        hanging = self.buy()
        self.behave(transaction_id=hanging.reference, check="hang")
        self.assertEqual(self.statuses(self.decide(hanging, "approve")), [200])
        self.wait_until(lambda: self.times_asked(hanging) > 0)
        quick = self.buy()
        self.decide(quick, "approve")
        self.wait_for_status(quick, "paid")
        self.assertEqual(self.payment_row(hanging)["status"], "pending")

    def test_cron_settles_what_is_due(self) -> None:
        payment = self.approve_with(check="500")
        self.behave(reset=True)
        self.stack.tollgate.stop()
        self.addCleanup(lambda: self.stack.tollgate.running or self.stack.tollgate.start())
        self.make_due(payment)
        done = self.stack.command("reconcile", "--once")
        self.assertRegex(done.stdout, r"^asked about [1-9]\d*\n$")
        self.assert_paid_once(payment)


del SettlementTest
