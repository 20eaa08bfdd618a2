#include "core/settle/courier.hpp"
#include "tests/core/net/http_server.hpp"
#include "tests/core/settle/stub_gateway.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <thread>

using namespace tollgate;

namespace {

CheckConfig config_of(int in_flight_max)
{
    CheckConfig config;
    config.in_flight_max = in_flight_max;
    return config;
}

const StubGateway stub;

Courier::Result<std::string> result_of(std::string text)
{
    return {std::move(text)};
}

/// A dialogue of `requests` requests whose result are all replies in a row.
Courier::NextStep<std::string> dialogue(std::string url, std::size_t requests)
{
    return [url = std::move(url), requests](Replies replies) -> Step<std::string> {
        if (replies.size() < requests) return Call{get(url + "/" + std::to_string(replies.size()))};
        std::string text;
        for (const auto& reply : replies)
            text += reply.body;
        return result_of(text);
    };
}

std::string words_of(const Courier::Result<std::string>& result)
{
    if (result) return *result;
    return std::string{code(result.error().error)} + ": " + result.error().detail;
}

/// Answers with the last character of the path.
std::string echo(const HttpServer::Received& received)
{
    return HttpServer::reply("200 OK", received.head.substr(received.head.find(" HTTP/") - 1, 1));
}

} // namespace

BOOST_AUTO_TEST_SUITE(courier_test)

BOOST_AUTO_TEST_CASE(a_dialogue_has_as_many_steps_as_it_may)
{
    // clang-format off
    struct {
        const char* name;
        std::size_t requests;
        const char* result;
        std::size_t sent;
    } const cases[] = {
        {"none",          0, "",                                      0},
        {"one",           1, "0",                                     1},
        {"two",           2, "01",                                    2},
        {"all",           4, "0123",                                  4},
        {"one too many",  5, "malformed: the dialogue does not end",  4},
        {"without end", 999, "malformed: the dialogue does not end",  4},
    };
    // clang-format on

    static_assert(dialogue_steps_max == 4);
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            HttpServer server{echo};
            Courier courier{config_of(4)};
            const auto result = courier.ask_and_wait(stub, dialogue(server.url(), c.requests));
            BOOST_TEST(words_of(result) == c.result);
            BOOST_TEST(server.requests().size() == c.sent);
        }
    }
}

BOOST_AUTO_TEST_CASE(no_reply_ends_a_dialogue_as_unavailable)
{
    Courier courier{config_of(4)};
    BOOST_TEST(
        words_of(courier.ask_and_wait(stub, dialogue(deserted_url(), 1))) ==
        "unavailable: connection"
    );
}

BOOST_AUTO_TEST_CASE(an_adapter_that_throws_ends_its_own_dialogue_only)
{
    HttpServer server{echo};
    Courier courier{config_of(4)};
    const Courier::NextStep<std::string> broken = [&](Replies replies) -> Step<std::string> {
        if (replies.empty()) return Call{get(server.url() + "/0")};
        throw std::logic_error{"a bug"};
    };
    BOOST_TEST(words_of(courier.ask_and_wait(stub, broken)) == "malformed: the adapter failed");
    BOOST_TEST(words_of(courier.ask_and_wait(stub, dialogue(server.url(), 2))) == "01");
}

BOOST_AUTO_TEST_CASE(its_end_ends_every_dialogue)
{
    HttpServer server{echo};
    server.close_gate();
    std::atomic<int> stopped = 0;
    {
        Courier courier{config_of(2)};
        for (int i = 0; i < 5; ++i) {
            courier.ask<std::string>(
                stub,
                *courier.admit(stub),
                dialogue(server.url(), 1),
                [&](const auto& result) {
                    if (words_of(result) == "unavailable: stopping") ++stopped;
                }
            );
        }
        server.wait_for_requests(2);
    }
    BOOST_TEST(stopped == 5);
}

// A question may be repeated, an act may not: a gateway that swallows it may have carried it out.
BOOST_AUTO_TEST_CASE(an_act_is_never_sent_twice)
{
    struct {
        const char* name;
        bool act;
        std::vector<std::string> paths; ///< of the second dialogue
    } const cases[] = {
        {"question", false, {"/0", "/1", "/1"}},
        {"act", true, {"/0", "/1"}},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            std::atomic<bool> swallows = false;
            HttpServer server{[&](const auto& received) {
                return swallows && received.head.starts_with("GET /1") ? "" : echo(received);
            }};
            Courier courier{config_of(4)};
            const auto step = dialogue(server.url(), 2);
            BOOST_TEST(words_of(courier.ask_and_wait(stub, step)) == "01");
            swallows = true;
            const auto result =
                c.act ? courier.act_and_wait(stub, step) : courier.ask_and_wait(stub, step);
            BOOST_TEST(words_of(result) == "unavailable: connection");
            std::vector<std::string> paths;
            for (const auto& request : server.requests())
                paths.push_back(request.head.substr(4, 2));
            paths.erase(paths.begin(), paths.begin() + 2);
            BOOST_TEST(paths == c.paths, boost::test_tools::per_element());
        }
    }
}

