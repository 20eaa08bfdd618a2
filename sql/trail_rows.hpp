// The rows that say what happened: evidence and events. Both are only ever added;
// of evidence that comes again only the time is noted.
#pragma once

#include "core/settle/decide.hpp"
#include "sql/connection.hpp"

#include <span>
#include <string>
#include <string_view>

namespace tollgate {

struct EvidenceRow {
    std::string id;
    std::string payment_id; ///< empty: an orphan
    std::string_view kind;
    std::string_view gateway;
    std::string_view reference;
    std::string_view digest;
    Proof proof{};
    std::string_view body;
    Instant received_at{};
};

/// The same digest again is no error: two servers may receive the same message at the same moment.
void insert_evidence(Connection& connection, std::span<const EvidenceRow> rows);
void insert_events(Connection& connection, std::span<const Event> events);

} // namespace tollgate
