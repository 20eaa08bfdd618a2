"""Evidence that nobody can need any more is removed; what a dispute needs is not."""

from case import Case, Payment


class PurgeTest(Case):
    settings = {"retention": {"evidence_days": 90, "events_days": 7}}

    def bought(self) -> Payment:
        payment = self.buy()
        self.assertEqual(self.decide(payment, "approve")[0]["status"], 200)
        self.wait_for_status(payment, "paid")
        return payment

    def grow_old(self, payment: Payment, days: int) -> None:
        """All that happened to it was so long ago."""
        row = self.payment_row(payment)
        query = self.stack.database.query
        query(
            "UPDATE tollgate_payments SET check_due_at = NULL,"
            " updated_at = updated_at - INTERVAL %s DAY, paid_at = paid_at - INTERVAL %s DAY"
            " WHERE id = %s",
            days, days, row["id"],
        )  # fmt: skip
        for one in query("SELECT id FROM tollgate_evidence WHERE payment_id = %s", row["id"]):
            milliseconds = int.from_bytes(one["id"][:6], "big") - days * 86_400_000
            query(
                "UPDATE tollgate_evidence SET id = %s, received_at = received_at - INTERVAL %s DAY,"
                " last_at = last_at - INTERVAL %s DAY WHERE id = %s",
                milliseconds.to_bytes(6, "big") + one["id"][6:], days, days, one["id"],
            )  # fmt: skip

    def test_old_evidence_goes_and_what_a_dispute_needs_stays(self) -> None:
        old, disputed, young = self.bought(), self.bought(), self.bought()
        for payment, days in ((old, 91), (disputed, 91), (young, 89)):
            self.grow_old(payment, days)
        self.stack.database.query(
            "UPDATE tollgate_payments SET disputed = 1 WHERE reference = %s", disputed.reference
        )
        counts = [len(self.evidence(payment)) for payment in (old, disputed, young)]
        self.assertGreater(counts[0], 1)

        dry = self.stack.command("purge", "--dry-run").stdout
        self.assertEqual(
            dry, f"would remove {counts[0]} of evidence, 0 orphans, 0 delivered events,"
            " 0 answers to requests\n"
        )
        self.assertEqual(len(self.evidence(old)), counts[0])
        done = self.stack.command("purge").stdout
        self.assertEqual(
            done, f"removed {counts[0]} of evidence, 0 orphans, 0 delivered events,"
            " 0 answers to requests\n"
        )
        left = [len(self.evidence(payment)) for payment in (old, disputed, young)]
        self.assertEqual(left, [0, *counts[1:]])
        self.assertEqual(self.events(old), [("", "pending"), ("pending", "paid")])
        # A gateway that repeats itself after years changes nothing.
        self.assertEqual(self.post_notification(self.fields_of(old)).status, 200)
        self.assertEqual(self.payment_row(old)["status"], "paid")
        self.assertIn("removed 0 of evidence", self.stack.command("purge").stdout)
