// What a long-lived process owes the system: SIGTERM and SIGINT as something to poll, no death by
// SIGPIPE.
#pragma once

namespace tollgate {

/// Made before any thread, so that all of them inherit the blocked signals.
class StopSignals {
public:
    StopSignals();
    ~StopSignals();
    StopSignals(const StopSignals&) = delete;
    StopSignals& operator=(const StopSignals&) = delete;

    /// Readable once the process was asked to stop.
    int fd() const { return fd_; }

private:
    int fd_ = -1;
};

} // namespace tollgate
