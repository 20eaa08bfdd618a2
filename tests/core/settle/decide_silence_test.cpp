// What is never decided: gateways that do not answer, answers that say nothing, and expiry, which
// an answer alone may bring.
#include "core/settle/decide.hpp"
#include "core/settle/schedule.hpp"
#include "tests/core/settle/samples.hpp"

#include <boost/test/unit_test.hpp>

using namespace tollgate;
using namespace tollgate::samples;
using namespace std::chrono_literals;

namespace {

const GrantMaker maker = grant_maker();

Asked unpaid(const Payment& payment)
{
    auto asked = said(payment, {});
    asked.answer->unpaid = true;
    return asked;
}

/// Asked at every time that it is due, until it is due no more or `until`.
template <class Say>
Payment live(Payment payment, Say say, Instant until, const SettleRules& rules = {maker})
{
    while (payment.check_due_at && *payment.check_due_at <= until) {
        const auto now = *payment.check_due_at;
        payment = decide(payment, say(payment), rules, now).after;
    }
    return payment;
}

} // namespace

BOOST_AUTO_TEST_SUITE(decide_silence_test)

BOOST_AUTO_TEST_CASE(silence_begins_with_a_due_question_and_ends_with_any_answer)
{
    const auto now = created_at + 20s;
    const auto first = decide(payment(), silent(payment()), {maker}, now);
    BOOST_TEST((first.after.unanswered_since == now));
    BOOST_TEST(!first.attention_changed);
    BOOST_TEST(!first.event);
    const auto second = decide(first.after, silent(first.after), {maker}, now + 1h);
    BOOST_TEST((second.after.unanswered_since == now));
    const auto answered = decide(second.after, said(second.after, {}), {maker}, now + 2h);
    BOOST_TEST(!answered.after.unanswered_since.has_value());

    auto never_due = payment();
    never_due.check_due_at.reset();
    BOOST_TEST(
        !decide(never_due, silent(never_due), {maker}, now).after.unanswered_since.has_value()
    );
}

BOOST_AUTO_TEST_CASE(a_question_that_was_not_asked_is_silence_and_does_not_count)
{
    const auto now = created_at + 20s;
    auto asked = silent(payment());
    asked.answer = Unexpected{GatewayFault{GatewayError::not_asked, "the gateway is away"}};
    const auto after = decide(payment(), asked, {maker}, now).after;
    BOOST_TEST((after.unanswered_since == now));
    BOOST_TEST(after.check_due_at.has_value());
    BOOST_TEST(after.checks == 0);
    const auto days_later = decide(after, asked, {maker}, now + unanswered_after).after;
    BOOST_TEST(code(attention(days_later)) == "unanswered");
}

BOOST_AUTO_TEST_CASE(days_of_silence_are_for_the_operator_and_never_a_guess)
{
    auto current = live(payment(), silent, created_at + unanswered_after);
    BOOST_TEST(code(attention(current)).empty());
    const auto asked_at = *current.check_due_at;
    const auto decision = decide(current, silent(current), {maker}, asked_at);
    BOOST_TEST(code(attention(decision.after)) == "unanswered");
    BOOST_TEST(decision.attention_changed);
    BOOST_TEST(!decision.status_changed);
    BOOST_TEST(code(decision.after.state) == "pending");
    BOOST_REQUIRE(decision.event.has_value());
    BOOST_TEST(decision.event->from == "pending");
    BOOST_TEST(decision.event->to == "pending");
    BOOST_TEST(decision.event->cause == "notification: attention unanswered: timeout");
    BOOST_TEST(decision.after.chain == decision.event->hash);

    // It stays one event, and is asked daily.
    const auto next = decide(decision.after, silent(current), {maker}, asked_at + 24h);
    BOOST_TEST(!next.event);
    BOOST_TEST(!next.attention_changed);
    BOOST_TEST(next.after.check_due_at.has_value());

    const auto answered =
        decide(next.after, said(current, {.paid = price}), {maker}, asked_at + 25h);
    BOOST_TEST(code(answered.after.state) == "paid");
    BOOST_TEST(answered.attention_changed);
    BOOST_TEST(code(attention(answered.after)).empty());
    BOOST_TEST(answered.event->cause == "notification: 00");
}

BOOST_AUTO_TEST_CASE(an_answer_that_decides_nothing_ends_the_silence)
{
    const auto silence = live(payment(), silent, created_at + 5 * 24h);
    BOOST_TEST(code(attention(silence)) == "unanswered");
    const auto now = created_at + 5 * 24h + 1h;
    const auto decision = decide(silence, said(silence, {}), {maker}, now);
    BOOST_TEST(code(attention(decision.after)).empty());
    BOOST_REQUIRE(decision.event.has_value());
    BOOST_TEST(decision.event->cause == "notification: attention ends: 00");
}

BOOST_AUTO_TEST_CASE(what_an_operator_has_seen_comes_back_when_the_word_changes)
{
    auto silence = live(payment(), silent, created_at + 5 * 24h);
    silence.attention_seen = true;
    const auto now = *silence.check_due_at;
    BOOST_TEST(decide(silence, silent(silence), {maker}, now).after.attention_seen);
    const auto answered = decide(silence, said(silence, {}), {maker}, now).after;
    BOOST_TEST(!answered.attention_seen);
    const auto review = decide(silence, said(silence, {.disputed = true}), {maker}, now).after;
    BOOST_TEST(!review.attention_seen);
}

