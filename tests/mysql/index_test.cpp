// With ten million rows in each table the statements of sql/ that name an index are served by it
// (their shapes are repeated here), and none that the store really sends reads a whole table.
//
// The tables hold a few thousand rows; the optimizer is told otherwise.
#include "sql/api_keys.hpp"
#include "sql/grant_admin.hpp"
#include "sql/idempotency.hpp"
#include "sql/payment_list.hpp"
#include "sql/purge.hpp"
#include "tests/mysql/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

using namespace tollgate;

namespace {

constexpr int rows_made = 3000;
constexpr int rows_believed = 10'000'000;

struct IndexFixture : StoreFixture {
    IndexFixture()
    {
        run("INSERT INTO tollgate_payments (id, merchant, order_ref, attempt, gateway, reference, "
            "gateway_ref, amount_minor, currency, status, check_due_at, created_at, updated_at) "
            "SELECT UNHEX(MD5(seq)), 'boutique', seq, 1, 'cinetpay', "
            "UPPER(LEFT(MD5(seq), 20)), CONCAT('gw-', seq), 5000, 'XOF', 'pending', "
            "IF(seq % 100 = 0, '2026-03-04' + INTERVAL seq SECOND, NULL), '2026-03-04', "
            "'2026-03-04' "
            "FROM seq_1_to_3000");
        run("INSERT INTO tollgate_evidence (id, payment_id, kind, gateway, reference, digest, "
            "proof, "
            "body, received_at, last_at) SELECT UNHEX(MD5(seq)), UNHEX(MD5(seq DIV 3)), 'check', "
            "'cinetpay', seq DIV 3, UNHEX(SHA2(seq, 256)), 'none', '', '2026-03-04', '2026-03-04' "
            "FROM seq_1_to_3000");
        run("INSERT INTO tollgate_grants (id, token_digest, payment_id, file, uses_max, "
            "expires_at, "
            "created_at) SELECT UNHEX(MD5(seq)), UNHEX(SHA2(seq, 256)), UNHEX(MD5(seq)), 'f', 3, "
            "'2026-04-04', '2026-03-04' FROM seq_1_to_3000");
        run("INSERT INTO tollgate_api_keys (id, digest, merchant, name, created_at) "
            "SELECT UNHEX(MD5(seq)), UNHEX(SHA2(seq, 256)), 'm', 'n', '2026-03-04' "
            "FROM seq_1_to_3000");
        run("INSERT INTO tollgate_outbox (id, payment_id, number, type, payload, next_attempt_at, "
            "delivered_at, parked_at, created_at) SELECT UNHEX(MD5(seq)), UNHEX(MD5(seq DIV 2)), "
            "seq, 'payment.paid', '{}', IF(seq % 100 = 0, '2026-03-04' + INTERVAL seq SECOND, "
            "NULL), IF(seq % 100 < 2, NULL, '2026-03-04'), IF(seq % 100 = 1, '2026-03-04', NULL), "
            "'2026-03-04' FROM seq_1_to_3000");
        run("UPDATE tollgate_payments SET attention = 'underpaid', attention_seen = 1 "
            "WHERE MOD(amount_minor + order_ref, 100) = 0");
        run("INSERT INTO tollgate_orphans (id, gateway, reference, gateway_ref, received_at) "
            "SELECT UNHEX(MD5(seq)), 'cinetpay', UPPER(LEFT(MD5(seq), 20)), '', "
            "'2026-03-04' + INTERVAL seq SECOND FROM seq_1_to_3000");
        run("INSERT INTO tollgate_events (id, payment_id, number, from_status, to_status, cause, "
            "hash, created_at) SELECT UNHEX(MD5(seq)), UNHEX(MD5(seq DIV 3)), seq % 3, 'pending', "
            "'paid', 'notification', UNHEX(SHA2(seq, 256)), '2026-03-04' FROM seq_1_to_3000");
        run("INSERT INTO tollgate_shop_urls (payment_id, callback_url) SELECT UNHEX(MD5(seq)), "
            "IF(seq % 2 = 0, 'https://shop.example/', '') FROM seq_1_to_3000");
        run("INSERT INTO tollgate_idempotency (merchant, digest, request, created_at) SELECT "
            "'boutique', UNHEX(SHA2(seq, 256)), '', '2026-03-04' + INTERVAL seq SECOND "
            "FROM seq_1_to_3000");
        believe_in_many_rows();
    }

