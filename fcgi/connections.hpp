// The connections of a loop. One that is silent rests in an epoll set and holds no thread; whatever
// thread attends takes the next that has something to read, serves one request and puts it back.
//
// Range    connections_max open ones: whoever comes then takes the place of the one that has rested
//          longest, so that kept connections never keep a new one out. first_timeout of silence
//          before the first request, idle_timeout between two; it may last a second longer
// Threads  any, but watch() is for the one that runs the loop
#pragma once

#include "core/support/file_descriptor.hpp"
#include "fcgi/attendance.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <vector>

namespace tollgate {

struct ConnectionLimits {
    std::size_t connections_max = 0;
    std::size_t attending_max = 1; ///< threads that are not kept by their requests
    std::chrono::seconds first_timeout{};
    std::chrono::seconds idle_timeout{};
};

class Connections {
public:
    /// Accepts from `listen_fd`, which does not block. Throws std::runtime_error.
    Connections(int listen_fd, const ConnectionLimits& limits);

    /// Each thread that calls next() takes a seat of it first.
    Attendance& attendance() { return attendance_; }
    /// Waits for a connection that has something to read, be it its end. The caller gives it back
    /// with rest(), or says that it is closed(). Empty: the loop has ended.
    FileDescriptor next(Attendance::Seat& seat);
    /// A request was answered and another may follow.
    void rest(FileDescriptor connection);
    /// A connection that next() gave is no more.
    void closed();

    /// What the owner of the loop wants to hear of; each may be empty.
    struct Events {
        std::function<void()> when_quiet; ///< about once a second while no request is being served
        std::function<void()> stopping;   ///< at the end, before those at work are waited for
    };

    /// Ends what is silent for too long. Once `stop_fd` is readable it accepts nothing more, ends
    /// what rests, waits for the others to be closed, and ends the loop.
    void watch(int stop_fd, const Events& events);

private:
    using Clock = std::chrono::steady_clock;

    /// Since when a connection rests and until when it may.
    struct Rest {
        bool resting = false; ///< false: a thread has it, or it is closed
        bool ended = false;
        Clock::time_point since{};
        Clock::time_point until{};
    };

    void accept_next();
    void listen_again();
    void lay_down(int fd, std::chrono::seconds patience);
    void end_where(auto condition);
    void end_longest_resting();

    int listen_fd_;
    ConnectionLimits limits_;
    FileDescriptor epoll_;
    FileDescriptor ended_; ///< stays readable, so every thread sees it
    Attendance attendance_;

    std::mutex mutex_;
    std::condition_variable none_open_;
    std::vector<Rest> rests_; ///< by descriptor; guarded by mutex_, as all below
    std::size_t open_ = 0;
    bool accept_paused_ = false;
    bool stopping_ = false;
};

} // namespace tollgate
