#include "sandbox/twins/hold.hpp"

#include <poll.h>

#include <algorithm>

namespace tollgate::twins {

namespace {

bool becomes_readable(int fd, std::chrono::milliseconds within)
{
    pollfd descriptor{.fd = fd, .events = POLLIN, .revents = 0};
    return poll(&descriptor, 1, static_cast<int>(within.count())) > 0;
}

} // namespace

void Hold::wait(std::chrono::milliseconds time) const
{
    using Steady = std::chrono::steady_clock;
    constexpr std::chrono::milliseconds slice_max{50}; // how late a release may be noticed
    const unsigned releases_before = releases_;
    const auto end = Steady::now() + time;
    while (releases_ == releases_before) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Steady::now());
        if (left.count() <= 0 || becomes_readable(stop_fd_, std::min(left, slice_max))) return;
    }
}

bool Hold::stopping() const
{
    return becomes_readable(stop_fd_, std::chrono::milliseconds{0});
}

} // namespace tollgate::twins