    /// As if the tables had rows_believed rows, as varied as those that they have.
    void believe_in_many_rows()
    {
        rows("ANALYZE TABLE tollgate_payments, tollgate_evidence, tollgate_events, "
             "tollgate_grants, tollgate_outbox, tollgate_orphans, tollgate_api_keys, "
             "tollgate_shop_urls, tollgate_idempotency");
        const auto times = std::to_string(rows_believed / rows_made);
        const std::string ours =
            " WHERE database_name = DATABASE() AND table_name LIKE 'tollgate%'";
        run("UPDATE mysql.innodb_table_stats SET n_rows = n_rows * " + times +
            ", clustered_index_size = clustered_index_size * " + times +
            ", sum_of_other_index_sizes = sum_of_other_index_sizes * " + times + ours);
        run("UPDATE mysql.innodb_index_stats SET stat_value = stat_value * " + times + ours +
            " AND (stat_name LIKE 'n_leaf%' OR stat_name = 'size' OR stat_value > 100)");
        for (const auto& row : rows("SHOW TABLES LIKE 'tollgate%'")) { // so they are read again
            run("RENAME TABLE " + row[0] + " TO elsewhere, elsewhere TO " + row[0]);
        }
        const auto believed = std::stoi(value(
            "SELECT table_rows FROM information_schema.tables WHERE table_schema = DATABASE() AND "
            "table_name = 'tollgate_payments'"
        ));
        BOOST_REQUIRE(believed > rows_believed / 2);
    }

    /// What the server was sent meanwhile about our tables, with the values in it.
    template <class Work>
    std::vector<Row> statements_of(Work work)
    {
        run("SET GLOBAL log_output = 'TABLE'");
        run("TRUNCATE TABLE mysql.general_log");
        run("SET GLOBAL general_log = ON");
        work();
        run("SET GLOBAL general_log = OFF");
        return rows("SELECT DISTINCT CONVERT(argument USING utf8mb4) FROM mysql.general_log WHERE "
                    "command_type IN ('Query', 'Execute') AND argument LIKE '%tollgate\\_%' AND "
                    "argument REGEXP '^(SELECT|UPDATE|DELETE)'");
    }

    Received notify(const Payment& payment, bool by_gateway_ref)
    {
        const Notification one{
            .gateway = payment.gateway,
            .reference = by_gateway_ref ? Reference{} : payment.reference,
            .gateway_ref = by_gateway_ref ? payment.gateway_ref : GatewayRef{"gw-new"},
            .proof = Proof::signed_message,
            .digest = sha256(random_bytes(8)),
            .record = "{}",
            .received_at = noon,
        };
        return store.receive({&one, 1}).at(0);
    }

    void use_the_api(const Payment& payment)
    {
        KeyRing{pool}.owner_of(add_api_key(pool, {payment.merchant, "till"}, noon), noon);
        Idempotency idempotency{pool};
        const RepeatableRequest request{payment.merchant, sha256("key"), sha256("content")};
        idempotency.answer(*idempotency.begin(request, noon).claimed, "200\n");
        idempotency.release(*idempotency.begin({payment.merchant, "k", "c"}, noon).claimed);
        idempotency.begin(request, noon);
        list_payments(pool, {.merchant = payment.merchant});
        list_payments(pool, {.merchant = payment.merchant, .statuses = {Status::paid}});
        list_payments(pool, {.merchant = payment.merchant, .order = payment.order});
        list_payments(pool, {.merchant = payment.merchant, .reference = payment.reference});
        store.urls_of(payment.id);
    }

    /// Everything that a store can do, at least once.
    void use_the_store()
    {
        const auto nameless = insert("nameless");
        notify(nameless, false);
        const auto payment = open("7");
        const auto found = store.find(payment.id);
        store.find(payment.reference);
        store.find(payment.merchant, payment.order);
        notify(*found, true);
        settle(answer(payment.id, paid_in_full), noon);
        store.last_answer(payment.id);
        const auto digest = grant_of(payment).digest;
        for (const auto access : {GrantAccess::look, GrantAccess::begin, GrantAccess::resume})
            store.use_grant({digest, access, noon, std::chrono::hours{1}});
        const GrantServices services{pool, profile, grants};
        const GrantOrder order{payment.id, {}, "cli", noon};
        grant_states(pool, payment.id);
        extend_grants(services, order, {1, noon});
        revoke_grants(services, order);
        reissue_grants(services, order);
        store.begin_refund({payment.id, Reference{"REFUND00000000000001"}, {}, true, "key", noon});
        settle(answer(payment.id, given_back, "{1}"), noon);
        store.take_due({.owner = "o", .now = noon, .until = noon + std::chrono::minutes{1}});
        use_the_api(*found);
        for (const bool dry_run : {true, false}) {
            purge(
                pool,
                {.evidence_age = std::chrono::days{90},
                 .events_age = std::chrono::days{30},
                 .requests_age = std::chrono::days{7},
                 .now = noon + std::chrono::days{200},
                 .dry_run = dry_run}
            );
        }
    }
};

std::string ids(std::size_t count)
{
    std::string list;
    for (std::size_t i = 1; i <= count; ++i) {
        list += (i == 1 ? "UNHEX(MD5(" : ", UNHEX(MD5(") + std::to_string(i) + "))";
    }
    return "(" + list + ")";
}

/// The return page's statement.
std::string view_of(const std::string& wanted)
{
    return "SELECT payment.status, granted.file FROM tollgate_payments AS payment LEFT JOIN "
           "tollgate_grants AS granted ON granted.payment_id = payment.id AND granted.revoked_at "
           "IS NULL WHERE payment.id IN " +
           wanted;
}

} // namespace

