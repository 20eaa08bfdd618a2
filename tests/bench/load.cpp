// tollgate-load: sends prepared requests over kept connections, one at a time on each, and prints
// what came of them as JSON. One thread and epoll, so that it costs little beside what it measures.
//
//   tollgate-load --port 8080 --notify references.txt --secret ... --site-id ...
//   tollgate-load --port 8080 --get paths.txt
//
// Every line of the file is one request: a payment's reference, or a path. Requests are made, and
// notifications signed, before the clock starts. `cpu_ms` of the report is what this program itself
// spent while the clock ran, `began_s` when that was, on the system's monotonic clock.
#include "core/crypto/encoding.hpp"
#include "core/crypto/hmac.hpp"
#include "core/support/url.hpp"

#include <CLI/CLI.hpp>
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <fstream>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace tollgate::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::microseconds;

constexpr std::size_t requests_max = 1'000'000;
constexpr std::size_t head_bytes_max = std::size_t{16} * 1024;
constexpr std::size_t events_max = 256;
constexpr std::chrono::seconds answer_timeout{30};
constexpr std::chrono::seconds patrol_interval{1};

struct Options {
    std::uint16_t port = 0;
    std::string notify_file;
    std::string get_file;
    std::string path = "/notify/cinetpay";
    std::string secret;
    std::string site_id;
    std::string amount = "1500";
    std::string header;
    bool forged = false;
    std::size_t connections = 16;
    int seconds_max = 120;
};

std::vector<std::string> lines_of(const std::string& name)
{
    std::ifstream file{name};
    std::vector<std::string> lines;
    for (std::string line; lines.size() < requests_max && std::getline(file, line);) {
        if (!line.empty()) lines.push_back(line);
    }
    if (lines.empty()) throw std::runtime_error{name + ": no requests"};
    return lines;
}

std::string notification(const Options& options, const std::string& reference)
{
    // In the order in which the values are signed.
    const Fields fields{
        {"cpm_site_id", options.site_id},
        {"cpm_trans_id", reference},
        {"cpm_trans_date", "2026-01-15 10:00:00"},
        {"cpm_amount", options.amount},
        {"cpm_currency", "XOF"},
        {"signature", "benchmark"},
        {"payment_method", "OM"},
        {"cel_phone_num", "0700000000"},
        {"cpm_phone_prefixe", "225"},
        {"cpm_language", "fr"},
        {"cpm_version", "V4"},
        {"cpm_payment_config", "SINGLE"},
        {"cpm_page_action", "PAYMENT"},
        {"cpm_custom", ""},
        {"cpm_designation", "ebook"},
        {"cpm_error_message", "SUCCES"},
    };
    std::string message;
    for (const auto& [name, value] : fields)
        message += value;
    const auto key = options.forged ? "not " + options.secret : options.secret;
    const auto body = to_form(fields);
    return fmt::format(
        "POST {} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        "X-Token: {}\r\nContent-Length: {}\r\n\r\n{}",
        options.path,
        to_hex(hmac_sha256(key, message)),
        body.size(),
        body
    );
}

std::vector<std::string> make_requests(const Options& options)
{
    std::vector<std::string> requests;
    if (!options.notify_file.empty()) {
        for (const auto& line : lines_of(options.notify_file)) {
            requests.push_back(notification(options, line));
        }
        return requests;
    }
    const auto more = options.header.empty() ? std::string{} : options.header + "\r\n";
    for (const auto& path : lines_of(options.get_file)) {
        requests.push_back(fmt::format("GET {} HTTP/1.1\r\nHost: 127.0.0.1\r\n{}\r\n", path, more));
    }
    return requests;
}

struct Tally {
    std::map<int, std::size_t> statuses;
    std::vector<microseconds> latencies;
    std::size_t bytes = 0; ///< of bodies
};

/// What follows `name` in a line of the head, as nginx writes it; empty when there is none.
std::string_view header(std::string_view head, std::string_view name)
{
    const auto found = head.find(name);
    if (found == std::string_view::npos) return {};
    const auto begin = found + name.size();
    return head.substr(begin, head.find('\r', begin) - begin);
}

template <class Number>
Number number(std::string_view text)
{
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) {
        throw std::runtime_error{"the answer is not HTTP as expected: " + std::string{text}};
    }
    return value;
}

