#include "fcgi/fcgi_loop.hpp"

#include "core/support/check.hpp"
#include "core/support/file_descriptor.hpp"
#include "core/support/log.hpp"
#include "fcgi/connections.hpp"
#include "fcgi/fcgi_request.hpp"

#include <fastcgi.h>
#include <fcgiapp.h>
#include <poll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

namespace tollgate {
namespace {

using std::chrono::milliseconds;
using Deadline = std::chrono::steady_clock::time_point;

constexpr milliseconds linger_timeout{2000};
/// Or as many as there are processors.
constexpr std::size_t attending_min = 4;
constexpr off_t record_bytes_max = 65'528; ///< what a header can say, in eights: no padding

constexpr std::array signals_of_libfcgi{SIGPIPE, SIGUSR1, SIGTERM};

// FCGX_Init() replaces what is done on these signals, even an ignored SIGPIPE, and a SIGTERM that
// it caught only counts in an accept of its own. So all is put back as it was.
void start_libfcgi()
{
    static const bool started = [] {
        std::array<struct sigaction, signals_of_libfcgi.size()> before{};
        auto* const first = before.data();
        for (auto* action = first; const int signal : signals_of_libfcgi) {
            ::sigaction(signal, nullptr, action++);
        }
        const bool good = ::FCGX_Init() == 0;
        for (const auto* action = first; const int signal : signals_of_libfcgi) {
            ::sigaction(signal, action++, nullptr);
        }
        return good;
    }();
    if (!started) throw std::runtime_error{"libfcgi does not start"};
}

// Closing with unread bytes would reset the connection, and the peer could lose the answer. So
// what it still sends is thrown away until it has closed its side, for a bounded time.
void drain(int fd)
{
    ::shutdown(fd, SHUT_WR);
    const Deadline deadline = std::chrono::steady_clock::now() + linger_timeout;
    std::array<char, 4096> waste{};
    for (;;) {
        const auto left =
            std::chrono::duration_cast<milliseconds>(deadline - std::chrono::steady_clock::now());
        if (left.count() <= 0) return;
        pollfd peer{fd, POLLIN, 0};
        if (::poll(&peer, 1, static_cast<int>(left.count())) <= 0) return;
        if (::recv(fd, waste.data(), waste.size(), MSG_DONTWAIT) <= 0) return;
    }
}

Response try_later()
{
    Response response;
    response.status = 503;
    response.body = "try again later\n";
    response.headers = {{"Retry-After", "60"}};
    return response;
}

Response bad_body()
{
    Response response;
    response.status = 400;
    response.body = "the body is not as long as announced\n";
    return response;
}

// One request on one connection: it lives until the answer is sent, however long somebody owes it,
// and then lets the connection rest, or closes it.
//
// We accept ourselves, for libfcgi's own accept knows no time-out and cannot be woken. libfcgi
// takes a connection as its own when ipcFd and keepConnection are set before FCGX_Accept_r(), which
// begins by closing what is not to be kept. The listening socket it knows is -1: when a connection
// ends before a request is complete it would accept the next one by itself; so it returns instead.
class Exchange : public std::enable_shared_from_this<Exchange> {
public:
    Exchange(Connections& connections, FileDescriptor connection);
    ~Exchange() { end(); }
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;

    void serve(const Handler& handle);

private:
    bool accept();
    Handled read_and_handle(const Handler& handle);
    void answer(const MakeResponse& make);
    void finish(Response response);
    void end();
    bool succeeds(auto work);
    std::optional<std::string> read_body(std::size_t size);
    bool send(const Response& response);
    bool send_file(const FileBody& file);
    bool send_part(const FileDescriptor& fd, off_t offset, off_t length);
    bool send_record(const FileDescriptor& fd, off_t& offset, std::size_t size);
    bool put(std::string_view bytes);

