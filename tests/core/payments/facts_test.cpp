#include "core/payments/facts.hpp"
#include "core/payments/status.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

using namespace tollgate;

namespace {

using enum Currency;

constexpr Money price{1500, XOF};

/// Absent; and unsaid, too little, the price and more, in two currencies.
constexpr std::array<std::optional<Money>, 9> amounts{
    std::nullopt,
    Money{0, XOF},
    Money{1000, XOF},
    Money{1500, XOF},
    Money{2000, XOF},
    Money{0, XAF},
    Money{1000, XAF},
    Money{1500, XAF},
    Money{2000, XAF},
};
constexpr std::array failures{Failure::none, Failure::expired, Failure::cancelled, Failure::failed};

/// What join() mixes: the amounts, which meet in `conflict`.
constexpr std::size_t moneys = amounts.size() * amounts.size() * 2;
/// The rest: two flags and a failure.
constexpr std::size_t rests = failures.size() * 2 * 2;
constexpr std::size_t all = moneys * rests;

/// The domain is closed under join(), so facts are numbers below `all`.
Facts facts_of(std::size_t number)
{
    const auto money = number % moneys;
    const auto rest = number / moneys;
    return {
        .processing = rest / failures.size() % 2 == 1,
        .failure = failures[rest % failures.size()],
        .paid = amounts[money / 2 % amounts.size()],
        .refunded = amounts[money / 2 / amounts.size()],
        .disputed = rest / failures.size() / 2 == 1,
        .conflict = money % 2 == 1,
    };
}

std::size_t number_of(const std::optional<Money>& amount)
{
    if (!amount) return 0;
    const auto place = static_cast<std::size_t>(amount->minor_units / 500);
    return (amount->currency == XAF ? 5 : 1) + (place == 0 ? 0 : place - 1);
}

std::size_t number_of(const Facts& facts)
{
    const auto money = (number_of(facts.refunded) * amounts.size() + number_of(facts.paid)) * 2 +
                       (facts.conflict ? 1 : 0);
    const auto rest =
        ((facts.disputed ? 2U : 0U) + (facts.processing ? 1U : 0U)) * failures.size() +
        static_cast<std::size_t>(facts.failure);
    return rest * moneys + money;
}

/// join() of every pair, computed once, by the function itself.
class Joined {
public:
    Joined() : table_(all * all)
    {
        std::vector<Facts> facts;
        for (std::size_t i = 0; i < all; ++i)
            facts.push_back(facts_of(i));
        for (std::size_t a = 0; a < all; ++a) {
            for (std::size_t b = 0; b < all; ++b)
                table_[a * all + b] =
                    static_cast<std::uint16_t>(number_of(join(facts[a], facts[b])));
        }
    }
    std::size_t operator()(std::size_t a, std::size_t b) const { return table_[a * all + b]; }

private:
    std::vector<std::uint16_t> table_;
};

const Joined& joined()
{
    static const Joined table;
    return table;
}

/// The status of every element.
std::vector<Status> all_statuses()
{
    std::vector<Status> statuses;
    for (std::size_t i = 0; i < all; ++i)
        statuses.push_back(status(facts_of(i), price));
    return statuses;
}

/// How far a status is from "nothing is known": it never gets less.
int certainty(Status status)
{
    if (is_open(status)) return 0;
    return is_unpaid_end(status) ? 1 : 2;
}

} // namespace

BOOST_AUTO_TEST_SUITE(facts_test)

BOOST_AUTO_TEST_CASE(the_domain_is_numbered_without_gaps)
{
    BOOST_TEST(all == 2592U);
    for (std::size_t i = 0; i < all; ++i)
        BOOST_REQUIRE(number_of(facts_of(i)) == i);
}

BOOST_AUTO_TEST_CASE(join_is_commutative_idempotent_and_has_a_neutral_element)
{
    const auto& join_of = joined();
    std::size_t wrong = 0;
    for (std::size_t a = 0; a < all; ++a) {
        if (join_of(a, a) != a || join_of(a, 0) != a) ++wrong;
        for (std::size_t b = 0; b < a; ++b) {
            const auto ab = join_of(a, b);
            if (ab != join_of(b, a)) ++wrong;
            if (join_of(ab, a) != ab || join_of(ab, b) != ab) ++wrong; // nothing said is lost
        }
    }
    BOOST_TEST(wrong == 0U);
    BOOST_TEST((facts_of(0) == Facts{}));
}

