#include "core/settle/schedule.hpp"

#include <array>

namespace tollgate {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::chrono::seconds, 15> waits{
    15s,
    10s,
    10s,
    10s,
    10s,
    10s,
    10s,
    60s,
    120s,
    300s,
    600s,
    1800s,
    1h,
    2h,
    6h,
};

std::optional<Instant> next_for_open(const CheckHistory& history)
{
    if (history.now - history.created_at >= check_age_max) return {};
    const auto step = static_cast<std::size_t>(history.checks);
    return history.now + (step < waits.size() ? waits[step] : std::chrono::seconds{24h});
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
    if (history.refund_under_way) return history.now + refund_interval;
    if (history.unanswered) return next_for_open(history);
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
