#include "core/outbox/line.hpp"

#include "core/support/check.hpp"

namespace tollgate {

Turn turn_of(std::span<const WaitingEvent> line, Instant now, Instant lease_until)
{
    check(!line.empty(), "a line of nobody");
    for (const auto& event : line) {
        if (event.lease_until && *event.lease_until >= now) {
            return {.first = false, .others_until = *event.lease_until};
        }
    }
    const auto due = line.front().next_attempt_at;
    if (due > now) return {.first = false, .others_until = due};
    return {.first = true, .others_until = lease_until};
}

} // namespace tollgate
