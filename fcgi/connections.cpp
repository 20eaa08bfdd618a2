#include "fcgi/connections.hpp"

#include "core/support/check.hpp"
#include "core/support/log.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace tollgate {
namespace {

/// How often the watch looks for silent connections, and how long nothing is accepted after the
/// system had no descriptor left.
constexpr std::chrono::milliseconds watch_interval{1000};

void watch_once(int epoll_fd, int operation, int fd)
{
    // One thread per event: nobody else hears of the descriptor until it is armed again.
    epoll_event event{.events = EPOLLIN | EPOLLONESHOT, .data = {.fd = fd}};
    check(::epoll_ctl(epoll_fd, operation, fd, &event) == 0, "epoll of our own descriptors");
}

// Bounds each read and write, not their sum: a peer that trickles bytes could hold a thread for
// long, but the peer is a web server that has the whole request before it asks us.
void prepare(int fd, std::chrono::seconds io_timeout)
{
    const timeval timeout{.tv_sec = io_timeout.count(), .tv_usec = 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); // fails on unix sockets, no harm
}

bool becomes_readable(int fd, std::chrono::milliseconds patience)
{
    pollfd wanted{fd, POLLIN, 0};
    return ::poll(&wanted, 1, static_cast<int>(patience.count())) > 0;
}

} // namespace

Connections::Connections(int listen_fd, const ConnectionLimits& limits)
    : listen_fd_{listen_fd}, limits_{limits}, epoll_{::epoll_create1(EPOLL_CLOEXEC)},
      ended_{::eventfd(0, EFD_CLOEXEC)}
{
    if (!epoll_ || !ended_) throw std::runtime_error{"no descriptors for the loop"};
    epoll_event ended{.events = EPOLLIN, .data = {.fd = ended_.get()}};
    check(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, ended_.get(), &ended) == 0, "epoll of the end");
    watch_once(epoll_.get(), EPOLL_CTL_ADD, listen_fd_);
}

FileDescriptor Connections::next()
{
    for (;;) {
        epoll_event event{};
        if (::epoll_wait(epoll_.get(), &event, 1, -1) < 0) {
            check(errno == EINTR, "epoll_wait");
            continue;
        }
        const int fd = event.data.fd;
        if (fd == ended_.get()) return {};
        if (fd == listen_fd_) {
            accept_next();
            continue;
        }
        const std::lock_guard lock{mutex_};
        rests_[static_cast<std::size_t>(fd)].resting = false;
        return FileDescriptor{fd};
    }
}

void Connections::rest(FileDescriptor connection)
{
    {
        const std::lock_guard lock{mutex_};
        if (stopping_) {
            connection = {};
            --open_;
            none_open_.notify_one();
            return;
        }
        lay_down(connection.get(), limits_.idle_timeout);
    }
    // Nobody else closes it before it is armed, so this needs no lock.
    watch_once(epoll_.get(), EPOLL_CTL_MOD, connection.release());
}

void Connections::closed()
{
    const std::lock_guard lock{mutex_};
    --open_;
    none_open_.notify_one();
}

void Connections::accept_next()
{
    const std::lock_guard lock{mutex_};
    if (stopping_) return;
    // The listening socket may be shared: a sibling process can be faster, hence EAGAIN.
    FileDescriptor connection{::accept4(listen_fd_, nullptr, nullptr, SOCK_CLOEXEC)};
    if (!connection) {
        const int error = errno;
        if (error == EAGAIN || error == EINTR || error == ECONNABORTED) {
            listen_again();
            return;
        }
        // Out of descriptors or memory: the connection stays in the queue until the watch listens
        // again.
        log_warning("accept.failed", {{"reason", std::generic_category().message(error)}});
        accept_paused_ = true;
        end_longest_resting();
        return;
    }
    listen_again();
    if (open_ >= limits_.connections_max) end_longest_resting();
    ++open_;
    const int fd = connection.release();
    prepare(fd, limits_.first_timeout);
    lay_down(fd, limits_.first_timeout);
    watch_once(epoll_.get(), EPOLL_CTL_ADD, fd);
}

void Connections::listen_again()
{
    accept_paused_ = false;
    watch_once(epoll_.get(), EPOLL_CTL_MOD, listen_fd_);
}

void Connections::lay_down(int fd, std::chrono::seconds patience)
{
    const auto index = static_cast<std::size_t>(fd);
    if (index >= rests_.size()) rests_.resize(index + 1);
    const auto now = Clock::now();
    rests_[index] = {.resting = true, .ended = false, .since = now, .until = now + patience};
}

// To end a connection is to end its reading side: then the thread that takes it next still finds
// what had arrived before, answers it, and closes. So nothing is cut off that was sent in time, and
// no connection is closed under the hands of another thread.
void Connections::end_where(auto condition)
{
    for (std::size_t fd = 0; fd < rests_.size(); ++fd) {
        auto& rest = rests_[fd];
        if (!rest.resting || rest.ended || !condition(rest)) continue;
        ::shutdown(static_cast<int>(fd), SHUT_RD);
        rest.ended = true;
    }
}

void Connections::end_longest_resting()
{
    auto oldest = Clock::time_point::max();
    for (const auto& rest : rests_) {
        if (rest.resting && !rest.ended) oldest = std::min(oldest, rest.since);
    }
    end_where([&](const Rest& rest) { return rest.since == oldest; });
}

void Connections::watch(int stop_fd, const std::function<void()>& stopping)
{
    while (!becomes_readable(stop_fd, watch_interval)) {
        const std::lock_guard lock{mutex_};
        if (accept_paused_) listen_again();
        const auto now = Clock::now();
        end_where([&](const Rest& rest) { return rest.until <= now; });
    }
    if (stopping) stopping();
    std::unique_lock lock{mutex_};
    stopping_ = true;
    end_where([](const Rest&) { return true; });
    none_open_.wait(lock, [&] { return open_ == 0; });
    ::eventfd_write(ended_.get(), 1);
}

} // namespace tollgate
