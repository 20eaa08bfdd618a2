// What the storefront is told of a change: an event of the outbox, complete when the change is
// decided, and sent as it is however late.
//
// Shape    payload: {"type":"payment.paid","timestamp":"2026-03-04T05:06:07Z","number":2,
//          "data":{…}}; `number` counts what happened to the payment, `data` is payment_json()
//          after the change
// Source   Standard Webhooks 1.0.0, payload structure
#pragma once

#include "core/settle/decide.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace tollgate {

struct OutboxEvent {
    std::string id; ///< 16 bytes, of the event in the trail
    PaymentId payment;
    int number = 0; ///< of the event in the trail: the order of delivery within the payment
    std::string_view type;
    std::string payload;
    Instant created_at{};
};

/// `payment.paid` and the like; empty when the storefront has nothing to do about it.
std::string_view event_type(Status status);

/// Nothing when the decision changes nothing that the storefront is told.
std::optional<OutboxEvent> outbox_event(const Decision& decision);

} // namespace tollgate
