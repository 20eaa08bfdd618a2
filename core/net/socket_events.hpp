// Waits for sockets to become ready, or to be woken; one thread waits. A watched socket costs one
// system call per wait however often it is watched and forgotten in between (EPOLLONESHOT).
//
// Errors   std::runtime_error when the system has no more descriptors
// Threads  all calls from one thread, but wake(), which any thread may call
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

struct epoll_event;

namespace tollgate {

class SocketEvents {
public:
    struct Ready {
        int socket = -1;
        std::uint32_t events = 0; ///< EPOLLIN and its like
    };

    SocketEvents();
    ~SocketEvents();
    SocketEvents(const SocketEvents&) = delete;
    SocketEvents& operator=(const SocketEvents&) = delete;

    /// From now on, until it is forgotten, waits for these events of the socket.
    void watch(int socket, std::uint32_t events);
    void forget(int socket);
    /// What is ready within `wait`. Each socket is to be given back by again().
    std::vector<Ready> wait(std::chrono::milliseconds wait);
    /// What was ready has been dealt with: waits for it again unless it was forgotten.
    void again(int socket);
    /// Ends a wait(), or the next one; costs a system call only while somebody waits.
    void wake();

private:
    struct Interest {
        std::uint32_t events = 0; ///< none: forgotten
        bool armed = false;
    };

    void arm(int socket, Interest& interest);
    Interest& interest(int socket);

    int epoll_;
    int bell_; ///< an eventfd
    std::atomic<bool> woken_ = false;
    std::atomic<bool> waiting_ = false;
    std::vector<Interest> interests_; ///< by descriptor
};

} // namespace tollgate
