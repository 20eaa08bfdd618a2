#include "tests/mysql/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <map>

using namespace tollgate;
using namespace std::chrono_literals;

namespace {

const Instant later = noon + 1min;

struct SettleFixture : StoreFixture {
    /// The events of a payment, oldest first: from, to, cause, evidence, hash, time.
    std::vector<Row> events(const Payment& payment)
    {
        return rows(
            "SELECT from_status, to_status, cause, evidence_id, hash, created_at, id "
            "FROM tollgate_events WHERE payment_id = UNHEX('" +
            to_hex(payment.id.get()) + "') ORDER BY number"
        );
    }

    /// Recomputes the chain as docs/schema.md describes it.
    std::string chain_of(const Payment& payment)
    {
        std::string chain;
        for (const auto& event : events(payment)) {
            std::string message = chain;
            for (const auto& part :
                 {event[6], payment.id.get(), event[0], event[1], event[2], event[3], event[5]}) {
                message += std::to_string(part.size()) + ":" + part;
            }
            chain = sha256(message);
            BOOST_TEST(to_hex(event[4]) == to_hex(chain));
        }
        return chain;
    }

    void check_chain(const Payment& payment)
    {
        BOOST_TEST(to_hex(chain_of(payment)) == to_hex(store.find(payment.id)->chain));
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(mysql_store_settle_test)

BOOST_FIXTURE_TEST_CASE(a_paid_payment_is_delivered, SettleFixture)
{
    const auto payment = open();
    const auto settled = settle(answer(payment.id, paid_in_full, "its reply"), later);
    BOOST_TEST((settled.payment == payment.id));
    BOOST_TEST((settled.before == Status::pending));
    BOOST_TEST((settled.after == Status::paid));

    const auto found = store.find(payment.id).value();
    BOOST_TEST((found.state == Status::paid));
    BOOST_TEST((found.facts == paid_in_full));
    BOOST_TEST((found.paid_at == later));
    BOOST_TEST((found.checked_at == later));
    BOOST_TEST(!found.check_due_at.has_value());
    BOOST_TEST(found.checks == 1);
    BOOST_TEST(store.last_answer(payment.id) == "its reply");

    const auto story = events(payment);
    BOOST_TEST_REQUIRE(story.size() == 2U);
    BOOST_TEST(story[0][0] == "");
    BOOST_TEST(story[0][1] == "pending");
    BOOST_TEST(story[1][0] == "pending");
    BOOST_TEST(story[1][1] == "paid");
    BOOST_TEST(story[1][2] == "notification: 00 OK");
    BOOST_TEST(story[1][5] == database_time(later));
    BOOST_TEST(to_hex(story[1][3]) == to_hex(value("SELECT id FROM tollgate_evidence")));
    check_chain(payment);

    const auto grant = grant_of(payment);
    BOOST_TEST(grant.file == "book.pdf");
    const auto token = grants.token_of(grant.id, grant.digest).value();
    BOOST_TEST(
        to_hex(value("SELECT token_digest FROM tollgate_grants")) == to_hex(digest_of(token).get())
    );
    BOOST_TEST(
        value("SELECT expires_at FROM tollgate_grants") == database_time(later + grants_last)
    );
    BOOST_TEST(value("SELECT uses_max - uses FROM tollgate_grants") == "3");

    const Row order{"paid", payment.reference.get()};
    BOOST_TEST(
        (rows("SELECT status, cinetpay_payment_id FROM store_order WHERE id = 7").at(0) == order)
    );
    const Row link{token.get(), "7", database_time(later)};
    BOOST_TEST((rows("SELECT token, order_id, created_at FROM store_downloadtoken").at(0) == link));
    BOOST_TEST(order_status("8") == "pending");
}

BOOST_FIXTURE_TEST_CASE(a_profile_that_fails_undoes_the_whole_settlement, SettleFixture)
{
    const auto payment = open("7");
    const auto other = open("8");
    const std::vector<Asked> batch{
        answer(other.id, paid_in_full), answer(payment.id, paid_in_full)};
    const auto before = everything();
    // The order is written before the token is, which fails for one of the two.
    run("CREATE TRIGGER refuse BEFORE INSERT ON store_downloadtoken FOR EACH ROW "
        "IF NEW.order_id = 7 THEN SIGNAL SQLSTATE '45000'; END IF");
    BOOST_CHECK_THROW(store.settle(batch, later), sql::SQLException);
    BOOST_TEST((everything() == before));
    run("DROP TRIGGER refuse");
    store.settle(batch, later);
    BOOST_TEST(order_status("7") == "paid");
    BOOST_TEST(order_status("8") == "paid");
    check_chain(payment);
}

BOOST_FIXTURE_TEST_CASE(every_status_reaches_the_shop, SettleFixture)
{
    struct {
        const char* name;
        Facts facts;
        const char* order; ///< what the shop's order is then
    } const cases[] = {
        {"pending", nothing_yet, "pending"},
        {"processing", in_progress, "pending"},
        {"failed", declined, "failed"},
        {"cancelled", abandoned, "failed"},
        {"expired", timed_out, "failed"},
        {"review", paid_too_little, "pending"},
        {"paid", paid_in_full, "paid"},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            run("INSERT INTO store_order (status) VALUES ('pending')");
            const auto order = value("SELECT MAX(id) FROM store_order");
            const auto payment = open(order);
            settle(answer(payment.id, c.facts), later);
            BOOST_TEST(stored(payment, "status") == c.name);
            BOOST_TEST(order_status(order) == c.order);
            BOOST_TEST(
                store.grants_of(payment.id).size() == (code(Status::paid) == c.name ? 1U : 0U)
            );
        }
    }
}

BOOST_FIXTURE_TEST_CASE(a_late_failure_changes_nothing, SettleFixture)
{
    const auto payment = open();
    settle(answer(payment.id, paid_in_full), later);
    const std::vector<std::string> tables{
        "tollgate_events", "tollgate_grants", "store_order", "store_downloadtoken"};
    const auto before = contents(tables);
    const auto settled = settle(answer(payment.id, declined, "refused"), later + 1min);
    BOOST_TEST((settled.before == Status::paid && settled.after == Status::paid));
    BOOST_TEST((contents(tables) == before));
    BOOST_TEST(store.last_answer(payment.id) == "refused");
    BOOST_TEST((store.find(payment.id)->paid_at == later));
}

BOOST_FIXTURE_TEST_CASE(a_late_success_delivers, SettleFixture)
{
    const auto payment = open();
    settle(answer(payment.id, declined), later);
    BOOST_TEST(order_status("7") == "failed");
    settle(answer(payment.id, paid_in_full), later + 1h);
    BOOST_TEST(order_status("7") == "paid");
    BOOST_TEST(store.grants_of(payment.id).size() == 1U);
    BOOST_TEST(count("store_downloadtoken") == 1);
    BOOST_TEST((store.find(payment.id)->paid_at == later + 1h));
    BOOST_TEST(events(payment).size() == 3U);
    check_chain(payment);
}

BOOST_FIXTURE_TEST_CASE(a_refund_ends_the_download, SettleFixture)
{
    struct {
        const char* name;
        Facts facts;
        bool ends;
    } const cases[] = {
        {"partial", partly_given_back, false},
        {"whole", given_back, true},
        {"dispute", {.paid = price, .disputed = true}, true},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            run("INSERT INTO store_order (status) VALUES ('pending')");
            const auto order = value("SELECT MAX(id) FROM store_order");
            const auto payment = open(order);
            settle(answer(payment.id, paid_in_full), later);
            settle(answer(payment.id, c.facts, "more"), later + 1min);
            BOOST_TEST(store.grants_of(payment.id).empty() == c.ends);
            BOOST_TEST(count("store_downloadtoken WHERE order_id = " + order) == (c.ends ? 0 : 1));
            BOOST_TEST(order_status(order) == "paid");
            // What was revoked stays revoked, whatever is said again.
            settle(answer(payment.id, paid_in_full, "again"), later + 2min);
            BOOST_TEST(store.grants_of(payment.id).empty() == c.ends);
            check_chain(payment);
        }
    }
}

BOOST_FIXTURE_TEST_CASE(no_answer_is_no_failure, SettleFixture)
{
    const auto payment = open();
    const auto settled = settle(no_answer(payment.id), later);
    BOOST_TEST((settled.after == Status::pending));
    const auto found = store.find(payment.id).value();
    BOOST_TEST((found.facts == nothing_yet));
    BOOST_TEST(found.checks == 1);
    BOOST_TEST((found.checked_at == later));
    BOOST_TEST((found.check_due_at > later));
    BOOST_TEST(count("tollgate_evidence") == 0);
    BOOST_TEST(events(payment).size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(the_last_answer_is_the_last_one_said, SettleFixture)
{
    const auto payment = open();
    const std::string said[] = {"WAITING", "ACCEPTED?", "WAITING", "WAITING"};
    auto now = later;
    for (const auto& record : said) {
        settle(answer(payment.id, nothing_yet, record), now += 10s);
        BOOST_TEST(store.last_answer(payment.id) == record);
    }
    settle(no_answer(payment.id), now += 10s);
    BOOST_TEST(store.last_answer(payment.id) == "WAITING");
    BOOST_TEST(count("tollgate_evidence") == 2);
}

BOOST_FIXTURE_TEST_CASE(a_settlement_ends_the_lease, SettleFixture)
{
    const auto payment = open();
    const Lease lease{.owner = "one", .now = later, .until = later + 1min};
    BOOST_TEST(store.take_due(lease).size() == 1U);
    BOOST_TEST(stored(payment, "lease_owner") == "one");
    settle(answer(payment.id, in_progress), later + 1s);
    BOOST_TEST(stored(payment, "CONCAT_WS('', lease_owner, lease_until)") == "");
    BOOST_TEST((store.find(payment.id)->check_due_at > later));
}

BOOST_FIXTURE_TEST_CASE(a_batch_is_settled_at_once, SettleFixture)
{
    const auto payments = open_many(batch_rows_max);
    const Facts said[] = {paid_in_full, declined, nothing_yet, in_progress};
    std::vector<Asked> batch;
    for (std::size_t i = 0; i < payments.size(); ++i) {
        batch.push_back(
            i % 8 == 7 ? no_answer(payments[i].id) : answer(payments[i].id, said[i % 4])
        );
    }
    std::ranges::reverse(batch);
    const auto settled = store.settle(batch, later);
    BOOST_TEST(settled.size() == payments.size());
    std::map<std::string, Status> after;
    for (const auto& one : settled)
        after[one.payment.get()] = one.after;
    for (std::size_t i = 0; i < payments.size(); ++i) {
        const auto expected = i % 8 == 7 ? Status::pending : status(said[i % 4], price);
        BOOST_TEST((after.at(payments[i].id.get()) == expected));
        BOOST_TEST((store.find(payments[i].id)->state == expected));
        check_chain(payments[i]);
    }
    BOOST_TEST(count("tollgate_grants") == 16);
}

// One prepared statement writes NULL and short values first, long ones later.
BOOST_FIXTURE_TEST_CASE(what_a_batch_wrote_does_not_shape_the_next, SettleFixture)
{
    const auto short_one = insert("a");
    const auto short_two = insert("b");
    store.settle(std::vector{no_answer(short_one.id), no_answer(short_two.id)}, later);
    const auto long_one = insert("c");
    auto dear = make_payment("d");
    dear.price = {minor_units_max, Currency::XOF};
    store.insert(dear);
    auto asked = std::vector{
        answer(long_one.id, partly_given_back),
        answer(dear.id, {.failure = Failure::cancelled, .paid = dear.price, .refunded = price}),
    };
    asked[0].answer->gateway_ref = GatewayRef{std::string(191, 'r')};
    store.settle(asked, later);
    const auto first = store.find(long_one.id).value();
    BOOST_TEST((first.state == Status::partially_refunded));
    BOOST_TEST(first.gateway_ref.get() == std::string(191, 'r'));
    BOOST_TEST((first.facts == partly_given_back));
    const auto second = store.find(dear.id).value();
    BOOST_TEST((second.facts == asked[1].answer->facts));
    BOOST_TEST((second.checked_at == later));
    BOOST_TEST((second.paid_at == later));
    check_chain(first);
    check_chain(second);
    store.settle(std::vector{no_answer(short_one.id), no_answer(short_two.id)}, later);
    BOOST_TEST(
        stored(short_one, "gateway_ref IS NULL AND paid_minor IS NULL AND paid_at IS NULL") == "1"
    );
}

BOOST_FIXTURE_TEST_CASE(unknown_payments_are_left_out, SettleFixture)
{
    const auto payment = open();
    const PaymentId nobody{random_uuid_v7(noon)};
    const std::vector<Asked> batch{answer(nobody, paid_in_full), answer(payment.id, paid_in_full)};
    const auto settled = store.settle(batch, later);
    BOOST_TEST_REQUIRE(settled.size() == 1U);
    BOOST_TEST((settled[0].payment == payment.id));
}

BOOST_FIXTURE_TEST_CASE(racing_settlements_deliver_once, SettleFixture)
{
    constexpr std::size_t threads = 6;
    // Each update of the shop's order leaves a row.
    run("CREATE TABLE order_updates (id INT AUTO_INCREMENT PRIMARY KEY)");
    run("CREATE TRIGGER updates AFTER UPDATE ON store_order FOR EACH ROW "
        "INSERT INTO order_updates VALUES ()");
    const auto payment = open();
    const auto settled = together(threads, [&](std::size_t) {
        return settle(answer(payment.id, paid_in_full), later);
    });
    BOOST_TEST(std::ranges::count(settled, Status::pending, &Settled::before) == 1);
    BOOST_TEST(std::ranges::count(settled, Status::paid, &Settled::after) == threads);
    BOOST_TEST(events(payment).size() == 2U);
    BOOST_TEST(count("tollgate_grants") == 1);
    BOOST_TEST(count("store_downloadtoken") == 1);
    BOOST_TEST(count("order_updates") == 1);
    BOOST_TEST(store.find(payment.id)->checks == static_cast<int>(threads));
    check_chain(payment);
}

BOOST_FIXTURE_TEST_CASE(racing_batches_in_any_order_all_settle, SettleFixture)
{
    const auto payments = open_many(20);
    together(4, [&](std::size_t thread) {
        std::vector<Asked> batch;
        for (const auto& payment : payments) {
            batch.push_back(
                answer(payment.id, thread == 0 ? paid_in_full : declined, std::to_string(thread))
            );
        }
        std::ranges::rotate(batch, batch.begin() + static_cast<std::ptrdiff_t>(5 * thread));
        return store.settle(batch, later).size();
    });
    for (const auto& payment : payments) {
        BOOST_TEST((store.find(payment.id)->state == Status::paid));
        BOOST_TEST(store.grants_of(payment.id).size() == 1U);
    }
}

BOOST_AUTO_TEST_SUITE_END()
