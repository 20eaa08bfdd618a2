#include "core/outbox/sender.hpp"

#include "core/crypto/encoding.hpp"
#include "core/crypto/random.hpp"
#include "core/crypto/uuid.hpp"
#include "core/crypto/webhook_signature.hpp"
#include "core/outbox/event_scope.hpp"
#include "core/support/fail_point.hpp"
#include "core/support/log.hpp"

#include <algorithm>
#include <utility>

namespace tollgate {
namespace {

using std::chrono::milliseconds;

/// How often the table is looked at when nobody wakes the sender: what other processes wrote, and
/// what is due again.
constexpr std::chrono::seconds look_interval{2};
/// Beyond the time-out of a delivery, for its note.
constexpr std::chrono::seconds lease_margin{30};
constexpr std::chrono::seconds stop_wait{5};
constexpr std::size_t owner_bytes = 16;

HttpLimits limits_of(const EventsConfig& config)
{
    return {
        .connect_timeout = std::min(HttpLimits{}.connect_timeout, config.timeout),
        .total_timeout = config.timeout,
        .connections_max = static_cast<std::size_t>(config.in_flight_max),
    };
}

std::vector<Secret> keys_of(const EventsConfig& config)
{
    std::vector<Secret> keys;
    for (const auto* secret : {&config.secret, &config.previous_secret}) {
        if (secret->empty()) continue;
        auto key = webhook_key(secret->expose());
        check(key.has_value(), "a secret that the configuration let through");
        keys.push_back(*std::move(key));
    }
    check(!keys.empty(), "events without a secret");
    return keys;
}

unsigned random_jitter()
{
    const auto bytes = random_bytes(2);
    return static_cast<unsigned char>(bytes[0]) * 256U + static_cast<unsigned char>(bytes[1]);
}

void log_attempt(const LeasedEvent& event, const Outcome& outcome)
{
    const auto id = uuid_text(event.id);
    const auto payment = id_text(event.payment);
    const int attempt = event.attempts + 1;
    const auto& error = outcome.error;
    switch (outcome.kind) {
    case Outcome::Kind::delivered:
        log_debug(
            "event.delivered",
            {{"event_id", id}, {"type", event.type}, {"payment", payment}, {"attempt", attempt}}
        );
        return;
    case Outcome::Kind::again:
        log_warning(
            "event.failed",
            {{"event_id", id},
             {"type", event.type},
             {"payment", payment},
             {"attempt", attempt},
             {"error", error},
             {"next", iso_time(*outcome.next_attempt_at)}}
        );
        return;
    case Outcome::Kind::parked:
        log_error(
            "event.parked",
            {{"event_id", id},
             {"type", event.type},
             {"payment", payment},
             {"attempt", attempt},
             {"error", error}}
        );
        return;
    }
    impossible("outcome");
}

} // namespace

EventSender::EventSender(const SenderServices& services)
    : services_{services}, keys_{keys_of(services.config)},
      owner_{to_hex(random_bytes(owner_bytes))}, client_{limits_of(services.config)}
{
}

void EventSender::turn(milliseconds wait)
{
    use_database();
    client_.turn(std::min(wait, planned_wait()));
}

void EventSender::wake()
{
    look_ = true;
    client_.wake();
}

std::size_t EventSender::send_due(milliseconds time)
{
    const auto end = Steady::now() + time;
    const auto before = delivered_;
    use_database();
    while ((look_ || under_way() > 0) && Steady::now() < end)
        turn(look_interval);
    stop(services_.config.timeout);
    return delivered_ - before;
}

void EventSender::stop(milliseconds wait)
{
    closed_ = true;
    const auto end = Steady::now() + wait;
    while (under_way() > 0 && Steady::now() < end)
        turn(std::chrono::ceil<milliseconds>(end - Steady::now()));
}

bool EventSender::has_room() const
{
    return !closed_ && under_way() < static_cast<std::size_t>(services_.config.in_flight_max);
}

/// What ends, and who wakes the sender, end a wait before its time.
milliseconds EventSender::planned_wait() const
{
    const auto now = Steady::now();
    if (now < database_at_) return std::chrono::ceil<milliseconds>(database_at_ - now);
    if (!has_room()) return look_interval;
    if (look_ || now >= next_look_) return milliseconds{0};
    return std::chrono::ceil<milliseconds>(next_look_ - now);
}

void EventSender::use_database()
{
    if (Steady::now() < database_at_) return;
    try {
        record();
        take();
    } catch (const std::exception& error) {
        log_warning("events.failed", {{"what", error.what()}});
        database_at_ = Steady::now() + look_interval;
    }
}

void EventSender::record()
{
    if (ended_.empty()) return;
    const auto now = services_.clock.now();
    if (services_.outbox.record(ended_, owner_, now) > 0) look_ = true;
    fail_point("outbox.recorded");
    for (const auto& one : ended_) {
        if (one.outcome.kind == Outcome::Kind::delivered) ++delivered_;
    }
    ended_.clear();
}

void EventSender::take()
{
    if (!has_room()) return;
    if (!look_.exchange(false) && Steady::now() < next_look_) return;
    next_look_ = Steady::now() + look_interval;
    const auto now = services_.clock.now();
    const auto taken = services_.outbox.take_due({
        .owner = owner_,
        .now = now,
        .until = now + services_.config.timeout + lease_margin,
        .events_max = static_cast<std::size_t>(services_.config.in_flight_max) - under_way(),
    });
    if (taken.more) look_ = true;
    if (!taken.events.empty()) fail_point("outbox.leased");
    for (const auto& event : taken.events)
        send(event);
}

HttpRequest EventSender::request_for(const LeasedEvent& event) const
{
    const auto id = uuid_text(event.id);
    const WebhookMessage message{id, services_.clock.now(), event.payload};
    std::string signatures;
    for (const auto& key : keys_) {
        if (!signatures.empty()) signatures += ' ';
        signatures += webhook_signature(key, message);
    }
    const bool own = !event.callback_url.empty();
    return {
        .method = "POST",
        .url = own ? event.callback_url : services_.config.url,
        .headers =
            {{"content-type", "application/json"},
             {"webhook-id", id},
             {"webhook-timestamp", webhook_timestamp(message.sent_at)},
             {"webhook-signature", signatures}},
        .body = event.payload,
        .public_only = own && !may_lead_anywhere(services_.config, event.callback_url),
    };
}

void EventSender::send(const LeasedEvent& event)
{
    client_.start(request_for(event), [this, event](const HttpClient::Result& result) {
        finish(event, result);
    });
}

void EventSender::finish(const LeasedEvent& event, const HttpClient::Result& result)
{
    fail_point("outbox.sent");
    const Attempt attempt{
        .number = event.attempts + 1,
        .ended_at = services_.clock.now(),
        .jitter = random_jitter(),
    };
    auto outcome = outcome_of(result, attempt);
    log_attempt(event, outcome);
    ended_.push_back({event, std::move(outcome)});
}

EventThread::EventThread(const SenderServices& services)
    : sender_{services}, thread_{[this] {
          while (!stopping_)
              sender_.turn(look_interval);
          sender_.stop(stop_wait);
      }}
{
}

EventThread::~EventThread()
{
    stopping_ = true;
    sender_.wake();
    thread_.join();
}

} // namespace tollgate
