#include "core/outbox/outbox_event.hpp"

#include "core/payments/payment_json.hpp"

namespace tollgate {
namespace {

std::string_view type_of(const Decision& decision)
{
    const auto told = event_type(decision.after.state);
    if (decision.status_changed && !told.empty()) return told;
    // A second part went back: the status is the same, the amount is not.
    if (decision.given_back) return event_type(Status::refunded);
    const bool wants_attention = attention(decision.after) != Attention::none;
    if (decision.attention_changed && wants_attention) return "payment.attention";
    return {};
}

} // namespace

std::string_view event_type(Status status)
{
    switch (status) {
    case Status::pending:
    case Status::processing: return {};
    case Status::expired: return "payment.expired";
    case Status::cancelled: return "payment.cancelled";
    case Status::failed: return "payment.failed";
    case Status::review: return "payment.review";
    case Status::paid: return "payment.paid";
    case Status::disputed: return "payment.disputed";
    case Status::partially_refunded:
    case Status::refunded: return "payment.refunded";
    }
    impossible("status");
}

std::optional<OutboxEvent> outbox_event(const Decision& decision)
{
    const auto type = type_of(decision);
    if (type.empty()) return {};
    check(decision.event.has_value(), "a change without an event");
    const auto& event = *decision.event;
    return OutboxEvent{
        .id = event.id,
        .payment = event.payment,
        .number = event.number,
        .type = type,
        .payload = to_text(Json::object({
            {"type", type},
            {"timestamp", iso_time(event.created_at)},
            {"number", event.number},
            {"data", payment_json(decision.after)},
        })),
        .created_at = event.created_at,
    };
}

} // namespace tollgate
