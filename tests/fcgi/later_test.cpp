#include "tests/fcgi/loop_server.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <latch>
#include <semaphore>
#include <stdexcept>
#include <vector>

using namespace tollgate;
using namespace std::chrono_literals;

namespace {

/// Answers `/later` when `/now` comes; `/now` itself at once.
class Owing {
public:
    Handled operator()(const Request& request)
    {
        if (request.path == "/later") {
            return [this, &request](const Respond& respond) {
                owed_.push_back([&request, respond] {
                    respond([&request] { return text("owed " + request.body); });
                });
                entered.release();
            };
        }
        for (const auto& answer : std::exchange(owed_, {}))
            answer();
        return text("now");
    }

    std::counting_semaphore<> entered{0};

private:
    std::vector<std::function<void()>> owed_; ///< for a loop of one thread
};

void send(FastcgiClient& client, const std::string& uri)
{
    client.send_head(get(uri), true);
    client.send_input({});
}

/// Each request waits until all of them are there.
struct Meeting {
    std::latch all;

    Response operator()(const Request& request)
    {
        if (request.path == "/meet") all.arrive_and_wait();
        return text("met");
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(later_test)

BOOST_AUTO_TEST_CASE(an_answer_that_comes_later_holds_no_thread)
{
    Owing owing;
    Server server{std::ref(owing), {.listen = {}, .threads = 1}};
    FastcgiClient first{server.path()};
    FastcgiClient second{server.path()};
    FastcgiClient third{server.path()};
    for (int round = 0; round < 3; ++round) { // and the connections are as good as before
        first.send_head(
            {{"REQUEST_METHOD", "POST"}, {"REQUEST_URI", "/later"}, {"CONTENT_LENGTH", "3"}}, true
        );
        first.send_input("one");
        first.send_input({});
        send(second, "/later");
        owing.entered.acquire();
        owing.entered.acquire();
        BOOST_TEST(third.ask(get("/now")).body == "now");
        BOOST_TEST(first.read_answer().body == "owed one");
        BOOST_TEST(second.read_answer().body == "owed ");
    }
}

BOOST_AUTO_TEST_CASE(a_thread_that_has_answered_and_goes_on_keeps_no_connection)
{
    std::promise<void> opened;
    Server server{
        [&opened](const Request& request) -> Handled {
            if (request.path != "/first") return text("next");
            return [&opened](const Respond& respond) {
                respond([] { return text("first"); });
                opened.get_future().wait();
            };
        },
        {.listen = {}, .threads = 2}};
    FastcgiClient client{server.path()};
    BOOST_TEST(client.ask(get("/first")).body == "first");
    BOOST_TEST(client.ask(get("/next")).body == "next");
    opened.set_value();
}

BOOST_AUTO_TEST_CASE(what_goes_wrong_later_is_answered_as_what_goes_wrong_now)
{
    Server server{[](const Request& request) -> Handled {
        if (request.path == "/begin") {
            return [](const Respond&) { throw std::runtime_error{"cannot even begin"}; };
        }
        return [](const Respond& respond) {
            respond([]() -> Response { throw std::runtime_error{"no answer"}; });
        };
    }};
    FastcgiClient client{server.path()};
    for (const auto* path : {"/begin", "/end"}) {
        const auto reply = client.ask(get(path));
        BOOST_TEST(reply.status == 503);
        BOOST_TEST(reply.body == "try again later\n");
    }
}

BOOST_AUTO_TEST_CASE(an_answer_that_nobody_owes_any_more_ends_the_connection)
{
    Server server{[](const Request&) -> Handled { return [](const Respond&) {}; }};
    FastcgiClient client{server.path()};
    send(client, "/");
    BOOST_TEST(client.is_closed());
}

BOOST_AUTO_TEST_CASE(the_reserve_comes_when_requests_keep_those_who_attend)
{
    constexpr int all = 24;
    Meeting meeting{std::latch{all}};
    Server server{std::ref(meeting), {.listen = {}, .threads = all}};
    std::vector<std::unique_ptr<FastcgiClient>> clients;
    for (int i = 0; i < all; ++i) {
        clients.push_back(std::make_unique<FastcgiClient>(server.path()));
        send(*clients.back(), "/meet");
    }
    for (const auto& client : clients)
        BOOST_TEST(client->read_answer().body == "met");
    // They step back, and what comes is served as before.
    for (int round = 0; round < 3; ++round) {
        for (const auto& client : clients)
            BOOST_TEST(client->ask(get("/")).body == "met");
    }
}

BOOST_AUTO_TEST_SUITE_END()
