#include "core/settle/circuit_breaker.hpp"

#include <algorithm>
#include <utility>

namespace tollgate {

bool CircuitBreaker::admits(Time now) const
{
    return state_ == State::closed || (state_ == State::open && now >= probe_from_);
}

std::optional<CircuitBreaker::Pass> CircuitBreaker::admit(Time now)
{
    return admit_from(now, probe_from_);
}

std::optional<CircuitBreaker::Pass> CircuitBreaker::admit_urgent(Time now)
{
    return admit_from(now, urgent_from_);
}

std::optional<CircuitBreaker::Pass> CircuitBreaker::admit_from(Time now, Time from)
{
    if (state_ == State::closed) return Pass{round_, false};
    if (state_ == State::half_open || now < from) return {};
    state_ = State::half_open;
    return Pass{round_, true};
}

CircuitBreaker::Change
CircuitBreaker::report(Pass pass, Outcome outcome, Time now, Wait retry_after)
{
    if (outcome == Outcome::answered) {
        failures_ = 0;
        step_ = {};
        return std::exchange(state_, State::closed) == State::closed ? Change::none
                                                                     : Change::closed;
    }
    if (pass.probe && pass.round == round_ && state_ == State::half_open) {
        if (outcome == Outcome::outage) {
            open(now, retry_after);
        } else {
            state_ = State::open; // it found out nothing: another one may
        }
        return Change::none;
    }
    // What began before the breaker opened ends late and says nothing new.
    if (outcome == Outcome::unknown || state_ != State::closed) return Change::none;
    if (++failures_ < failures_to_open) return Change::none;
    open(now, retry_after);
    return Change::opened;
}

void CircuitBreaker::open(Time now, Wait retry_after)
{
    state_ = State::open;
    failures_ = 0;
    ++round_;
    step_ = std::clamp(2 * step_, probe_wait_min, probe_wait_max);
    const auto half = step_ / 2;
    const auto jitter = Wait{random_(static_cast<std::uint32_t>(half.count()) + 1)};
    const auto asked_for = std::clamp(retry_after, Wait{0}, retry_after_max);
    probe_from_ = now + std::max(half + jitter, asked_for);
    urgent_from_ = now + std::max(probe_wait_min, asked_for);
}

} // namespace tollgate
