#include "core/settle/counters.hpp"

#include <array>

namespace tollgate::counters {

void count(const GatewayName& gateway, const Received& received)
{
    const auto* outcome = "recorded";
    if (!received.payment) outcome = received.kept ? "orphan" : "ignored";
    if (received.repeated) outcome = "duplicate";
    notifications.add({gateway.get(), outcome});
}

void count(std::span<const Settled> settled)
{
    for (const auto& one : settled) {
        if (one.before != one.after) settlements.add({one.gateway.get(), code(one.after)});
    }
}

void write(MetricsText& text)
{
    const std::array<const Counter*, 5> all{
        &notifications, &settlements, &questions, &failures, &database_errors};
    for (const auto* one : all)
        one->write(text);
}

} // namespace tollgate::counters
