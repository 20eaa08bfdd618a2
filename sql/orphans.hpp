// Notifications that came before their payment: rows beside their evidence, until the payment is
// there or they are orphan_age_max old.
#pragma once

#include "core/settle/store.hpp"
#include "sql/connection.hpp"

#include <span>
#include <string>
#include <string_view>

namespace tollgate {

struct OrphanRow {
    std::string id; ///< 16 bytes, of its evidence
    std::string_view gateway;
    std::string_view reference;   ///< empty: named by gateway_ref alone
    std::string_view gateway_ref; ///< empty when not said
    Instant received_at{};
};

/// Lives as long as `one`.
OrphanRow orphan_of(const Notification& one, const std::string& evidence_id);
void insert_orphans(Connection& connection, std::span<const OrphanRow> rows);

/// Store::match_orphans inside the transaction of the connection.
OrphansMatched match_orphans_in(Connection& connection, const OrphanTurn& turn, Instant now);

} // namespace tollgate
