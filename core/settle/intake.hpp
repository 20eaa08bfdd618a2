// The durable inbox. Threads hand in notifications; one that finds nobody at it becomes the leader
// and writes everything that has queued up with one commit, until the queue is empty. Who handed in
// a notification hears of it when it is durable, and holds no thread until then. With one caller at
// a time a batch is one row: no added latency.
//
// Range    intake_queue_max waiting; more are refused at once
// Errors   IntakeFull; what the store throws. A row that the database refuses does not take the
//          others of its batch with it: they are written one by one then.
// Threads  any; who hears does so on a thread that is in put()
// Source   the writer queue of LevelDB (db/db_impl.cc) is the model
#pragma once

#include "core/settle/store.hpp"

#include <atomic>
#include <chrono>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <variant>
#include <vector>

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

    /// What became of a notification, or why that is not known.
    using Outcome = std::variant<Received, std::exception_ptr>;
    using OnDone = std::function<void(Outcome)>;

    /// Calls `on_done` when `notification` is durable, or cannot be; it must not throw.
    void put(Notification notification, OnDone on_done);
    /// Whether notifications come faster than they are written, one by one.
    bool is_pressed() const;

private:
    using Time = std::chrono::steady_clock::time_point;

    struct Entry {
        Notification notification;
        OnDone on_done;
        Outcome outcome{};
    };
    using Batch = std::vector<Entry>;

    Batch take_batch();
    void end_lead();
    void write(Batch& batch);
    void write_one(Entry& entry);

    Store& store_;
    std::size_t queue_max_;
    mutable std::mutex mutex_;
    std::deque<Entry> queue_; ///< guarded by mutex_, as all below
    std::size_t writing_ = 0; ///< entries that the leader has taken
    bool led_ = false;
    std::atomic<Time> pressed_until_{}; ///< guarded by itself
};

} // namespace tollgate
