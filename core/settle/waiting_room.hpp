// Customers whose page waits for their payment to change: each holds a request thread for a moment,
// so there are few places. Who finds none is answered at once and comes again.
//
// Only what this process settles is announced here; who waits looks once more when the time is up.
//
// Threads  any
#pragma once

#include "core/settle/store.hpp"

#include <chrono>
#include <condition_variable>
#include <list>
#include <mutex>
#include <optional>
#include <span>

namespace tollgate {

class WaitingRoom {
    struct Guest {
        PaymentId payment;
        bool called = false;
    };

public:
    /// A point in time that never jumps.
    using Time = std::chrono::steady_clock::time_point;

    /// A place that is taken; left by its destructor.
    class Place {
    public:
        Place(Place&& other) noexcept : room_{other.room_}, guest_{other.guest_}
        {
            other.room_ = nullptr;
        }
        Place& operator=(Place&&) = delete;
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;
        ~Place();

        /// Waits until its payment was announced since the place was taken, or until `end`, or
        /// until the house closes.
        void wait_until(Time end);

    private:
        friend class WaitingRoom;
        Place(WaitingRoom& room, std::list<Guest>::iterator guest) : room_{&room}, guest_{guest} {}

        WaitingRoom* room_;
        std::list<Guest>::iterator guest_;
    };

    explicit WaitingRoom(std::size_t places) : places_{places} {}

    /// Taken before the payment is read, so that no change falls between. Nothing when all places
    /// are taken, or the house closes.
    std::optional<Place> take(const PaymentId& payment);
    /// Calls those who wait for one of these whose status has changed.
    void announce(std::span<const Settled> settled);
    /// Nobody waits any more, nor ever again.
    void close();

private:
    std::size_t places_;
    std::mutex mutex_;
    std::condition_variable called_;
    std::list<Guest> guests_; ///< guarded by mutex_
    bool closed_ = false;
};

} // namespace tollgate
