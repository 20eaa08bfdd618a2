// How much there is to do, as the tables show it: of all processes together.
//
// Range    each count is at most census_count_max, which then means "so many or more": what is
//          counted never costs more than that
#pragma once

#include "core/payments/status.hpp"
#include "core/support/clock.hpp"
#include "sql/connection.hpp"

#include <cstdint>
#include <map>
#include <optional>

namespace tollgate {

inline constexpr std::int64_t census_count_max = 10'000;

struct Census {
    std::map<Attention, std::int64_t> attention; ///< that no operator has dealt with
    std::int64_t payments_due = 0;
    std::optional<Instant> oldest_payment_due;
    std::int64_t orphans = 0;
    std::int64_t events_waiting = 0; ///< not delivered and not parked
    std::optional<Instant> oldest_event_due;
    std::int64_t events_parked = 0;
};

Census take_census(Pool& pool, Instant now);

} // namespace tollgate
