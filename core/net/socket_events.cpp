#include "core/net/socket_events.hpp"

#include "core/support/check.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>

namespace tollgate {
namespace {

constexpr std::size_t ready_max = 64;

int descriptor(int result)
{
    if (result < 0) throw std::runtime_error{"no descriptor to wait with"};
    return result;
}

} // namespace

SocketEvents::SocketEvents()
    : epoll_{descriptor(::epoll_create1(EPOLL_CLOEXEC))},
      bell_{descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))}
{
    epoll_event event{.events = EPOLLIN, .data = {.fd = bell_}};
    descriptor(::epoll_ctl(epoll_, EPOLL_CTL_ADD, bell_, &event));
}

SocketEvents::~SocketEvents()
{
    ::close(bell_);
    ::close(epoll_);
}

SocketEvents::Interest& SocketEvents::interest(int socket)
{
    const auto index = static_cast<std::size_t>(socket);
    if (index >= interests_.size()) interests_.resize(index + 1);
    return interests_[index];
}

void SocketEvents::watch(int socket, std::uint32_t events)
{
    auto& one = interest(socket);
    one.events = events;
    arm(socket, one);
}

void SocketEvents::forget(int socket)
{
    interest(socket) = {};
}

void SocketEvents::again(int socket)
{
    auto& one = interest(socket);
    if (one.events != 0 && !one.armed) arm(socket, one);
}

// A descriptor that was closed has left the epoll by itself, and its number may be another's now.
void SocketEvents::arm(int socket, Interest& one)
{
    epoll_event event{.events = one.events | EPOLLONESHOT, .data = {.fd = socket}};
    one.armed = true;
    if (::epoll_ctl(epoll_, EPOLL_CTL_MOD, socket, &event) == 0) return;
    check(errno == ENOENT, "a socket that cannot be watched");
    descriptor(::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event));
}

// Whoever wakes sets woken_ before he reads waiting_, and we the other way round: one of us sees
// what the other did.
std::vector<SocketEvents::Ready> SocketEvents::wait(std::chrono::milliseconds wait)
{
    waiting_ = true;
    const auto timeout = woken_.exchange(false) ? 0 : static_cast<int>(wait.count());
    std::array<epoll_event, ready_max> events;
    const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(ready_max), timeout);
    woken_ = false;
    waiting_ = false;
    std::vector<Ready> ready;
    for (int i = 0; i < count; ++i) {
        const auto& event = events[static_cast<std::size_t>(i)];
        if (event.data.fd == bell_) {
            std::uint64_t rings = 0;
            check(::read(bell_, &rings, sizeof rings) == sizeof rings, "a bell that did not ring");
            continue;
        }
        interest(event.data.fd).armed = false;
        ready.push_back({event.data.fd, event.events});
    }
    return ready;
}

void SocketEvents::wake()
{
    woken_ = true;
    if (!waiting_.exchange(false)) return;
    const std::uint64_t ring = 1;
    check(::write(bell_, &ring, sizeof ring) == sizeof ring, "a bell that cannot be rung");
}

} // namespace tollgate
