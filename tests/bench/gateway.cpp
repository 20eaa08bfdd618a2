// tollgate-bench-gateway: says of every payment that it is paid, as CinetPay's /v2/payment/check
// does, at once or after a delay. One thread and epoll, because it shares the processors with what
// is measured, and because hundreds of slow answers must not wait for one another.
//
//   tollgate-bench-gateway --port 9000 [--amount 1500] [--delay-ms 100]
//
// It knows as much of HTTP as a client with kept connections needs; every address is the same one.
#include <CLI/CLI.hpp>
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <unordered_map>

namespace tollgate::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t request_bytes_max = std::size_t{16} * 1024;
constexpr std::size_t events_max = 256;
constexpr int backlog = 1024;

struct Options {
    std::uint16_t port = 0;
    std::string amount = "1500";
    int delay_ms = 0;
};

[[noreturn]] void fail(const char* what)
{
    throw std::system_error{errno, std::generic_category(), what};
}

/// What stands between `before` and the next `end`.
std::string_view between(std::string_view text, std::string_view before, char end)
{
    const auto found = text.find(before);
    if (found == std::string_view::npos) return {};
    const auto rest = text.substr(found + before.size());
    return rest.substr(0, rest.find(end));
}

/// The body of a complete request; nothing while bytes are missing.
std::optional<std::string_view> body_of(std::string_view request)
{
    const auto end = request.find("\r\n\r\n");
    if (end == std::string_view::npos) return std::nullopt;
    const auto text = between(request.substr(0, end + 2), "\r\nContent-Length: ", '\r');
    std::size_t length = 0;
    std::from_chars(text.data(), text.data() + text.size(), length);
    const auto body = request.substr(end + 4);
    if (body.size() < length) return std::nullopt;
    return body;
}

std::string paid_answer(std::string_view reference, std::string_view amount)
{
    const auto body = fmt::format(
        R"({{"code":"00","message":"SUCCES","data":{{"amount":"{}","currency":"XOF",)"
        R"("status":"ACCEPTED","payment_method":"OM","description":"ebook","metadata":"{}",)"
        R"("operator_id":"MP260115.1000.A00001","payment_date":"2026-01-15 10:00:00",)"
        R"("fund_availability_date":"2026-01-17 00:00:00"}},"api_response_id":"1768471200.1234"}})",
        amount,
        reference
    );
    return fmt::format(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
        body.size(),
        body
    );
}

/// Readable from the first SIGTERM on.
int stop_signal()
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, nullptr);
    const int fd = ::signalfd(-1, &signals, SFD_CLOEXEC);
    if (fd < 0) fail("signalfd");
    return fd;
}

int listening_socket(std::uint16_t port)
{
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int on = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    if (::bind(fd, generic, sizeof address) != 0) fail("bind");
    if (::listen(fd, backlog) != 0) fail("listen");
    return fd;
}

class Gateway {
public:
    explicit Gateway(const Options& options)
        : options_{options}, stop_{stop_signal()}, listen_{listening_socket(options.port)}
    {
        watch(stop_);
        watch(listen_);
    }

    void run()
    {
        std::array<epoll_event, events_max> events;
        for (;;) {
            const auto count = ::epoll_wait(epoll_, events.data(), events.size(), patience_ms());
            for (int i = 0; i < count; ++i) {
                const int fd = events[static_cast<std::size_t>(i)].data.fd;
                if (fd == stop_) return;
                fd == listen_ ? accept_all() : read(fd);
            }
            answer_what_is_due();
        }
    }

private:
    struct Client {
        std::uint64_t number = 0; ///< a descriptor is used again by the next client
        std::string request;
    };
    struct Waiting {
        SteadyClock::time_point due;
        int fd;
        std::uint64_t number;
        std::string answer;
    };

    void watch(int fd) const
    {
        epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
        if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll_ctl");
    }

    void accept_all()
    {
        for (;;) {
            const int fd = ::accept4(listen_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
            if (fd < 0) return;
            const int on = 1;
            ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            clients_[fd] = {.number = ++clients_seen_, .request = {}};
            watch(fd);
        }
    }

    void read(int fd)
    {
        auto& client = clients_.at(fd);
        std::array<char, 4096> piece;
        const auto count = ::recv(fd, piece.data(), piece.size(), 0);
        if (count > 0) client.request.append(piece.data(), static_cast<std::size_t>(count));
        if (count <= 0 || client.request.size() > request_bytes_max) {
            ::close(fd);
            clients_.erase(fd);
            return;
        }
        const auto body = body_of(client.request);
        if (!body) return;
        const auto reference = between(*body, R"("transaction_id":")", '"');
        auto answer = paid_answer(reference, options_.amount);
        client.request.clear();
        if (options_.delay_ms == 0) {
            send(fd, answer);
            return;
        }
        const auto due = SteadyClock::now() + milliseconds{options_.delay_ms};
        waiting_.push_back({due, fd, client.number, std::move(answer)});
    }

    /// All wait equally long, so the first in the queue is the first that is due.
    void answer_what_is_due()
    {
        const auto now = SteadyClock::now();
        for (; !waiting_.empty() && waiting_.front().due <= now; waiting_.pop_front()) {
            const auto& next = waiting_.front();
            const auto client = clients_.find(next.fd);
            if (client == clients_.end() || client->second.number != next.number) continue;
            send(next.fd, next.answer);
        }
    }

    int patience_ms() const
    {
        if (waiting_.empty()) return -1;
        const auto left = waiting_.front().due - SteadyClock::now();
        if (left <= left.zero()) return 0;
        return static_cast<int>(std::chrono::ceil<milliseconds>(left).count());
    }

    /// An answer is far smaller than an empty socket's buffer; who has left does not get it.
    static void send(int fd, const std::string& answer)
    {
        [[maybe_unused]] const auto sent = ::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
    }

    const Options& options_;
    int stop_;
    int listen_;
    int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    std::uint64_t clients_seen_ = 0;
    std::unordered_map<int, Client> clients_;
    std::deque<Waiting> waiting_;
};

} // namespace
} // namespace tollgate::bench

int main(int argc, char** argv)
{
    CLI::App app{"A gateway on 127.0.0.1 that says of every payment that it is paid"};
    tollgate::bench::Options options;
    app.add_option("--port", options.port)->required();
    app.add_option("--amount", options.amount, "major units of XOF");
    app.add_option("--delay-ms", options.delay_ms, "before each answer")
        ->check(CLI::Range(0, 60'000));
    CLI11_PARSE(app, argc, argv);
    try {
        tollgate::bench::Gateway{options}.run();
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "tollgate-bench-gateway: %s\n", error.what());
        return 1;
    }
}
