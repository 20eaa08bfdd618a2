// How many requests a key may make: a token bucket per key, in the memory of this process.
//
// A bucket holds what may come at once, ten seconds' worth and at least burst_min, and fills evenly.
// A key may so make `per_minute` in every minute, and its burst once more. Several processes have a
// bucket each: where a web server runs N of them, a key gets up to N times as much. A process that
// has just begun gives every key a full bucket, so where each lives for a few requests only, nothing
// is limited; the web server's own limit (nginx limit_req) is for those who must have one there.
//
// Threads  any
#pragma once

#include "core/support/clock.hpp"

#include <chrono>
#include <mutex>
#include <string>
#include <unordered_map>

namespace tollgate {

class RateLimit {
public:
    static constexpr int burst_min = 10;

    explicit RateLimit(int per_minute);

    /// Counts a request of this key. Zero: it may go on; otherwise so long it must wait.
    std::chrono::seconds wait_of(const std::string& key, Instant now);
    int per_minute() const { return per_minute_; }

private:
    int per_minute_;
    Duration interval_; ///< in which one more is allowed
    Duration burst_;    ///< so far ahead of an even pace a key may be
    std::mutex mutex_;
    /// By key: when its requests so far would have been made at an even pace. Only keys that exist
    /// come here, so there are few.
    std::unordered_map<std::string, Instant> even_;
};

} // namespace tollgate
