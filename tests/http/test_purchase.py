"""The happy way: a customer buys, pays, comes back and downloads."""

from case import Case

import ebook


class PurchaseTest(Case):
    def test_a_paid_order_is_delivered(self) -> None:
        payment = self.buy()
        self.assertEqual(self.payment_row(payment)["status"], "pending")
        self.assertEqual(self.shop_row(payment)["status"], "pending")
        self.assertEqual(self.grants(payment), [])

        notifications = self.decide(payment, "approve")
        self.assertEqual([answer["status"] for answer in notifications], [200])
        self.wait_for_status(payment, "paid")

        back = self.come_back(payment)
        self.assertEqual(back.status, 303)
        self.assertEqual(back.location, payment.return_url)
        [link] = self.download_links(self.return_page(payment))
        file = self.download(link)
        self.assertEqual((file.status, file.body), (200, ebook.pdf()))

        row = self.shop_row(payment)
        self.assertEqual((row["status"], row["cinetpay_payment_id"]), ("paid", payment.reference))
        self.assertEqual(len(self.grants(payment)), 1)
        [token] = self.shop_tokens(payment)
        self.assertEqual(self.download(f"{self.stack.url}/download/{token}").body, ebook.pdf())

    def test_the_return_page_finds_out_when_no_notification_comes(self) -> None:
        payment = self.buy()
        self.assertEqual(self.decide(payment, "approve", notify="never"), [])
        self.assertEqual(len(self.download_links(self.return_page(payment))), 1)
        self.assertEqual(self.shop_row(payment)["status"], "paid")

    def test_the_api_tells_the_shop(self) -> None:
        payment = self.buy()
        self.decide(payment, "approve")
        self.wait_for_status(payment, "paid")
        answer = self.stack.api("GET", f"/api/v1/payments/{payment.id}/")
        self.assertEqual(answer.status, 200, answer.text)
        data = answer.json()["data"]
        self.assertEqual((data["status"], data["amount"]), ("paid", "1500"))
        self.assertIsNotNone(data["paid_at"])

    def test_a_declined_order_delivers_nothing(self) -> None:
        payment = self.buy()
        self.decide(payment, "decline")
        self.wait_for_status(payment, "failed")
        self.assertEqual(self.shop_row(payment)["status"], "failed")
        self.assertEqual(self.download_links(self.return_page(payment)), [])
        self.assertEqual(self.grants(payment), [])
