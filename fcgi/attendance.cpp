#include "fcgi/attendance.hpp"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace tollgate {

Attendance::Attendance(std::size_t attending_max)
    : attending_max_{attending_max}, all_busy_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)}
{
    if (!all_busy_) throw std::runtime_error{"no descriptors for the loop"};
}

void Attendance::come(Seat& seat)
{
    // Not sooner: who steps back has to be woken to come again.
    const bool too_many = waiting_ >= attending_max_;
    if (!seat.taken_ || too_many) take(seat);
    seat.busy_since_ = Clock::time_point{};
    ++waiting_;
}

void Attendance::take(Seat& seat)
{
    std::unique_lock lock{mutex_};
    if (seat.taken_) {
        if (attending_ <= attending_max_) return; // another was faster to step back
        taken_.remove(&seat);
        seat.taken_ = false;
        --attending_;
    }
    called_.wait(lock, [&] { return ended_ || calls_ > 0 || attending_ < attending_max_; });
    if (calls_ > 0) --calls_;
    taken_.push_back(&seat);
    seat.taken_ = true;
    ++attending_;
}

void Attendance::go(Seat& seat)
{
    seat.busy_since_ = Clock::now();
    const bool last = waiting_.fetch_sub(1) == 1;
    if (last && watch_dozes_.exchange(false)) ::eventfd_write(all_busy_.get(), 1);
}

// Whoever waits is as good as gone: he holds no processor.
void Attendance::leave(Seat& seat)
{
    seat.busy_since_ = Clock::time_point{};
    --attending_;
    if (waiting_ > 0) return;
    {
        const std::lock_guard lock{mutex_};
        ++calls_;
    }
    called_.notify_one();
}

void Attendance::join(Seat& seat)
{
    seat.busy_since_ = Clock::now();
    ++attending_;
}

bool Attendance::watch(int stop_fd, std::chrono::milliseconds time)
{
    const auto end = Clock::now() + time;
    for (auto now = Clock::now(); now < end; now = Clock::now()) {
        call_reserve();
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - now);
        if (!sleep(stop_fd, left)) return false;
    }
    return true;
}

void Attendance::call_reserve()
{
    const std::lock_guard lock{mutex_};
    calls_ = 0;
    if (waiting_ > 0) return;
    const auto now = Clock::now();
    const auto kept = std::ranges::count_if(taken_, [&](const Seat* seat) {
        const Clock::time_point since = seat->busy_since_;
        return since != Clock::time_point{} && now - since >= kept_after;
    });
    const auto there = attending_ - static_cast<std::size_t>(kept);
    if (there >= attending_max_) return;
    calls_ = attending_max_ - there;
    called_.notify_all();
}

/// Not for long while all are busy, for the reserve may be needed.
bool Attendance::sleep(int stop_fd, std::chrono::milliseconds time)
{
    watch_dozes_ = true;
    if (waiting_ == 0) time = std::min(time, kept_after);
    std::array<pollfd, 2> wanted{{{stop_fd, POLLIN, 0}, {all_busy_.get(), POLLIN, 0}}};
    ::poll(wanted.data(), wanted.size(), static_cast<int>(time.count()));
    watch_dozes_ = false;
    eventfd_t count = 0;
    ::eventfd_read(all_busy_.get(), &count);
    return wanted[0].revents == 0;
}

void Attendance::end()
{
    {
        const std::lock_guard lock{mutex_};
        ended_ = true;
    }
    called_.notify_all();
}

} // namespace tollgate
