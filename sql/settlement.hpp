// Settlement over MySQL: answers of gateways become rows, inside the transaction of the connection.
#pragma once

#include "core/outbox/event_scope.hpp"
#include "core/settle/decide.hpp"
#include "core/settle/store.hpp"
#include "sql/connection.hpp"
#include "sql/profile.hpp"

#include <span>
#include <vector>

namespace tollgate {

struct SettlementServices {
    const Profile& profile;
    const SettleRules& rules;
    EventScope events = EventScope::none; ///< whose changes the storefront is told
};

/// Locks the payment and writes the refund down, if it may begin.
RefundBegun begin_refund_in(Connection& connection, const RefundOrder& order);

/// Locks the payments, decides, and writes what follows.
std::vector<Settled> settle_in(
    Connection& connection,
    const SettlementServices& services,
    std::span<const Asked> asked,
    Instant now
);

} // namespace tollgate
