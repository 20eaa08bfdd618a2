// The durable inbox. Threads hand in notifications; the first one in line becomes the leader,
// writes everything that has queued up with one commit, and wakes the others. Nobody returns before
// his notification is durable. With one caller at a time a batch is one row: no added latency.
//
// Range    intake_queue_max waiting; more are refused at once
// Errors   IntakeFull; what the store throws. A row that the database refuses does not take the
//          others of its batch with it: they are written one by one then.
// Threads  any
// Source   the writer queue of LevelDB (db/db_impl.cc) is the model
#pragma once

#include "core/settle/store.hpp"

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <stdexcept>

namespace tollgate {

inline constexpr std::size_t intake_queue_max = 4096;

/// What is stored of a message of `gateway`, and the digest that it is known by.
Notification notification_of(
    const Gateway& gateway, const Inbound& inbound, const Claim& claim, Instant received_at
);

class IntakeFull : public std::runtime_error {
public:
    IntakeFull() : std::runtime_error{"intake queue is full"} {}
};

class Intake {
public:
    explicit Intake(Store& store, std::size_t queue_max = intake_queue_max)
        : store_{store}, queue_max_{queue_max}
    {
    }

    /// Returns when `notification` is durable.
    Received put(Notification notification);

private:
    struct Waiter {
        Notification notification;
        Received result{};
        std::exception_ptr error{};
        bool done = false;
        std::condition_variable wake{};
    };

    void lead(std::unique_lock<std::mutex>& lock);
    void write(std::span<Waiter* const> batch);
    void write_one(Waiter& waiter);

    Store& store_;
    std::size_t queue_max_;
    std::mutex mutex_;
    std::deque<Waiter*> queue_; ///< guarded by mutex_; the front one leads
};

} // namespace tollgate