std::chrono::duration<double, std::milli> own_cpu_time()
{
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    const auto time = [](const timeval& value) {
        return std::chrono::seconds{value.tv_sec} + microseconds{value.tv_usec};
    };
    return time(used.ru_utime) + time(used.ru_stime);
}

class Connection {
public:
    explicit Connection(std::uint16_t port) : port_{port} { connect(); }
    ~Connection() { ::close(fd_); }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    int fd() const { return fd_; }
    bool busy() const { return busy_; }
    bool late(SteadyClock::time_point now) const { return busy_ && now - sent_ > answer_timeout; }

    void send(std::string_view request)
    {
        sent_ = SteadyClock::now(); // before, for the answer may be there when send() returns
        // A request is far smaller than an empty socket's buffer, so it is taken whole.
        const auto count = ::send(fd_, request.data(), request.size(), MSG_NOSIGNAL);
        if (count != static_cast<ssize_t>(request.size())) {
            throw std::system_error{errno, std::generic_category(), "send"};
        }
        busy_ = true;
    }

    /// True when the answer is complete; it is counted then.
    bool receive(Tally& tally)
    {
        if (in_body_) {
            // The kernel throws the bytes of a body away, so that a download costs no copy here.
            body_left_ -= taken(::recv(fd_, nullptr, body_left_, MSG_TRUNC));
        } else if (!receive_head(tally)) {
            return false;
        }
        in_body_ = body_left_ > 0;
        if (in_body_) return false;

        const auto latency = SteadyClock::now() - sent_;
        tally.latencies.push_back(std::chrono::duration_cast<microseconds>(latency));
        ++tally.statuses[status_];
        busy_ = false;
        return true;
    }

    /// nginx closes a connection after so many requests. True when there is a new one.
    bool renew()
    {
        if (!closed_) return false;
        ::close(fd_);
        connect();
        closed_ = false;
        return true;
    }

private:
    static std::size_t taken(ssize_t count)
    {
        if (count <= 0) throw std::runtime_error{"the server closed a connection in an answer"};
        return static_cast<std::size_t>(count);
    }

    /// True when the head is complete; what came of the body with it is done with then.
    bool receive_head(Tally& tally)
    {
        if (head_bytes_ == head_.size()) throw std::runtime_error{"the head has no end"};
        head_bytes_ +=
            taken(::recv(fd_, head_.data() + head_bytes_, head_.size() - head_bytes_, 0));
        const std::string_view answer{head_.data(), head_bytes_};
        const auto end = answer.find("\r\n\r\n");
        if (end == std::string_view::npos) return false;
        const auto head = answer.substr(0, end + 2);
        const auto length = number<std::size_t>(header(head, "\r\nContent-Length: "));
        const auto arrived = answer.size() - end - 4;
        if (arrived > length) throw std::runtime_error{"more than was announced"};
        status_ = number<int>(head.substr(head.find(' ') + 1, 3));
        closed_ = header(head, "\r\nConnection: ") == "close";
        body_left_ = length - arrived;
        tally.bytes += length;
        head_bytes_ = 0;
        return true;
    }

    void connect()
    {
        fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port_);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const auto* generic = reinterpret_cast<const sockaddr*>(&address);
        if (fd_ < 0 || ::connect(fd_, generic, sizeof address) != 0) {
            throw std::system_error{errno, std::generic_category(), "connect"};
        }
        const int on = 1;
        ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }

    std::uint16_t port_;
    int fd_ = -1;
    bool busy_ = false;
    bool closed_ = false;
    bool in_body_ = false;
    int status_ = 0;
    std::size_t body_left_ = 0;
    std::size_t head_bytes_ = 0;
    SteadyClock::time_point sent_;
    std::array<char, head_bytes_max> head_;
};

class Load {
public:
    Load(const Options& options, const std::vector<std::string>& requests)
        : options_{options}, requests_{requests}, epoll_{::epoll_create1(EPOLL_CLOEXEC)}
    {
        tally_.latencies.reserve(requests.size());
        const auto count = std::min(options.connections, requests.size());
        for (std::size_t i = 0; i < count; ++i) {
            connections_.push_back(std::make_unique<Connection>(options.port));
            watch(*connections_.back());
        }
    }

    ~Load() { ::close(epoll_); }
    Load(const Load&) = delete;
    Load& operator=(const Load&) = delete;

