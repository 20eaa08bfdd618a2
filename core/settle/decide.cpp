#include "core/settle/decide.hpp"

#include "core/crypto/digest.hpp"
#include "core/crypto/random.hpp"
#include "core/settle/schedule.hpp"

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

Event make_event(const Payment& payment, Event event)
{
    event.id = random_uuid_v7(event.created_at);
    event.payment = payment.id;
    event.cause = printable(std::move(event.cause));
    event.hash = hash_of(payment.chain, event);
    return event;
}

Evidence evidence_of(const Asked& asked, Instant now)
{
    return {
        .id = random_uuid_v7(now),
        .payment = asked.payment,
        .digest = sha256("check:" + asked.payment.get() + asked.answer->record),
        .record = asked.answer->record,
    };
}

void change_status(Decision& decision, const Payment& before, const Asked& asked, Instant now)
{
    auto& after = decision.after;
    decision.event = make_event(
        before,
        Event{
            .id = {},
            .payment = {},
            .from = std::string{code(before.state)},
            .to = std::string{code(after.state)},
            .cause = asked.cause + ": " + asked.answer->detail,
            .evidence_id = decision.evidence ? decision.evidence->id : std::string{},
            .hash = {},
            .created_at = now,
        }
    );
    after.chain = decision.event->hash;
    decision.revoke = is_delivered(before.state) && !is_delivered(after.state);
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

} // namespace

Decision decide(const Payment& before, const Asked& asked, const GrantMaker& grants, Instant now)
{
    Decision decision{.after = before, .evidence = {}, .event = {}, .grants = {}, .revoke = false};
    auto& after = decision.after;
    after.checks = before.checks + 1;
    after.checked_at = now;
    if (asked.answer) {
        after.facts = join(before.facts, asked.answer->facts);
        after.state = status(after.facts, after.price);
        if (after.gateway_ref.empty()) after.gateway_ref = asked.answer->gateway_ref;
        if (!asked.answer->record.empty()) decision.evidence = evidence_of(asked, now);
    }
    after.check_due_at = next_check({
        .status = after.state,
        .checks = after.checks,
        .created_at = after.created_at,
        .now = now,
        .unanswered = !asked.answer && before.check_due_at,
    });
    if (after.state == before.state) return decision;

    change_status(decision, before, asked, now);
    deliver(decision, grants, now);
    return decision;
}

Event creation_event(const Payment& payment)
{
    return make_event(
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
