#include "fcgi/rate_limit.hpp"

#include <algorithm>

namespace tollgate {
namespace {

constexpr int burst_part = 6; ///< of a minute

} // namespace

RateLimit::RateLimit(int per_minute)
    : per_minute_{per_minute}, interval_{Duration{std::chrono::minutes{1}} / per_minute},
      burst_{interval_ * (std::max(burst_min, per_minute / burst_part) - 1)}
{
}

std::chrono::seconds RateLimit::wait_of(const std::string& key, Instant now)
{
    const std::lock_guard lock{mutex_};
    auto& even = even_.try_emplace(key, now).first->second;
    even = std::max(even, now);
    if (even - now > burst_) return std::chrono::ceil<std::chrono::seconds>(even - now - burst_);
    even += interval_;
    return {};
}

} // namespace tollgate
