// Refunds; what else follows from an answer is in decide_test.cpp.
#include "core/settle/decide.hpp"
#include "core/settle/schedule.hpp"
#include "tests/core/settle/samples.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>

using namespace tollgate;
using namespace tollgate::samples;
using namespace std::chrono_literals;

namespace {

constexpr Instant now = created_at + 20s;
const GrantMaker maker = grant_maker();
const Reference refund_id{"REFUND00000000000001"};

constexpr Money xof(std::int64_t amount)
{
    return {amount, Currency::XOF};
}

Decision after(const Payment& before, const Asked& asked)
{
    return decide(before, asked, {maker}, now);
}

/// One of 1500 XOF of which the gateway said `facts`.
Payment told(const Facts& facts)
{
    const auto fresh = payment();
    return after(fresh, said(fresh, facts)).after;
}

RefundOrder order_of(std::optional<Money> amount, bool partial = true)
{
    return {
        .payment = payment().id,
        .id = refund_id,
        .amount = amount,
        .partial = partial,
        .cause = "key till",
        .now = now,
    };
}

/// 1500 XOF were paid, `before` given back, and `amount` is on its way.
Payment refunding(std::int64_t amount, std::int64_t before = 0)
{
    auto paid = told({.paid = price, .refunded = xof(before)});
    return decide_refund(paid, order_of(xof(amount))).after;
}

Asked spoke(
    const Payment& payment,
    RefundOutcome outcome,
    const Facts& facts = {},
    const Reference& about = refund_id
)
{
    auto asked = said(payment, facts);
    asked.refund = about;
    asked.answer->refund = outcome;
    return asked;
}

std::int64_t given_back(const Payment& payment)
{
    return payment.facts.refunded ? payment.facts.refunded->minor_units : 0;
}

} // namespace

BOOST_AUTO_TEST_SUITE(decide_refund_test)