BOOST_AUTO_TEST_CASE(a_gateway_without_answers_is_left_alone)
{
    bool works = false;
    HttpServer server{[&](const auto& received) {
        return works ? echo(received) : HttpServer::reply("503 Later", "");
    }};
    Courier courier{config_of(4)};
    const auto open = [&] {
        return words_of(courier.act_and_wait(stub, dialogue(server.url(), 1)));
    };
    for (int i = 0; i < failures_to_open; ++i) {
        BOOST_TEST(courier.admit(stub).has_value() == true);
        open();
    }
    BOOST_TEST(courier.is_away(stub));
    BOOST_TEST(!courier.admit(stub));
    for (int i = 0; i < 100; ++i)
        BOOST_TEST(open() == "not_asked: it does not answer");
    BOOST_TEST(server.requests().size() == static_cast<std::size_t>(failures_to_open));

    works = true; // a customer who comes later finds out
    std::string words;
    while ((words = open()).starts_with("not_asked"))
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
    BOOST_TEST(words == "0");
    BOOST_TEST(!courier.is_away(stub));
}

BOOST_AUTO_TEST_CASE(only_what_says_that_a_gateway_does_not_work_is_an_outage)
{
    // clang-format off
    struct {
        const char* name;
        std::string answer;
        bool away;
    } const cases[] = {
        {"503",            HttpServer::reply("503 Later", ""),      true},
        {"500",            HttpServer::reply("500 Oops", "0"),      true},
        {"429",            HttpServer::reply("429 Too Many", ""),   true},
        {"no reply",       "",                                      true},
        {"404",            HttpServer::reply("404 Not Found", ""),  false},
        {"401",            HttpServer::reply("401 No", ""),         false},
        {"says it cannot", HttpServer::reply("200 OK", "sorry"),    false},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            HttpServer server{[&](const auto&) { return c.answer; }};
            Courier courier{config_of(4)};
            const Courier::NextStep<std::string> step = [&](Replies replies) {
                if (replies.empty()) return Step<std::string>{Call{get(server.url())}};
                return failed<std::string>(GatewayError::unavailable, replies.back().body);
            };
            for (int i = 0; i < failures_to_open; ++i)
                (void)courier.ask_and_wait(stub, step);
            BOOST_TEST(courier.is_away(stub) == c.away);
        }
    }
}

BOOST_AUTO_TEST_CASE(one_gateway_may_be_away_and_another_not)
{
    const StubGateway other{{}, "clickpesa"};
    HttpServer server{echo};
    Courier courier{config_of(4)};
    const auto nowhere = dialogue(deserted_url(), 1);
    for (int i = 0; i < 2 * failures_to_open; ++i)
        (void)courier.ask_and_wait(stub, nowhere);
    BOOST_TEST(words_of(courier.ask_and_wait(other, dialogue(server.url(), 1))) == "0");

    const auto health = courier.health();
    BOOST_REQUIRE(health.size() == 2U);
    BOOST_TEST(health[0].gateway == "cinetpay");
    BOOST_TEST((health[0].state == CircuitBreaker::State::open));
    BOOST_TEST(health[0].in_flight == 0U);
    BOOST_TEST(health[0].asked == static_cast<std::uint64_t>(failures_to_open));
    BOOST_TEST(health[0].unavailable == static_cast<std::uint64_t>(failures_to_open));
    BOOST_TEST((health[1].state == CircuitBreaker::State::closed));
    BOOST_TEST(health[1].asked == 1U);
    BOOST_TEST(health[1].unavailable == 0U);
}

BOOST_AUTO_TEST_CASE(a_gateway_that_names_a_time_is_not_asked_before)
{
    for (const auto* retry_after : {"Retry-After: 30\r\n", "Retry-After: soon\r\n"}) {
        BOOST_TEST_CONTEXT(retry_after)
        {
            const std::string head{"HTTP/1.1 429 Too Many\r\n"};
            HttpServer server{
                [&](const auto&) { return head + retry_after + "Content-Length: 0\r\n\r\n"; }};
            Courier courier{config_of(4)};
            for (int i = 0; i < failures_to_open; ++i)
                (void)courier.ask_and_wait(stub, dialogue(server.url(), 1));
            std::this_thread::sleep_for(probe_wait_min);
            const bool named = std::string_view{retry_after}.find("30") != std::string_view::npos;
            BOOST_TEST(courier.is_away(stub) == named);
        }
    }
}

BOOST_AUTO_TEST_CASE(any_thread_may_ask)
{
    HttpServer server{echo};
    Courier courier{config_of(8)};
    constexpr int threads_count = 8;
    constexpr int each = 25;
    std::atomic<int> right = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < threads_count; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < each; ++i) {
                if (words_of(courier.ask_and_wait(stub, dialogue(server.url(), 2))) == "01")
                    ++right;
            }
        });
    }
    for (auto& thread : threads)
        thread.join();
    BOOST_TEST(right == threads_count * each);
    BOOST_TEST(server.connections() <= 8U);
}

BOOST_AUTO_TEST_SUITE_END()
