// Access tokens; the dialogues themselves are in courier_test.cpp.
#include "core/settle/courier.hpp"
#include "tests/core/net/http_server.hpp"
#include "tests/core/settle/stub_gateway.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <future>
#include <latch>
#include <limits>
#include <map>
#include <set>
#include <stdexcept>

using namespace tollgate;
using namespace std::chrono_literals;

namespace {

CheckConfig config_of(int in_flight_max)
{
    CheckConfig config;
    config.in_flight_max = in_flight_max;
    return config;
}

using Result = Courier::Result<std::string>;

/// What the replies said, and how often there was one.
std::string words_of(const Result& result)
{
    if (result) return *result;
    return std::string{code(result.error().error)} + ": " + result.error().detail;
}

/// A gateway and its server, which hands out the tokens a1, a2, … to access `a` and answers a call
/// with the token that it carried, or with 401.
struct House {
    House()
    {
        gateway.on_token_request = [this](std::string_view access) {
            return get(server.url() + "/token/" + std::string{access});
        };
        gateway.on_token = [this](std::string_view, const HttpReply& reply) {
            if (reply.status != 200) {
                return Expected<AccessToken, GatewayFault>{
                    fault(GatewayError::refused, "who are you")};
            }
            return Expected<AccessToken, GatewayFault>{AccessToken{reply.body, lasts}};
        };
    }

    std::string answer(const HttpServer::Received& received)
    {
        const std::string_view head = received.head;
        constexpr std::string_view token_path = "GET /token/";
        if (head.starts_with("GET /slow")) slow.wait();
        const std::lock_guard lock{mutex};
        if (head.starts_with(token_path)) {
            const std::string access{head.substr(token_path.size(), 1)};
            const auto token = access + std::to_string(++issued[access]);
            if (!issues) return HttpServer::reply("403 No", "");
            return HttpServer::reply("200 OK", token);
        }
        constexpr std::string_view name = "\r\nauthorization: ";
        const auto begin = head.find(name);
        const auto token = begin == std::string_view::npos ? std::string_view{"-"}
                                                           : head.substr(begin + name.size(), 2);
        if (wrong.contains(token)) return HttpServer::reply("401 No", "not you");
        return HttpServer::reply("200 OK", token);
    }

    /// From now on.
    void set(std::set<std::string, std::less<>> wrong_tokens, bool issues_tokens = true)
    {
        const std::lock_guard lock{mutex};
        wrong = std::move(wrong_tokens);
        issues = issues_tokens;
    }

    int issued_to(const std::string& access)
    {
        const std::lock_guard lock{mutex};
        return issued[access];
    }

    /// One call for each access, `-` for none; the result is every reply's status and body.
    Courier::NextStep<std::string> dialogue(std::vector<std::string> accesses)
    {
        return [this, accesses = std::move(accesses)](Replies replies) -> Step<std::string> {
            if (replies.size() < accesses.size()) {
                const auto& access = accesses[replies.size()];
                return Call{get(server.url() + "/call"), access == "-" ? "" : access};
            }
            std::string text;
            for (const auto& reply : replies)
                text += std::to_string(reply.status) + ' ' + reply.body + ' ';
            return ended(text);
        };
    }

    std::string ask(std::vector<std::string> accesses)
    {
        return words_of(courier.ask_and_wait(gateway, dialogue(std::move(accesses))));
    }

    StubGateway gateway;
    std::chrono::seconds lasts{3600};
    std::latch slow{1}; ///< answers to /slow wait for it
    std::mutex mutex;
    std::map<std::string, int> issued;        ///< guarded by mutex, as all below
    std::set<std::string, std::less<>> wrong; ///< tokens that are answered 401
    bool issues = true;
    HttpServer server{[this](const HttpServer::Received& received) { return answer(received); }};
    Courier courier{config_of(16)};
};

/// Dialogues that wait for the same token: all have asked for it, none has it.
struct Crowd {
    explicit Crowd(House& in, std::size_t size) : house{in}, ended{static_cast<int>(size)}
    {
        house.server.close_gate();
        std::latch asked{static_cast<int>(size)};
        for (std::size_t i = 0; i < size; ++i) {
            const auto next = [&asked, step = house.dialogue({"a"})](Replies replies) {
                if (replies.empty()) asked.count_down();
                return step(replies);
            };
            house.courier.ask<std::string>(
                house.gateway,
                *house.courier.admit(house.gateway),
                next,
                [this](const Result& result) {
                    results.push_back(words_of(result));
                    ended.count_down();
                }
            );
        }
        // The courier's thread brings each to the token's door before it takes the next reply.
        asked.wait();
    }

    void wait()
    {
        house.server.open_gate();
        ended.wait();
    }

    House& house;
    std::vector<std::string> results; ///< the courier's until `ended`
    std::latch ended;
};

} // namespace