BOOST_AUTO_TEST_CASE(an_order_begins_or_says_why_not)
{
    using enum Currency;
    using enum RefundBegun::Kind;
    // clang-format off
    struct {
        const char* name;
        Facts facts;
        std::optional<Money> amount;
        bool partial;
        RefundBegun::Kind kind;
        std::int64_t refund;
        std::int64_t total;
    } const cases[] = {
        // name                     facts                                    amount         partial  kind      refund total
        {"all, unsaid",             {.paid = price},                          {},             true,  begun,     1500, 1500},
        {"all, unsaid, full only",  {.paid = price},                          {},             false, begun,     1500, 1500},
        {"all, said",               {.paid = price},                          xof(1500),      true,  begun,     1500, 1500},
        {"all, said, full only",    {.paid = price},                          xof(1500),      false, begun,     1500, 1500},
        {"the least part",          {.paid = price},                          xof(1),         true,  begun,        1,    1},
        {"the greatest part",       {.paid = price},                          xof(1499),      true,  begun,     1499, 1499},
        {"a part, full only",       {.paid = price},                          xof(1499),      false, too_much,     0,    0},
        {"nothing",                 {.paid = price},                          xof(0),         true,  too_much,     0,    0},
        {"less than nothing",       {.paid = price},                          xof(-1),        true,  too_much,     0,    0},
        {"more than was paid",      {.paid = price},                          xof(1501),      true,  too_much,     0,    0},
        {"another currency",        {.paid = price},                          Money{1500, XAF}, true, too_much,    0,    0},
        {"the rest",                {.paid = price, .refunded = xof(400)},    {},             true,  begun,     1100, 1500},
        {"the rest, said",          {.paid = price, .refunded = xof(400)},    xof(1100),      true,  begun,     1100, 1500},
        {"a part of the rest",      {.paid = price, .refunded = xof(400)},    xof(1099),      true,  begun,     1099, 1499},
        {"more than the rest",      {.paid = price, .refunded = xof(400)},    xof(1101),      true,  too_much,     0,    0},
        {"the rest, full only",     {.paid = price, .refunded = xof(400)},    {},             false, too_much,     0,    0},
        {"all again, full only",    {.paid = price, .refunded = xof(400)},    xof(1500),      false, too_much,     0,    0},
        {"all is back",             {.paid = price, .refunded = price},       {},             true,  not_paid,     0,    0},
        {"all is back, more said",  {.paid = price, .refunded = price},       xof(1),         true,  not_paid,     0,    0},
        {"more than all is back",   {.paid = price, .refunded = xof(1501)},   {},             true,  not_paid,     0,    0},
        {"back in other currency",  {.paid = price, .refunded = Money{5, XAF}}, {},           true,  not_paid,     0,    0},
        {"pending",                 {},                                       {},             true,  not_paid,     0,    0},
        {"pending, said",           {.processing = true},                     xof(1500),      true,  not_paid,     0,    0},
        {"failed",                  {.failure = Failure::failed},             {},             true,  not_paid,     0,    0},
        {"paid, not how much",      {.paid = xof(0)},                         {},             true,  not_paid,     0,    0},
        {"paid, not how much, said", {.paid = xof(0)},                        xof(1500),      true,  not_paid,     0,    0},
        {"contradiction",           {.paid = price, .conflict = true},        {},             true,  not_paid,     0,    0},
        // Under review: the customer gets back what he paid, not what he should have paid.
        {"too little",              {.paid = xof(900)},                       {},             false, begun,      900,  900},
        {"more than too little",    {.paid = xof(900)},                       xof(1500),      true,  too_much,     0,    0},
        {"too much",                {.paid = xof(2000)},                      {},             false, begun,     2000, 2000},
        {"the excess",              {.paid = xof(2000)},                      xof(500),       true,  begun,      500,  500},
        {"the price of too much",   {.paid = xof(2000)},                      xof(1500),      false, too_much,     0,    0},
        {"paid in other currency",  {.paid = Money{1500, XAF}},               {},             false, begun,     1500, 1500},
        {"the same, price's",       {.paid = Money{1500, XAF}},               xof(1500),      true,  too_much,     0,    0},
        {"disputed",                {.paid = price, .disputed = true},        {},             false, begun,     1500, 1500},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            const auto before = told(c.facts);
            const auto decision = decide_refund(before, order_of(c.amount, c.partial));
            BOOST_TEST((decision.kind == c.kind));
            BOOST_TEST((decision.after.state == before.state));
            BOOST_TEST((decision.after.facts == before.facts));
            BOOST_REQUIRE(decision.after.refund.has_value() == (c.kind == begun));
            BOOST_TEST(decision.event.has_value() == (c.kind == begun));
            if (c.kind != begun) {
                BOOST_TEST((decision.after.check_due_at == before.check_due_at));
                BOOST_TEST(decision.after.chain == before.chain);
                continue;
            }
            const auto currency = c.facts.paid->currency;
            BOOST_TEST((decision.after.refund->id == refund_id));
            BOOST_TEST((decision.after.refund->amount == Money{c.refund, currency}));
            BOOST_TEST((decision.after.refund->total == Money{c.total, currency}));
            BOOST_TEST(decision.after.refund->gateway_ref.empty());
            BOOST_TEST((decision.after.check_due_at == now + check_grace));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_beginning_is_an_event_of_the_chain)
{
    const auto before = told({.paid = price});
    const auto decision = decide_refund(before, order_of(xof(500)));
    BOOST_REQUIRE(decision.event.has_value());
    BOOST_TEST(decision.event->from == "paid");
    BOOST_TEST(decision.event->to == "paid");
    BOOST_TEST(decision.event->cause == "key till: refund of 500 XOF begins");
    BOOST_TEST((decision.event->payment == before.id));
    BOOST_TEST(decision.event->hash.size() == 32U);
    BOOST_TEST(decision.event->hash != before.chain);
    BOOST_TEST(decision.after.chain == decision.event->hash);
    BOOST_TEST(code(attention(decision.after)) == "refund_unknown");
}

BOOST_AUTO_TEST_CASE(one_refund_at_a_time)
{
    const auto before = refunding(500);
    auto another = order_of(xof(100));
    another.id = Reference{"REFUND00000000000002"};
    const auto decision = decide_refund(before, another);
    BOOST_TEST((decision.kind == RefundBegun::Kind::under_way));
    BOOST_TEST((decision.after.refund == before.refund));
    BOOST_TEST(!decision.event);
}

// A store repeats the transaction when the connection was lost in its commit.
BOOST_AUTO_TEST_CASE(an_order_that_is_repeated_has_begun)
{
    const auto before = refunding(500);
    const auto decision = decide_refund(before, order_of(xof(500)));
    BOOST_TEST((decision.kind == RefundBegun::Kind::begun));
    BOOST_TEST((decision.after.refund == before.refund));
    BOOST_TEST(!decision.event);
    BOOST_TEST(decision.after.chain == before.chain);
}

BOOST_AUTO_TEST_CASE(an_answer_ends_the_refund_or_not)
{
    using enum RefundOutcome;
    // clang-format off
    struct {
        const char* name;
        RefundOutcome outcome;
        Facts facts;
        Reference about;
        bool ends;
        std::int64_t back; ///< in the end; 400 before
        const char* status;
    } const cases[] = {
        // name                    outcome    facts                    about      ends   back  status
        {"done",                   done,      {},                      refund_id, true,  900,  "partially_refunded"},
        {"refused",                refused,   {},                      refund_id, true,  400,  "partially_refunded"},
        {"under way",              under_way, {},                      refund_id, false, 400,  "partially_refunded"},
        {"not said",               unknown,   {},                      refund_id, false, 400,  "partially_refunded"},
        {"done, another",          done,      {},       Reference{"OTHER"},       false, 400,  "partially_refunded"},
        {"refused, another",       refused,   {},       Reference{"OTHER"},       false, 400,  "partially_refunded"},
        {"done, none was asked",   done,      {},                      {},        false, 400,  "partially_refunded"},
        {"refused, none was asked", refused,  {},                      {},        false, 400,  "partially_refunded"},
        {"counted",                unknown,   {.refunded = xof(900)},  refund_id, true,  900,  "partially_refunded"},
        {"counted, none asked",    unknown,   {.refunded = xof(900)},  {},        true,  900,  "partially_refunded"},
        {"counted and done",       done,      {.refunded = xof(900)},  refund_id, true,  900,  "partially_refunded"},
        {"counted, under way",     under_way, {.refunded = xof(900)},  refund_id, false, 900,  "partially_refunded"},
        {"counted but refused",    refused,   {.refunded = xof(900)},  refund_id, true,  900,  "partially_refunded"},
        {"more than counted",      unknown,   {.refunded = xof(1500)}, refund_id, true,  1500, "refunded"},
        {"done, more counted",     done,      {.refunded = xof(1500)}, refund_id, true,  1500, "refunded"},
        {"done, less counted",     done,      {.refunded = xof(400)},  refund_id, true,  900,  "partially_refunded"},
        {"less than counted",      unknown,   {.refunded = xof(899)},  refund_id, false, 899,  "partially_refunded"},
        {"as before",              unknown,   {.refunded = xof(400)},  refund_id, false, 400,  "partially_refunded"},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            const auto before = refunding(500, 400);
            const auto decision = after(before, spoke(before, c.outcome, c.facts, c.about));
            const auto& payment = decision.after;
            BOOST_TEST(payment.refund.has_value() != c.ends);
            BOOST_TEST(given_back(payment) == c.back);
            BOOST_TEST(code(payment.state) == c.status);
            BOOST_TEST(payment.checks == before.checks + 1);
            BOOST_TEST((code(attention(payment)) == "refund_unknown") != c.ends);
            BOOST_TEST(decision.revoke == (payment.state == Status::refunded));
            // How it ended stands in the trail, with the answer that said so.
            BOOST_TEST(decision.given_back == (c.back > 400));
            BOOST_REQUIRE(decision.event.has_value() == (c.ends || decision.given_back));
            if (decision.event) {
                BOOST_TEST(decision.event->from == "partially_refunded");
                BOOST_TEST(decision.event->to == c.status);
                BOOST_TEST(decision.event->evidence_id == decision.evidence->id);
                BOOST_TEST(payment.chain == decision.event->hash);
            } else {
                BOOST_TEST(payment.chain == before.chain);
            }
            const auto due = c.ends ? std::nullopt : std::optional{now + refund_interval};
            BOOST_TEST((payment.check_due_at == due));
            BOOST_TEST(decision.status_changed == (payment.state != before.state));
        }
    }
}

