#include "core/settle/decide.hpp"

#include "core/crypto/digest.hpp"
#include "core/crypto/random.hpp"
#include "core/settle/schedule.hpp"

#include <algorithm>

namespace tollgate {
namespace {

constexpr std::size_t cause_bytes_max = 250;

/// Every part ends with a byte that no part contains as text, so parts cannot run into each other.
std::string hash_of(const std::string& previous, const Event& event)
{
    std::string message = previous;
    for (const auto& part :
         {event.id,
          event.payment.get(),
          event.from,
          event.to,
          event.cause,
          event.evidence_id,
          database_time(event.created_at)}) {
        message += std::to_string(part.size());
        message += ':';
        message += part;
    }
    return sha256(message);
}

std::string printable(std::string text)
{
    for (auto& c : text) {
        if (c < ' ' || c > '~') c = '?';
    }
    return text.substr(0, cause_bytes_max);
}

/// Completes `event` and makes it the last one of `payment`.
Event append_event(Payment& payment, Event event)
{
    event.id = random_uuid_v7(event.created_at);
    event.payment = payment.id;
    event.number = ++payment.events;
    event.cause = printable(std::move(event.cause));
    event.hash = hash_of(payment.chain, event);
    payment.chain = event.hash;
    return event;
}

Evidence evidence_of(const Asked& asked, Instant now)
{
    const auto& record = asked.answer->record;
    const auto whom = std::string{code(asked.source)} + ':' + asked.payment.get();
    return {
        .id = random_uuid_v7(now),
        .payment = asked.payment,
        .source = asked.source,
        .digest = sha256(whom + asked.refund.get() + record),
        .record = record,
    };
}

/// The refund under way ends when the gateway says how, or counts as given back what it was to add;
/// not while it says that this one goes on: something else may have been given back elsewhere.
void settle_refund(Payment& after, const Asked& asked)
{
    if (!after.refund) return;
    const auto& answer = *asked.answer;
    const bool about_it = asked.refund == after.refund->id;
    if (about_it && answer.refund == RefundOutcome::done) {
        after.facts = join(after.facts, {.refunded = after.refund->total});
    }
    const bool refused = about_it && answer.refund == RefundOutcome::refused;
    const bool goes_on = about_it && answer.refund == RefundOutcome::under_way;
    if (refused || (!goes_on && is_given_back(*after.refund, after.facts))) {
        after.refund.reset();
    } else if (about_it && is_gateway_ref(answer.refund_ref)) {
        after.refund->gateway_ref = answer.refund_ref;
    }
}

bool ended_refund(const Payment& before, const Payment& after)
{
    return before.refund && !after.refund;
}

/// What the operator is to look at, where that alone has changed; first, for a cause has a limit.
std::string cause_of(const Decision& decision, const Payment& before, const Asked& asked)
{
    const auto& detail = asked.answer ? asked.answer->detail : asked.answer.error().detail;
    const bool told =
        decision.status_changed || decision.given_back || ended_refund(before, decision.after);
    if (told || !decision.attention_changed) return asked.cause + ": " + detail;
    const auto word = code(attention(decision.after));
    const auto change = word.empty() ? "attention ends" : "attention " + std::string{word};
    return asked.cause + ": " + change + ": " + detail;
}

void add_event(Decision& decision, const Payment& before, const Asked& asked, Instant now)
{
    auto& after = decision.after;
    decision.event = append_event(
        after,
        Event{
            .id = {},
            .payment = {},
            .from = std::string{code(before.state)},
            .to = std::string{code(after.state)},
            .cause = cause_of(decision, before, asked),
            .evidence_id = decision.evidence ? decision.evidence->id : std::string{},
            .hash = {},
            .created_at = now,
        }
    );
}

/// Once per payment: what was revoked stays revoked.
void deliver(Decision& decision, const GrantMaker& grants, Instant now)
{
    auto& after = decision.after;
    if (!is_delivered(after.state) || after.paid_at) return;
    after.paid_at = now;
    for (const auto& file : after.files)
        decision.grants.push_back(grants.make(file, now));
}

/// The gateway says now that nothing was paid, and the customer has had his time. One that has
/// begun to pay is never given up by us.
bool expires(const Payment& after, const Asked& asked, const SettleRules& rules, Instant now)
{
    return asked.source == Source::gateway && asked.answer->unpaid &&
           after.state == Status::pending && now - after.created_at >= rules.expires_after;
}

void take_answer(
    Decision& decision,
    const Payment& before,
    const Asked& asked,
    const SettleRules& rules,
    Instant now
)
{
    auto& after = decision.after;
    after.facts = join(before.facts, asked.answer->facts);
    settle_refund(after, asked);
    after.state = status(after.facts, after.price);
    if (expires(after, asked, rules, now)) {
        after.facts = join(after.facts, {.failure = Failure::expired});
        after.state = status(after.facts, after.price);
    }
    const auto& gateway_ref = asked.answer->gateway_ref;
    if (after.gateway_ref.empty() && is_gateway_ref(gateway_ref.get())) {
        after.gateway_ref = gateway_ref;
    }
    if (!asked.answer->record.empty()) decision.evidence = evidence_of(asked, now);
}

bool more_given_back(const Facts& before, const Facts& after)
{
    return after.refunded && after.refunded->minor_units > 0 && after.refunded != before.refunded;
}

bool was_asked(const Asked& asked)
{
    return asked.answer || asked.answer.error().error != GatewayError::not_asked;
}

void note_silence(Payment& after, const Payment& before, const Asked& asked, Instant now)
{
    if (asked.answer) {
        after.unanswered_since.reset();
    } else if (before.check_due_at && !before.unanswered_since) {
        after.unanswered_since = now;
    }
}

std::optional<Instant> next_question(const Payment& after, const SettleRules& rules)
{
    std::optional<Instant> expires_at;
    if (after.state == Status::pending) expires_at = after.created_at + rules.expires_after;
    return next_check({
        .status = after.state,
        .created_at = after.created_at,
        .now = *after.checked_at,
        .expires_at = expires_at,
        .unanswered_since = after.unanswered_since,
        .refund_since = after.refund ? std::optional{after.refund->began_at} : std::nullopt,
    });
}

/// When to ask again; where nothing was due, nothing becomes so. A message that came after this
/// question was asked is not answered by it: the process that took it asks for it, and if that
/// dies, whoever finds the payment due.
std::optional<Instant>
due_after(const Payment& before, const Payment& after, const Asked& asked, const SettleRules& rules)
{
    if (!before.check_due_at) return {};
    const auto next = next_question(after, rules);
    if (before.messages <= asked.messages) return next;
    const auto soon = *after.checked_at + check_grace;
    return next ? std::min(*next, soon) : soon;
}

} // namespace

std::string_view code(Source source)
{
    switch (source) {
    case Source::gateway: return "check";
    case Source::operator_: return "operator";
    }
    impossible("source");
}

Decision decide(const Payment& before, const Asked& asked, const SettleRules& rules, Instant now)
{
    Decision decision{.after = before, .evidence = {}, .event = {}, .grants = {}};
    auto& after = decision.after;
    if (asked.answer) take_answer(decision, before, asked, rules, now);
    if (asked.source == Source::gateway) {
        if (was_asked(asked)) ++after.checks;
        after.checked_at = now;
        note_silence(after, before, asked, now);
        after.check_due_at = due_after(before, after, asked, rules);
    }
    decision.status_changed = after.state != before.state;
    decision.attention_changed = attention(after) != attention(before);
    decision.revoke = is_delivered(before.state) && !is_delivered(after.state);
    decision.given_back = more_given_back(before.facts, after.facts);
    if (decision.attention_changed) after.attention_seen = false;
    if (decision.status_changed || decision.attention_changed || decision.given_back ||
        ended_refund(before, after)) {
        add_event(decision, before, asked, now);
    }
    if (decision.status_changed) deliver(decision, rules.grants, now);
    return decision;
}

RefundDecision decide_refund(const Payment& before, const RefundOrder& order)
{
    using enum RefundBegun::Kind;
    const auto& paid = before.facts.paid;
    // Ours already: the connection was lost after the commit, and this is the repetition.
    if (before.refund) return {before.refund->id == order.id ? begun : under_way, before, {}};
    if (!paid || paid->minor_units == 0 || before.facts.conflict) return {not_paid, before, {}};
    const auto& refunded = before.facts.refunded;
    if (refunded && refunded->currency != paid->currency) return {not_paid, before, {}};
    const auto given_back = refunded ? refunded->minor_units : 0;
    const Money left{paid->minor_units - given_back, paid->currency};
    if (left.minor_units <= 0) return {not_paid, before, {}};
    const auto amount = order.amount.value_or(left);
    const bool fits = amount.currency == left.currency && amount.minor_units > 0 &&
                      amount.minor_units <= left.minor_units;
    if (!fits || (!order.partial && amount != *paid)) return {too_much, before, {}};

    RefundDecision decision{begun, before, {}};
    auto& after = decision.after;
    after.refund = Refund{
        .id = order.id,
        .amount = amount,
        .total = {given_back + amount.minor_units, amount.currency},
        .gateway_ref = {},
        .began_at = order.now,
    };
    after.attention_seen = false;
    after.check_due_at = order.now + check_grace;
    decision.event = noted_event(
        after,
        order.cause + ": refund of " + major_text(amount) + " " +
            std::string{code(amount.currency)} + " begins",
        order.now
    );
    return decision;
}

Event noted_event(Payment& payment, const std::string& what, Instant now)
{
    return append_event(
        payment,
        Event{
            .id = {},
            .payment = {},
            .from = std::string{code(payment.state)},
            .to = std::string{code(payment.state)},
            .cause = what,
            .evidence_id = {},
            .hash = {},
            .created_at = now,
        }
    );
}

Event creation_event(Payment& payment)
{
    return append_event(
        payment,
        Event{
            .id = {},
            .payment = {},
            .from = {},
            .to = std::string{code(payment.state)},
            .cause = "created",
            .evidence_id = {},
            .hash = {},
            .created_at = payment.created_at,
        }
    );
}

} // namespace tollgate
