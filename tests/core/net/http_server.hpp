// A small HTTP server on 127.0.0.1 that answers as a test says, byte for byte, and counts. A gate
// holds its answers back, so a test decides what happens while a question is under way.
//
// Threads  one per connection calls the script
#pragma once

#include "core/support/text.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace tollgate {

class HttpServer {
public:
    struct Received {
        std::string head; ///< request line and headers, as they came
        std::string body;
    };
    /// The whole answer; an empty one closes the connection.
    using Script = std::function<std::string(const Received&)>;

    explicit HttpServer(Script script) : script_{std::move(script)}, listener_{listen_on_loopback()}
    {
        acceptor_ = std::thread{[this] { accept_all(); }};
    }

    ~HttpServer()
    {
        open_gate();
        ::shutdown(listener_, SHUT_RDWR);
        acceptor_.join();
        {
            const std::lock_guard lock{mutex_};
            for (const int connection : connections_)
                ::shutdown(connection, SHUT_RDWR);
        }
        for (auto& thread : threads_)
            thread.join();
        for (const int connection : connections_)
            ::close(connection);
        ::close(listener_);
    }

    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    static std::string reply(std::string_view status, std::string_view body)
    {
        return "HTTP/1.1 " + std::string{status} +
               "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
               std::string{body};
    }

    std::string url() const
    {
        sockaddr_in address{};
        socklen_t size = sizeof address;
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
        return "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    }

    void close_gate()
    {
        const std::lock_guard lock{mutex_};
        gate_open_ = false;
    }
    void open_gate()
    {
        {
            const std::lock_guard lock{mutex_};
            gate_open_ = true;
        }
        changed_.notify_all();
    }
    /// Waits until `count` requests have come since the beginning.
    void wait_for_requests(std::size_t count)
    {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [&] { return requests_.size() >= count; });
    }
    /// Waits until `count` requests have been answered since the beginning.
    void wait_for_answers(std::size_t count)
    {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [&] { return answers_ >= count; });
    }

    std::vector<Received> requests() const
    {
        const std::lock_guard lock{mutex_};
        return requests_;
    }
    std::size_t connections() const
    {
        const std::lock_guard lock{mutex_};
        return connections_.size();
    }
    /// The most requests that were under way at once.
    std::size_t most_at_once() const
    {
        const std::lock_guard lock{mutex_};
        return most_at_once_;
    }

private:
    static int listen_on_loopback()
    {
        const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
            ::listen(listener, SOMAXCONN) != 0) {
            throw std::runtime_error{"no port to listen on"};
        }
        return listener;
    }

    void accept_all()
    {
        while (true) {
            const int connection = ::accept(listener_, nullptr, nullptr);
            if (connection < 0) return;
            const std::lock_guard lock{mutex_};
            connections_.push_back(connection);
            threads_.emplace_back([this, connection] { serve(connection); });
        }
    }

    void serve(int connection)
    {
        std::string bytes;
        Received received;
        while (read_request(connection, bytes, received)) {
            begin(received);
            const auto answer = script_(received);
            end();
            if (answer.empty() ||
                ::send(connection, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) {
                ::shutdown(connection, SHUT_RDWR);
                return;
            }
            count_answer();
        }
    }

    void begin(const Received& received)
    {
        std::unique_lock lock{mutex_};
        requests_.push_back(received);
        most_at_once_ = std::max(most_at_once_, ++at_once_);
        changed_.notify_all();
        changed_.wait(lock, [&] { return gate_open_; });
    }

    void end()
    {
        const std::lock_guard lock{mutex_};
        --at_once_;
    }

    void count_answer()
    {
        {
            const std::lock_guard lock{mutex_};
            ++answers_;
        }
        changed_.notify_all();
    }

    static bool read_more(int connection, std::string& bytes)
    {
        char buffer[4096];
        const auto count = ::recv(connection, buffer, sizeof buffer, 0);
        if (count <= 0) return false;
        bytes.append(buffer, static_cast<std::size_t>(count));
        return true;
    }

    static bool read_request(int connection, std::string& bytes, Received& received)
    {
        std::size_t end = 0;
        while ((end = bytes.find("\r\n\r\n")) == std::string::npos) {
            if (!read_more(connection, bytes)) return false;
        }
        received.head = bytes.substr(0, end + 2);
        const auto length = body_length(received.head);
        while (bytes.size() < end + 4 + length) {
            if (!read_more(connection, bytes)) return false;
        }
        received.body = bytes.substr(end + 4, length);
        bytes.erase(0, end + 4 + length);
        return true;
    }

    static std::size_t body_length(const std::string& head)
    {
        constexpr std::string_view name = "\r\ncontent-length:";
        const auto found = lower(head).find(name);
        return found == std::string::npos ? 0 : std::stoul(head.substr(found + name.size()));
    }

    Script script_;
    int listener_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    bool gate_open_ = true; ///< guarded by mutex_, as all below but the acceptor
    std::vector<Received> requests_;
    std::size_t answers_ = 0;
    std::size_t at_once_ = 0;
    std::size_t most_at_once_ = 0;
    std::vector<int> connections_;
    std::vector<std::thread> threads_;
    std::thread acceptor_;
};

/// An address where nobody listens.
inline std::string deserted_url()
{
    return HttpServer{[](const auto&) { return std::string{}; }}.url();
}

} // namespace tollgate
