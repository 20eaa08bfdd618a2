#include "core/net/http_client.hpp"
#include "tests/core/net/http_server.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <thread>

using namespace tollgate;
using namespace std::chrono_literals;

namespace {

HttpClient::Result send(HttpClient& client, const HttpRequest& request)
{
    std::optional<HttpClient::Result> result;
    client.start(request, [&](HttpClient::Result done) { result.emplace(std::move(done)); });
    BOOST_TEST(!result.has_value()); // never inside start()
    while (!result)
        client.turn(1s);
    return *std::move(result);
}

HttpRequest get(std::string url)
{
    return {.method = "GET", .url = std::move(url), .headers = {}, .body = {}};
}

std::string error_of(const HttpClient::Result& result)
{
    return result ? "reply " + std::to_string(result->status) : std::string{code(result.error())};
}

HttpServer::Script always(std::string answer)
{
    return [answer = std::move(answer)](const auto&) { return answer; };
}

/// `openssl s_server` with a certificate that nobody signed; its output is read line by line.
class SelfSignedServer {
public:
    SelfSignedServer()
    {
        const auto certificate = (folder_ / "certificate").string();
        const auto key = (folder_ / "key").string();
        std::filesystem::create_directories(folder_);
        const auto command =
            "echo $$; openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
            " -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 -out " +
            certificate + " -keyout " + key +
            " 2>/dev/null; exec openssl s_server -accept 127.0.0.1:0 -www -cert " + certificate +
            " -key " + key + " 2>&1";
        output_ = ::popen(command.c_str(), "r");
        if (output_ != nullptr) pid_ = std::atoi(line().c_str());
    }

    ~SelfSignedServer()
    {
        if (pid_ > 0) ::kill(pid_, SIGTERM);
        if (output_ != nullptr) ::pclose(output_);
        std::filesystem::remove_all(folder_);
    }

    SelfSignedServer(const SelfSignedServer&) = delete;
    SelfSignedServer& operator=(const SelfSignedServer&) = delete;

    /// The next line that contains `text`; empty when the server ended before.
    std::string line_with(std::string_view text)
    {
        while (true) {
            auto next = line();
            if (next.empty() || next.find(text) != std::string::npos) return next;
        }
    }

private:
    std::string line()
    {
        char buffer[1024];
        return std::fgets(buffer, sizeof buffer, output_) == nullptr ? "" : buffer;
    }

    std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() / ("tollgate-tls-" + std::to_string(::getpid()));
    std::FILE* output_ = nullptr;
    int pid_ = 0;
};

} // namespace

BOOST_AUTO_TEST_SUITE(http_client_test)

