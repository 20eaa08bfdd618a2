// What an operator sees of the outbox, and what he sends again: an event that is replayed is due at
// once, as if it had never been tried, with the id and the payload it had.
#pragma once

#include "core/payments/payment.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace tollgate {

class Pool;

inline constexpr std::size_t listed_events_max = 1000;

struct OutboxRow {
    std::string id; ///< 16 bytes
    std::string type;
    Reference reference; ///< of its payment, as the order
    OrderRef order;
    int attempts = 0;
    std::optional<Instant> next_attempt_at; ///< nothing: delivered or parked
    std::optional<Instant> delivered_at;
    std::optional<Instant> parked_at;
    std::string last_error;
    Instant created_at{};

    /// `pending`, `parked`, `delivered`.
    std::string_view state() const;
};

/// The next ones first; at most listed_events_max, as of those below.
std::vector<OutboxRow> pending_events(Pool& pool);
/// The longest parked first.
std::vector<OutboxRow> parked_events(Pool& pool);
/// All of one payment, in order.
std::vector<OutboxRow> events_of(Pool& pool, const PaymentId& payment);

/// Each returns how many are due now. They keep their order within a payment.
int replay_event(Pool& pool, const std::string& id, Instant now);
int replay_payment(Pool& pool, const PaymentId& payment, Instant now);
int replay_parked(Pool& pool, Instant now);
/// What happened at `since` or later.
int replay_since(Pool& pool, Instant since, Instant now);

} // namespace tollgate