BOOST_AUTO_TEST_SUITE(index_test)

BOOST_FIXTURE_TEST_CASE(statements_are_served_by_the_index_they_name, IndexFixture)
{
    const std::string payment = "UNHEX(MD5(7))";
    const std::string digest = "UNHEX(SHA2('7', 256))";
    const std::string columns = "SELECT " + payment_columns + " FROM tollgate_payments WHERE ";
    const std::string looked =
        "SELECT id, status, gateway FROM tollgate_payments WHERE merchant = 'boutique' ";
    const std::string listed = "SELECT id, status, gateway FROM tollgate_payments FORCE INDEX "
                               "(list) WHERE merchant = 'boutique' ";
    const std::string some_ids = "id >= UNHEX('10') AND id < UNHEX('F0')";
    struct {
        const char* index;
        std::string statement;
    } const cases[] = {
        {"attempt", columns + "merchant = 'boutique' AND order_ref = '7' ORDER BY attempt DESC"},
        {"PRIMARY", columns + "id = " + payment},
        {"reference", columns + "reference = '8F14E45FCEEA167A5A36'"},
        {"reference", columns + "reference IN ('R', 'S', 'T')"},
        {"gateway_ref", columns + "gateway_ref IN ('gw-7')"},
        {"gateway_ref", columns + "gateway_ref IN ('gw-7', 'gw-8', 'X', 'X')"},
        {"PRIMARY", columns + "id = " + payment + " FOR UPDATE"},
        {"PRIMARY", columns + "id IN " + ids(1) + " ORDER BY id FOR UPDATE"},
        {"PRIMARY", columns + "id IN " + ids(64) + " ORDER BY id FOR UPDATE"},
        {"PRIMARY", columns + "id IN " + ids(64) + " AND lease_owner = 'o'"},
        {"due",
         "SELECT id FROM tollgate_payments WHERE (check_due_at <= '2026-03-04 01:00:00' OR "
         "check_due_at > '2026-03-05 02:00:00') AND (lease_until IS NULL OR lease_until < "
         "'2026-03-04 01:00:00' OR lease_until > '2026-03-04 02:00:00') ORDER BY check_due_at "
         "LIMIT 64"},
        {"PRIMARY",
         "UPDATE tollgate_payments SET lease_owner = 'o', lease_until = '2026-03-05' WHERE id IN " +
             ids(16) +
             " AND check_due_at <= '2026-03-05' AND (lease_until IS NULL OR "
             "lease_until < '2026-03-05')"},
        {"PRIMARY",
         "UPDATE tollgate_payments SET check_due_at = '2026-03-04' WHERE id IN " + ids(64)},
        {"PRIMARY",
         "UPDATE tollgate_payments SET gateway_ref = COALESCE(gateway_ref, 'gw-9') WHERE id = " +
             payment},
        {"PRIMARY",
         "UPDATE tollgate_payments SET gateway_ref = COALESCE(NULL, gateway_ref) WHERE id = " +
             payment},
        {"PRIMARY",
         "UPDATE (SELECT " + payment +
             " AS id, 1 AS checks UNION ALL SELECT UNHEX(MD5(8)), 2) AS "
             "settled STRAIGHT_JOIN tollgate_payments AS payment ON payment.id = settled.id "
             "SET payment.checks = settled.checks"},
        {"digest",
         "SELECT digest FROM tollgate_evidence WHERE digest IN (" + digest + ", UNHEX('00'))"},
        {"payment",
         "SELECT body FROM tollgate_evidence WHERE payment_id = " + payment +
             " AND kind = 'check' ORDER BY last_at DESC, id DESC LIMIT 1"},
        {"token",
         "UPDATE tollgate_grants SET uses = uses + 1, use_ends_at = '2026-03-05' WHERE "
         "token_digest IN (" +
             digest +
             ", UNHEX(SHA2('8', 256))) AND revoked_at IS NULL AND expires_at > '2026-03-04' AND "
             "uses < uses_max"},
        {"token",
         "SELECT file FROM tollgate_grants WHERE token_digest IN (" + digest + ", ''," + digest +
             ")"},
        {"file",
         "UPDATE tollgate_grants SET revoked_at = '2026-03-05' WHERE payment_id = " + payment +
             " AND revoked_at IS NULL"},
        {"token",
         "UPDATE tollgate_grants SET uses = uses + 1, use_ends_at = '2026-03-05' WHERE "
         "token_digest IN (" +
             digest +
             ") AND revoked_at IS NULL AND expires_at > '2026-03-04' AND uses < uses_max AND "
             "(use_ends_at IS NULL OR use_ends_at <= '2026-03-04')"},
        {"file",
         "SELECT id FROM tollgate_grants WHERE payment_id = " + payment +
             " ORDER BY file FOR UPDATE"},
        {"PRIMARY",
         "UPDATE tollgate_grants SET id = UNHEX('00'), token_digest = UNHEX('00'), "
         "revoked_at = NULL WHERE id = " +
             payment},
        {"file",
         "SELECT id, file FROM tollgate_grants WHERE payment_id = " + payment +
             " AND revoked_at IS NULL ORDER BY file"},
        {"due",
         "SELECT payment_id FROM tollgate_outbox WHERE next_attempt_at <= '2026-03-04 00:10:00' "
         "ORDER BY next_attempt_at LIMIT 8"},
        {"payment",
         "SELECT payload FROM tollgate_outbox FORCE INDEX (payment) WHERE payment_id IN " + ids(8) +
             " AND next_attempt_at IS NOT NULL ORDER BY payment_id, number FOR UPDATE"},
        {"PRIMARY",
         "UPDATE tollgate_outbox SET lease_owner = 'o', lease_until = '2026-03-05', "
         "next_attempt_at = '2026-03-05' WHERE id IN " +
             ids(8)},
        {"PRIMARY",
         "UPDATE tollgate_outbox SET delivered_at = '2026-03-05', next_attempt_at = NULL "
         "WHERE id IN " +
             ids(8)},
        {"payment",
         "UPDATE tollgate_outbox FORCE INDEX (payment) SET next_attempt_at = '2026-03-04' WHERE "
         "payment_id IN " +
             ids(8) + " AND next_attempt_at > '2026-03-04' AND attempts = 0"},
        {"due",
         "SELECT payload FROM tollgate_outbox WHERE next_attempt_at IS NOT NULL "
         "ORDER BY next_attempt_at LIMIT 1000"},
        {"parked",
         "SELECT id FROM tollgate_outbox WHERE parked_at IS NOT NULL ORDER BY parked_at LIMIT 500"},
        {"PRIMARY", "SELECT id FROM tollgate_outbox WHERE id > UNHEX('0A') ORDER BY id LIMIT 500"},
        {"PRIMARY",
         "SELECT id FROM tollgate_evidence WHERE id >= UNHEX('00') AND id < UNHEX('7F') "
         "ORDER BY id LIMIT 1 OFFSET 1000"},
        {"PRIMARY",
         "DELETE old FROM tollgate_evidence AS old LEFT JOIN tollgate_payments AS payment ON "
         "payment.id = old.payment_id WHERE old.id >= UNHEX('00') AND old.id < UNHEX('02') AND "
         "old.last_at < '2026-03-04' AND (payment.id IS NULL OR payment.status = 'paid')"},
        {"PRIMARY",
         "DELETE old FROM tollgate_outbox AS old WHERE old.id >= UNHEX('00') AND old.id < "
         "UNHEX('02') AND old.delivered_at < '2026-03-04'"},
        {"digest",
         "SELECT merchant, name FROM tollgate_api_keys WHERE digest = " + digest +
             " AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > '2026-03-04')"},
        {"list", listed + "AND " + some_ids + " ORDER BY id DESC LIMIT 21"},
        {"list", listed + "AND " + some_ids + " ORDER BY id DESC LIMIT 2001"},
        {"list", listed + "AND id >= UNHEX('00') AND id < UNHEX('FF') ORDER BY id DESC LIMIT 21"},
        {"attempt", looked + "AND order_ref = '7' AND " + some_ids + " ORDER BY id DESC LIMIT 21"},
        {"reference",
         looked + "AND reference = '8F14E45FCEEA167A5A36' AND " + some_ids +
             " ORDER BY id DESC LIMIT 21"},
        {"PRIMARY",
         "SELECT payment_id, callback_url FROM tollgate_shop_urls WHERE payment_id IN " + ids(8) +
             " AND callback_url <> ''"},
        {"PRIMARY",
         "SELECT request, answer, created_at FROM tollgate_idempotency WHERE merchant = 'boutique' "
         "AND digest = " +
             digest},
        {"created",
         "DELETE FROM tollgate_idempotency WHERE created_at < '2026-03-04 00:02' ORDER BY "
         "created_at LIMIT 1000"},
        {"attention",
         columns + "attention > '' AND attention_seen = 0 ORDER BY attention, id LIMIT 101"},
        {"attention",
         "SELECT attention, COUNT(*) FROM (SELECT attention FROM tollgate_payments WHERE "
         "attention > '' AND attention_seen = 0 LIMIT 10000) AS some GROUP BY attention"},
        {"due",
         "SELECT COUNT(*), MIN(check_due_at) FROM (SELECT check_due_at FROM tollgate_payments "
         "WHERE check_due_at <= '2026-03-04 01:00:00' ORDER BY check_due_at LIMIT 10000) AS some"},
        {"received",
         "SELECT COUNT(*) FROM (SELECT received_at FROM tollgate_orphans LIMIT 10000) AS some"},
        {"received",
         "SELECT id, gateway, reference, gateway_ref, received_at FROM tollgate_orphans WHERE "
         "received_at >= '2026-03-04 00:40' AND (received_at > '2026-03-04 00:40' OR id > '') "
         "ORDER BY received_at, id LIMIT 256"},
        {"received",
         "DELETE FROM tollgate_orphans WHERE received_at < '2026-03-04 00:02' ORDER BY received_at "
         "LIMIT 256"},
        {"due",
         "SELECT COUNT(*), MIN(next_attempt_at) FROM (SELECT next_attempt_at FROM tollgate_outbox "
         "WHERE next_attempt_at IS NOT NULL ORDER BY next_attempt_at LIMIT 10000) AS some"},
        {"parked",
         "SELECT COUNT(*) FROM (SELECT parked_at FROM tollgate_outbox WHERE parked_at IS NOT NULL "
         "LIMIT 10000) AS some"},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.statement)
        {
            // id, select_type, table, type, possible_keys, key, …; a derived table has no index.
            bool found = false;
            for (const auto& row : rows("EXPLAIN " + c.statement)) {
                if (row.at(2).starts_with("<derived")) continue;
                if (row.at(2).empty()) continue; // a row of values
                BOOST_TEST(row.at(5) == c.index);
                found = true;
            }
            BOOST_TEST(found);
        }
    }
}

