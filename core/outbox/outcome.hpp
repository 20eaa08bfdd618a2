// What an attempt to deliver an event comes to, and when the next one is made.
//
// Delivered is what is answered with 2xx. 410 parks the event at once, for the storefront wants no
// more; all else is tried again after 5 s, 5 and 30 min, 2, 5, 10, 14, 20 and 24 h, each up to a
// tenth longer, and parked when the last of these attempts has failed, after three days. Of 429 and
// 503 a Retry-After in seconds that is longer counts instead, up to event_retry_after_max.
//
// Source   Standard Webhooks 1.0.0, deliverability and reliability
#pragma once

#include "core/net/http.hpp"
#include "core/support/clock.hpp"
#include "core/support/expected.hpp"

#include <optional>
#include <string>

namespace tollgate {

inline constexpr int event_attempts_max = 10;
inline constexpr std::chrono::hours event_retry_after_max{24};

struct Outcome {
    enum class Kind {
        delivered,
        again,
        parked, ///< until an operator replays it
    };
    Kind kind{};
    std::string error{};                      ///< why it was not delivered
    std::optional<Instant> next_attempt_at{}; ///< when again
};

struct Attempt {
    int number = 1; ///< of this attempt, from 1
    Instant ended_at{};
    unsigned jitter = 0; ///< random; its thousandths count
};

Outcome outcome_of(const Expected<HttpReply, HttpError>& reply, const Attempt& attempt);

} // namespace tollgate
