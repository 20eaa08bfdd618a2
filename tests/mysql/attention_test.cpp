#include "sql/attention.hpp"
#include "sql/census.hpp"
#include "tests/mysql/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

using namespace tollgate;
using namespace std::chrono_literals;

namespace {

const Instant later = noon + 1min;

struct AttentionFixture : StoreFixture {
    Instant created_at = noon;

    /// The references on the list, in its order, with their words.
    std::vector<std::string> listed(const AttentionWish& wish = {})
    {
        std::vector<std::string> found;
        for (const auto& row : attention_rows(pool, wish)) {
            found.push_back(row.payment.order.get() + ' ' + std::string{code(row.attention)});
        }
        return found;
    }

    Payment settled(const std::string& order, const Facts& facts)
    {
        const auto payment = open(order, created_at += 1ms); // the list's order within a word
        settle(answer(payment.id, facts), later);
        return *store.find(payment.id);
    }
};

using Listed = std::vector<std::string>;

} // namespace

BOOST_AUTO_TEST_SUITE(attention_test)

BOOST_FIXTURE_TEST_CASE(the_list_has_what_somebody_should_look_at, AttentionFixture)
{
    settled("7", paid_in_full);
    settled("a", paid_too_little);
    settled("b", {.paid = price, .disputed = true});
    settled("c", declined);
    settled("d", paid_too_little);
    BOOST_TEST(
        listed() == (Listed{"b disputed", "a underpaid", "d underpaid"}),
        boost::test_tools::per_element()
    );
    BOOST_TEST(listed({.rows_max = 1}) == (Listed{"b disputed"}), boost::test_tools::per_element());
    const auto rows = attention_rows(pool, {});
    BOOST_TEST((rows.at(0).since == later));
    BOOST_TEST(code(rows.at(0).payment.state) == "disputed");
}

BOOST_FIXTURE_TEST_CASE(what_is_dealt_with_leaves_until_its_word_changes, AttentionFixture)
{
    const auto payment = settled("a", paid_too_little);
    BOOST_TEST((deal_with(pool, payment.reference) == Attention::underpaid));
    BOOST_TEST(listed().empty());
    BOOST_TEST(listed({.all = true}) == (Listed{"a underpaid"}), boost::test_tools::per_element());

    settle(answer(payment.id, paid_too_little), later + 1min);
    BOOST_TEST(listed().empty());
    settle(answer(payment.id, {.disputed = true}), later + 2min);
    BOOST_TEST(listed() == (Listed{"a disputed"}), boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(only_what_wants_attention_can_be_dealt_with, AttentionFixture)
{
    const auto paid = settled("7", paid_in_full);
    BOOST_TEST(!deal_with(pool, paid.reference).has_value());
    BOOST_TEST(!deal_with(pool, Reference{"NOSUCHPAYMENT0000000"}).has_value());
}

BOOST_FIXTURE_TEST_CASE(days_of_silence_bring_a_payment_onto_the_list, AttentionFixture)
{
    const auto payment = open("a");
    settle(no_answer(payment.id), later);
    BOOST_TEST(stored(payment, "unanswered_since") == database_time(later));
    BOOST_TEST(listed().empty());
    settle(no_answer(payment.id), later + unanswered_after);
    BOOST_TEST(listed() == (Listed{"a unanswered"}), boost::test_tools::per_element());
    BOOST_TEST(stored(payment, "status") == "pending");
    BOOST_TEST(
        value("SELECT cause FROM tollgate_events ORDER BY number DESC LIMIT 1") ==
        "reconcile: attention unanswered: timeout"
    );
    settle(answer(payment.id, nothing_yet), later + unanswered_after + 1h);
    BOOST_TEST(listed().empty());
}

BOOST_FIXTURE_TEST_CASE(the_census_counts_what_is_to_be_done, AttentionFixture)
{
    settled("a", paid_too_little);
    settled("b", paid_too_little);
    const auto seen = settled("c", {.paid = price, .disputed = true});
    deal_with(pool, seen.reference);
    run("UPDATE tollgate_payments SET check_due_at = NULL");
    run("UPDATE tollgate_payments SET check_due_at = '2026-03-04 11:00' WHERE order_ref = 'a'");
    run("INSERT INTO tollgate_orphans (id, gateway, reference, gateway_ref, received_at) "
        "VALUES (UNHEX('01'), 'cinetpay', '', 'g', '2026-03-04')");
    run("INSERT INTO tollgate_outbox (id, payment_id, number, type, payload, next_attempt_at, "
        "parked_at, created_at) VALUES "
        "(UNHEX('01'), '', 1, 't', '', '2026-03-04 10:00', NULL, '2026-03-04'), "
        "(UNHEX('02'), '', 2, 't', '', '2026-03-04 13:00', NULL, '2026-03-04'), "
        "(UNHEX('03'), '', 3, 't', '', NULL, '2026-03-04', '2026-03-04'), "
        "(UNHEX('04'), '', 4, 't', '', NULL, NULL, '2026-03-04')");
    const auto census = take_census(pool, noon);
    BOOST_TEST((census.attention == std::map<Attention, std::int64_t>{{Attention::underpaid, 2}}));
    BOOST_TEST(census.payments_due == 1);
    BOOST_REQUIRE(census.oldest_payment_due.has_value());
    BOOST_TEST(database_time(*census.oldest_payment_due) == "2026-03-04 11:00:00.000000");
    BOOST_TEST(census.orphans == 1);
    BOOST_TEST(census.events_waiting == 2);
    BOOST_TEST(database_time(*census.oldest_event_due) == "2026-03-04 10:00:00.000000");
    BOOST_TEST(census.events_parked == 1);
}

BOOST_AUTO_TEST_SUITE_END()