BOOST_AUTO_TEST_CASE(all_that_is_given_back_takes_the_goods_back)
{
    const auto before = refunding(1500);
    const auto decision = after(before, spoke(before, RefundOutcome::done));
    BOOST_TEST(code(decision.after.state) == "refunded");
    BOOST_TEST(decision.status_changed);
    BOOST_TEST(decision.revoke);
    BOOST_TEST(decision.grants.empty());
}

BOOST_AUTO_TEST_CASE(what_is_repeated_does_not_count_twice)
{
    using enum RefundOutcome;
    const auto before = refunding(500, 400);
    const auto answer = spoke(before, done);
    const auto once = after(before, answer).after;
    const auto twice = after(once, answer);
    BOOST_TEST(given_back(twice.after) == 900);
    BOOST_TEST(!twice.event);
    // Not even when another refund is under way by then.
    auto next = order_of(xof(100));
    next.id = Reference{"REFUND00000000000002"};
    const auto again = decide_refund(once, next).after;
    const auto late = after(again, answer);
    BOOST_TEST(given_back(late.after) == 900);
    BOOST_TEST((late.after.refund == again.refund));
    BOOST_TEST(given_back(after(again, spoke(again, refused)).after) == 900);
}

BOOST_AUTO_TEST_CASE(every_order_of_answers_ends_alike)
{
    using enum RefundOutcome;
    struct Said {
        RefundOutcome outcome;
        Facts facts;
        Reference about;
    };
    const std::array<Said, 5> answers{{
        {unknown, {.paid = price}, {}}, // asked before the refund began
        {under_way, {}, refund_id},
        {done, {}, refund_id},
        {unknown, {.refunded = xof(900)}, refund_id},
        {unknown, {.failure = Failure::cancelled, .refunded = xof(400)}, refund_id},
    }};
    std::array<std::size_t, answers.size()> order{0, 1, 2, 3, 4};
    do {
        auto current = refunding(500, 400);
        int events = 0;
        for (int round = 0; round < 2; ++round) {
            for (const auto position : order) {
                const auto& said = answers[position];
                const auto asked = spoke(current, said.outcome, said.facts, said.about);
                auto decision = after(current, asked);
                events += decision.event ? 1 : 0;
                current = std::move(decision.after);
            }
        }
        BOOST_REQUIRE(given_back(current) == 900);
        BOOST_REQUIRE(code(current.state) == "partially_refunded");
        BOOST_REQUIRE(!current.refund);
        BOOST_REQUIRE(events == 1);
    } while (std::ranges::next_permutation(order).found);
}

