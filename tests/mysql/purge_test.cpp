#include "sql/purge.hpp"
#include "tests/mysql/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

using namespace tollgate;
using namespace std::chrono_literals;
using std::chrono::days;

namespace {

const Instant today = noon + days{600};

struct PurgeFixture : StoreFixture {
    /// At rest since noon; one piece of evidence.
    Payment paid(const std::string& order)
    {
        const auto payment = open(order);
        settle(answer(payment.id, paid_in_full, order), noon);
        return payment;
    }

    void change(const Payment& payment, const std::string& assignment)
    {
        run("UPDATE tollgate_payments SET " + assignment + " WHERE id = UNHEX('" +
            to_hex(payment.id.get()) + "')");
    }

    Purged purged(Instant now = today, bool dry_run = false)
    {
        return purge(
            pool,
            {.evidence_age = days{540},
             .events_age = days{30},
             .requests_age = days{7},
             .now = now,
             .dry_run = dry_run}
        );
    }

    void add_event(const char* state, Instant created_at)
    {
        pool.run([&](Connection& connection) {
            return connection
                .statement(
                    std::string{
                        "INSERT INTO tollgate_outbox SET id = UNHEX(?), payment_id = '', "
                        "number = 1, type = 'payment.paid', payload = '', created_at = ?, "} +
                    state
                )
                .bytes(random_uuid_v7(created_at))
                .time(created_at)
                .update();
        });
    }

