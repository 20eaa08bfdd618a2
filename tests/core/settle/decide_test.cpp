#include "core/crypto/digest.hpp"
#include "core/settle/decide.hpp"
#include "core/settle/schedule.hpp"
#include "tests/core/settle/samples.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <set>

using namespace tollgate;
using namespace tollgate::samples;
using namespace std::chrono_literals;

namespace {

constexpr Instant now = created_at + 20s;
const GrantMaker maker = grant_maker();
const Facts in_full{.paid = price};

Decision after(const Payment& before, const Asked& asked)
{
    return decide(before, asked, {maker}, now);
}

Payment told(Payment payment, std::initializer_list<Facts> answers)
{
    for (const auto& facts : answers)
        payment = after(payment, said(payment, facts)).after;
    return payment;
}

} // namespace

BOOST_AUTO_TEST_SUITE(decide_test)

BOOST_AUTO_TEST_CASE(an_answer_moves_a_fresh_payment)
{
    using enum Currency;
    // clang-format off
    struct {
        const char* name;
        Facts facts;
        Status status;
        const char* attention;
        std::size_t grants;
    } const cases[] = {
        // name                facts                                  status              attention        grants
        {"nothing new",        {},                                    Status::pending,    "",              0},
        {"processing",         {.processing = true},                  Status::processing, "",              0},
        {"expired",            {.failure = Failure::expired},         Status::expired,    "",              0},
        {"cancelled",          {.failure = Failure::cancelled},       Status::cancelled,  "",              0},
        {"failed",             {.failure = Failure::failed},          Status::failed,     "",              0},
        {"paid in full",       {.paid = price},                       Status::paid,       "",              2},
        {"excess",             {.paid = Money{1505, XOF}},            Status::paid,       "overpaid",      2},
        {"paid, part back",    {.paid = price, .refunded = Money{5, XOF}},
                                                           Status::partially_refunded,    "",              2},
        {"too little",         {.paid = Money{1495, XOF}},            Status::review,     "underpaid",     0},
        {"nothing at all",     {.paid = Money{0, XOF}},               Status::review,     "underpaid",     0},
        {"other currency",     {.paid = Money{1500, XAF}},            Status::review,     "other_currency", 0},
        {"contradiction",      {.paid = price, .conflict = true},     Status::review,     "contradiction", 0},
        {"disputed",           {.paid = price, .disputed = true},     Status::disputed,   "disputed",      0},
        {"refunded",           {.paid = price, .refunded = price},    Status::refunded,   "",              0},
        {"part of too little", {.paid = Money{900, XOF}, .refunded = Money{100, XOF}},
                                                                      Status::review,     "underpaid",     0},
        {"all of too little",  {.paid = Money{900, XOF}, .refunded = Money{900, XOF}},
                                                                      Status::refunded,   "underpaid",     0},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            const auto before = payment();
            const auto decision = after(before, said(before, c.facts));
            BOOST_TEST(code(decision.after.state) == code(c.status));
            BOOST_TEST(code(attention(decision.after.facts, price)) == c.attention);
            BOOST_TEST(decision.grants.size() == c.grants);
            BOOST_TEST(decision.event.has_value() == (c.status != Status::pending));
            BOOST_TEST((decision.after.paid_at == now) == (c.grants > 0));
            BOOST_TEST(!decision.revoke);
            BOOST_TEST(decision.after.checks == 1);
            BOOST_TEST((decision.after.checked_at == now));
            const bool settled = is_delivered(c.status) || c.status == Status::disputed ||
                                 c.status == Status::refunded;
            BOOST_TEST(decision.after.check_due_at.has_value() == !settled);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_late_failure_changes_nothing_but_the_schedule)
{
    const auto paid = told(payment(), {in_full});
    for (const auto failure : {Failure::expired, Failure::cancelled, Failure::failed}) {
        const auto decision = after(paid, said(paid, {.failure = failure}));
        BOOST_TEST(code(decision.after.state) == "paid");
        BOOST_TEST(!decision.event);
        BOOST_TEST(decision.grants.empty());
        BOOST_TEST(!decision.revoke);
        BOOST_TEST((decision.after.paid_at == paid.paid_at));
        BOOST_TEST(decision.after.chain == paid.chain);
    }
}

BOOST_AUTO_TEST_CASE(a_late_success_beats_every_failure)
{
    for (const auto failure : {Failure::expired, Failure::cancelled, Failure::failed}) {
        const auto unpaid = told(payment(), {{.failure = failure}});
        const auto decision = after(unpaid, said(unpaid, in_full));
        BOOST_TEST(code(decision.after.state) == "paid");
        BOOST_REQUIRE(decision.event.has_value());
        BOOST_TEST(decision.event->from == code(failure));
        BOOST_TEST(decision.event->to == "paid");
        BOOST_TEST(decision.grants.size() == 2U);
    }
}

BOOST_AUTO_TEST_CASE(every_order_of_answers_ends_alike_and_delivers_once)
{
    const std::array<Facts, 5> answers{
        Facts{},
        Facts{.processing = true},
        Facts{.failure = Failure::failed},
        Facts{.paid = Money{0, Currency::XOF}},
        in_full};
    std::array<std::size_t, answers.size()> order{0, 1, 2, 3, 4};
    do {
        auto current = payment();
        std::size_t grants = 0;
        for (int round = 0; round < 2; ++round) {
            for (const auto position : order) {
                auto decision = after(current, said(current, answers[position]));
                grants += decision.grants.size();
                BOOST_REQUIRE(!decision.revoke);
                current = std::move(decision.after);
            }
        }
        BOOST_REQUIRE(code(current.state) == "paid");
        BOOST_REQUIRE(grants == 2U);
    } while (std::ranges::next_permutation(order).found);
}

BOOST_AUTO_TEST_CASE(what_takes_the_money_back_revokes_the_grants)
{
    using enum Currency;
    // clang-format off
    struct {
        const char* name;
        Facts facts;
        const char* status;
        bool revoke;
    } const cases[] = {
        {"part given back",   {.refunded = Money{500, XOF}},  "partially_refunded", false},
        {"all given back",    {.refunded = price},            "refunded",           true},
        {"disputed",          {.disputed = true},             "disputed",           true},
        {"conflict",          {.paid = Money{1500, XAF}},     "review",             true},
        {"foreign refund",    {.refunded = Money{500, XAF}},  "review",             true},
    };
    // clang-format on

    const auto paid = told(payment(), {in_full});
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            const auto decision = after(paid, said(paid, c.facts));
            BOOST_TEST(code(decision.after.state) == c.status);
            BOOST_TEST(decision.revoke == c.revoke);
            BOOST_TEST(decision.grants.empty());
            BOOST_TEST((decision.after.paid_at == paid.paid_at));

            const auto again = after(decision.after, said(decision.after, c.facts));
            BOOST_TEST(!again.event);
            BOOST_TEST(!again.revoke);
        }
    }
}