    Connections& connections_;
    FCGX_Request fcgi_{};
    std::string id_;
    Request request_;
    bool input_consumed_ = true; ///< the request was read to its end
    bool may_keep_ = false;      ///< the peer wants to send another
    bool finished_ = false;      ///< and may send it now
    bool ended_ = false;         ///< the connection is not ours any more
};

Exchange::Exchange(Connections& connections, FileDescriptor connection) : connections_{connections}
{
    ::FCGX_InitRequest(&fcgi_, -1, 0);
    fcgi_.ipcFd = connection.release(); // libfcgi closes it when reading or writing fails,
    ::FCGX_Detach(&fcgi_);              // and then at once, not after two seconds of listening
}

// Between two requests nothing can be lost in libfcgi's buffer, which it frees with the request: a
// peer may only send the next one after our END_REQUEST, for libfcgi does not multiplex.
void Exchange::end()
{
    if (std::exchange(ended_, true)) return;
    ::FCGX_Free(&fcgi_, 0);
    FileDescriptor connection{fcgi_.ipcFd}; // perhaps libfcgi has closed it already
    if (connection && !input_consumed_) drain(connection.get());
    if (connection && input_consumed_ && may_keep_ && finished_) {
        connections_.rest(std::move(connection));
    } else {
        connection = {};
        connections_.closed();
    }
}

void Exchange::serve(const Handler& handle)
{
    if (!accept()) return;
    Handled handled;
    if (!succeeds([&] { handled = read_and_handle(handle); })) handled = try_later();
    if (auto* response = std::get_if<Response>(&handled)) {
        finish(std::move(*response));
        return;
    }
    const bool begun = succeeds([&] {
        std::get<Later>(handled
        )([self = shared_from_this()](const MakeResponse& make) { self->answer(make); });
    });
    if (!begun) finish(try_later());
}

bool Exchange::accept()
{
    fcgi_.keepConnection = 1;
    if (::FCGX_Accept_r(&fcgi_) != 0) return false; // the peer left, or speaks something else
    may_keep_ = fcgi_.keepConnection != 0;
    input_consumed_ = false;
    return fcgi_.role == FCGI_RESPONDER;
}

Handled Exchange::read_and_handle(const Handler& handle)
{
    const auto parameters = read_parameters(fcgi_.envp);
    id_ = request_id(parameters);
    request_.method = parameters.method; // whatever comes: HEAD has no body
    auto head = request_head(parameters);
    if (!head) return head.error();
    auto body = read_body(head->body_bytes);
    if (!body) return bad_body();
    request_ = std::move(head->request);
    request_.body = std::move(*body);
    request_.id = id_;
    return handle(request_);
}

void Exchange::answer(const MakeResponse& make)
{
    Response response;
    if (!succeeds([&] { response = make(); })) response = try_later();
    finish(std::move(response));
}

void Exchange::finish(Response response)
{
    check(!finished_, "a request is answered twice");
    const bool sent = send(response);
    log_debug(
        "request.answered",
        {{"request", id_}, {"method", request_.method}, {"status", response.status}}
    );
    if (!sent) return;        // without END_REQUEST, so that the peer knows it is cut short
    fcgi_.keepConnection = 1; // closing is left to us
    ::FCGX_Finish_r(&fcgi_);
    finished_ = true;
    end(); // at once: whose thread this is may go on for long with other things
}

bool Exchange::succeeds(auto work)
{
    try {
        work();
        return true;
    } catch (const std::exception& error) {
        log_error("request.failed", {{"request", id_}, {"what", error.what()}});
    } catch (...) {
        log_error("request.failed", {{"request", id_}, {"what", "not a std::exception"}});
    }
    return false;
}

// Reads the end of the stream too: left in the socket, that record would be taken for the start of
// the next request, and the connection closed in its face.
std::optional<std::string> Exchange::read_body(std::size_t size)
{
    std::string body(size, '\0');
    const int count = ::FCGX_GetStr(body.data(), static_cast<int>(size), fcgi_.in);
    const bool ended = ::FCGX_GetChar(fcgi_.in) == EOF;
    input_consumed_ = ended && ::FCGX_GetError(fcgi_.in) == 0;
    if (!input_consumed_ || static_cast<std::size_t>(count) != size) return std::nullopt;
    return body;
}

bool Exchange::send(const Response& response)
{
    const bool with_body = request_.method != "HEAD";
    auto text = head_text(response, id_);
    if (with_body && !response.file) text.append(response.body);
    if (!put(text)) return false;
    return !with_body || !response.file || send_file(*response.file);
}

bool Exchange::send_file(const FileBody& file)
{
    for (const auto& part : file.parts) {
        if (!put(part.before) || !send_part(*file.file, part.offset, part.length)) return false;
    }
    return put(file.after);
}

// Past libfcgi, whose buffer holds 8 KiB and would copy each byte twice: a stream may be made of
// records that others wrote, as long as each is whole.
bool Exchange::send_part(const FileDescriptor& fd, off_t offset, off_t length)
{
    if (::FCGX_FFlush(fcgi_.out) != 0) return false;
    for (const off_t end = offset + length; offset < end;) {
        const auto size = static_cast<std::size_t>(std::min(end - offset, record_bytes_max));
        if (!send_record(fd, offset, size)) return false;
    }
    return true;
}

bool Exchange::send_record(const FileDescriptor& fd, off_t& offset, std::size_t size)
{
    const std::array<unsigned char, FCGI_HEADER_LEN> head{
        FCGI_VERSION_1,
        FCGI_STDOUT,
        static_cast<unsigned char>(fcgi_.requestId >> 8),
        static_cast<unsigned char>(fcgi_.requestId),
        static_cast<unsigned char>(size >> 8),
        static_cast<unsigned char>(size)};
    const auto sent = ::send(fcgi_.ipcFd, head.data(), head.size(), MSG_MORE | MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(head.size())) return false;
    while (size > 0) {
        const auto count = ::sendfile(fcgi_.ipcFd, fd.get(), &offset, size);
        if (count <= 0) return false; // the file has become shorter, or the peer is gone
        size -= static_cast<std::size_t>(count);
    }
    return true;
}

bool Exchange::put(std::string_view bytes)
{
    return ::FCGX_PutStr(bytes.data(), static_cast<int>(bytes.size()), fcgi_.out) >= 0;
}

void run(Connections& connections, const Handler& handle)
{
    Attendance::Seat seat{connections.attendance()};
    while (auto connection = connections.next(seat))
        std::make_shared<Exchange>(connections, std::move(connection))->serve(handle);
}

} // namespace

void serve(const Listener& listener, const LoopOptions& options, int stop_fd, const Handler& handle)
{
    check(options.threads > 0, "a loop without threads");
    start_libfcgi();
    const auto wanted = static_cast<std::size_t>(options.threads);
    Connections connections{
        listener.fd(),
        {.connections_max = std::max(options.connections_max, wanted),
         .attending_max = std::max<std::size_t>(attending_min, std::thread::hardware_concurrency()),
         .first_timeout = options.io_timeout,
         .idle_timeout = options.idle_timeout}};
    std::vector<std::jthread> threads; // joined when this function ends
    threads.reserve(wanted);
    try {
        while (threads.size() < wanted) {
            threads.emplace_back([&] { run(connections, handle); });
        }
    } catch (const std::system_error& error) {
        if (threads.empty()) throw;
        // Shared hosting limits threads per account: fewer serve, too.
        log_warning("loop.few_threads", {{"started", threads.size()}, {"wanted", wanted}});
    }
    connections.watch(stop_fd, {options.when_quiet, options.stopping});
}

} // namespace tollgate
