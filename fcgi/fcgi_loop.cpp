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
#include <optional>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace tollgate {
namespace {

using std::chrono::milliseconds;
using Deadline = std::chrono::steady_clock::time_point;

constexpr milliseconds linger_timeout{2000};
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

// One request after the other, each perhaps of another connection.
//
// We accept ourselves, for libfcgi's own accept knows no time-out and cannot be woken. libfcgi
// takes a connection as its own when ipcFd and keepConnection are set before FCGX_Accept_r(), which
// begins by closing what is not to be kept. The listening socket it knows is -1: when a connection
// ends before a request is complete it would accept the next one by itself; so it returns instead.
class Worker {
public:
    Worker(Connections& connections, const Handler& handle)
        : connections_{connections}, handle_{handle}
    {
        ::FCGX_InitRequest(&request_, -1, 0);
    }

    void run()
    {
        while (auto connection = connections_.next()) {
            if (serve_request(connection)) {
                connections_.rest(std::move(connection));
            } else {
                connection = {};
                connections_.closed();
            }
        }
    }

private:
    bool serve_request(FileDescriptor& connection);
    bool converse();
    Response respond(const Parameters& parameters, const std::string& id);
    Response read_and_handle(const Parameters& parameters, const std::string& id);
    std::optional<std::string> read_body(std::size_t size);
    bool send(const Response& response, const std::string& id, bool with_body);
    bool send_file(const FileBody& file);
    bool send_part(const FileDescriptor& fd, off_t offset, off_t length);
    bool send_record(const FileDescriptor& fd, off_t& offset, std::size_t size);
    bool put(std::string_view bytes);

    Connections& connections_;
    const Handler& handle_;
    FCGX_Request request_{};
    bool input_consumed_ = true; ///< the request on hand was read to its end
};

// Between two requests nothing can be lost in libfcgi's buffer, which it frees with the request: a
// peer may only send the next one after our END_REQUEST, for libfcgi does not multiplex.
//
// False when the connection is of no more use; perhaps libfcgi has closed it already.
bool Worker::serve_request(FileDescriptor& connection)
{
    request_.ipcFd = connection.release(); // libfcgi closes it when reading or writing fails,
    ::FCGX_Detach(&request_);              // and then at once, not after two seconds of listening
    const bool keep = converse();
    ::FCGX_Free(&request_, 0);
    connection = FileDescriptor{std::exchange(request_.ipcFd, -1)};
    if (connection && !input_consumed_) drain(connection.get());
    input_consumed_ = true;
    return keep;
}

bool Worker::converse()
{
    request_.keepConnection = 1;
    if (::FCGX_Accept_r(&request_) != 0) return false; // the peer left, or speaks something else
    const bool keep = request_.keepConnection != 0;
    input_consumed_ = false;
    if (request_.role != FCGI_RESPONDER) return false;

    const auto parameters = read_parameters(request_.envp);
    const auto id = request_id(parameters);
    const auto response = respond(parameters, id);
    const bool sent = send(response, id, parameters.method != "HEAD");
    log_debug(
        "request.answered",
        {{"request", id}, {"method", parameters.method}, {"status", response.status}}
    );
    if (!sent) return false;     // without END_REQUEST, so that the peer knows it is cut short
    request_.keepConnection = 1; // closing is left to run()
    ::FCGX_Finish_r(&request_);
    return keep && input_consumed_ && request_.ipcFd >= 0;
}

Response Worker::respond(const Parameters& parameters, const std::string& id)
{
    try {
        return read_and_handle(parameters, id);
    } catch (const std::exception& error) {
        log_error("request.failed", {{"request", id}, {"what", error.what()}});
    } catch (...) {
        log_error("request.failed", {{"request", id}, {"what", "not a std::exception"}});
    }
    return try_later();
}

Response Worker::read_and_handle(const Parameters& parameters, const std::string& id)
{
    auto head = request_head(parameters);
    if (!head) return head.error();
    auto body = read_body(head->body_bytes);
    if (!body) return bad_body();
    auto& request = head->request;
    request.body = std::move(*body);
    request.id = id;
    return handle_(request);
}

// Reads the end of the stream too: left in the socket, that record would be taken for the start of
// the next request, and the connection closed in its face.
std::optional<std::string> Worker::read_body(std::size_t size)
{
    std::string body(size, '\0');
    const int count = ::FCGX_GetStr(body.data(), static_cast<int>(size), request_.in);
    const bool ended = ::FCGX_GetChar(request_.in) == EOF;
    input_consumed_ = ended && ::FCGX_GetError(request_.in) == 0;
    if (!input_consumed_ || static_cast<std::size_t>(count) != size) return std::nullopt;
    return body;
}

bool Worker::send(const Response& response, const std::string& id, bool with_body)
{
    auto text = head_text(response, id);
    if (with_body && !response.file) text.append(response.body);
    if (!put(text)) return false;
    return !with_body || !response.file || send_file(*response.file);
}

bool Worker::send_file(const FileBody& file)
{
    for (const auto& part : file.parts) {
        if (!put(part.before) || !send_part(*file.file, part.offset, part.length)) return false;
    }
    return put(file.after);
}

// Past libfcgi, whose buffer holds 8 KiB and would copy each byte twice: a stream may be made of
// records that others wrote, as long as each is whole.
bool Worker::send_part(const FileDescriptor& fd, off_t offset, off_t length)
{
    if (::FCGX_FFlush(request_.out) != 0) return false;
    for (const off_t end = offset + length; offset < end;) {
        const auto size = static_cast<std::size_t>(std::min(end - offset, record_bytes_max));
        if (!send_record(fd, offset, size)) return false;
    }
    return true;
}

bool Worker::send_record(const FileDescriptor& fd, off_t& offset, std::size_t size)
{
    const std::array<unsigned char, FCGI_HEADER_LEN> head{
        FCGI_VERSION_1,
        FCGI_STDOUT,
        static_cast<unsigned char>(request_.requestId >> 8),
        static_cast<unsigned char>(request_.requestId),
        static_cast<unsigned char>(size >> 8),
        static_cast<unsigned char>(size)};
    const auto sent = ::send(request_.ipcFd, head.data(), head.size(), MSG_MORE | MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(head.size())) return false;
    while (size > 0) {
        const auto count = ::sendfile(request_.ipcFd, fd.get(), &offset, size);
        if (count <= 0) return false; // the file has become shorter, or the peer is gone
        size -= static_cast<std::size_t>(count);
    }
    return true;
}

bool Worker::put(std::string_view bytes)
{
    return ::FCGX_PutStr(bytes.data(), static_cast<int>(bytes.size()), request_.out) >= 0;
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
         .first_timeout = options.io_timeout,
         .idle_timeout = options.idle_timeout}};
    std::vector<std::jthread> threads; // joined when this function ends
    threads.reserve(wanted);
    try {
        while (threads.size() < wanted) {
            threads.emplace_back([&] { Worker{connections, handle}.run(); });
        }
    } catch (const std::system_error& error) {
        if (threads.empty()) throw;
        // Shared hosting limits threads per account: fewer serve, too.
        log_warning("loop.few_threads", {{"started", threads.size()}, {"wanted", wanted}});
    }
    connections.watch(stop_fd);
}

} // namespace tollgate
