#include "core/payments/facts.hpp"
#include "core/payments/status.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <vector>

using namespace tollgate;

namespace {

using enum Currency;

constexpr Money price{1500, XOF};

/// Every combination of the flags and failures with amounts that are absent, unsaid, too small,
/// enough and foreign.
std::vector<Facts> all_facts()
{
    const std::array<std::optional<Money>, 5> paid{
        std::nullopt,
        Money{0, XOF},
        Money{1000, XOF},
        Money{1500, XOF},
        Money{1500, XAF},
    };
    const std::array<std::optional<Money>, 3> refunded{
        std::nullopt, Money{500, XOF}, Money{1, XAF}};
    std::vector<Facts> facts;
    for (const bool processing : {false, true}) {
        for (const auto failure : {Failure::none, Failure::expired, Failure::failed}) {
            for (const auto& paid_amount : paid) {
                for (const auto& refunded_amount : refunded) {
                    for (const bool disputed : {false, true}) {
                        for (const bool conflict : {false, true}) {
                            facts.push_back(
                                {processing,
                                 failure,
                                 paid_amount,
                                 refunded_amount,
                                 disputed,
                                 conflict}
                            );
                        }
                    }
                }
            }
        }
    }
    return facts;
}

/// What a gateway says one after another about a payment that was paid after all, and more.
const std::array<Facts, 6> evidence{
    Facts{.processing = true},
    Facts{.failure = Failure::failed},
    Facts{.failure = Failure::expired},
    Facts{.paid = Money{0, XOF}},
    Facts{.paid = Money{1500, XOF}},
    Facts{},
};

} // namespace

BOOST_AUTO_TEST_SUITE(facts_test)

BOOST_AUTO_TEST_CASE(join_is_commutative_and_idempotent)
{
    const auto facts = all_facts();
    std::size_t wrong = 0;
    for (const auto& a : facts) {
        if (join(a, a) != a || join(a, Facts{}) != a) ++wrong;
        for (const auto& b : facts) {
            if (join(a, b) != join(b, a)) ++wrong;
            if (join(join(a, b), b) != join(a, b)) ++wrong;
        }
    }
    BOOST_TEST(wrong == 0U);
}

BOOST_AUTO_TEST_CASE(join_is_associative)
{
    // The components are joined each for itself but for the amounts, which meet in `conflict`; so
    // all triples of those are tried, and of the other components one of each.
    auto facts = all_facts();
    std::erase_if(facts, [](const Facts& one) {
        return one.processing != one.disputed || (one.failure == Failure::expired) != one.disputed;
    });
    BOOST_TEST(facts.size() >= 60U);
    std::size_t wrong = 0;
    for (const auto& a : facts) {
        for (const auto& b : facts) {
            for (const auto& c : facts) {
                if (join(join(a, b), c) != join(a, join(b, c))) ++wrong;
            }
        }
    }
    BOOST_TEST(wrong == 0U);
}

BOOST_AUTO_TEST_CASE(join_never_loses_what_was_said)
{
    for (const auto& a : all_facts()) {
        for (const auto& b :
             {Facts{}, Facts{.failure = Failure::cancelled}, Facts{.paid = price}}) {
            const auto joined = join(a, b);
            BOOST_REQUIRE((join(joined, a) == joined));
            BOOST_REQUIRE((join(joined, b) == joined));
        }
    }
}

BOOST_AUTO_TEST_CASE(join_takes_the_greater_of_each)
{
    // clang-format off
    struct {
        const char* name;
        Facts a;
        Facts b;
        Facts joined;
    } const cases[] = {
        {"processing",       {},                         {.processing = true},       {.processing = true}},
        {"greater failure",  {.failure = Failure::expired}, {.failure = Failure::cancelled},
                                                         {.failure = Failure::cancelled}},
        {"greatest failure", {.failure = Failure::failed},  {.failure = Failure::cancelled},
                                                         {.failure = Failure::failed}},
        {"greater amount",   {.paid = Money{1000, XOF}}, {.paid = price},            {.paid = price}},
        {"unsaid, then said", {.paid = Money{0, XOF}},   {.paid = price},            {.paid = price}},
        {"refunds",          {.refunded = Money{500, XOF}}, {.refunded = Money{700, XOF}},
                                                         {.refunded = Money{700, XOF}}},
        {"two currencies",   {.paid = Money{1, XOF}},    {.paid = Money{9, XAF}},
                     {.paid = join({.paid = Money{9, XAF}}, {.paid = Money{1, XOF}}).paid, .conflict = true}},
        {"two of refunds",   {.refunded = Money{1, XOF}}, {.refunded = Money{1, XAF}},
                     {.refunded = join({.refunded = Money{1, XAF}}, {.refunded = Money{1, XOF}}).refunded,
                      .conflict = true}},
        {"conflict stays",   {.conflict = true},         {.paid = price},
                                                         {.paid = price, .conflict = true}},
        {"dispute stays",    {.disputed = true},         {.paid = price},
                                                         {.paid = price, .disputed = true}},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            BOOST_TEST((join(c.a, c.b) == c.joined));
        }
    }
}

BOOST_AUTO_TEST_CASE(every_order_of_the_evidence_gives_one_status)
{
    std::array<std::size_t, evidence.size()> order{0, 1, 2, 3, 4, 5};
    int orders = 0;
    do {
        Facts facts;
        for (const auto position : order)
            facts = join(facts, evidence[position]);
        for (const auto position : order)
            facts = join(facts, evidence[position]); // all again
        BOOST_REQUIRE((status(facts, price) == Status::paid));
        ++orders;
    } while (std::ranges::next_permutation(order).found);
    BOOST_TEST(orders == 720);
}

BOOST_AUTO_TEST_CASE(no_later_answer_takes_a_full_payment_back_but_a_refund_dispute_or_conflict)
{
    for (const auto& later : all_facts()) {
        const auto after = status(join({.paid = price}, later), price);
        const bool taken = later.refunded || later.disputed || later.conflict ||
                           (later.paid && later.paid->currency != XOF);
        if (!taken) BOOST_REQUIRE((after == Status::paid));
    }
}

BOOST_AUTO_TEST_SUITE_END()