BOOST_AUTO_TEST_CASE(what_was_revoked_is_not_granted_again)
{
    const auto disputed = told(payment(), {in_full, {.disputed = true}});
    const auto decision = after(disputed, said(disputed, {.refunded = Money{500, Currency::XOF}}));
    BOOST_TEST(code(decision.after.state) == "disputed");
    BOOST_TEST(decision.grants.empty());
}

BOOST_AUTO_TEST_CASE(no_answer_changes_nothing_but_the_schedule)
{
    const std::initializer_list<std::initializer_list<Facts>> histories{
        {},
        {{.processing = true}},
        {{.failure = Failure::failed}},
        {in_full},
        {{.paid = Money{0, price.currency}}}};
    for (const auto& history : histories) {
        for (const auto error :
             {GatewayError::unavailable, GatewayError::malformed, GatewayError::refused}) {
            const auto before = told(payment(), history);
            const auto decision =
                after(before, {before.id, "reconcile", Unexpected{GatewayFault{error, "x"}}});
            BOOST_TEST((decision.after.facts == before.facts));
            BOOST_TEST((decision.after.state == before.state));
            BOOST_TEST(decision.after.chain == before.chain);
            BOOST_TEST((decision.after.paid_at == before.paid_at));
            BOOST_TEST(decision.after.checks == before.checks + 1);
            BOOST_TEST(!decision.event);
            BOOST_TEST(!decision.evidence);
            BOOST_TEST(decision.grants.empty());
            BOOST_TEST(!decision.revoke);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_question_without_an_answer_is_repeated)
{
    const std::initializer_list<Facts> ends{
        in_full, {.failure = Failure::failed}, {.paid = Money{0, price.currency}}};
    for (const auto& end : ends) {
        auto before = told(payment(), {end});
        before.check_due_at = now; // a notification came
        auto unanswered = after(before, silent(before)).after;
        BOOST_REQUIRE(unanswered.check_due_at.has_value());
        BOOST_TEST((*unanswered.check_due_at == now + 15s));
        BOOST_TEST((unanswered.unanswered_since == now));
    }
    // The answer ends it: what is paid is not asked again on our own account.
    auto paid = told(payment(), {in_full});
    paid.check_due_at = now;
    BOOST_TEST(!after(paid, said(paid, {})).after.check_due_at.has_value());
}

BOOST_AUTO_TEST_CASE(an_answer_does_not_serve_a_message_that_came_after_its_question)
{
    struct {
        const char* name;
        Facts facts;
        int counted; ///< messages, by the payment
        int known;   ///< by the question
        std::optional<std::chrono::seconds> next;
    } const cases[] = {
        // name                      facts                                counted known next
        {"no message", in_full, 0, 0, {}},
        {"known to the question", in_full, 2, 2, {}},
        {"came meanwhile", in_full, 2, 1, check_grace},
        {"came with the first question", in_full, 1, 0, check_grace},
        {"failed", {.failure = Failure::failed}, 1, 1, 1h},
        {"failed, came meanwhile", {.failure = Failure::failed}, 2, 1, check_grace},
        {"open, and due sooner anyway", {}, 2, 1, 5s},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            auto before = payment();
            before.messages = c.counted;
            auto asked = said(before, c.facts);
            asked.messages = c.known;
            const auto due = after(before, asked).after.check_due_at;
            BOOST_TEST((due == (c.next ? std::optional<Instant>{now + *c.next} : std::nullopt)));
            BOOST_TEST(after(before, asked).after.messages == c.counted);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_message_is_remembered_though_its_question_and_an_earlier_one_race)
{
    auto row = payment();
    const auto early = said(row, in_full); // asked before the message, by any server
    row.messages = 1;
    auto own = silent(row);
    own.messages = 1;
    const auto lost_first = after(after(row, own).after, early).after;
    const auto lost_last = after(after(row, early).after, own).after;
    BOOST_TEST(lost_first.check_due_at.has_value());
    BOOST_TEST(lost_last.check_due_at.has_value());
    auto answered = said(row, in_full);
    answered.messages = 1;
    BOOST_TEST(!after(lost_first, answered).after.check_due_at.has_value());
    BOOST_TEST(!after(lost_last, answered).after.check_due_at.has_value());
}

BOOST_AUTO_TEST_CASE(what_was_never_due_does_not_become_so)
{
    auto before = payment();
    before.check_due_at.reset();
    for (const auto& facts :
         {Facts{}, Facts{.processing = true}, Facts{.failure = Failure::failed}, in_full}) {
        BOOST_TEST(!after(before, said(before, facts)).after.check_due_at.has_value());
    }
    BOOST_TEST(!after(before, silent(before)).after.check_due_at.has_value());
    const auto failed = told(payment(), {{.failure = Failure::failed}});
    BOOST_TEST(after(failed, said(failed, {})).after.check_due_at.has_value());
}

BOOST_AUTO_TEST_CASE(events_are_chained)
{
    auto current = payment();
    const auto first = creation_event(current);
    BOOST_TEST(first.from.empty());
    BOOST_TEST(first.to == "pending");
    BOOST_TEST(first.hash.size() == 32U);
    current.chain = first.hash;

    std::set<std::string> hashes{first.hash};
    for (const auto& facts :
         {Facts{.processing = true}, Facts{.failure = Failure::failed}, in_full}) {
        const auto decision = after(current, said(current, facts));
        BOOST_REQUIRE(decision.event.has_value());
        BOOST_TEST(hashes.insert(decision.event->hash).second);
        BOOST_TEST(decision.after.chain == decision.event->hash);
        BOOST_TEST(decision.event->from == code(current.state));
        current = decision.after;
    }
}

BOOST_AUTO_TEST_CASE(the_hash_covers_the_event_and_its_predecessor)
{
    auto before = payment();
    before.chain = std::string(32, 'c');
    const auto decision = after(before, said(before, in_full));
    BOOST_REQUIRE(decision.event.has_value());
    const auto& event = *decision.event;
    BOOST_TEST(event.cause == "notification: 00");

    // As anybody who audits the table would compute it.
    std::string message = before.chain;
    message += "16:" + event.id;
    message += "16:" + before.id.get();
    message += "7:pending";
    message += "4:paid";
    message += "16:notification: 00";
    message += "16:" + decision.evidence->id;
    message += "26:2026-03-04 00:00:20.000000";
    BOOST_TEST(event.hash == sha256(message));
}

BOOST_AUTO_TEST_CASE(a_cause_is_short_printable_text)
{
    const auto before = payment();
    auto asked = said(before, in_full);
    asked.answer->detail = "00\r\nx=\x01" + std::string(1000, 'a');
    const auto decision = after(before, asked);
    BOOST_REQUIRE(decision.event.has_value());
    BOOST_TEST(decision.event->cause.starts_with("notification: 00??x=?aaa"));
    BOOST_TEST(decision.event->cause.size() == 250U);
}

BOOST_AUTO_TEST_CASE(evidence_is_kept_and_the_same_answer_has_the_same_digest)
{
    const auto one = payment(1);
    const auto other = payment(2);
    const auto first = after(one, said(one, {}, R"({"code":"662"})"));
    const auto again = after(one, said(one, {}, R"({"code":"662"})"));
    const auto differs = after(one, said(one, {}, R"({"code":"623"})"));
    const auto of_other = after(other, said(other, {}, R"({"code":"662"})"));
    BOOST_REQUIRE(first.evidence && again.evidence && differs.evidence && of_other.evidence);
    BOOST_TEST(first.evidence->record == R"({"code":"662"})");
    BOOST_TEST((first.evidence->payment == one.id));
    BOOST_TEST(first.evidence->digest.size() == 32U);
    BOOST_TEST(first.evidence->digest == again.evidence->digest);
    BOOST_TEST(first.evidence->id != again.evidence->id);
    BOOST_TEST(first.evidence->digest != differs.evidence->digest);
    BOOST_TEST(first.evidence->digest != of_other.evidence->digest);
    BOOST_TEST(!after(one, said(one, {}, "")).evidence.has_value());
}

BOOST_AUTO_TEST_CASE(grants_are_for_the_files_of_the_payment)
{
    const auto before = payment();
    const auto decision = after(before, said(before, in_full));
    BOOST_REQUIRE(decision.grants.size() == 2U);
    BOOST_TEST(decision.grants[0].file == "book.pdf");
    BOOST_TEST(decision.grants[1].file == "book.epub");
    BOOST_TEST((decision.grants[0].token != decision.grants[1].token));
    for (const auto& grant : decision.grants) {
        BOOST_TEST(grant.uses_max == 3);
        BOOST_TEST((grant.expires_at == now + 72h));
    }
}

BOOST_AUTO_TEST_CASE(the_gateways_own_reference_is_learnt_once)
{
    auto before = payment();
    auto asked = said(before, {});
    asked.answer->gateway_ref = GatewayRef{"first"};
    before = after(before, asked).after;
    BOOST_TEST(before.gateway_ref.get() == "first");
    asked.answer->gateway_ref = GatewayRef{"second"};
    BOOST_TEST(after(before, asked).after.gateway_ref.get() == "first");
}

// A name that its column does not take must not keep an answer from being settled.
BOOST_AUTO_TEST_CASE(a_reference_that_cannot_be_kept_is_not_learnt)
{
    for (const auto& name : {std::string(192, 'r'), std::string{"r\xff"}, std::string{"r\n"}}) {
        const auto before = payment();
        auto asked = said(before, in_full);
        asked.answer->gateway_ref = GatewayRef{name};
        const auto decision = after(before, asked);
        BOOST_TEST(decision.after.gateway_ref.get().empty());
        BOOST_TEST(code(decision.after.state) == "paid");
    }
}

BOOST_AUTO_TEST_CASE(an_operators_word_is_evidence_and_no_question)
{
    // clang-format off
    struct {
        const char* name;
        Facts facts;
        const char* status;
        std::size_t grants;
    } const cases[] = {
        {"nothing new", {},                                  "pending",   0},
        {"paid",        in_full,                             "paid",      2},
        {"too little",  {.paid = Money{5, Currency::XOF}},   "review",    0},
        {"cancelled",   {.failure = Failure::cancelled},     "cancelled", 0},
    };
    // clang-format on

    for (const auto& due : {std::optional<Instant>{}, std::optional{now - 1h}, {now + 1h}}) {
        for (const auto& c : cases) {
            BOOST_TEST_CONTEXT(c.name)
            {
                auto before = payment();
                before.check_due_at = due;
                before.checks = 3;
                before.checked_at = now - 2h;
                auto asked = said(before, c.facts, "his words");
                asked.source = Source::operator_;
                const auto decision = after(before, asked);
                BOOST_TEST(code(decision.after.state) == c.status);
                BOOST_TEST(decision.grants.size() == c.grants);
                BOOST_TEST(decision.after.checks == 3);
                BOOST_TEST((decision.after.checked_at == before.checked_at));
                BOOST_TEST((decision.after.check_due_at == due));
                BOOST_REQUIRE(decision.evidence.has_value());
                BOOST_TEST(code(decision.evidence->source) == "operator");
                BOOST_TEST(decision.evidence->record == "his words");
                // A gateway that says the same is another witness.
                const auto by_gateway = after(before, said(before, c.facts, "his words"));
                BOOST_TEST(code(by_gateway.evidence->source) == "check");
                BOOST_TEST(decision.evidence->digest != by_gateway.evidence->digest);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(an_operators_word_takes_no_payment_back)
{
    const auto paid = told(payment(), {in_full});
    auto asked = said(paid, {.failure = Failure::cancelled});
    asked.source = Source::operator_;
    const auto decision = after(paid, asked);
    BOOST_TEST(code(decision.after.state) == "paid");
    BOOST_TEST(!decision.event);
    BOOST_TEST(!decision.revoke);
}

BOOST_AUTO_TEST_SUITE_END()
