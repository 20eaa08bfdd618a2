// Whether a gateway that does not answer is asked. failures_to_open outages in a row open the
// breaker: from then on nothing is sent but one probe at a time, after a wait that doubles, with
// jitter, from probe_wait_min to probe_wait_max. Any answer closes it.
//
// Range    the wait before a probe is between half and all of its step, so that servers which lost
//          a gateway together do not come back together; a gateway that names a time (Retry-After)
//          is not asked before it, up to retry_after_max
// Threads  none: the owner locks
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

namespace tollgate {

inline constexpr int failures_to_open = 5;
inline constexpr std::chrono::milliseconds probe_wait_min{1'000};
inline constexpr std::chrono::milliseconds probe_wait_max{60'000};
inline constexpr std::chrono::milliseconds retry_after_max{600'000};

class CircuitBreaker {
public:
    /// A point in time that never jumps.
    using Time = std::chrono::steady_clock::time_point;
    using Wait = std::chrono::milliseconds;
    /// A number from 0 to `below` - 1, each equally likely.
    using Random = std::function<std::uint32_t(std::uint32_t below)>;

    enum class State {
        closed,    ///< everything is sent
        open,      ///< nothing is sent
        half_open, ///< one probe is under way
    };

    /// Says that something may be sent; its outcome is reported with it, exactly once.
    struct Pass {
        std::uint32_t round = 0; ///< counts how often the breaker opened before it was given
        bool probe = false;
    };

    enum class Outcome {
        answered,
        outage,  ///< no reply, or one that says that the gateway does not work
        unknown, ///< nothing was sent
    };

    enum class Change { none, opened, closed };

    explicit CircuitBreaker(Random random) : random_{std::move(random)} {}

    State state() const { return state_; }
    /// Whether admit() would say yes.
    bool admits(Time now) const;
    std::optional<Pass> admit(Time now);
    /// For what a customer waits for: it is the probe as soon as probe_wait_min has passed since
    /// the last one failed, whatever the doubled wait.
    std::optional<Pass> admit_urgent(Time now);
    /// `retry_after`: what an outage asked for.
    Change report(Pass pass, Outcome outcome, Time now, Wait retry_after = {});

private:
    std::optional<Pass> admit_from(Time now, Time from);
    void open(Time now, Wait retry_after);

    Random random_;
    State state_ = State::closed;
    std::uint32_t round_ = 0;
    int failures_ = 0; ///< in a row, while closed
    Wait step_{};      ///< the last probe's wait was at most this
    Time urgent_from_{};
    Time probe_from_{};
};

} // namespace tollgate
