// Which of the configured hosts of the database is used next.
//
// They are used in the order of the configuration. One that failed rests, and the next one takes
// its place; when its rest is over one caller tries it again while the others still leave it out,
// so a host that is gone for good costs one connection attempt per rest. A host that is back is
// used again: after maintenance the processes spread over the cluster as they are configured.
//
// Threads  one at a time
#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

namespace tollgate {

inline constexpr std::chrono::seconds host_rest{15};

class HostOrder {
public:
    using Time = std::chrono::steady_clock::time_point;

    explicit HostOrder(std::size_t count) : rests_until_(count) {}

    /// The hosts in the order in which to try them, each once: those that rest come last, because
    /// they are better than nothing.
    std::vector<std::size_t> to_try(Time now) const;
    /// It is about to be tried; one that had failed rests on for the others until it is good.
    void trying(std::size_t host, Time now);
    /// It answered.
    void good(std::size_t host) { rests_until_[host] = {}; }
    /// It refused, did not answer in time, or lost a connection.
    void bad(std::size_t host, Time now) { rests_until_[host] = now + host_rest; }
    /// One that comes before `host` could be used now.
    bool is_better_one(std::size_t host, Time now) const;

private:
    bool rests(std::size_t host, Time now) const { return now < rests_until_[host]; }

    std::vector<Time> rests_until_; ///< the beginning of time: it is good
};

} // namespace tollgate