BOOST_AUTO_TEST_CASE(a_request_arrives_and_its_reply_comes_back)
{
    HttpServer server{always("HTTP/1.1 201 Created\r\nX-One:  1 \r\nRetry-After:  7 \r\n"
                             "Content-Length: 5\r\n\r\nhello")};
    HttpClient client{{}};
    const auto reply = send(
        client,
        {
            .method = "POST",
            .url = server.url() + "/v2/payment?a=b",
            .headers = {{"content-type", "application/json"}},
            .body = std::string{"{\"a\":\0}", 7},
        }
    );
    BOOST_REQUIRE(reply.has_value());
    BOOST_TEST(reply->status == 201);
    BOOST_TEST(reply->body == "hello");
    const Headers kept{{"retry-after", "7"}}; // nobody reads the others
    BOOST_TEST((reply->headers == kept));
    BOOST_TEST(client.in_flight() == 0U);

    const auto requests = server.requests();
    BOOST_REQUIRE(requests.size() == 1U);
    BOOST_TEST(requests[0].head.starts_with("POST /v2/payment?a=b HTTP/1.1\r\n"));
    BOOST_TEST(requests[0].body == (std::string{"{\"a\":\0}", 7}));
    BOOST_TEST(
        requests[0].head.find("\r\ncontent-type: application/json\r\n") != std::string::npos
    );
    BOOST_TEST(requests[0].head.find("\r\nUser-Agent: Tollgate/") != std::string::npos);
    BOOST_TEST(requests[0].head.find("Expect:") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_reply_of_any_status_is_a_reply)
{
    for (const auto* status : {"200 OK", "302 Found", "404 Not Found", "500 Oops", "503 Busy"}) {
        BOOST_TEST_CONTEXT(status)
        {
            HttpServer server{always(HttpServer::reply(status, "body"))};
            HttpClient client{{}};
            const auto reply = send(client, get(server.url()));
            BOOST_REQUIRE(reply.has_value());
            BOOST_TEST(reply->status == std::atoi(status));
            BOOST_TEST(reply->body == "body");
        }
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_reply_is_an_error)
{
    constexpr std::size_t limit = 1000;
    const auto unlimited = "HTTP/1.1 200 OK\r\n\r\n" + std::string(limit + 1, 'x');
    const auto chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" +
                         std::string(limit + 1, 'x') + "\r\n0\r\n\r\n";
    // clang-format off
    struct {
        const char* name;
        std::string answer;
        const char* error;
    } const cases[] = {
        {"as large as allowed", HttpServer::reply("200 OK", std::string(limit, 'x')),     "reply 200"},
        {"one byte more",       HttpServer::reply("200 OK", std::string(limit + 1, 'x')), "too_large"},
        {"no length",           unlimited,                                                "too_large"},
        {"chunked",             chunked,                                                  "too_large"},
        {"closed at once",      "",                                                       "connection"},
        {"no HTTP",             "SSH-2.0-OpenSSH_9.2\r\n\r\n",                            "connection"},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            HttpServer server{always(c.answer)};
            HttpClient client{{.total_timeout = 5s, .reply_bytes_max = limit}};
            BOOST_TEST(error_of(send(client, get(server.url()))) == c.error);
        }
    }
}

BOOST_AUTO_TEST_CASE(nobody_there_is_a_connection_error)
{
    HttpClient client{{}};
    BOOST_TEST(error_of(send(client, get(deserted_url()))) == "connection");
}

BOOST_AUTO_TEST_CASE(silence_is_a_time_out)
{
    HttpServer server{always(HttpServer::reply("200 OK", "late"))};
    server.close_gate();
    HttpClient client{{.total_timeout = 100ms}};
    BOOST_TEST(error_of(send(client, get(server.url()))) == "timeout");
}

BOOST_AUTO_TEST_CASE(a_redirect_is_not_followed)
{
    HttpServer target{always(HttpServer::reply("200 OK", "secret"))};
    HttpServer server{always(
        "HTTP/1.1 307 Temporary Redirect\r\nLocation: " + target.url() +
        "/\r\nContent-Length: 0\r\n\r\n"
    )};
    HttpClient client{{}};
    const auto reply = send(client, get(server.url()));
    BOOST_REQUIRE(reply.has_value());
    BOOST_TEST(reply->status == 307);
    BOOST_TEST(target.requests().empty());
}

// By another thread of libcurl's, whose end wakes ours.
BOOST_AUTO_TEST_CASE(a_name_is_looked_up)
{
    HttpServer server{always(HttpServer::reply("200 OK", "x"))};
    HttpClient client{{.total_timeout = 10s}};
    const auto port = server.url().substr(server.url().rfind(':'));
    for (int i = 0; i < 3; ++i)
        BOOST_TEST(error_of(send(client, get("http://localhost" + port))) == "reply 200");
    BOOST_TEST(error_of(send(client, get("http://nobody.invalid/"))) == "connection");
}

BOOST_AUTO_TEST_CASE(connections_are_kept)
{
    HttpServer server{always(HttpServer::reply("200 OK", "x"))};
    HttpClient client{{}};
    for (int i = 0; i < 5; ++i)
        BOOST_TEST(error_of(send(client, get(server.url()))) == "reply 200");
    BOOST_TEST(server.requests().size() == 5U);
    BOOST_TEST(server.connections() == 1U);
}

// A gateway that ends a kept connection may have carried out what it read from it.
BOOST_AUTO_TEST_CASE(what_must_not_arrive_twice_is_not_sent_again)
{
    for (const bool once : {false, true}) {
        for (const auto* method : {"GET", "POST", "PUT", "DELETE"}) {
            BOOST_TEST_CONTEXT(method << (once ? " once" : ""))
            {
                bool answers = true;
                HttpServer server{[&](const auto&) {
                    return std::exchange(answers, false) ? HttpServer::reply("200 OK", "") : "";
                }};
                HttpClient client{{}};
                const HttpRequest request{
                    .method = method,
                    .url = server.url(),
                    .headers = {},
                    .body = "{}",
                    .once = once};
                BOOST_TEST(error_of(send(client, request)) == "reply 200");
                BOOST_TEST(error_of(send(client, request)) == "connection");
                BOOST_TEST(server.requests().size() == (once ? 2U : 3U));
                BOOST_TEST(server.connections() == 2U);
            }
        }
    }
}

// One handle after another plays every part; nothing of a request may be left for the next.
BOOST_AUTO_TEST_CASE(a_kept_handle_forgets_the_request_before)
{
    HttpServer server{always(HttpServer::reply("200 OK", "x"))};
    HttpClient client{{}};
    const auto url = server.url();
    const HttpRequest requests[] = {
        {.method = "POST", .url = url + "/1", .headers = {{"x-a", "1"}}, .body = "body"},
        {.method = "GET", .url = url + "/2", .headers = {}, .body = {}},
        {.method = "PUT", .url = url + "/3", .headers = {{"x-a", "3"}}, .body = "other"},
        {.method = "POST", .url = url + "/4", .headers = {{"x-b", "4"}}, .body = {}},
        {.method = "GET", .url = url + "/5", .headers = {{"x-b", "5"}}, .body = {}},
        {.method = "DELETE", .url = url + "/6", .headers = {}, .body = {}},
        {.method = "GET", .url = url + "/7", .headers = {}, .body = {}},
    };
    for (const auto& first : requests) {
        for (const auto& second : requests) {
            for (const auto& request : {first, second})
                BOOST_TEST(error_of(send(client, request)) == "reply 200");
            const auto received = server.requests().back();
            const auto line = second.method + " " + second.url.substr(url.size()) + " HTTP/1.1";
            BOOST_TEST(received.head.starts_with(line + "\r\n"));
            BOOST_TEST(received.body == second.body);
            for (const auto* name : {"x-a", "x-b"}) {
                const auto given = header(second.headers, name);
                const auto found = received.head.find(name);
                BOOST_TEST((found == std::string::npos) == given.empty());
                if (!given.empty()) BOOST_TEST(received.head.substr(found + 5, 1) == given);
            }
            const bool sends = second.method != "GET";
            BOOST_TEST((received.head.find("Content-Length:") != std::string::npos) == sends);
        }
    }
    BOOST_TEST(server.connections() == 1U);
}

BOOST_AUTO_TEST_CASE(a_request_after_one_that_was_sent_once_is_an_ordinary_one)
{
    HttpServer server{always(HttpServer::reply("200 OK", "x"))};
    HttpClient client{{}};
    auto request = get(server.url());
    for (const bool once : {false, true, false, false}) {
        request.once = once;
        BOOST_TEST(error_of(send(client, request)) == "reply 200");
    }
    BOOST_TEST(server.connections() == 2U);
}

// Its handle is used again, and must not believe that the reply is still too large.
BOOST_AUTO_TEST_CASE(a_request_that_failed_does_not_spoil_the_next)
{
    std::string answer = HttpServer::reply("200 OK", std::string(2000, 'x'));
    HttpServer server{[&](const auto&) { return answer; }};
    HttpClient client{{.total_timeout = 5s, .reply_bytes_max = 1000}};
    BOOST_TEST(error_of(send(client, get(server.url()))) == "too_large");
    answer.clear();
    BOOST_TEST(error_of(send(client, get(server.url()))) == "connection");
    answer = HttpServer::reply("200 OK", "x");
    const auto reply = send(client, get(server.url()));
    BOOST_REQUIRE(reply.has_value());
    BOOST_TEST(reply->body == "x");
}

BOOST_AUTO_TEST_CASE(a_reply_may_come_in_pieces)
{
    // Larger than what is read at once, so the socket becomes ready many times.
    const std::string body(200'000, 'x');
    HttpServer server{always(HttpServer::reply("200 OK", body))};
    HttpClient client{{}};
    const HttpRequest request{
        .method = "POST", .url = server.url(), .headers = {}, .body = std::string(200'000, 'y')};
    for (int i = 0; i < 3; ++i) {
        const auto reply = send(client, request);
        BOOST_REQUIRE(reply.has_value());
        BOOST_TEST((reply->body == body));
        BOOST_TEST((server.requests().back().body == request.body));
    }
}

BOOST_AUTO_TEST_CASE(many_requests_are_under_way_at_once)
{
    HttpServer server{always(HttpServer::reply("200 OK", "x"))};
    server.close_gate();
    HttpClient client{{.connections_max = 8}};
    int replies = 0;
    for (int i = 0; i < 20; ++i) {
        client.start(get(server.url()), [&](const HttpClient::Result& result) {
            if (result) ++replies;
        });
    }
    BOOST_TEST(client.in_flight() == 20U);
    while (server.requests().size() < 8)
        client.turn(10ms);
    server.open_gate();
    while (client.in_flight() > 0)
        client.turn(1s);
    BOOST_TEST(replies == 20);
    BOOST_TEST(server.most_at_once() == 8U);
}

BOOST_AUTO_TEST_CASE(hundreds_wait_without_a_turn_for_each)
{
    constexpr std::size_t count = 300;
    HttpServer server{always(HttpServer::reply("200 OK", "x"))};
    server.close_gate();
    HttpClient client{{.connections_max = count}};
    std::size_t replies = 0;
    const auto ask = [&] {
        for (std::size_t i = 0; i < count; ++i) {
            client.start(get(server.url()), [&](const HttpClient::Result& result) {
                if (result) ++replies;
            });
        }
    };
    ask();
    while (server.requests().size() < count)
        client.turn(10ms);
    server.open_gate();
    while (client.in_flight() > 0)
        client.turn(1s);
    ask();
    while (client.in_flight() > 0)
        client.turn(1s);
    BOOST_TEST(replies == 2 * count);
    BOOST_TEST(server.connections() == count);
}

BOOST_AUTO_TEST_CASE(a_wake_before_a_turn_ends_it)
{
    HttpClient client{{}};
    for (int i = 0; i < 3; ++i) {
        client.wake();
        client.wake();
        const auto begin = std::chrono::steady_clock::now();
        client.turn(60s);
        BOOST_TEST((std::chrono::steady_clock::now() - begin < 30s));
    }
}

BOOST_AUTO_TEST_CASE(wake_ends_a_turn)
{
    HttpClient client{{}};
    std::thread waker{[&] { client.wake(); }};
    const auto begin = std::chrono::steady_clock::now();
    client.turn(60s);
    BOOST_TEST((std::chrono::steady_clock::now() - begin < 30s));
    waker.join();
}

BOOST_AUTO_TEST_CASE(nothing_can_be_smuggled_into_a_request)
{
    HttpServer server{always(HttpServer::reply("200 OK", "x"))};
    const auto url = server.url();
    // clang-format off
    struct {
        const char* name;
        HttpRequest request;
    } const cases[] = {
        {"line end in a value",  {"GET", url, {{"x-a", "1\r\nx-evil: 1"}}, {}}},
        {"line feed in a value", {"GET", url, {{"x-a", "1\nx-evil: 1"}}, {}}},
        {"line end in a name",   {"GET", url, {{"x-a: 1\r\nx-evil", "1"}}, {}}},
        {"request in a value",   {"GET", url, {{"x-a", "1\r\n\r\nGET /evil HTTP/1.1"}}, {}}},
        {"line end in the URL",  {"GET", url + "/ HTTP/1.1\r\nx-evil: 1", {}, {}}},
        {"line end, method",     {"GET / HTTP/1.1\r\nx-evil: 1\r\n\r\nPOST", url, {}, {}}},
        {"NUL in a value",       {"GET", url, {{"x-a", std::string{"1\0002", 3}}}, {}}},
        {"NUL in the URL",       {"GET", url + std::string{"/a\0b", 4}, {}, {}}},
        {"file",                 {"GET", "file:///etc/hostname", {}, {}}},
        {"ftp",                  {"GET", "ftp://127.0.0.1/", {}, {}}},
        {"no scheme of the web", {"GET", "gopher://127.0.0.1/", {}, {}}},
        {"no URL",               {"GET", "", {}, {}}},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            HttpClient client{{}};
            BOOST_TEST(error_of(send(client, c.request)) == "refused_by_us");
            BOOST_TEST(client.in_flight() == 0U);
        }
    }
    BOOST_TEST(server.requests().empty());
}

BOOST_AUTO_TEST_CASE(a_request_for_the_public_goes_to_no_neighbour)
{
    HttpServer server{always(HttpServer::reply("200 OK", "x"))};
    HttpClient client{{}};
    auto request = get(server.url());
    request.public_only = true;
    BOOST_TEST(error_of(send(client, request)) == "refused_by_us");
    BOOST_TEST(server.requests().empty());
    request.public_only = false; // the handle is used again
    BOOST_TEST(error_of(send(client, request)) == "reply 200");
}

BOOST_AUTO_TEST_CASE(an_untrusted_certificate_is_refused)
{
    SelfSignedServer server;
    const auto accept = server.line_with("ACCEPT ");
    if (accept.empty()) {
        BOOST_TEST_MESSAGE("skipped: there is no openssl program");
        return;
    }
    const auto port = accept.substr(accept.rfind(':') + 1);
    HttpClient client{{}};
    const auto url = "https://127.0.0.1:" + std::to_string(std::stoi(port));
    BOOST_TEST_REQUIRE(error_of(send(client, get(url))) == "connection");
    BOOST_TEST(!server.line_with("unknown ca").empty());
}

BOOST_AUTO_TEST_SUITE_END()