BOOST_AUTO_TEST_CASE(no_answer_leaves_it_under_way)
{
    const auto before = refunding(500);
    for (const auto error :
         {GatewayError::unavailable, GatewayError::malformed, GatewayError::refused}) {
        auto asked = silent(before);
        asked.answer = Unexpected{GatewayFault{error, "x"}};
        asked.refund = refund_id;
        const auto decision = after(before, asked);
        BOOST_TEST((decision.after.refund == before.refund));
        BOOST_TEST((decision.after.facts == before.facts));
        BOOST_TEST((decision.after.check_due_at == now + refund_interval));
        BOOST_TEST(!decision.event);
        BOOST_TEST(!decision.evidence);
    }
}

BOOST_AUTO_TEST_CASE(a_refusal_is_told_and_another_may_begin)
{
    const auto before = refunding(500);
    auto asked = spoke(before, RefundOutcome::refused);
    asked.cause = "refund";
    asked.answer->detail = "too late";
    const auto decision = after(before, asked);
    BOOST_REQUIRE(decision.event.has_value());
    BOOST_TEST(decision.event->cause == "refund: too late");
    BOOST_TEST(!decision.status_changed);
    auto again = order_of(xof(500));
    again.id = Reference{"REFUND00000000000002"};
    BOOST_TEST((decide_refund(decision.after, again).kind == RefundBegun::Kind::begun));
}

// The same words about two refunds are two pieces of evidence: each event names its own.
BOOST_AUTO_TEST_CASE(every_refund_has_its_own_evidence)
{
    const auto before = refunding(500);
    const auto first = after(before, spoke(before, RefundOutcome::refused));
    auto again = order_of(xof(500));
    again.id = Reference{"REFUND00000000000002"};
    const auto next = decide_refund(first.after, again).after;
    const auto second = after(next, spoke(next, RefundOutcome::refused, {}, again.id));
    BOOST_REQUIRE(second.event.has_value());
    BOOST_TEST(first.evidence->record == second.evidence->record);
    BOOST_TEST(first.evidence->digest != second.evidence->digest);
    const auto repeated = after(next, spoke(next, RefundOutcome::under_way, {}, again.id));
    BOOST_TEST(second.evidence->digest == repeated.evidence->digest);
}

BOOST_AUTO_TEST_CASE(the_gateways_name_of_a_refund_is_kept_while_it_is_under_way)
{
    struct {
        const char* name;
        Reference about;
        std::string told;
        std::string kept;
    } const cases[] = {
        {"named", refund_id, "rf-1", "rf-1"},
        {"not named", refund_id, "", "old"},
        {"of another", Reference{"OTHER"}, "rf-1", "old"},
        {"as long as it may be", refund_id, std::string(191, 'r'), std::string(191, 'r')},
        {"longer than its column", refund_id, std::string(192, 'r'), "old"},
        {"no text", refund_id, "rf\xff", "old"},
        {"with a line end", refund_id, "rf\n", "old"},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            auto before = refunding(500);
            before.refund->gateway_ref = "old";
            auto asked = spoke(before, RefundOutcome::under_way, {}, c.about);
            asked.answer->refund_ref = c.told;
            BOOST_TEST(after(before, asked).after.refund->gateway_ref == c.kept);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
