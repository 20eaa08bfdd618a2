// When a gateway is asked again.
//
// Open payments: 15 s after they were opened, then every 10 s six times, then after 1, 2, 5, 10 and
// 30 min, 1, 2 and 6 h, then daily until check_age_max; and once when they expire. These are fixed
// times of a payment's life: questions that a notification or a customer caused move none of them.
// Unpaid ends and reviews are asked again after 1, 6 and 24 hours until they are two days old,
// because a late success must not be missed. What is paid or refunded is asked when a notification
// comes.
//
// A question that got no answer is repeated at the same distances from the first one that got none,
// whatever the status and the age: the notification behind it is not forgotten.
//
// While a refund is under way its end is asked for every refund_interval, after three hours every
// hour, after a day daily, until it is check_age_max old.
#pragma once

#include "core/payments/payment.hpp"

#include <optional>

namespace tollgate {

/// How long a process that received a notification has to ask the gateway itself, before the
/// reconciler of any process finds the payment due.
inline constexpr std::chrono::seconds check_grace{15};
/// No wait is longer than a day: what is due later than this was written while a clock was wrong,
/// and counts as due.
inline constexpr std::chrono::hours check_wait_max{25};
/// The same of leases: longer than CheckConfig allows one to be.
inline constexpr std::chrono::hours lease_lasts_max{1};

inline constexpr std::chrono::minutes refund_interval{10};

struct CheckHistory {
    Status status{};
    Instant created_at{};
    Instant now{};
    std::optional<Instant> expires_at{};       ///< then one question decides
    std::optional<Instant> unanswered_since{}; ///< questions have got no answer since
    std::optional<Instant> refund_since{};     ///< how this refund ended is not known yet
};

/// The next time to ask, or never.
std::optional<Instant> next_check(const CheckHistory& history);

} // namespace tollgate