BOOST_AUTO_TEST_CASE(what_is_open_when_the_asking_ends_is_told)
{
    const auto for_ever = created_at + 24h * 400;
    struct {
        const char* name;
        Facts facts;
        bool unpaid;
        const char* status;
        const char* attention;
    } const cases[] = {
        {"processing for ever", {.processing = true}, false, "processing", "undecided"},
        {"processing, not paid", {.processing = true}, true, "processing", "undecided"},
        {"a word that nobody knows", {}, false, "pending", "undecided"},
        {"not paid", {}, true, "expired", ""},
        {"paid too little", {.paid = Money{5, Currency::XOF}}, false, "review", "underpaid"},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            const auto say = [&](const Payment& payment) {
                auto asked = said(payment, c.facts);
                asked.answer->unpaid = c.unpaid;
                return asked;
            };
            const auto end = live(payment(), say, for_ever);
            BOOST_TEST(!end.check_due_at.has_value());
            BOOST_TEST(code(end.state) == c.status);
            BOOST_TEST(code(attention(end)) == c.attention);
        }
    }
    const auto never = live(payment(), silent, for_ever);
    BOOST_TEST(!never.check_due_at.has_value());
    BOOST_TEST(code(never.state) == "pending");
    BOOST_TEST(code(attention(never)) == "unanswered");
}

BOOST_AUTO_TEST_CASE(a_payment_expires_by_an_answer_at_that_very_time)
{
    const SettleRules rules{.grants = maker, .expires_after = 48h};
    const auto expires_at = created_at + 48h;
    const auto before = live(payment(), unpaid, expires_at - 1us, rules);
    BOOST_TEST(code(before.state) == "pending");
    BOOST_REQUIRE((before.check_due_at == expires_at));
    const auto decision = decide(before, unpaid(before), rules, expires_at);
    BOOST_TEST(code(decision.after.state) == "expired");
    BOOST_TEST(decision.status_changed);
    BOOST_REQUIRE(decision.event.has_value());
    BOOST_TEST(decision.event->to == "expired");
    BOOST_TEST(decision.event->cause == "notification: 00");

    // A late success still wins.
    const auto late = said(before, {.paid = price});
    const auto paid = decide(decision.after, late, rules, expires_at + 240h);
    BOOST_TEST(code(paid.after.state) == "paid");
    BOOST_TEST(paid.grants.size() == 2U);
}

BOOST_AUTO_TEST_CASE(nothing_else_expires)
{
    const SettleRules rules{.grants = maker, .expires_after = 48h};
    const auto now = created_at + 49h;
    auto operators = unpaid(payment());
    operators.source = Source::operator_;
    auto processing = payment();
    processing.facts.processing = true;
    processing.state = Status::processing;
    struct {
        const char* name;
        Payment payment;
        Asked asked;
        Instant now;
    } const cases[] = {
        {"no answer", payment(), silent(payment()), now},
        {"a word that nobody knows", payment(), said(payment(), {}), now},
        {"too early", payment(), unpaid(payment()), created_at + 48h - 1us},
        {"an operator's word", payment(), operators, now},
        {"the customer has begun", processing, unpaid(processing), now},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            const auto decision = decide(c.payment, c.asked, rules, c.now);
            BOOST_TEST((decision.after.state == c.payment.state));
            BOOST_TEST(!decision.status_changed);
        }
    }
}

// The gateway is away at the time of expiry: its answer after that decides.
BOOST_AUTO_TEST_CASE(an_expiry_waits_for_its_answer)
{
    const SettleRules rules{.grants = maker, .expires_after = 48h};
    const auto back_at = created_at + 60h;
    const auto say = [&](const Payment& payment) {
        return *payment.check_due_at < back_at ? silent(payment) : unpaid(payment);
    };
    const auto waiting = live(payment(), say, back_at - 1us, rules);
    BOOST_TEST(code(waiting.state) == "pending");
    const auto end = live(waiting, say, created_at + 24h * 10, rules);
    BOOST_TEST(code(end.state) == "expired");
}

BOOST_AUTO_TEST_CASE(a_refund_that_nobody_ends_stays_on_the_list)
{
    auto paid =
        decide(payment(), said(payment(), {.paid = price}), {maker}, created_at + 20s).after;
    const RefundOrder order{
        .payment = paid.id,
        .id = Reference{"REFUND00000000000001"},
        .amount = {},
        .cause = "key till",
        .now = created_at + 1h};
    const auto begun = decide_refund(paid, order).after;
    BOOST_TEST((begun.refund->began_at == order.now));
    const auto end = live(
        begun, [](const Payment& one) { return said(one, {}); }, created_at + 9999h
    );
    BOOST_TEST(!end.check_due_at.has_value());
    BOOST_TEST(code(attention(end)) == "refund_unknown");
    BOOST_TEST(end.checks < 100);
}

BOOST_AUTO_TEST_SUITE_END()