    void add_orphan(Instant received_at)
    {
        Notification one{
            .gateway = GatewayName{"cinetpay"},
            .reference = Reference{"NOBODYKNOWSTHISONE00"},
            .proof = Proof::signed_message,
            .digest = sha256(database_time(received_at)),
            .record = "{}",
            .received_at = received_at,
        };
        store.receive({&one, 1});
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(purge_test)

BOOST_FIXTURE_TEST_CASE(old_evidence_of_a_payment_at_rest_is_removed, PurgeFixture)
{
    paid("7");
    const auto events = count("tollgate_events");
    BOOST_TEST(purged(noon + days{540}).evidence == 0);
    BOOST_TEST(purged(noon + days{541}, true).evidence == 1);
    BOOST_TEST(count("tollgate_evidence") == 1);
    BOOST_TEST(purged(noon + days{541}).evidence == 1);
    BOOST_TEST(count("tollgate_evidence") == 0);
    BOOST_TEST(count("tollgate_events") == events);
    BOOST_TEST(count("tollgate_payments") == 1);
}

BOOST_FIXTURE_TEST_CASE(what_a_dispute_or_an_operator_needs_stays, PurgeFixture)
{
    const auto recently = "'" + database_time(today - days{100}) + "'";
    const std::string reasons[] = {
        "disputed = 1",
        "status = 'disputed'",
        "status = 'review'",
        "status = 'pending'",
        "status = 'processing'",
        "conflict = 1",
        "refund_id = 'REFUND00000000000001'",
        "check_due_at = '2036-01-01'",
        "attention = 'overpaid'",
        "attention = 'overpaid', attention_seen = 0",
        "paid_at = " + recently,
        "updated_at = " + recently,
    };
    int number = 0;
    for (const auto& reason : reasons) {
        const auto payment = paid("order-" + std::to_string(++number));
        change(payment, reason);
        BOOST_TEST(purged().evidence == 0, reason);
    }
    const auto seen = paid("seen");
    change(seen, "attention = 'overpaid', attention_seen = 1");
    BOOST_TEST(purged().evidence == 1);
    BOOST_TEST(count("tollgate_evidence") == number);
}

BOOST_FIXTURE_TEST_CASE(every_status_at_rest_is_purged, PurgeFixture)
{
    int number = 0;
    for (const auto* status :
         {"paid", "failed", "cancelled", "expired", "refunded", "partially_refunded"}) {
        const auto payment = paid("order-" + std::to_string(++number));
        change(payment, std::string{"status = '"} + status + "'");
        BOOST_TEST(purged().evidence == 1, status);
    }
}

BOOST_FIXTURE_TEST_CASE(an_answer_that_was_repeated_lately_stays, PurgeFixture)
{
    const auto payment = paid("7");
    run("UPDATE tollgate_evidence SET last_at = '" + database_time(today - days{1}) + "'");
    BOOST_TEST(purged().evidence == 0);
}

BOOST_FIXTURE_TEST_CASE(a_dispute_that_is_being_written_is_waited_for, PurgeFixture)
{
    const auto payment = paid("7");
    std::future<Purged> purging;
    pool.transact([&](Connection& connection) {
        connection.statement("UPDATE tollgate_payments SET disputed = 1 WHERE id = UNHEX(?)")
            .bytes(payment.id.get())
            .update();
        purging = std::async(std::launch::async, [&] { return purged(); });
        const auto waits = [&] {
            return count("information_schema.processlist WHERE info LIKE 'DELETE old%'") > 0;
        };
        while (!waits() && purging.wait_for(10ms) != std::future_status::ready) {
        }
        return true;
    });
    BOOST_TEST(purging.get().evidence == 0);
    BOOST_TEST(count("tollgate_evidence") == 1);
}

BOOST_FIXTURE_TEST_CASE(notifications_of_nobody_are_removed_when_old, PurgeFixture)
{
    add_orphan(noon);
    add_orphan(today - days{539});
    run("INSERT IGNORE INTO tollgate_orphans (id, gateway, reference, gateway_ref, received_at) "
        "SELECT id, gateway, reference, '', received_at FROM tollgate_evidence");
    BOOST_TEST((purged() == Purged{.evidence = 1, .orphans = 1}));
    BOOST_TEST(count("tollgate_evidence") == 1);
    BOOST_TEST(count("tollgate_orphans") == 1);
}

BOOST_FIXTURE_TEST_CASE(delivered_events_are_removed_others_stay, PurgeFixture)
{
    const auto long_ago = today - days{31};
    const auto delivered = "delivered_at = '" + database_time(long_ago) + "'";
    add_event(delivered.c_str(), long_ago - days{1});
    add_event("parked_at = '2026-03-05'", long_ago);
    add_event("next_attempt_at = '2026-03-05'", long_ago);
    const auto lately = "delivered_at = '" + database_time(today - days{29}) + "'";
    add_event(lately.c_str(), long_ago);
    BOOST_TEST(purged().events == 1);
    BOOST_TEST(count("tollgate_outbox") == 3);
}

BOOST_FIXTURE_TEST_CASE(answers_to_requests_are_kept_for_their_time, PurgeFixture)
{
    run("INSERT INTO tollgate_idempotency (merchant, digest, request, answer, created_at) SELECT "
        "'m', UNHEX(SHA2(seq, 256)), '', IF(seq % 2 = 0, '200', NULL), '" +
        database_time(today - days{7} - 1s) + "' FROM seq_1_to_2001");
    run("INSERT INTO tollgate_idempotency (merchant, digest, request, created_at) VALUES "
        "('m', 'kept', '', '" +
        database_time(today - days{7}) + "')");
    BOOST_TEST(purged(today, true).requests == 2001);
    BOOST_TEST(purged().requests == 2001);
    BOOST_TEST(count("tollgate_idempotency") == 1);
}

BOOST_FIXTURE_TEST_CASE(many_rows_are_removed_batch_by_batch, PurgeFixture)
{
    const auto kept = paid("kept");
    change(kept, "disputed = 1");
    // 2500 rows without a payment, one millisecond after the other, and one for the kept payment.
    run("INSERT INTO tollgate_evidence (id, kind, gateway, digest, proof, body, received_at, "
        "last_at) SELECT UNHEX(CONCAT(LPAD(HEX(1772000000000 + seq), 12, '0'), "
        "LEFT(MD5(seq), 20))), 'notification', 'cinetpay', UNHEX(SHA2(seq, 256)), 'none', '', "
        "'2026-02-25', '2026-02-25' FROM seq_1_to_2500");
    BOOST_TEST(purged(today, true).evidence == 2500);
    BOOST_TEST(purged().evidence == 2500);
    BOOST_TEST(count("tollgate_evidence") == 1);
}

BOOST_AUTO_TEST_SUITE_END()
