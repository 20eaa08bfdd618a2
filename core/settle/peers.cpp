#include "core/settle/peers.hpp"

#include "core/support/check.hpp"
#include "core/support/log.hpp"

namespace tollgate {
namespace {

using Steady = std::chrono::steady_clock;

} // namespace

Peers::Peer& Peers::peer(std::string_view gateway)
{
    const auto found = peers_.find(gateway);
    if (found != peers_.end()) return found->second;
    return peers_.emplace(
                     std::string{gateway}, Peer{.breaker = CircuitBreaker{random_}}
    ).first->second;
}

std::optional<Peers::Pass> Peers::admit(std::string_view gateway, Urgency urgency)
{
    const std::lock_guard lock{mutex_};
    auto& one = peer(gateway);
    const auto now = Steady::now();
    const auto pass =
        urgency == Urgency::customer ? one.breaker.admit_urgent(now) : one.breaker.admit(now);
    if (pass) {
        ++one.in_flight;
        ++one.asked;
    }
    return pass;
}

void Peers::report(
    std::string_view gateway,
    Pass pass,
    CircuitBreaker::Outcome outcome,
    std::chrono::milliseconds retry_after
)
{
    auto change = CircuitBreaker::Change::none;
    {
        const std::lock_guard lock{mutex_};
        auto& one = peer(gateway);
        --one.in_flight;
        if (outcome == CircuitBreaker::Outcome::outage) ++one.unavailable;
        change = one.breaker.report(pass, outcome, Steady::now(), retry_after);
    }
    switch (change) {
    case CircuitBreaker::Change::none: return;
    case CircuitBreaker::Change::opened:
        log_error("gateway.out", {{"gateway", gateway}, {"outages", failures_to_open}});
        return;
    case CircuitBreaker::Change::closed: log_info("gateway.back", {{"gateway", gateway}}); return;
    }
    impossible("change of a breaker");
}

bool Peers::is_away(std::string_view gateway) const
{
    const std::lock_guard lock{mutex_};
    const auto found = peers_.find(gateway);
    return found != peers_.end() && !found->second.breaker.admits(Steady::now());
}

std::vector<GatewayHealth> Peers::health() const
{
    const std::lock_guard lock{mutex_};
    std::vector<GatewayHealth> health;
    for (const auto& [name, one] : peers_) {
        health.push_back({
            .gateway = name,
            .state = one.breaker.state(),
            .in_flight = one.in_flight,
            .asked = one.asked,
            .unavailable = one.unavailable,
        });
    }
    return health;
}

} // namespace tollgate
