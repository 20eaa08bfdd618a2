// Keeps what strangers can cause from filling the operator's log: so many lines a second are
// written, the rest is counted.
//
// Threads  any
#pragma once

#include "core/support/clock.hpp"

#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <utility>

namespace tollgate {

class LogLimit {
public:
    explicit LogLimit(std::size_t lines_per_second_max) : lines_max_{lines_per_second_max} {}

    /// Nothing: do not write. Otherwise how many lines were left out since the last one written.
    std::optional<std::size_t> admit(Instant now)
    {
        const std::lock_guard lock{mutex_};
        const auto second = std::chrono::floor<std::chrono::seconds>(now);
        if (second != second_) {
            second_ = second;
            lines_ = 0;
        }
        if (lines_ == lines_max_) {
            ++left_out_;
            return {};
        }
        ++lines_;
        return std::exchange(left_out_, 0);
    }

private:
    const std::size_t lines_max_;
    std::mutex mutex_;
    Instant second_{}; ///< guarded by mutex_, as all below
    std::size_t lines_ = 0;
    std::size_t left_out_ = 0;
};

} // namespace tollgate
