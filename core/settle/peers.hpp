// What this process knows of each gateway it talks to: whether it answers, and how much is under
// way. Says once when a gateway goes away and once when it is back.
//
// Threads  any
#pragma once

#include "core/settle/circuit_breaker.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate {

/// For the operator's eyes; counted in dialogues, since the process started.
struct GatewayHealth {
    std::string gateway;
    CircuitBreaker::State state{};
    std::size_t in_flight = 0;
    std::size_t waiting = 0; ///< questions that are not under way; Checker::health() counts them
    std::uint64_t asked = 0;
    std::uint64_t unavailable = 0; ///< of these, how many ended in an outage
};

class Peers {
public:
    using Pass = CircuitBreaker::Pass;

    enum class Urgency {
        can_wait,
        customer, ///< somebody waits to pay, or for his money
    };

    explicit Peers(CircuitBreaker::Random random) : random_{std::move(random)} {}

    /// Leave to send to `gateway`, to be reported when that has ended; nothing while it is away.
    std::optional<Pass> admit(std::string_view gateway, Urgency urgency);
    void report(
        std::string_view gateway,
        Pass pass,
        CircuitBreaker::Outcome outcome,
        std::chrono::milliseconds retry_after
    );
    /// Whether nothing that can wait would be admitted now.
    bool is_away(std::string_view gateway) const;
    std::vector<GatewayHealth> health() const;

private:
    struct Peer {
        CircuitBreaker breaker;
        std::size_t in_flight = 0;
        std::uint64_t asked = 0;
        std::uint64_t unavailable = 0;
    };

    Peer& peer(std::string_view gateway);

    CircuitBreaker::Random random_;
    mutable std::mutex mutex_;
    std::map<std::string, Peer, std::less<>> peers_; ///< guarded by mutex_
};

} // namespace tollgate
