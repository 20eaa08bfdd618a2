// Removes what nobody will need any more, so that the tables do not grow for ever.
//
// Evidence stays as long as its payment may be asked about, refunded or disputed: while it is open,
// under review, disputed, has a refund under way, or something about it that no operator has seen;
// and until nothing has happened to it for the time given. The trail of events is never removed.
//
// Each table is walked in the order of time, a thousand rows per transaction (most have ids that are
// UUID version 7, and need no other index): it may run beside the daemon, on any node of a cluster,
// twice at once, and be killed at any moment; what is left is found the next time.
//
// Errors   of Pool
#pragma once

#include "core/support/clock.hpp"
#include "sql/connection.hpp"

#include <chrono>
#include <cstdint>

namespace tollgate {

struct PurgeOrder {
    std::chrono::days evidence_age{};
    std::chrono::days events_age{};   ///< since their delivery to the storefront
    std::chrono::days requests_age{}; ///< of requests that may be repeated until then
    Instant now{};
    bool dry_run = false; ///< count what would be removed
};

struct Purged {
    std::int64_t evidence = 0;
    std::int64_t orphans = 0;  ///< notifications that wait for a payment
    std::int64_t events = 0;   ///< rows of the outbox
    std::int64_t requests = 0; ///< answers kept for who repeats a request

    friend bool operator==(const Purged&, const Purged&) = default;
};

Purged purge(Pool& pool, const PurgeOrder& order);

} // namespace tollgate
