// The server loop over libfcgi: the only door to it. Threads take requests from the connections of
// one listening socket, read them whole within limits, call the handler and write its answer. A
// thread is held by a request, never by a connection, so a web server may keep as many as it likes.
//
// Range    body_bytes_max of body (413 before a byte of it is read), header_bytes_max of parameters
//          (431), parameters_max of them (431), idle_timeout of silence on a kept connection,
//          io_timeout within a request; of more than connections_max connections the one that was
//          silent longest is closed
// Errors   what the handler throws is answered 503 + Retry-After and logged with the request's id
// Threads  the handler is called by all of them at once
#pragma once

#include "fcgi/http_message.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>

namespace tollgate {

inline constexpr std::size_t body_bytes_max = std::size_t{64} * 1024;
inline constexpr std::size_t header_bytes_max = std::size_t{16} * 1024;
inline constexpr std::size_t parameters_max = 100;

using Handler = std::function<Response(const Request&)>;

struct LoopOptions {
    std::string listen; ///< unix socket path (made with mode 666), `address:port`, or empty: fd 0
    int threads = 64;
    std::size_t connections_max = 512; ///< not less than threads
    std::chrono::seconds idle_timeout{75};
    std::chrono::seconds io_timeout{30};
    std::function<void()>
        stopping{}; ///< called first when it stops: who waits is to come to an end
};

/// A listening socket: made anew, or fd 0 as the web server or a spawner left it.
/// Throws std::runtime_error with the address and the reason.
class Listener {
public:
    explicit Listener(const std::string& listen);
    ~Listener(); ///< removes the socket's file if this made it
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    int fd() const { return fd_; }

private:
    int fd_ = -1;
    std::string path_;
};

/// Serves until `stop_fd` becomes readable; then accepts nothing more, finishes what it has
/// accepted and returns. SIGPIPE must be ignored by the caller.
void serve(
    const Listener& listener, const LoopOptions& options, int stop_fd, const Handler& handle
);

} // namespace tollgate