// There are 17,414,258,688 triples. The amounts with `conflict` and the rest are joined each for
// itself, as all pairs show; a pair of associative operations is associative; and of each of the
// two all triples are tried. So all are.
BOOST_AUTO_TEST_CASE(join_is_associative)
{
    const auto& join_of = joined();
    std::size_t wrong = 0;
    for (std::size_t a = 0; a < all; ++a) {
        for (std::size_t b = 0; b < all; ++b) {
            const auto money = join_of(a % moneys, b % moneys);
            const auto rest = join_of(a - a % moneys, b - b % moneys);
            if (money >= moneys || rest % moneys != 0 || join_of(a, b) != money + rest) ++wrong;
        }
    }
    BOOST_TEST(wrong == 0U);
    const auto try_triples = [&](std::size_t count, std::size_t step) {
        for (std::size_t a = 0; a < count * step; a += step) {
            for (std::size_t b = 0; b < count * step; b += step) {
                const auto ab = join_of(a, b);
                for (std::size_t c = 0; c < count * step; c += step) {
                    if (join_of(ab, c) != join_of(a, join_of(b, c))) ++wrong;
                }
            }
        }
    };
    try_triples(moneys, 1);
    try_triples(rests, moneys);
    BOOST_TEST(wrong == 0U);
}

BOOST_AUTO_TEST_CASE(a_status_never_becomes_less_certain)
{
    const auto& join_of = joined();
    const auto statuses = all_statuses();
    std::size_t wrong = 0;
    for (std::size_t a = 0; a < all; ++a) {
        for (std::size_t b = 0; b < all; ++b) {
            if (certainty(statuses[join_of(a, b)]) < certainty(statuses[a])) ++wrong;
        }
    }
    BOOST_TEST(wrong == 0U);
}

BOOST_AUTO_TEST_CASE(a_failure_or_progress_changes_nothing_where_money_is_known)
{
    const auto& join_of = joined();
    const auto statuses = all_statuses();
    for (const auto failure : failures) {
        for (const bool processing : {false, true}) {
            const auto late = number_of(Facts{.processing = processing, .failure = failure});
            for (std::size_t a = 0; a < all; ++a) {
                if (certainty(statuses[a]) < 2) continue;
                BOOST_REQUIRE((statuses[join_of(a, late)] == statuses[a]));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(what_is_delivered_was_paid_in_full_without_contradiction)
{
    for (std::size_t a = 0; a < all; ++a) {
        const auto facts = facts_of(a);
        if (!is_delivered(status(facts, price))) continue;
        const bool full = facts.paid && status_detail::covers(*facts.paid, price);
        BOOST_REQUIRE((full && !facts.conflict && !facts.disputed));
    }
}

// So that what was granted and taken back is never to be granted again: who may have his goods does
// not depend on the order in which things became known.
BOOST_AUTO_TEST_CASE(a_delivery_that_has_ended_does_not_begin_again)
{
    const auto& join_of = joined();
    const auto statuses = all_statuses();
    // Delivered at a, not at a+b: is there any c with which it is delivered? c may be taken to
    // contain a+b, so all facts above a+b are tried.
    std::vector<bool> ended(all);
    for (std::size_t a = 0; a < all; ++a) {
        if (!is_delivered(statuses[a])) continue;
        for (std::size_t b = 0; b < all; ++b) {
            if (!is_delivered(statuses[join_of(a, b)])) ended[join_of(a, b)] = true;
        }
    }
    std::size_t wrong = 0;
    for (std::size_t a = 0; a < all; ++a) {
        if (!ended[a]) continue;
        for (std::size_t b = 0; b < all; ++b) {
            if (is_delivered(statuses[join_of(a, b)])) ++wrong;
        }
    }
    BOOST_TEST(wrong == 0U);
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

BOOST_AUTO_TEST_CASE(no_later_answer_takes_a_full_payment_back_but_a_refund_dispute_or_conflict)
{
    for (std::size_t b = 0; b < all; ++b) {
        const auto later = facts_of(b);
        const bool refunded = later.refunded && later.refunded->minor_units > 0;
        const bool other = (later.paid && later.paid->currency != XOF) ||
                           (later.refunded && later.refunded->currency != XOF);
        const bool taken = refunded || later.disputed || later.conflict || other;
        const auto after = status(join({.paid = price}, later), price);
        if (!taken) BOOST_REQUIRE((after == Status::paid));
    }
}

BOOST_AUTO_TEST_SUITE_END()
