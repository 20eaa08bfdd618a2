#include "core/settle/schedule.hpp"

#include <algorithm>
#include <array>

namespace tollgate {
namespace {

using namespace std::chrono_literals;

/// Distances from the beginning.
constexpr std::array<std::chrono::seconds, 15> steps{
    15s,
    25s,
    35s,
    45s,
    55s,
    65s,
    75s,
    135s,
    255s,
    555s,
    1155s,
    2955s,
    6555s,
    13'755s,
    35'355s,
};
/// What is asked a little late, or early by a notification, is not asked twice at once.
constexpr std::chrono::seconds distance_min{5};

std::optional<Instant> next_step(Instant begin, Instant now)
{
    const auto age = now - begin;
    if (age >= check_age_max) return {};
    for (const auto step : steps) {
        if (step >= age + distance_min) return begin + step;
    }
    const auto days = (age + distance_min - steps.back() - 1us) / 24h + 1;
    return begin + steps.back() + days * 24h;
}

std::optional<Instant> next_for_refund(Instant begin, Instant now)
{
    const auto age = now - begin;
    if (age < 3h) return now + refund_interval;
    if (age < 24h) return now + 1h;
    if (age < check_age_max) return now + 24h;
    return {};
}

/// Waits for the expiry, too, when that is sooner.
std::optional<Instant> next_for_open(const CheckHistory& history)
{
    const auto step = next_step(history.created_at, history.now);
    const auto& expiry = history.expires_at;
    if (!expiry || *expiry <= history.now) return step;
    return step ? std::min(*step, *expiry) : expiry;
}

std::optional<Instant> next_for_undelivered(const CheckHistory& history)
{
    const auto age = history.now - history.created_at;
    if (age < 1h) return history.now + 1h;
    if (age < 6h) return history.now + 6h;
    if (age < 48h) return history.now + 24h;
    return {};
}

} // namespace

std::optional<Instant> next_check(const CheckHistory& history)
{
    if (history.refund_since) {
        if (const auto next = next_for_refund(*history.refund_since, history.now)) return next;
    }
    if (history.unanswered_since) return next_step(*history.unanswered_since, history.now);
    switch (history.status) {
    case Status::pending:
    case Status::processing: return next_for_open(history);
    case Status::failed:
    case Status::cancelled:
    case Status::expired:
    case Status::review: return next_for_undelivered(history);
    case Status::paid:
    case Status::disputed:
    case Status::partially_refunded:
    case Status::refunded: return {};
    }
    impossible("status");
}

} // namespace tollgate