BOOST_AUTO_TEST_SUITE(courier_token_test)

BOOST_AUTO_TEST_CASE(a_call_carries_the_token_of_its_access)
{
    House house;
    BOOST_TEST(house.ask({"a"}) == "200 a1 ");
    BOOST_TEST(house.ask({"a", "-", "a"}) == "200 a1 200 - 200 a1 ");
    BOOST_TEST(house.ask({"-"}) == "200 - ");
    BOOST_TEST(house.issued_to("a") == 1);
    BOOST_TEST(house.server.requests().size() == 6U);
}

BOOST_AUTO_TEST_CASE(every_access_has_its_own_token)
{
    House house;
    BOOST_TEST(house.ask({"a", "b", "a", "b"}) == "200 a1 200 b1 200 a1 200 b1 ");
    house.set({"a1"});
    BOOST_TEST(house.ask({"b", "a", "b"}) == "200 b1 200 a2 200 b1 ");
}

BOOST_AUTO_TEST_CASE(every_gateway_has_its_own_token)
{
    House house;
    StubGateway other{{}, "other"};
    other.on_token_request = house.gateway.on_token_request;
    other.on_token = house.gateway.on_token;
    BOOST_TEST(house.ask({"a"}) == "200 a1 ");
    const auto of_other = house.courier.ask_and_wait(other, house.dialogue({"a"}));
    BOOST_TEST(words_of(of_other) == "200 a2 ");
    BOOST_TEST(house.ask({"a"}) == "200 a1 ");
}

BOOST_AUTO_TEST_CASE(a_token_is_fetched_once_however_many_wait)
{
    House house;
    Crowd crowd{house, 12};
    crowd.wait();
    BOOST_TEST(crowd.results == std::vector<std::string>(12, "200 a1 "));
    BOOST_TEST(house.issued_to("a") == 1);
    BOOST_TEST(house.server.requests().size() == 13U);
}

BOOST_AUTO_TEST_CASE(more_than_may_be_under_way_wait_in_line)
{
    House house;
    Courier courier{config_of(2)};
    std::latch ended{9};
    int right = 0; // the courier's until the latch is open
    for (int i = 0; i < 9; ++i) {
        courier.ask<std::string>(
            house.gateway,
            *courier.admit(house.gateway),
            house.dialogue({"a", "a"}),
            [&](const auto& all) {
                if (words_of(all) == "200 a1 200 a1 ") ++right;
                ended.count_down();
            }
        );
    }
    ended.wait();
    BOOST_TEST(right == 9);
    BOOST_TEST(house.issued_to("a") == 1);
}

BOOST_AUTO_TEST_CASE(a_token_is_renewed_when_it_has_ended)
{
    // clang-format off
    struct {
        const char* name;
        std::chrono::seconds lasts;
        const char* result;
        int issued;
    } const cases[] = {
        {"an hour",       3600s,                       "200 a1 200 a1 ", 1},
        {"not at all",    0s,                          "200 a1 200 a2 ", 3},
        {"ended before",  -5s,                         "200 a1 200 a2 ", 3},
        {"for ever",      std::chrono::seconds::max(), "200 a1 200 a1 ", 1},
        {"since ever",    std::chrono::seconds::min(), "200 a1 200 a2 ", 3},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            House house;
            house.lasts = c.lasts;
            BOOST_TEST(house.ask({"a", "a"}) == c.result);
            house.ask({"a"});
            BOOST_TEST(house.issued_to("a") == c.issued);
        }
    }
}

// What waits is served by the token that came, even if it ends at once.
BOOST_AUTO_TEST_CASE(a_token_without_any_life_serves_those_who_waited)
{
    House house;
    house.lasts = 0s;
    Crowd crowd{house, 5};
    crowd.wait();
    BOOST_TEST(crowd.results == std::vector<std::string>(5, "200 a1 "));
}

BOOST_AUTO_TEST_CASE(a_call_that_is_not_let_in_is_repeated_once_with_a_new_token)
{
    struct {
        const char* name;
        std::set<std::string, std::less<>> wrong;
        std::vector<std::string> accesses;
        const char* result;
        int issued;
        std::size_t requests;
    } const cases[] = {
        {"the first token", {"a1"}, {"a"}, "200 a2 ", 2, 4},
        {"two tokens", {"a1", "a2"}, {"a"}, "401 not you ", 2, 4},
        // The adapter goes on: its next call comes with yet another token.
        {"two tokens, two calls", {"a1", "a2"}, {"a", "a"}, "401 not you 200 a3 ", 3, 7},
        {"without a token", {"-"}, {"-"}, "401 not you ", 0, 1},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            House house;
            house.set(c.wrong);
            BOOST_TEST(house.ask(c.accesses) == c.result);
            BOOST_TEST(house.issued_to("a") == c.issued);
            BOOST_TEST(house.server.requests().size() == c.requests);
        }
    }
}

