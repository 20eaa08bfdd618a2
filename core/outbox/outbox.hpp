// What the sender needs of a database: events that are due, and a place to note what became of
// them. sql/ implements it over MySQL.
//
// The events of one payment stand in a line, in the order of their numbers: one at a time is sent,
// and none before those ahead of it are delivered or parked.
//
// Errors   as of Store
// Threads  any
#pragma once

#include "core/outbox/outcome.hpp"
#include "core/payments/payment.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace tollgate {

/// An event on its way.
struct LeasedEvent {
    std::string id; ///< 16 bytes
    PaymentId payment;
    int number = 0; ///< its place in the line of its payment
    std::string type;
    std::string payload;
    int attempts = 0;           ///< made before
    std::string callback_url{}; ///< where it goes; empty: to `events.url`
};

struct EventLease {
    std::string owner; ///< unique to the sender
    Instant now{};
    Instant until{};
    std::size_t events_max = 1;
};

struct TakenEvents {
    std::vector<LeasedEvent> events;
    bool more = false; ///< others may be due too
};

struct Attempted {
    LeasedEvent event;
    Outcome outcome;
};

class Outbox {
public:
    virtual ~Outbox() = default;

    /// Takes the first in line of payments that have an event due; nobody else gets one of the same
    /// payment until the lease ends or the attempt is recorded.
    virtual TakenEvents take_due(const EventLease& lease) = 0;
    /// Notes attempts of `owner`. Returns how many other events may be sent now because of it.
    virtual std::size_t
    record(std::span<const Attempted> attempts, const std::string& owner, Instant now) = 0;
};

} // namespace tollgate
