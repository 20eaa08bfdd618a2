// Sends notifications: one thread owns the HTTP client, everybody else hands it requests.
//
// Errors   HttpError to the callback
// Threads  post() from any; the callbacks run in the thread that is in run()
#pragma once

#include "core/net/http_client.hpp"

#include <chrono>
#include <map>
#include <mutex>
#include <stop_token>

namespace tollgate::twins {

class Notifier {
public:
    Notifier();

    /// Begins `request` after `delay`. Whatever is not begun when run() ends is forgotten.
    void post(HttpRequest request, std::chrono::milliseconds delay, HttpClient::OnDone on_done);
    void run(const std::stop_token& stop);

private:
    using Steady = std::chrono::steady_clock;
    struct Errand {
        HttpRequest request;
        HttpClient::OnDone on_done;
    };
    void start_due();
    std::chrono::milliseconds time_to_next();

    HttpClient client_;
    std::mutex mutex_;
    std::multimap<Steady::time_point, Errand> errands_; ///< by the time when they are due
};

} // namespace tollgate::twins
