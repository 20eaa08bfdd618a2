#include "core/support/text.hpp"
#include "fcgi/fcgi_loop.hpp"
#include "tests/fcgi/fastcgi_client.hpp"
#include "tests/fcgi/loop_server.hpp"

#include <arpa/inet.h>
#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

using namespace tollgate;
using namespace std::chrono_literals;

namespace {

std::shared_ptr<const FileDescriptor> open_file(const std::string& path)
{
    return std::make_shared<FileDescriptor>(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
}

} // namespace

BOOST_AUTO_TEST_SUITE(fcgi_loop_test)

BOOST_AUTO_TEST_CASE(a_request_reaches_the_handler_as_it_was_sent)
{
    Server server{echo};
    FastcgiClient client{server.path()};
    const auto reply = client.ask(
        {
            {"REQUEST_METHOD", "POST"},
            {"REQUEST_URI", "/notify/a%20b?x=%2F&y"},
            {"QUERY_STRING", "x=%2F&y"},
            {"CONTENT_TYPE", "application/json"},
            {"CONTENT_LENGTH", "5"},
            {"HTTP_CONTENT_TYPE", "text/html"},
            {"HTTP_CONTENT_LENGTH", "7"},
            {"HTTP_X_ACME_SIGNATURE", "a=b"},
            {"HTTP_AUTHORIZATION", "Bearer t"},
            {"REMOTE_ADDR", "192.0.2.1"},
        },
        "he\r\nl",
        false
    );
    BOOST_TEST(reply.status == 200);
    BOOST_TEST(
        (reply.body == "POST /notify/a b?x=%2F&y\n"
                       "x-acme-signature: a=b\n"
                       "authorization: Bearer t\n"
                       "content-type: application/json\n"
                       "content-length: 5\n\nhe\r\nl")
    );
    BOOST_TEST(client.is_closed());
}

BOOST_AUTO_TEST_CASE(a_body_keeps_its_exact_bytes)
{
    Server server{[](const Request& request) { return text(request.body); }};
    FastcgiClient client{server.path()};
    std::string body(body_bytes_max, '\0');
    for (std::size_t i = 0; i < body.size(); ++i)
        body[i] = static_cast<char>(i % 251);
    client.send_head(post(std::to_string(body.size())), true);
    client.send_input(std::string_view{body}.substr(0, 40'000));
    client.send_input(std::string_view{body}.substr(40'000));
    client.send_input({});
    const auto reply = client.read_answer();
    BOOST_TEST(reply.status == 200);
    BOOST_TEST((reply.body == body));
}

BOOST_AUTO_TEST_CASE(every_answer_carries_the_standing_headers)
{
    Server server{[](const Request& request) {
        auto response = text("hello");
        response.status = 303;
        response.headers = {{"Location", "/there"}};
        if (request.path == "/cached") response.headers.emplace_back("cache-control", "private");
        return response;
    }};
    FastcgiClient client{server.path()};
    auto reply = client.ask(get("/"));
    BOOST_TEST(header(reply.headers, "status") == "303 See Other");
    BOOST_TEST(header(reply.headers, "content-type") == "text/plain; charset=utf-8");
    BOOST_TEST(header(reply.headers, "content-length") == "5");
    BOOST_TEST(header(reply.headers, "x-content-type-options") == "nosniff");
    BOOST_TEST(header(reply.headers, "cache-control") == "no-store");
    BOOST_TEST(header(reply.headers, "location") == "/there");
    reply = client.ask(get("/cached"));
    BOOST_TEST(header(reply.headers, "cache-control") == "private");
}

BOOST_AUTO_TEST_CASE(the_path_is_decoded_strictly)
{
    // clang-format off
    struct {
        const char* name;
        Fields parameters;
        int status;
        const char* first_line;
    } const cases[] = {
        {"plain", get("/a/b"), 200, "GET /a/b?"},
        {"query cut off", get("/a?b=/c?d"), 200, "GET /a?"},
        {"plus stays", get("/a+b"), 200, "GET /a+b?"},
        {"escaped slash and percent", get("/%2F%25"), 200, "GET //%?"},
        {"CGI names",
         {{"REQUEST_METHOD", "GET"}, {"SCRIPT_NAME", "/t.fcgi"}, {"PATH_INFO", "/a%b"}},
         200, "GET /t.fcgi/a%b?"},
        {"cut escape", get("/a%2"), 400, "bad path"},
        {"wrong escape", get("/a%zz"), 400, "bad path"},
        {"escaped zero byte", get("/a%00b"), 400, "bad path"},
        {"escaped line break", get("/a%0d%0Ab"), 400, "bad path"},
        {"no slash", get("a"), 400, "bad path"},
        {"asterisk", get("*"), 400, "bad path"},
        {"empty", get(""), 400, "bad path"},
        {"no path", {{"REQUEST_METHOD", "GET"}}, 400, "bad path"},
        {"no method", {{"REQUEST_URI", "/"}}, 400, "no method"},
        {"no parameters", {}, 400, "no method"},
    };
    // clang-format on

    Server server{echo};
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            const auto reply = FastcgiClient{server.path()}.ask(c.parameters);
            BOOST_TEST(reply.status == c.status);
            BOOST_TEST(reply.body.substr(0, reply.body.find('\n')) == c.first_line);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_request_id_is_the_web_servers_or_random)
{
    // clang-format off
    struct {
        const char* name;
        std::string id;
        bool taken;
    } const cases[] = {
        {"nginx",           "8d1c51a0f6b2f5a4c6d1e2f3a4b5c6d7", true},
        {"with dashes",     "0195-AF-zz", true},
        {"shortest",        "12345678", true},
        {"longest",         std::string(64, 'a'), true},
        {"empty",           "", false},
        {"too short",       "1234567", false},
        {"too long",        std::string(65, 'a'), false},
        {"space",           "1234 5678", false},
        {"line break",      "12345678\r\nX: y", false},
        {"not ASCII",       "12345678\xc3\xa9", false},
    };
    // clang-format on

    std::string seen;
    Server server{[&](const Request& request) { return text(request.id); }};
    FastcgiClient client{server.path()};
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            auto parameters = get("/");
            parameters.emplace_back("REQUEST_ID", c.id);
            const auto reply = client.ask(parameters);
            const auto id = header(reply.headers, "x-request-id");
            BOOST_TEST(id == reply.body);
            BOOST_TEST((id == c.id) == c.taken);
            if (!c.taken) BOOST_TEST(id.size() == 32);
            BOOST_TEST(id != seen);
            seen = id;
        }
    }
}

BOOST_AUTO_TEST_CASE(a_kept_connection_carries_many_requests)
{
    Server server{[](const Request& request) { return text(request.path + request.body); }};
    FastcgiClient client{server.path()};
    for (int i = 0; i < 100; ++i) {
        const auto number = std::to_string(i);
        BOOST_TEST(client.ask(get("/" + number)).body == "/" + number);
        BOOST_TEST(client.ask(post(std::to_string(number.size())), number).body == "/" + number);
    }
}

BOOST_AUTO_TEST_CASE(a_late_end_of_the_body_is_not_taken_for_the_next_request)
{
    Server server{[](const Request& request) { return text(request.body); }};
    FastcgiClient client{server.path()};
    for (int i = 0; i < 20; ++i) {
        client.send_head(post("5"), true);
        client.send_input("he");
        client.send_input("llo");
        client.send_input({});
        BOOST_TEST(client.read_answer().body == "hello");
    }
}

BOOST_AUTO_TEST_CASE(the_length_of_the_body_is_checked)
{
    // clang-format off
    struct {
        const char* name;
        const char* method;
        const char* length;
        const char* body;
        int status;
        bool kept;
    } const cases[] = {
        // name             method    length       body      status  kept
        {"right",           "POST",   "5",         "hello",  200,    true},
        {"zero",            "POST",   "0",         "",       200,    true},
        {"leading zeros",   "POST",   "005",       "hello",  200,    true},
        {"GET without",     "GET",    "",          "",       200,    true},
        {"GET with body",   "GET",    "5",         "hello",  200,    true},
        {"DELETE without",  "DELETE", "",          "",       200,    true},
        {"POST without",    "POST",   "",          "",       411,    false},
        {"PUT without",     "PUT",    "",          "",       411,    false},
        {"PATCH without",   "PATCH",  "",          "",       411,    false},
        {"POST hides it",   "POST",   "",          "hello",  411,    false},
        {"garbage",         "POST",   "five",      "hello",  400,    false},
        {"negative",        "POST",   "-5",        "hello",  400,    false},
        {"signed",          "POST",   "+5",        "hello",  400,    false},
        {"fraction",        "POST",   "5.0",       "hello",  400,    false},
        {"hexadecimal",     "POST",   "0x5",       "hello",  400,    false},
        {"space",           "POST",   " 5",        "hello",  400,    false},
        {"two",             "POST",   "5, 5",      "hello",  400,    false},
        {"sent too little", "POST",   "6",         "hello",  400,    true},
        {"sent nothing",    "POST",   "5",         "",       400,    true},
        {"sent too much",   "POST",   "4",         "hello",  400,    false},
        {"GET hides it",    "GET",    "",          "hello",  400,    false},
        {"too large",       "POST",   "65537",     "hello",  413,    false},
        {"overflowing",     "POST",   "99999999999999999999999999", "hello", 413, false},
    };
    // clang-format on

    Server server{echo};
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            FastcgiClient client{server.path()};
            const Fields parameters{
                {"REQUEST_METHOD", c.method},
                {"REQUEST_URI", "/"},
                {"CONTENT_LENGTH", c.length},
            };
            BOOST_TEST(client.ask(parameters, c.body).status == c.status);
            if (c.kept) {
                BOOST_TEST(client.ask(get("/next")).body.starts_with("GET /next?"));
            } else {
                BOOST_TEST(client.is_closed());
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(a_length_that_is_absent_is_refused_like_an_empty_one)
{
    Server server{echo};
    const Fields parameters{{"REQUEST_METHOD", "POST"}, {"REQUEST_URI", "/"}};
    BOOST_TEST(FastcgiClient{server.path()}.ask(parameters).status == 411);
}

BOOST_AUTO_TEST_CASE(a_body_over_the_limit_is_refused_before_it_is_sent)
{
    Server server{echo};
    FastcgiClient client{server.path()};
    client.send_head(post("1000000000"), true);
    BOOST_TEST(client.read_answer().status == 413);
    BOOST_TEST(client.is_closed());
}

BOOST_AUTO_TEST_CASE(a_peer_that_sends_a_refused_body_still_reads_the_answer)
{
    Server server{echo};
    FastcgiClient client{server.path()};
    constexpr std::size_t pieces = 40;
    const std::string piece(50'000, 'x');
    client.send_head(post(std::to_string(pieces * piece.size())), true);
    for (std::size_t i = 0; i < pieces; ++i)
        client.send_input(piece);
    client.send_input({});
    BOOST_TEST(client.read_answer().status == 413);
}

BOOST_AUTO_TEST_CASE(too_many_or_too_large_parameters_are_refused)
{
    // clang-format off
    struct {
        const char* name;
        std::size_t count;
        std::size_t bytes;
        int status;
    } const cases[] = {
        // name            count  bytes   status
        {"many",           90,    10,     200},
        {"large",          1,     16'000, 200},
        {"too many",       150,   10,     431},
        {"too large",      1,     17'000, 431},
        {"large together", 50,    400,    431},
        {"far too large",  1,     1'000'000, 431},
    };
    // clang-format on

    Server server{[](const Request&) { return text("fine"); }};
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            auto parameters = get("/");
            for (std::size_t i = 0; i < c.count; ++i) {
                parameters.emplace_back("HTTP_X_" + std::to_string(i), std::string(c.bytes, 'x'));
            }
            const auto reply = FastcgiClient{server.path()}.ask(parameters);
            BOOST_TEST(reply.status == c.status);
            BOOST_TEST(header(reply.headers, "x-request-id").size() == 32);
        }
    }
}

BOOST_AUTO_TEST_CASE(what_a_handler_throws_is_not_shown)
{
    Server server{[](const Request& request) -> Response {
        if (request.path == "/odd") throw 7;
        throw std::runtime_error{"secret detail"};
    }};
    FastcgiClient client{server.path()};
    for (const char* const uri : {"/", "/odd", "/again"}) {
        BOOST_TEST_CONTEXT(uri)
        {
            const auto reply = client.ask(get(uri));
            BOOST_TEST(reply.status == 503);
            BOOST_TEST(header(reply.headers, "retry-after") == "60");
            BOOST_TEST(reply.body == "try again later\n");
            for (const auto& [name, value] : reply.headers) {
                BOOST_TEST(value.find("secret") == std::string::npos);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(head_has_the_headers_of_get_and_no_body)
{
    Server server{[](const Request&) { return text("hello"); }};
    FastcgiClient client{server.path()};
    const auto reply = client.ask({{"REQUEST_METHOD", "HEAD"}, {"REQUEST_URI", "/"}});
    BOOST_TEST(reply.status == 200);
    BOOST_TEST(header(reply.headers, "content-length") == "5");
    BOOST_TEST(reply.body.empty());
    BOOST_TEST(client.ask(get("/")).body == "hello");
}

BOOST_AUTO_TEST_CASE(a_file_is_sent_in_the_part_that_was_asked)
{
    std::string content(1'000'000, '\0');
    for (std::size_t i = 0; i < content.size(); ++i)
        content[i] = static_cast<char>(i % 253);
    const auto size = static_cast<std::int64_t>(content.size());
    // clang-format off
    struct {
        const char* name;
        const char* method;
        std::int64_t offset;
        std::int64_t length;
    } const cases[] = {
        // name              method  offset    length
        {"whole",            "GET",  0,        size},
        {"part",             "GET",  100'001,  300'003},
        {"last byte",        "GET",  size - 1, 1},
        {"nothing",          "GET",  size,     0},
        {"headers only",     "HEAD", 7,        1000},
    };
    // clang-format on

    FileBody wanted; // set before a request is sent, read while it is answered
    Server server{[&](const Request&) {
        Response response;
        response.file = wanted;
        return response;
    }};
    std::ofstream{server.file("file"), std::ios::binary} << content;
    wanted.file = open_file(server.file("file"));
    FastcgiClient client{server.path()};
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            wanted.parts = {{.before = {}, .offset = c.offset, .length = c.length}};
            const auto reply = client.ask({{"REQUEST_METHOD", c.method}, {"REQUEST_URI", "/"}});
            BOOST_TEST(header(reply.headers, "content-length") == std::to_string(c.length));
            const bool with_body = std::string_view{c.method} == "GET";
            const auto part = std::string_view{content}.substr(
                static_cast<std::size_t>(c.offset), static_cast<std::size_t>(c.length)
            );
            BOOST_TEST((reply.body == (with_body ? part : std::string_view{})));
        }
    }
    wanted.parts = {{"<", 5, 3}, {"><", 0, 2}};
    wanted.after = ">";
    const auto reply = client.ask(get("/"));
    BOOST_TEST(header(reply.headers, "content-length") == "9");
    BOOST_TEST((reply.body == "<\x05\x06\x07><" + content.substr(0, 2) + ">"));
}

BOOST_AUTO_TEST_CASE(a_file_that_becomes_shorter_cuts_the_answer_short)
{
    FileBody wanted{
        .file = {}, .parts = {{.before = {}, .offset = 0, .length = 1000}}, .after = {}};
    Server server{[&](const Request&) {
        Response response;
        response.file = wanted;
        return response;
    }};
    std::ofstream{server.file("file")} << "not a thousand bytes";
    wanted.file = open_file(server.file("file"));
    FastcgiClient client{server.path()};
    client.send_head(get("/"), true);
    client.send_input({});
    BOOST_CHECK_THROW(client.read_answer(), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(a_peer_that_speaks_something_else_is_hung_up_on)
{
    Server server{echo, {.listen = {}, .threads = 1}};
    for (const std::string& bytes : {std::string(64, 'G'), std::string(24, '\0')}) {
        FastcgiClient client{server.path()};
        client.send_bytes(bytes);
        BOOST_TEST(client.is_closed());
    }
    {
        FastcgiClient client{server.path()};
        constexpr char authorizer = 2;
        client.send_head(get("/"), true, authorizer);
        BOOST_TEST(client.is_closed());
    }
    BOOST_TEST(FastcgiClient{server.path()}.ask(get("/")).status == 200);
}

BOOST_AUTO_TEST_CASE(a_peer_that_leaves_early_harms_nobody)
{
    Gate gate;
    Server server{std::ref(gate), {.listen = {}, .threads = 1}};
    {
        FastcgiClient silent{server.path()};
        FastcgiClient midway{server.path()};
        midway.send_head(post("5"), true);
        midway.send_input("he");
        FastcgiClient impatient{server.path()};
        impatient.send_head(get("/slow"), true);
        impatient.send_input({});
    }
    gate.entered.get_future().wait();
    gate.opened.set_value();
    BOOST_TEST(FastcgiClient{server.path()}.ask(get("/")).status == 200);
}

BOOST_AUTO_TEST_CASE(a_kept_connection_that_stays_silent_is_closed)
{
    Server server{echo, {.listen = {}, .threads = 1, .idle_timeout = 1s}};
    FastcgiClient client{server.path()};
    BOOST_TEST(client.ask(get("/")).status == 200);
    BOOST_TEST(client.is_closed());
    BOOST_TEST(FastcgiClient{server.path()}.ask(get("/")).status == 200);
}

BOOST_AUTO_TEST_CASE(a_request_that_does_not_go_on_is_given_up)
{
    Server server{echo, {.listen = {}, .threads = 2, .io_timeout = 1s}};
    FastcgiClient half_head{server.path()};
    half_head.send_bytes("\1");
    FastcgiClient half_body{server.path()};
    half_body.send_head(post("5"), true);
    half_body.send_input("he");
    BOOST_TEST(half_head.is_closed());
    BOOST_TEST(half_body.read_answer().status == 400);
    BOOST_TEST(half_body.is_closed());
}

BOOST_AUTO_TEST_CASE(a_stop_ends_a_loop_that_has_nothing_to_do)
{
    Server server{echo, {.listen = {}, .threads = 16}};
    server.stop();
    BOOST_TEST(server.has_ended(soon));
}

BOOST_AUTO_TEST_CASE(a_stop_does_not_wait_for_silent_peers)
{
    Server server{echo, {.listen = {}, .threads = 3}};
    FastcgiClient silent{server.path()};
    FastcgiClient kept{server.path()};
    BOOST_TEST(kept.ask(get("/")).status == 200);
    BOOST_TEST(FastcgiClient{server.path()}.ask(get("/"), {}, false).status == 200);
    server.stop();
    BOOST_TEST(kept.is_closed());
    BOOST_TEST(silent.is_closed());
    BOOST_TEST(server.has_ended(soon));
}

BOOST_AUTO_TEST_CASE(a_stop_lets_the_request_on_hand_finish)
{
    Gate gate;
    Server server{std::ref(gate)};
    FastcgiClient kept{server.path()};
    BOOST_TEST(kept.ask(get("/")).status == 200);
    FastcgiClient client{server.path()};
    client.send_head(get("/slow"), true);
    client.send_input({});
    gate.entered.get_future().wait();

    server.stop();
    BOOST_TEST(kept.is_closed()); // so the stop was seen while the handler is still at work
    BOOST_TEST(!server.has_ended(0s));
    gate.opened.set_value();
    const auto reply = client.read_answer();
    BOOST_TEST(reply.status == 200);
    BOOST_TEST(reply.body == "finished");
    BOOST_TEST(client.is_closed());
    BOOST_TEST(server.has_ended(soon));
}

BOOST_AUTO_TEST_CASE(a_stop_is_said_to_handlers_that_wait)
{
    Gate gate;
    Server server{
        std::ref(gate),
        {.listen = {}, .threads = 2, .stopping = [&gate] { gate.opened.set_value(); }}};
    FastcgiClient client{server.path()};
    client.send_head(get("/slow"), true);
    client.send_input({});
    gate.entered.get_future().wait();
    server.stop();
    BOOST_TEST(client.read_answer().body == "finished");
    BOOST_TEST(server.has_ended(soon));
}

BOOST_AUTO_TEST_CASE(a_loop_can_be_run_again_in_the_same_process)
{
    for (int i = 0; i < 3; ++i) {
        Server server{echo};
        BOOST_TEST(FastcgiClient{server.path()}.ask(get("/")).status == 200);
    }
}

BOOST_AUTO_TEST_CASE(the_handling_of_signals_is_left_alone)
{
    {
        Server server{echo};
        BOOST_TEST(FastcgiClient{server.path()}.ask(get("/")).status == 200);
    }
    struct {
        int signal;
        void (*handler)(int);
    } const cases[] = {{SIGPIPE, SIG_IGN}, {SIGUSR1, SIG_DFL}, {SIGTERM, SIG_DFL}};
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.signal)
        {
            struct sigaction action {};
            ::sigaction(c.signal, nullptr, &action);
            BOOST_TEST((action.sa_handler == c.handler));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_listener_makes_its_socket_and_removes_it)
{
    const Folder folder;
    const auto path = folder.file("socket");
    {
        const Listener listener{path};
        struct stat found {};
        BOOST_REQUIRE(::stat(path.c_str(), &found) == 0);
        BOOST_TEST((found.st_mode & 0777) == 0666);
        BOOST_TEST((::fcntl(listener.fd(), F_GETFL) & O_NONBLOCK) != 0);
        BOOST_CHECK_THROW(Listener{path}, std::runtime_error); // it is in use
        BOOST_TEST(std::filesystem::exists(path));
    }
    BOOST_TEST(!std::filesystem::exists(path));
}

BOOST_AUTO_TEST_CASE(a_listener_replaces_a_socket_that_nobody_serves)
{
    const Folder folder;
    const auto path = folder.file("socket");
    const auto kept = folder.file("kept");
    {
        const Listener killed{path};
        std::filesystem::create_hard_link(path, kept);
    }
    std::filesystem::rename(kept, path);
    const Listener listener{path};
    FastcgiClient client{path}; // connects, so it is the new one
    BOOST_TEST(listener.fd() >= 0);
}

BOOST_AUTO_TEST_CASE(a_listener_takes_an_address_and_port)
{
    const Listener listener{"127.0.0.1:0"};
    sockaddr_in address{};
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    BOOST_REQUIRE(::getsockname(listener.fd(), generic, &size) == 0);
    BOOST_TEST(address.sin_addr.s_addr == ::inet_addr("127.0.0.1"));
}

BOOST_AUTO_TEST_CASE(a_listener_names_what_it_cannot_do)
{
    const Folder folder;
    std::ofstream{folder.file("file")} << "not a socket";
    // clang-format off
    struct {
        const char* name;
        std::string listen;
    } const cases[] = {
        {"no folder",         folder.file("missing/socket")},
        {"an ordinary file",  folder.file("file")},
        {"path too long",     folder.file(std::string(200, 'x'))},
        {"no address",        ":9000"},
        {"no port",           "127.0.0.1:"},
        {"port not a number", "127.0.0.1:http"},
        {"a name",            "localhost:9000"},
        {"not our address",   "192.0.2.1:9000"},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            const auto names_it = [&](const std::runtime_error& error) {
                return std::string_view{error.what()}.find(c.listen) != std::string_view::npos;
            };
            BOOST_CHECK_EXCEPTION(Listener{c.listen}, std::runtime_error, names_it);
        }
    }
    BOOST_TEST(std::filesystem::exists(folder.file("file")));
}

BOOST_AUTO_TEST_SUITE_END()
