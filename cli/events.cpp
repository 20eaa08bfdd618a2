#include "cli/commands.hpp"
#include "cli/parts.hpp"
#include "core/crypto/uuid.hpp"
#include "core/support/json.hpp"
#include "sql/outbox_replay.hpp"

#include <fmt/format.h>

#include <iterator>
#include <optional>
#include <string>
#include <vector>

namespace tollgate {
namespace {

Json time_json(const std::optional<Instant>& time)
{
    return time ? Json{iso_time(*time)} : Json{};
}

Json json_of(const OutboxRow& event)
{
    return Json::object({
        {"id", uuid_text(event.id)},
        {"type", event.type},
        {"reference", event.reference.get()},
        {"order", event.order.get()},
        {"state", event.state()},
        {"attempts", event.attempts},
        {"created_at", iso_time(event.created_at)},
        {"next_attempt_at", time_json(event.next_attempt_at)},
        {"delivered_at", time_json(event.delivered_at)},
        {"parked_at", time_json(event.parked_at)},
        {"last_error", event.last_error},
    });
}

/// `… pending, 3 attempts, next 2026-03-04T05:06:07Z (status 500)`
std::string line_of(const OutboxRow& event)
{
    auto line = fmt::format(
        "{} {} {} order={} {} {}, attempts {}",
        uuid_text(event.id),
        iso_time(event.created_at),
        event.type,
        event.order.get(),
        event.reference.get(),
        event.state(),
        event.attempts
    );
    if (event.next_attempt_at) line += ", next " + iso_time(*event.next_attempt_at);
    if (!event.last_error.empty()) line += " (" + event.last_error + ")";
    return line;
}

std::vector<OutboxRow> wanted_events(Pool& pool, const EventList& wish)
{
    if (wish.parked) return parked_events(pool);
    auto events = pending_events(pool);
    if (wish.pending) return events;
    auto parked = parked_events(pool);
    std::ranges::move(parked, std::back_inserter(events));
    return events;
}

void print(const std::vector<OutboxRow>& events, bool json)
{
    Json::Array all;
    for (const auto& event : events) {
        if (json) {
            all.push_back(json_of(event));
        } else {
            fmt::print("{}\n", line_of(event));
        }
    }
    if (json) fmt::print("{}\n", to_text(Json{std::move(all)}));
}

int report(int replayed)
{
    if (replayed == 0) return not_done("there is no such event");
    fmt::print("{} to be sent again\n", replayed);
    return 0;
}

} // namespace

int run_events_list(const Config& config, const EventList& wish)
{
    Parts parts{config};
    if (wish.payment.name.empty()) {
        print(wanted_events(parts.pool, wish), wish.json);
        return 0;
    }
    const auto payment = find_payment(parts.store, wish.payment);
    if (!payment) return not_found(wish.payment);
    print(events_of(parts.pool, payment->id), wish.json);
    return 0;
}

int run_events_replay(const Config& config, const EventReplay& wish)
{
    Parts parts{config};
    const auto now = parts.clock.now();
    if (wish.parked) return report(replay_parked(parts.pool, now));
    if (!wish.since.empty()) {
        const auto since = parse_time(wish.since);
        if (!since) return wrong_time();
        return report(replay_since(parts.pool, *since, now));
    }
    if (!wish.payment.name.empty()) {
        const auto payment = find_payment(parts.store, wish.payment);
        if (!payment) return not_found(wish.payment);
        return report(replay_payment(parts.pool, payment->id, now));
    }
    const auto id = parse_uuid(wish.event);
    if (!id) return not_done("the id of an event is like 0190f3c2-7b1e-7c3a-9f00-0123456789ab");
    return report(replay_event(parts.pool, *id, now));
}

} // namespace tollgate