    void run()
    {
        const auto cpu_before = own_cpu_time();
        start_ = SteadyClock::now();
        const auto deadline = start_ + std::chrono::seconds{options_.seconds_max};
        auto next_patrol = start_ + patrol_interval;
        for (const auto& connection : connections_)
            send_next(*connection);
        while (tally_.latencies.size() < sent_) {
            take_answers();
            const auto now = SteadyClock::now();
            ended_ = ended_ || now > deadline;
            if (now < next_patrol) continue;
            next_patrol = now + patrol_interval;
            demand_answers(now);
        }
        seconds_ = SteadyClock::now() - start_;
        cpu_ = own_cpu_time() - cpu_before;
    }

    std::string report()
    {
        auto& latencies = tally_.latencies;
        std::ranges::sort(latencies);
        std::string statuses;
        for (const auto& [status, count] : tally_.statuses) {
            statuses += fmt::format("{}\"{}\": {}", statuses.empty() ? "" : ", ", status, count);
        }
        const auto share = [&](std::size_t percent) {
            return latencies[(latencies.size() - 1) * percent / 100].count();
        };
        return fmt::format(
            R"({{"sent": {}, "status": {{{}}}, "seconds": {:.3f}, "per_second": {:.0f}, )"
            R"("p50_us": {}, "p99_us": {}, "max_us": {}, "bytes": {}, "cpu_ms": {:.1f}, )"
            R"("began_s": {:.3f}}})",
            sent_,
            statuses,
            seconds_.count(),
            static_cast<double>(sent_) / seconds_.count(),
            share(50),
            share(99),
            share(100),
            tally_.bytes,
            cpu_.count(),
            std::chrono::duration<double>{start_.time_since_epoch()}.count()
        );
    }

private:
    void watch(Connection& connection)
    {
        epoll_event event{.events = EPOLLIN, .data = {.ptr = &connection}};
        ::epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd(), &event);
    }

    void send_next(Connection& connection)
    {
        if (ended_ || sent_ == requests_.size()) return;
        connection.send(requests_[sent_++]);
    }

    void demand_answers(SteadyClock::time_point now) const
    {
        for (const auto& connection : connections_) {
            if (connection->late(now)) throw std::runtime_error{"no answer in time"};
        }
    }

    void take_answers()
    {
        std::array<epoll_event, events_max> events;
        const auto count = ::epoll_wait(epoll_, events.data(), events.size(), 1'000);
        for (int i = 0; i < count; ++i) {
            auto& connection =
                *static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr);
            // A connection at rest that becomes readable was closed by the server.
            if (!connection.busy()) {
                ::epoll_ctl(epoll_, EPOLL_CTL_DEL, connection.fd(), nullptr);
                continue;
            }
            if (!connection.receive(tally_)) continue;
            if (connection.renew()) watch(connection);
            send_next(connection);
        }
    }

    const Options& options_;
    const std::vector<std::string>& requests_;
    int epoll_;
    std::vector<std::unique_ptr<Connection>> connections_;
    Tally tally_;
    std::size_t sent_ = 0;
    bool ended_ = false;
    SteadyClock::time_point start_{};
    std::chrono::duration<double> seconds_{};
    std::chrono::duration<double, std::milli> cpu_{};
};

} // namespace
} // namespace tollgate::bench

int main(int argc, char** argv)
{
    CLI::App app{"Sends prepared requests to 127.0.0.1 and measures the answers"};
    tollgate::bench::Options options;
    app.add_option("--port", options.port)->required();
    auto* notify = app.add_option("--notify", options.notify_file, "references, one per line");
    app.add_option("--get", options.get_file, "paths, one per line")->excludes(notify);
    app.add_option("--path", options.path, "where notifications go");
    app.add_option("--secret", options.secret, "signs them");
    app.add_option("--site-id", options.site_id);
    app.add_option("--amount", options.amount);
    app.add_option("--header", options.header, "one more line in the head of every GET");
    app.add_flag("--forged", options.forged, "signed with another secret");
    app.add_option("--connections", options.connections)->check(CLI::Range(1, 1'000));
    app.add_option("--seconds-max", options.seconds_max)->check(CLI::Range(1, 600));
    CLI11_PARSE(app, argc, argv);
    try {
        const auto requests = tollgate::bench::make_requests(options);
        tollgate::bench::Load load{options, requests};
        load.run();
        std::puts(load.report().c_str());
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "tollgate-load: %s\n", error.what());
        return 1;
    }
}
