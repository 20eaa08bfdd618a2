// Delivers events to the storefront: takes what is due, signs it, sends many at once, notes what
// became of it. A crash between the delivery and its note makes the storefront hear of an event
// twice, under the same id. Whatever the storefront does, nobody else waits for it: the sender has
// an HTTP client of its own and touches no row of a payment.
//
// `events.url` is the operator's word and may lead anywhere. The address of a payment is that of
// whoever has a key, and leads to the public Internet only, unless the configuration says otherwise
// or it lies on the host and port of `events.url`.
//
// Range    EventsConfig::in_flight_max deliveries at once
// Errors   a database that fails is logged and tried again; a note that could not be made is kept
// Threads  all calls from one thread, but wake(), which any thread may call
#pragma once

#include "core/config/config.hpp"
#include "core/net/http_client.hpp"
#include "core/outbox/outbox.hpp"

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace tollgate {

/// What the sender works with; the owner keeps them alive.
struct SenderServices {
    const EventsConfig& config; ///< has a secret
    Outbox& outbox;
    const Clock& clock;
};

class EventSender {
public:
    explicit EventSender(const SenderServices& services);

    /// Does what there is to do now, then waits at most `wait` for something to happen.
    void turn(std::chrono::milliseconds wait);
    /// Something may be due: the table is looked at now, not when the next look is planned.
    void wake();
    /// Sends until nothing is due or `time` is over; returns how many were delivered.
    std::size_t send_due(std::chrono::milliseconds time);
    /// Takes nothing more and waits at most `wait` for what is under way. What is not answered by
    /// then is sent again once its lease has ended.
    void stop(std::chrono::milliseconds wait);

private:
    using Steady = std::chrono::steady_clock;

    void use_database();
    void record();
    void take();
    void send(const LeasedEvent& event);
    void finish(const LeasedEvent& event, const HttpClient::Result& result);
    HttpRequest request_for(const LeasedEvent& event) const;
    bool has_room() const;
    std::chrono::milliseconds planned_wait() const;
    std::size_t under_way() const { return client_.in_flight() + ended_.size(); }

    SenderServices services_;
    std::vector<Secret> keys_; ///< the present one first
    std::string owner_;        ///< of our leases
    HttpClient client_;
    std::atomic<bool> look_ = true;    ///< before the planned look
    Steady::time_point next_look_{};   ///< at the latest
    Steady::time_point database_at_{}; ///< not to be used before: it has failed
    std::vector<Attempted> ended_;     ///< not recorded yet
    std::size_t delivered_ = 0;        ///< recorded
    bool closed_ = false;              ///< takes nothing more
};

/// A sender at work until it is destroyed, which lets what is under way end within seconds.
class EventThread {
public:
    explicit EventThread(const SenderServices& services);
    ~EventThread();
    EventThread(const EventThread&) = delete;
    EventThread& operator=(const EventThread&) = delete;

    /// As of EventSender; any thread.
    void wake() { sender_.wake(); }

private:
    EventSender sender_;
    std::atomic<bool> stopping_ = false;
    std::thread thread_;
};

} // namespace tollgate
