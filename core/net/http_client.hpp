// HTTP client over libcurl's multi interface: many requests at once in one thread, connections
// kept. TLS certificates and host names are always verified; redirects are never followed; only
// http and https are spoken. A request may arrive twice when a kept connection ends without a
// reply; with HttpRequest::once it has a connection of its own and arrives once or not at all. Of a
// reply's headers only Retry-After is kept: nobody reads another.
//
// With HttpRequest::public_only the address is judged after the name was resolved, for each
// connection that is made: a name cannot lead us to a neighbour, whatever it meant before.
//
// Errors   HttpError to the callback; a reply of any status is a reply; a request whose URL
//          is_http_url() does not accept, or with a control character in its method or headers, is
//          refused_by_us: no line can be smuggled in; so is one to an address that is not public
// Threads  all calls from one thread, but wake(), which any thread may call
#pragma once

#include "core/net/http.hpp"
#include "core/support/expected.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

namespace tollgate {

struct HttpLimits {
    std::chrono::milliseconds connect_timeout{5'000};
    std::chrono::milliseconds total_timeout{20'000};
    std::size_t reply_bytes_max = std::size_t{256} * 1024;
    std::size_t connections_max = 64; ///< per host, kept open between requests
};

class HttpClient {
public:
    using Result = Expected<HttpReply, HttpError>;
    using OnDone = std::function<void(Result)>;

    explicit HttpClient(HttpLimits limits);
    ~HttpClient();
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;

    /// Begins `request`; `on_done` runs inside a later turn(), never inside start().
    void start(HttpRequest request, OnDone on_done);
    /// Sends, receives and calls back, waiting at most `wait` for something to happen.
    void turn(std::chrono::milliseconds wait);
    /// Ends a turn() that waits.
    void wake();
    std::size_t in_flight() const;

private:
    class State;
    std::unique_ptr<State> state_;
};

} // namespace tollgate
