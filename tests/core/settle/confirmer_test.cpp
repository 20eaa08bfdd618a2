#include "core/settle/confirmer.hpp"
#include "core/support/json.hpp"
#include "tests/core/settle/memory_store.hpp"
#include "tests/core/settle/samples.hpp"

#include <boost/test/unit_test.hpp>

using namespace tollgate;
using namespace tollgate::samples;

namespace {

const Reference refund_id{"REFUND00000000000001"};
constexpr auto till = "key till";

/// A payment of 1500 XOF that nobody but the operator knows about.
struct House {
    House()
    {
        auto waiting = payment();
        waiting.check_due_at.reset();
        store.add(waiting);
    }

    Payment now() { return *store.find(payment().id); }

    /// 1500 XOF were paid, and 500 are on their way back.
    void begin_refund()
    {
        confirmer.paid(now(), {}, till);
        store.begin_refund({
            .payment = payment().id,
            .id = refund_id,
            .amount = Money{500, Currency::XOF},
            .partial = true,
            .cause = till,
            .now = clock.now(),
        });
    }

    /// Who said what, by the last evidence.
    std::string said()
    {
        const auto evidence = store.evidence().back();
        const auto json = parse_json(evidence.record);
        BOOST_REQUIRE(json.has_value());
        return std::string{code(evidence.source)} + ": " + json->text("operator") + ": " +
               json->text("said");
    }

    MemoryStore store;
    FixedClock clock;
    Confirmer confirmer{store, clock};
};

} // namespace

BOOST_AUTO_TEST_SUITE(confirmer_test)

BOOST_AUTO_TEST_CASE(what_he_says_was_paid)
{
    using enum Currency;
    // clang-format off
    struct {
        const char* name;
        std::optional<Money> amount;
        const char* status;
        const char* attention;
        const char* said;
    } const cases[] = {
        {"the price",       {},              "paid",   "",               "paid 1500 XOF"},
        {"the price, said", price,           "paid",   "",               "paid 1500 XOF"},
        {"more",            Money{2000, XOF}, "paid",   "overpaid",       "paid 2000 XOF"},
        {"less",            Money{1499, XOF}, "review", "underpaid",      "paid 1499 XOF"},
        {"other currency",  Money{1500, EUR}, "review", "other_currency", "paid 15.00 EUR"},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            House house;
            const auto after = house.confirmer.paid(house.now(), c.amount, till);
            BOOST_TEST(code(after.state) == c.status);
            BOOST_TEST(code(attention(after)) == c.attention);
            BOOST_TEST((after.facts.paid == c.amount.value_or(price)));
            BOOST_TEST((after.paid_at == house.clock.now()) == is_delivered(after.state));
            BOOST_TEST(after.checks == 0);
            BOOST_TEST(!after.check_due_at.has_value());
            BOOST_TEST(house.said() == std::string{"operator: key till: "} + c.said);
            const std::vector<std::string> causes{std::string{"operator key till: "} + c.said};
            BOOST_TEST(house.store.causes() == causes, boost::test_tools::per_element());
        }
    }
}

BOOST_AUTO_TEST_CASE(what_was_not_taken_is_cancelled_until_it_is_paid_after_all)
{
    House house;
    BOOST_TEST(code(house.confirmer.cancelled(house.now(), till).state) == "cancelled");
    BOOST_TEST(house.said() == "operator: key till: cancelled");
    BOOST_TEST(code(house.confirmer.paid(house.now(), {}, till).state) == "paid");
    BOOST_TEST(code(house.confirmer.cancelled(house.now(), till).state) == "paid");
    BOOST_TEST(house.store.events().size() == 2U);
    BOOST_TEST(house.store.evidence().size() == 3U); // what he said is kept all the same
}

BOOST_AUTO_TEST_CASE(what_is_said_twice_counts_once)
{
    House house;
    house.confirmer.paid(house.now(), {}, till);
    const auto again = house.confirmer.paid(house.now(), {}, "key another");
    BOOST_TEST((again.facts.paid == price));
    BOOST_TEST(house.store.events().size() == 1U);
}

BOOST_AUTO_TEST_CASE(how_a_refund_ended)
{
    struct {
        const char* name;
        bool done;
        const char* status;
        std::int64_t back;
        const char* said;
    } const cases[] = {
        {"done", true, "partially_refunded", 500, "refund done REFUND00000000000001"},
        {"refused", false, "paid", 0, "refund refused REFUND00000000000001"},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            House house;
            house.begin_refund();
            const auto before = house.now();
            const auto after = house.confirmer.refund_ended(before, c.done, till);
            BOOST_TEST(!after.refund.has_value());
            BOOST_TEST(code(after.state) == c.status);
            BOOST_TEST(
                (after.facts.refunded.value_or(Money{0, Currency::XOF}) ==
                 Money{c.back, Currency::XOF})
            );
            BOOST_TEST((after.check_due_at == before.check_due_at)); // one more look, if it can be
            BOOST_TEST(house.said() == std::string{"operator: key till: "} + c.said);
            BOOST_TEST(house.store.causes().back() == std::string{"operator key till: "} + c.said);
        }
    }
}

// Between his look and his word the gateway may have told, or another refund may have begun.
BOOST_AUTO_TEST_CASE(a_word_about_another_refund_ends_nothing)
{
    House house;
    house.begin_refund();
    auto seen = house.now();
    seen.refund->id = Reference{"REFUND00000000000000"};
    const auto after = house.confirmer.refund_ended(seen, true, till);
    BOOST_REQUIRE(after.refund.has_value());
    BOOST_TEST((after.refund->id == refund_id));
    BOOST_TEST(!after.facts.refunded.has_value());
}

BOOST_AUTO_TEST_SUITE_END()
