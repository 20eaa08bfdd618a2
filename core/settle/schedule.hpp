// When a gateway is asked again.
//
// Open payments: 15 s after they were opened, then every 10 s six times, then after 1, 2, 5, 10 and
// 30 min, 1, 2 and 6 h, then daily until check_age_max. Unpaid ends and reviews are asked again
// after 1, 6 and 24 hours until they are two days old, because a late success must not be missed.
// What is paid or refunded is asked when a notification comes. A question that got no answer is
// repeated like that of an open payment, whatever the status, and whether or not it was due: the
// notification behind it is not forgotten, although an answer to an earlier question may have ended
// the due time that it had set. While a refund is under way the gateway is asked every
// refund_interval.
#pragma once

#include "core/payments/status.hpp"
#include "core/support/clock.hpp"

#include <optional>

namespace tollgate {

inline constexpr std::chrono::hours check_age_max{24 * 30};
/// How long a process that received a notification has to ask the gateway itself, before the
/// reconciler of any process finds the payment due.
inline constexpr std::chrono::seconds check_grace{15};

inline constexpr std::chrono::minutes refund_interval{10};

struct CheckHistory {
    Status status{};
    int checks = 0; ///< how often it was asked, the last time included
    Instant created_at{};
    Instant now{};
    bool unanswered = false;       ///< the gateway did not answer
    bool refund_under_way = false; ///< how a refund ended is not known yet
};

/// The next time to ask, or never.
std::optional<Instant> next_check(const CheckHistory& history);

} // namespace tollgate
