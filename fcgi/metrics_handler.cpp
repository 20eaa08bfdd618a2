#include "fcgi/metrics_handler.hpp"

#include "core/settle/checker.hpp"
#include "core/settle/counters.hpp"
#include "core/support/log.hpp"
#include "sql/census.hpp"

#include <algorithm>

namespace tollgate {
namespace {

constexpr auto gauge = MetricsText::Type::gauge;

void write_gauge(
    MetricsText& text, std::string_view name, std::string_view help, std::int64_t value
)
{
    text.begin(name, gauge, help);
    text.sample({}, value);
}

/// Zero when nothing waits.
std::int64_t age_s(std::optional<Instant> oldest, Instant now)
{
    if (!oldest) return 0;
    const auto age = std::chrono::duration_cast<std::chrono::seconds>(now - *oldest).count();
    return std::max<std::int64_t>(age, 0);
}

void write_payments(MetricsText& text, const Census& census, Instant now)
{
    text.begin("tollgate_attention_payments", gauge, "Payments that wait for an operator, by why.");
    for (const auto word : every_attention) {
        const auto found = census.attention.find(word);
        const auto count = found != census.attention.end() ? found->second : 0;
        text.sample({{"attention", code(word)}}, count);
    }
    write_gauge(
        text,
        "tollgate_payments_due",
        "Payments whose gateway should have been asked by now.",
        census.payments_due
    );
    write_gauge(
        text,
        "tollgate_payments_due_age_seconds",
        "How long the oldest of them has been due.",
        age_s(census.oldest_payment_due, now)
    );
    write_gauge(
        text,
        "tollgate_orphan_notifications",
        "Proven notifications whose payment is not there.",
        census.orphans
    );
}

void write_events(MetricsText& text, const Census& census, Instant now)
{
    write_gauge(text, "tollgate_outbox_events", "Events not delivered yet.", census.events_waiting);
    write_gauge(
        text,
        "tollgate_outbox_due_age_seconds",
        "How long the oldest of them has been due.",
        age_s(census.oldest_event_due, now)
    );
    write_gauge(
        text,
        "tollgate_outbox_parked_events",
        "Events given up until an operator replays them.",
        census.events_parked
    );
}

/// 0, 1 or 2: that a dashboard can draw.
std::int64_t level(CircuitBreaker::State state)
{
    switch (state) {
    case CircuitBreaker::State::closed: return 0;
    case CircuitBreaker::State::half_open: return 1;
    case CircuitBreaker::State::open: return 2;
    }
    impossible("state of a circuit breaker");
}

void write_gateways(MetricsText& text, const std::vector<GatewayHealth>& gateways)
{
    text.begin(
        "tollgate_gateway_away", gauge, "0: the gateway answers; 1: it is being tried; 2: away."
    );
    for (const auto& one : gateways)
        text.sample({{"gateway", one.gateway}}, level(one.state));
    text.begin("tollgate_gateway_requests_in_flight", gauge, "Dialogues under way.");
    for (const auto& one : gateways)
        text.sample({{"gateway", one.gateway}}, static_cast<std::int64_t>(one.in_flight));
    text.begin("tollgate_gateway_questions_waiting", gauge, "Questions that wait for their turn.");
    for (const auto& one : gateways)
        text.sample({{"gateway", one.gateway}}, static_cast<std::int64_t>(one.waiting));
}

void write_tables(MetricsText& text, Pool& pool, Instant now)
{
    std::optional<Census> census;
    try {
        census = take_census(pool, now);
    } catch (const std::exception& error) {
        log_warning("metrics.failed", {{"what", error.what()}});
    }
    write_gauge(text, "tollgate_database_up", "1 when the database answered.", census ? 1 : 0);
    if (!census) return;
    write_payments(text, *census, now);
    write_events(text, *census, now);
}

} // namespace

Response handle_metrics(Pool& pool, const Checker& checker, const Clock& clock)
{
    MetricsText text;
    text.begin("tollgate_build_info", gauge, "Which program this is.");
    text.sample({{"version", TOLLGATE_VERSION}}, 1);
    write_tables(text, pool, clock.now());
    write_gateways(text, checker.health());
    counters::write(text);
    Response response;
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    response.body = text.text();
    return response;
}

} // namespace tollgate
