#include "sql/host_order.hpp"

#include <algorithm>
#include <numeric>

namespace tollgate {

std::vector<std::size_t> HostOrder::to_try(Time now) const
{
    std::vector<std::size_t> hosts(rests_until_.size());
    std::iota(hosts.begin(), hosts.end(), 0U);
    std::ranges::stable_partition(hosts, [&](auto host) { return !rests(host, now); });
    return hosts;
}

void HostOrder::trying(std::size_t host, Time now)
{
    if (rests_until_[host] != Time{}) bad(host, now);
}

bool HostOrder::is_better_one(std::size_t host, Time now) const
{
    for (std::size_t other = 0; other < host; ++other) {
        if (!rests(other, now)) return true;
    }
    return false;
}

} // namespace tollgate
