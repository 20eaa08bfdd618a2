#include "core/outbox/outcome.hpp"

#include "core/support/text.hpp"

#include <algorithm>
#include <array>

namespace tollgate {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::array<seconds, event_attempts_max - 1> waits{
    seconds{5},
    minutes{5},
    minutes{30},
    hours{2},
    hours{5},
    hours{10},
    hours{14},
    hours{20},
    hours{24},
};
constexpr int gone = 410;
constexpr unsigned jitter_steps = 1000;

bool is_success(int status)
{
    return status >= 200 && status < 300;
}

std::string error_of(const Expected<HttpReply, HttpError>& reply)
{
    if (!reply) return std::string{code(reply.error())};
    return "status " + std::to_string(reply->status);
}

Duration with_jitter(seconds wait, unsigned jitter)
{
    return wait + Duration{wait} / 10 * (jitter % jitter_steps) / jitter_steps;
}

/// Zero when the storefront does not say; a date is not read, the schedule does for it.
seconds wished_wait(const Expected<HttpReply, HttpError>& reply)
{
    if (!reply || (reply->status != 429 && reply->status != 503)) return {};
    const auto text = header(reply->headers, "retry-after");
    if (!all_digits(text)) return {};
    constexpr std::size_t digits_max = 6; // beyond any wait that counts
    if (text.size() > digits_max) return event_retry_after_max;
    return std::min<seconds>(seconds{std::stoi(std::string{text})}, event_retry_after_max);
}

} // namespace

Outcome outcome_of(const Expected<HttpReply, HttpError>& reply, const Attempt& attempt)
{
    if (reply && is_success(reply->status)) return {.kind = Outcome::Kind::delivered};
    const bool unwanted = reply && reply->status == gone;
    if (unwanted || attempt.number >= event_attempts_max) {
        return {.kind = Outcome::Kind::parked, .error = error_of(reply)};
    }
    const auto planned = waits.at(static_cast<std::size_t>(attempt.number - 1));
    const auto wait = std::max<seconds>(planned, wished_wait(reply));
    return {
        .kind = Outcome::Kind::again,
        .error = error_of(reply),
        .next_attempt_at = attempt.ended_at + with_jitter(wait, attempt.jitter),
    };
}

} // namespace tollgate