BOOST_FIXTURE_TEST_CASE(two_payments_of_an_order_are_found_by_their_indexes, IndexFixture)
{
    const auto plan = rows(
        "EXPLAIN SELECT DISTINCT payment.id FROM tollgate_payments AS payment JOIN "
        "tollgate_payments AS other ON other.merchant = payment.merchant AND other.order_ref = "
        "payment.order_ref AND other.id <> payment.id AND other.status IN ('paid', "
        "'partially_refunded') WHERE payment.id IN " +
        ids(16)
    );
    BOOST_REQUIRE(plan.size() == 2U);
    BOOST_TEST(plan[0].at(5) == "PRIMARY");
    BOOST_TEST(plan[1].at(5) == "attempt");
}

BOOST_FIXTURE_TEST_CASE(a_return_page_is_found_by_its_indexes, IndexFixture)
{
    for (const std::size_t pages : {1U, 16U}) {
        const auto plan = rows("EXPLAIN " + view_of(ids(pages)));
        BOOST_REQUIRE(plan.size() == 2U);
        BOOST_TEST(plan[0].at(5) == "PRIMARY");
        BOOST_TEST(plan[1].at(5) == "file");
    }
}

BOOST_FIXTURE_TEST_CASE(no_statement_of_the_store_reads_a_whole_table, IndexFixture)
{
    const auto sent = statements_of([&] { use_the_store(); });
    BOOST_TEST(sent.size() > 20U);
    for (const auto& statement : sent) {
        for (const auto& row : rows("EXPLAIN " + statement[0])) {
            const auto& table = row.at(2);
            const bool ours = !table.empty() && !table.starts_with("<") && table != "settled" &&
                              table != "tollgate_migrations";
            const auto& type = row.at(3);
            BOOST_TEST((!ours || (type != "ALL" && type != "index")), type << ": " << statement[0]);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
