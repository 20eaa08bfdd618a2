// The only source of time. Everything that needs to know the time is handed an Instant or a Clock.
//
// Unit     microseconds since 1970-01-01 UTC
// Shape    text: `2026-03-04 05:06:07.123456` (MySQL DATETIME(6)), `2026-03-04T05:06:07Z` (API)
// Threads  any
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace tollgate {

using Instant = std::chrono::sys_time<std::chrono::microseconds>;
using Duration = std::chrono::microseconds;

class Clock {
public:
    virtual ~Clock() = default;
    virtual Instant now() const = 0;
};

/// The machine's clock.
const Clock& system_clock();

/// `2026-03-04 05:06:07.123456`
std::string database_time(Instant instant);
/// Reads what database_time() writes; fewer than six decimals, or none, are accepted.
std::optional<Instant> parse_database_time(std::string_view text);
/// `2026-03-04T05:06:07Z`, cut to the second.
std::string iso_time(Instant instant);

} // namespace tollgate
