// What this process counts for `/metrics`, and only this process: each has its own, and they begin
// at zero when it starts.
#pragma once

#include "core/settle/store.hpp"
#include "core/support/metrics.hpp"

#include <span>

namespace tollgate::counters {

inline Counter notifications{
    "tollgate_notifications_total",
    "Notifications: recorded, duplicate, orphan (no such payment yet), ignored (a hint about no "
    "payment of ours), rejected (proves nothing).",
    {"gateway", "outcome"}};
inline Counter settlements{
    "tollgate_settlements_total", "Payments that reached a status.", {"gateway", "status"}};
inline Counter questions{
    "tollgate_gateway_questions_total", "Questions about payments.", {"gateway"}};
inline Counter failures{
    "tollgate_gateway_failures_total",
    "Questions that got no answer: unavailable, malformed, refused.",
    {"gateway", "error"}};
inline Counter database_errors{
    "tollgate_database_errors_total",
    "Errors of the database: conflict and lost (the transaction is repeated), other.",
    {"kind"}};

void count(const GatewayName& gateway, const Received& received);
void count(std::span<const Settled> settled);

void write(MetricsText& text);

} // namespace tollgate::counters
