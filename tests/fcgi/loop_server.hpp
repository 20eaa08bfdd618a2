// A loop that serves for a test, and what its tests send to it.
#pragma once

#include "core/support/file_descriptor.hpp"
#include "fcgi/fcgi_loop.hpp"
#include "tests/fcgi/fastcgi_client.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace tollgate {

/// A folder of this process's own, removed with all that is in it.
class Folder {
public:
    Folder() : path_{std::filesystem::temp_directory_path() / "tollgate-loop-XXXXXX"}
    {
        if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error{"no folder"};
    }
    ~Folder()
    {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    std::string file(std::string_view name) const { return path_ + "/" + std::string{name}; }

private:
    std::string path_;
};

inline Response text(std::string body)
{
    Response response;
    response.body = std::move(body);
    return response;
}

/// What the handler saw, to be compared with what was sent.
inline Response echo(const Request& request)
{
    std::string body = request.method + " " + request.path + "?" + request.query + "\n";
    for (const auto& [name, value] : request.headers) {
        body.append(name).append(": ").append(value).append("\n");
    }
    return text(body.append("\n").append(request.body));
}

/// serve() in a thread of its own, stopped at the latest when this goes.
class Server {
public:
    explicit Server(Handler handler, LoopOptions options = {.listen = {}, .threads = 2})
        : handler_{std::move(handler)}, options_{std::move(options)}
    {
        std::signal(SIGPIPE, SIG_IGN);
        ended_ = std::async(std::launch::async, [this] {
            serve(listener_, options_, stop_fd_.get(), handler_);
        });
    }
    ~Server() { stop(); }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    std::string path() const { return folder_.file("socket"); }
    std::string file(std::string_view name) const { return folder_.file(name); }

    void stop() { ::eventfd_write(stop_fd_.get(), 1); }

    bool has_ended(std::chrono::seconds patience) const
    {
        return ended_.wait_for(patience) == std::future_status::ready;
    }

private:
    Folder folder_;
    Handler handler_;
    LoopOptions options_;
    FileDescriptor stop_fd_{::eventfd(0, EFD_CLOEXEC)};
    Listener listener_{folder_.file("socket")};
    std::future<void> ended_; // last: its destructor waits for serve()
};

inline constexpr auto soon = std::chrono::seconds{client_timeout_s};

inline Fields get(std::string uri)
{
    return {{"REQUEST_METHOD", "GET"}, {"REQUEST_URI", std::move(uri)}};
}

inline Fields post(std::string length)
{
    return {
        {"REQUEST_METHOD", "POST"},
        {"REQUEST_URI", "/"},
        {"CONTENT_LENGTH", std::move(length)},
    };
}

/// A handler that tells when it was entered and waits until it may go on.
struct Gate {
    std::promise<void> entered;
    std::promise<void> opened;

    Response operator()(const Request& request)
    {
        if (request.path != "/slow") return echo(request);
        entered.set_value();
        opened.get_future().wait();
        return text("finished");
    }
};

} // namespace tollgate
