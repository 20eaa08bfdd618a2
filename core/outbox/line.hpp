// Whose turn it is among the events of one payment that are not delivered yet.
#pragma once

#include "core/support/clock.hpp"

#include <cstddef>
#include <optional>
#include <span>

namespace tollgate {

struct WaitingEvent {
    Instant next_attempt_at{};
    std::optional<Instant> lease_until{}; ///< somebody may be sending it until then
};

struct Turn {
    bool first = false;     ///< the first in line is to be sent now
    Instant others_until{}; ///< those behind, and whoever else is due, cannot be sent before
};

/// `line` is not empty and in the order of delivery; who is sent has the lease until `lease_until`.
Turn turn_of(std::span<const WaitingEvent> line, Instant now, Instant lease_until);

} // namespace tollgate
