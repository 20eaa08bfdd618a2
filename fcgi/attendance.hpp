// Which threads of a loop attend, that is, wait for the next request or are at one. They are few;
// the others are a reserve. A busy thread that finds its next request waiting costs nothing, where
// one that is woken for it costs a switch of the processor, and a stack that was never used no
// memory. But a request may keep its thread: who says that he waits (Waiting) does not count
// meanwhile, nor does who has been at his request for kept_after, a database keeping him; the
// reserve is called in his place.
//
// Range    attending_max who are not kept, of as many as come
// Threads  come() and go() any; watch() and end() the one that runs the loop
#pragma once

#include "core/support/file_descriptor.hpp"
#include "core/support/waiting.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <list>
#include <mutex>

namespace tollgate {

inline constexpr std::chrono::milliseconds kept_after{5};

class Attendance {
    using Clock = std::chrono::steady_clock;

public:
    /// One thread's; nobody else uses it.
    class Seat final : public WaitObserver {
    public:
        explicit Seat(Attendance& attendance) : attendance_{attendance} { wait_observer = this; }
        ~Seat() override { wait_observer = nullptr; }
        Seat(const Seat&) = delete;
        Seat& operator=(const Seat&) = delete;

        void waits() override { attendance_.leave(*this); }
        void goes_on() override { attendance_.join(*this); }

    private:
        friend class Attendance;

        Attendance& attendance_;
        bool taken_ = false;
        std::atomic<Clock::time_point> busy_since_{}; ///< the epoch: not busy, or not counted
    };

    /// Throws std::runtime_error.
    explicit Attendance(std::size_t attending_max);

    /// Returns when its thread is to wait for a request; at the end, at once.
    void come(Seat& seat);
    /// It has one.
    void go(Seat& seat);
    /// Sleeps for `time`, or until `stop_fd` is readable, and calls the reserve meanwhile. False:
    /// it is readable.
    bool watch(int stop_fd, std::chrono::milliseconds time);
    /// Nobody is at a request.
    bool is_quiet() const { return waiting_ == attending_; }
    /// From now on everybody attends.
    void end();

private:
    void leave(Seat& seat);
    void join(Seat& seat);
    void take(Seat& seat);
    void call_reserve();
    bool sleep(int stop_fd, std::chrono::milliseconds time);

    const std::size_t attending_max_;
    FileDescriptor all_busy_; ///< wakes the watch
    std::atomic<bool> watch_dozes_{false};
    std::atomic<std::size_t> attending_{0};
    std::atomic<std::size_t> waiting_{0}; ///< of these, who have no request

    std::mutex mutex_;
    std::condition_variable called_;
    std::list<Seat*> taken_; ///< guarded by mutex_, as all below
    std::size_t calls_ = 0;  ///< that nobody has heard yet
    bool ended_ = false;
};

} // namespace tollgate
