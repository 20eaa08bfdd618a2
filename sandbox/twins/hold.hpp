// Keeps a request waiting, for the twins that hang or are slow.
//
// Threads  any
#pragma once

#include <atomic>
#include <chrono>

namespace tollgate::twins {

class Hold {
public:
    /// `stop_fd` becomes readable, and stays so, when the program is to end.
    explicit Hold(int stop_fd) : stop_fd_{stop_fd} {}

    /// Returns after `time`, or sooner when the program ends or release() is called.
    void wait(std::chrono::milliseconds time) const;
    /// True when the program is to end.
    bool stopping() const;
    /// Lets go of all who wait now.
    void release() { ++releases_; }

private:
    int stop_fd_;
    std::atomic<unsigned> releases_{0};
};

} // namespace tollgate::twins