BOOST_AUTO_TEST_CASE(many_that_are_not_let_in_share_the_new_token)
{
    House house;
    BOOST_TEST(house.ask({"a"}) == "200 a1 ");
    Crowd crowd{house, 8}; // each carries a1
    house.server.wait_for_requests(2 + 8);
    house.set({"a1"});
    crowd.wait();
    BOOST_TEST(crowd.results == std::vector<std::string>(8, "200 a2 "));
    BOOST_TEST(house.issued_to("a") == 2);
}

BOOST_AUTO_TEST_CASE(who_is_not_let_in_late_uses_the_token_that_others_fetched)
{
    House house;
    BOOST_TEST(house.ask({"a"}) == "200 a1 ");
    std::promise<Result> promise;
    auto late = promise.get_future();
    const auto next = [&](Replies replies) -> Step<std::string> {
        if (replies.empty()) return Call{get(house.server.url() + "/slow"), "a"};
        return ended(replies[0].body);
    };
    house.courier.ask<std::string>(
        house.gateway,
        *house.courier.admit(house.gateway),
        next,
        [&](Result result) { promise.set_value(std::move(result)); }
    );
    house.server.wait_for_requests(3); // it carries a1
    house.set({"a1"});
    BOOST_TEST(house.ask({"a"}) == "200 a2 ");
    house.slow.count_down();
    BOOST_TEST(words_of(late.get()) == "a2");
    BOOST_TEST(house.issued_to("a") == 2);
}

BOOST_AUTO_TEST_CASE(no_token_ends_all_that_wait_for_it)
{
    struct {
        const char* name;
        std::function<void(House&)> arrange;
        const char* result;
    } const cases[] = {
        {"refused",
         [](House& house) { house.set({}, false); },
         "refused: no access token: who are you"},
        {"not reached",
         [](House& house) {
             house.gateway.on_token_request = [url = deserted_url()](std::string_view) {
                 return get(url);
             };
         },
         "unavailable: no access token: connection"},
        {"no address",
         [](House& house) {
             house.gateway.on_token_request = [](std::string_view) { return get("ftp://x"); };
         },
         "unavailable: no access token: refused_by_us"},
        {"a bug where it is asked for",
         [](House& house) {
             house.gateway.on_token_request = [](std::string_view) -> HttpRequest {
                 throw std::logic_error{"a bug"};
             };
         },
         "malformed: no access token: the adapter failed"},
        {"a bug where it is read",
         [](House& house) {
             house.gateway.on_token = [](std::string_view,
                                         const HttpReply&) -> Expected<AccessToken, GatewayFault> {
                 throw std::logic_error{"a bug"};
             };
         },
         "malformed: no access token: the adapter failed"},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            House house;
            const auto on_token_request = house.gateway.on_token_request;
            const auto on_token = house.gateway.on_token;
            c.arrange(house);
            Crowd crowd{house, 5};
            crowd.wait();
            BOOST_TEST(crowd.results == std::vector<std::string>(5, c.result));

            // Others go on, and so does this gateway when the trouble is over.
            BOOST_TEST(house.ask({"-"}) == "200 - ");
            house.gateway.on_token_request = on_token_request;
            house.gateway.on_token = on_token;
            house.set({});
            BOOST_TEST(house.ask({"a"}).starts_with("200 a"));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_token_refused_after_a_call_was_sent_refuses_nothing)
{
    House house;
    house.set({}, false);
    BOOST_TEST(house.ask({"-", "a"}) == "unavailable: no access token: who are you");
    // A call that was not let in did nothing.
    house.set({});
    BOOST_TEST(house.ask({"a"}) == "200 a2 ");
    house.set({"a2"}, false);
    BOOST_TEST(house.ask({"a"}) == "refused: no access token: who are you");
}

BOOST_AUTO_TEST_CASE(the_end_while_a_token_is_fetched_ends_every_dialogue_once)
{
    House house;
    house.server.close_gate();
    std::vector<int> ends(5);
    std::atomic<int> stopped = 0;
    {
        Courier courier{config_of(3)};
        for (auto& count : ends) {
            courier.ask<std::string>(
                house.gateway,
                *courier.admit(house.gateway),
                house.dialogue({"a"}),
                [&](const auto& result) {
                    ++count;
                    if (words_of(result) == "unavailable: stopping") ++stopped;
                }
            );
        }
        house.server.wait_for_requests(1);
    }
    house.server.open_gate();
    BOOST_TEST(ends == std::vector<int>(5, 1), boost::test_tools::per_element());
    BOOST_TEST(stopped == 5);
}

BOOST_AUTO_TEST_SUITE_END()
