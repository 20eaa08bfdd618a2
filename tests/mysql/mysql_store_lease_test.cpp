#include "core/settle/schedule.hpp"
#include "tests/mysql/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

using namespace tollgate;
using namespace std::chrono_literals;

namespace {

const Instant later = noon + 1min;

Lease lease_of(
    const std::string& owner, Instant now = later, std::size_t payments_max = batch_rows_max
)
{
    return {.owner = owner, .now = now, .until = now + 1min, .payments_max = payments_max};
}

} // namespace

BOOST_AUTO_TEST_SUITE(mysql_store_lease_test)

BOOST_FIXTURE_TEST_CASE(what_is_due_is_taken_once_until_the_lease_ends, StoreFixture)
{
    const auto payment = open();
    const auto due = payment.check_due_at.value();
    BOOST_TEST(store.take_due(lease_of("early", due - 1us)).empty());
    const auto taken = store.take_due(lease_of("one", due));
    BOOST_TEST_REQUIRE(taken.size() == 1U);
    BOOST_TEST((taken[0].id == payment.id));
    BOOST_TEST((taken[0].gateway == payment.gateway));
    BOOST_TEST((taken[0].reference == payment.reference));
    BOOST_TEST((taken[0].gateway_ref == payment.gateway_ref));
    BOOST_TEST((taken[0].price == payment.price));
    BOOST_TEST(stored(payment, "lease_owner") == "one");
    BOOST_TEST(stored(payment, "lease_until") == database_time(due + 1min));

    BOOST_TEST(store.take_due(lease_of("two", due)).empty());
    BOOST_TEST(store.take_due(lease_of("two", due + 1min)).empty());
    BOOST_TEST(store.take_due(lease_of("two", due + 1min + 1us)).size() == 1U);
    BOOST_TEST(stored(payment, "lease_owner") == "two");
}

BOOST_FIXTURE_TEST_CASE(what_a_wrong_clock_wrote_binds_nobody, StoreFixture)
{
    const auto payment = open();
    const auto due = payment.check_due_at.value();
    const auto wrong_by_a_day = due - 24h; // the clock was ahead when it was opened
    BOOST_TEST(store.take_due(lease_of("one", wrong_by_a_day)).empty());
    const auto wrong_by_more = due - check_wait_max - 1us;
    BOOST_TEST(store.take_due(lease_of("one", wrong_by_more)).size() == 1U);

    run("UPDATE tollgate_payments SET lease_until = '" +
        database_time(due + lease_lasts_max + 1us) + "'");
    BOOST_TEST(store.take_due(lease_of("two", due + 1us)).empty());
    BOOST_TEST(store.take_due(lease_of("two", due)).size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(nothing_is_taken_when_nothing_is_due, StoreFixture)
{
    BOOST_TEST(store.take_due(lease_of("one")).empty());
    const auto payment = open();
    settle(answer(payment.id, paid_in_full), later);
    BOOST_TEST(store.take_due(lease_of("one", later + std::chrono::years{1})).empty());
}

BOOST_FIXTURE_TEST_CASE(the_longest_due_are_taken_first, StoreFixture)
{
    const auto third = open("c", noon - 1s);
    const auto first = open("a", noon - 3s);
    const auto second = open("b", noon - 2s);
    const auto taken = store.take_due(lease_of("one", later, 2));
    std::set<PaymentId> ids;
    for (const auto& one : taken)
        ids.insert(one.id);
    BOOST_TEST((ids == std::set<PaymentId>{first.id, second.id}));
    const auto rest = store.take_due(lease_of("two", later, 2));
    BOOST_TEST_REQUIRE(rest.size() == 1U);
    BOOST_TEST((rest[0].id == third.id));
}

BOOST_FIXTURE_TEST_CASE(leases_are_exclusive, StoreFixture)
{
    constexpr std::size_t payments = 90;
    open_many(payments);
    const auto taken = together(4, [&](std::size_t thread) {
        std::vector<PaymentId> ids;
        // Losing the race for all rows that were found is no sign that there are no more.
        for (int round = 0; ids.size() < payments && round < 20; ++round) {
            const auto owner = std::to_string(thread) + "-" + std::to_string(round);
            for (const auto& one : store.take_due(lease_of(owner, later, 10)))
                ids.push_back(one.id);
        }
        return ids;
    });
    std::vector<PaymentId> all;
    for (const auto& some : taken)
        all.insert(all.end(), some.begin(), some.end());
    const std::set<PaymentId> distinct{all.begin(), all.end()};
    BOOST_TEST(all.size() == distinct.size());
    BOOST_TEST(distinct.size() == payments);
}

BOOST_AUTO_TEST_SUITE_END()
