#include "core/settle/checker.hpp"
#include "core/support/json.hpp"
#include "tests/core/net/http_server.hpp"
#include "tests/core/settle/memory_store.hpp"
#include "tests/core/settle/samples.hpp"
#include "tests/core/settle/stub_gateway.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <memory>
#include <thread>

using namespace tollgate;
using namespace tollgate::samples;
using namespace std::chrono_literals;

namespace {

constexpr auto long_enough = 30s;

std::string reply_of(const HttpServer::Received& received, const std::string& amount)
{
    const auto question = parse_json(received.body);
    const auto reference = question ? question->text("transaction_id") : std::string{};
    return HttpServer::reply(
        "200 OK",
        R"({"code":"00","message":"SUCCES","data":{"amount":")" + amount +
            R"(","currency":"XOF","status":"ACCEPTED","metadata":")" + reference + R"("}})"
    );
}

/// What the gateway says of a payment: paid in full.
std::string paid_reply(const HttpServer::Received& received)
{
    return reply_of(received, "1500");
}

std::string underpaid_reply(const HttpServer::Received& received)
{
    return reply_of(received, "1000");
}

std::string waiting_reply(const HttpServer::Received&)
{
    return HttpServer::reply("200 OK", R"({"code":"662","message":"WAITING_CUSTOMER_PAYMENT"})");
}

GatewaySettings
settings_of(std::string gateway, std::initializer_list<std::pair<std::string, std::string>> values)
{
    GatewaySettings settings{.gateway = std::move(gateway), .values = {}};
    for (const auto& [name, value] : values)
        settings.values.emplace(name, Secret{value});
    return settings;
}

Config config_of(const std::string& api_url, const std::string& other_url)
{
    Config config;
    config.gateways.push_back(settings_of(
        "cinetpay", {{"api_key", "k"}, {"site_id", "445160"}, {"secret", "s"}, {"api_url", api_url}}
    ));
    config.gateways.push_back(settings_of(
        "flutterwave", {{"secret_key", "k"}, {"secret_hash", "s"}, {"api_url", other_url}}
    ));
    config.gateways.push_back({.gateway = "cash_on_delivery", .values = {}});
    return config;
}

/// A checker, its gateway and its store; payment(1) is known.
struct House {
    explicit House(HttpServer::Script script = paid_reply, const CheckLimits& limits = {})
        : server{std::move(script)}, checker{{store, gateways, *courier, clock}, limits}
    {
        store.add(payment(1));
    }

    void add(std::size_t first, std::size_t last)
    {
        for (std::size_t i = first; i <= last; ++i)
            store.add(payment(i));
    }
    void enqueue(std::size_t first, std::size_t last)
    {
        for (std::size_t i = first; i <= last; ++i)
            BOOST_TEST(checker.enqueue(payment(i).ref(), "notification"));
    }
    std::size_t count(Status status, std::size_t payments)
    {
        std::size_t found = 0;
        for (std::size_t i = 1; i <= payments; ++i)
            found += status_of(i) == status ? 1 : 0;
        return found;
    }
    GatewayHealth health() const
    {
        const auto health = checker.health();
        return health.empty() ? GatewayHealth{} : health.front();
    }

    Status status_of(std::size_t number) { return store.find(payment(number).id)->state; }
    int checks_of(std::size_t number) { return store.find(payment(number).id)->checks; }

    /// Waits until the courier has delivered every reply that the gateway has sent. They were there
    /// before the reply to this question, and the second one is begun after a whole turn.
    void wait_for_deliveries()
    {
        for (int i = 0; i < 2; ++i) {
            const auto ask_aside = [&](Replies replies) -> Step<int> {
                if (!replies.empty()) return Courier::Result<int>{replies.back().status};
                return Call{get(aside.url())};
            };
            const auto answer = courier->ask_and_wait<int>(stub, ask_aside);
            BOOST_TEST(answer.has_value());
        }
    }

    StubGateway stub;
    HttpServer aside{waiting_reply};
    HttpServer server;
    MemoryStore store;
    FixedClock clock;
    Config config = config_of(server.url(), aside.url());
    Gateways gateways{config};
    std::unique_ptr<Courier> courier = std::make_unique<Courier>(config.check);
    Checker checker;
};

} // namespace

BOOST_AUTO_TEST_SUITE(checker_test)

BOOST_AUTO_TEST_CASE(what_is_asked_is_settled)
{
    House house;
    BOOST_TEST(house.checker.enqueue(payment(1).ref(), "notification"));
    house.checker.drain();
    BOOST_TEST((house.status_of(1) == Status::paid));
    const std::vector<std::string> events{payment(1).id.get() + " pending paid"};
    BOOST_TEST(house.store.events() == events, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(one_question_is_under_way_and_one_more_follows)
{
    House house;
    house.server.close_gate();
    BOOST_TEST(house.checker.enqueue(payment(1).ref(), "notification"));
    house.server.wait_for_requests(1);
    for (int i = 0; i < 5; ++i)
        BOOST_TEST(house.checker.enqueue(payment(1).ref(), "notification"));
    house.server.open_gate();
    house.checker.drain();
    BOOST_TEST(house.server.requests().size() == 2U);
    BOOST_TEST(house.server.most_at_once() == 1U);
    BOOST_TEST(house.checks_of(1) == 2);
    BOOST_TEST(house.store.events().size() == 1U);
}

// A refund began, or the gateway's name was learnt, while the first question was under way.
BOOST_AUTO_TEST_CASE(the_question_that_follows_is_about_the_payment_as_it_is_then)
{
    House house;
    house.server.close_gate();
    house.checker.enqueue(payment(1).ref(), "reconcile");
    house.server.wait_for_requests(1);
    auto refunding = payment(1).ref();
    refunding.refund =
        Refund{.id = Reference{"R1"}, .amount = price, .total = price, .gateway_ref = {}};
    house.checker.enqueue(refunding, "notification");
    house.server.open_gate();
    house.checker.drain();
    const std::vector<std::string> asked{"", "R1"};
    BOOST_TEST(house.store.refunds_asked() == asked, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(every_payment_has_a_question_of_its_own)
{
    House house;
    constexpr std::size_t count = 200;
    for (std::size_t i = 2; i <= count; ++i)
        house.store.add(payment(i));
    for (std::size_t i = 1; i <= count; ++i)
        house.checker.enqueue(payment(i).ref(), "reconcile");
    house.checker.drain();
    std::size_t paid = 0;
    for (std::size_t i = 1; i <= count; ++i)
        paid += house.status_of(i) == Status::paid ? 1 : 0;
    BOOST_TEST(paid == count);
    BOOST_TEST(house.server.requests().size() == count);
    BOOST_TEST(
        house.server.most_at_once() <= static_cast<std::size_t>(house.config.check.in_flight_max)
    );
    BOOST_TEST(std::ranges::max(house.store.settle_batches()) <= batch_rows_max);
}

BOOST_AUTO_TEST_CASE(check_now_returns_when_it_is_settled)
{
    House house;
    BOOST_TEST(house.checker.check_now(payment(1).ref(), "return", long_enough));
    BOOST_TEST((house.status_of(1) == Status::paid));
}

BOOST_AUTO_TEST_CASE(check_now_is_served_by_the_question_under_way)
{
    House house;
    house.server.close_gate();
    house.checker.enqueue(payment(1).ref(), "notification");
    house.server.wait_for_requests(1);
    BOOST_TEST(!house.checker.check_now(payment(1).ref(), "return", 0ms));
    BOOST_TEST((house.status_of(1) == Status::pending));
    house.server.open_gate();
    house.checker.drain();
    BOOST_TEST(house.server.requests().size() == 1U);
    BOOST_TEST((house.status_of(1) == Status::paid));
}

BOOST_AUTO_TEST_CASE(check_now_waits_no_longer_than_it_may)
{
    House house;
    house.server.close_gate();
    const auto begin = std::chrono::steady_clock::now();
    BOOST_TEST(!house.checker.check_now(payment(1).ref(), "return", 50ms));
    const auto waited = std::chrono::steady_clock::now() - begin;
    BOOST_TEST((waited >= 50ms && waited < long_enough));
    house.server.open_gate();
    house.checker.drain();
    BOOST_TEST((house.status_of(1) == Status::paid)); // the answer is settled all the same
}

BOOST_AUTO_TEST_CASE(an_answer_without_news_is_settled_too)
{
    House house{waiting_reply};
    BOOST_TEST(house.checker.check_now(payment(1).ref(), "return", long_enough));
    BOOST_TEST((house.status_of(1) == Status::pending));
    BOOST_TEST(house.checks_of(1) == 1);
}

BOOST_AUTO_TEST_CASE(no_answer_leaves_the_payment_open_and_due)
{
    // clang-format off
    struct {
        const char* name;
        HttpServer::Script script;
    } const cases[] = {
        {"HTTP 500",  [](const auto&) { return HttpServer::reply("500 Oops", "<html>"); }},
        {"garbage",   [](const auto&) { return HttpServer::reply("200 OK", "<html>"); }},
        {"no reply",  [](const auto&) { return std::string{}; }},
        {"bad key",   [](const auto&) { return HttpServer::reply("200 OK", R"({"code":"609"})"); }},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            House house{c.script};
            BOOST_TEST(!house.checker.check_now(payment(1).ref(), "return", long_enough));
            const auto payment_after = house.store.find(payment(1).id);
            BOOST_TEST((payment_after->state == Status::pending));
            BOOST_TEST((payment_after->facts == Facts{}));
            BOOST_TEST(payment_after->checks == 1);
            BOOST_TEST((payment_after->check_due_at > house.clock.now()));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_gateway_that_cannot_be_asked_is_unavailable)
{
    House house{paid_reply, {.interval = 0ms}};
    BOOST_REQUIRE(house.gateways.find("cash_on_delivery") != nullptr);
    // Not configured; configured, but only a person knows, whatever the table says is due.
    for (const auto* name : {"gone", "cash_on_delivery"}) {
        auto of_other = payment(2);
        of_other.gateway = GatewayName{name};
        house.store.add(of_other);
        BOOST_TEST(!house.checker.check_now(of_other.ref(), "reconcile", long_enough));
        BOOST_TEST((house.status_of(2) == Status::pending));
        BOOST_TEST(house.checks_of(2) == 1);
    }
}

BOOST_AUTO_TEST_CASE(a_payment_that_the_database_refuses_fails_alone)
{
    House house;
    constexpr std::size_t count = 20;
    constexpr std::size_t poison = 7;
    for (std::size_t i = 2; i <= count; ++i)
        house.store.add(payment(i));
    house.store.refuse(payment(poison).id.get());

    house.store.close_gate();
    house.checker.enqueue(payment(1).ref(), "reconcile");
    house.store.wait_for_caller(); // the checker settles the first; all others become one batch
    for (std::size_t i = 2; i <= count; ++i)
        house.checker.enqueue(payment(i).ref(), "reconcile");
    house.server.wait_for_answers(count);
    house.wait_for_deliveries();
    house.store.open_gate();
    house.checker.drain();

    for (std::size_t i = 1; i <= count; ++i) {
        BOOST_TEST((house.status_of(i) == (i == poison ? Status::pending : Status::paid)));
    }
    BOOST_TEST(house.checks_of(poison) == 0);
    const std::vector<std::size_t> singly(count - 1, 1);
    BOOST_TEST(house.store.settle_batches() == singly, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(answers_that_queue_up_are_settled_together)
{
    House house;
    constexpr std::size_t count = 20;
    for (std::size_t i = 2; i <= count; ++i)
        house.store.add(payment(i));
    house.store.close_gate();
    house.checker.enqueue(payment(1).ref(), "reconcile");
    house.store.wait_for_caller();
    for (std::size_t i = 2; i <= count; ++i)
        house.checker.enqueue(payment(i).ref(), "reconcile");
    house.server.wait_for_answers(count);
    house.wait_for_deliveries();
    house.store.open_gate();
    house.checker.drain();
    const std::vector<std::size_t> batches{1, count - 1};
    BOOST_TEST(house.store.settle_batches() == batches, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_settlement_that_fails_can_be_asked_again)
{
    House house{paid_reply, {.interval = 0ms}};
    house.store.refuse(payment(1).id.get());
    BOOST_TEST(!house.checker.check_now(payment(1).ref(), "return", long_enough));
    BOOST_TEST(!house.checker.check_now(payment(1).ref(), "return", long_enough));
    BOOST_TEST(house.server.requests().size() == 2U);
    BOOST_TEST(house.checks_of(1) == 0);
}

// A page that is reloaded, a captured notification that is sent again and again.
BOOST_AUTO_TEST_CASE(a_flood_about_one_payment_does_not_reach_its_gateway)
{
    for (const auto& reply : {waiting_reply, underpaid_reply}) {
        House house{reply};
        const auto begin = std::chrono::steady_clock::now();
        for (int i = 0; i < 200; ++i) {
            house.checker.enqueue(payment(1).ref(), "notification");
            house.checker.check_now(payment(1).ref(), "return", 5ms);
        }
        house.checker.drain();
        const auto lasted = std::chrono::steady_clock::now() - begin;
        const auto allowed = static_cast<std::size_t>(1 + lasted / question_interval);
        BOOST_TEST(house.server.requests().size() <= allowed);
        BOOST_TEST(house.server.most_at_once() == 1U);
    }
}

BOOST_AUTO_TEST_CASE(a_gateway_that_hangs_does_not_delay_another)
{
    House house{paid_reply, {.in_flight_max = 8}};
    house.server.close_gate();
    house.add(2, 50);
    house.enqueue(1, 50);
    auto of_other = payment(51);
    of_other.gateway = GatewayName{"flutterwave"};
    house.store.add(of_other);
    house.checker.enqueue(of_other.ref(), "notification");
    house.aside.wait_for_requests(1);
    house.server.wait_for_requests(5);
    BOOST_TEST(house.server.requests().size() == 5U);
    house.server.open_gate();
    house.checker.drain();
    BOOST_TEST(house.count(Status::paid, 50) == 50U);
    BOOST_TEST(house.server.most_at_once() <= 5U);
}

BOOST_AUTO_TEST_CASE(a_gateway_that_is_away_is_left_alone_and_asked_when_it_is_back)
{
    std::atomic<bool> works = false;
    House house{
        [&](const auto& received) {
            return works ? paid_reply(received) : HttpServer::reply("503 Later", "");
        },
        {.in_flight_max = 4}};
    constexpr std::size_t count = 200;
    house.add(2, count);
    house.enqueue(1, count);
    house.checker.drain(); // does not wait for it
    BOOST_TEST((house.health().state == CircuitBreaker::State::open));
    BOOST_TEST(house.health().waiting >= count - 2 * failures_to_open);
    // Those that were under way when it opened, and a probe or two.
    BOOST_TEST(house.server.requests().size() <= 2U * failures_to_open);
    std::size_t written = 0;
    for (const auto size : house.store.settle_batches())
        written += size;
    BOOST_TEST(written <= house.server.requests().size()); // no write for what was not asked

    const auto asked = house.server.requests().size();
    const auto begin = std::chrono::steady_clock::now();
    BOOST_TEST(!house.checker.check_now(payment(1).ref(), "return", long_enough));
    BOOST_TEST((std::chrono::steady_clock::now() - begin < long_enough / 2));
    BOOST_TEST(house.server.requests().size() <= asked + 1);

    works = true;
    const auto wait_for_paid = [&](std::size_t paid) {
        while (house.count(Status::paid, count) < paid)
            std::this_thread::sleep_for(10ms);
    };
    wait_for_paid(count - failures_to_open); // nobody asks for that
    // The first ones failed when the gateway was not away yet; the reconciler finds them due.
    house.enqueue(1, 2 * failures_to_open);
    wait_for_paid(count);
    house.checker.drain();
    BOOST_TEST((house.health().state == CircuitBreaker::State::closed));
    BOOST_TEST(house.health().waiting == 0U);
}

BOOST_AUTO_TEST_CASE(who_waits_when_a_gateway_goes_away_is_let_go)
{
    House house{
        [](const auto&) { return HttpServer::reply("503 Later", ""); }, {.in_flight_max = 1}};
    house.server.close_gate();
    house.add(2, 20);
    house.enqueue(1, 1);
    house.server.wait_for_requests(1);
    std::vector<std::thread> customers;
    std::atomic<int> let_go = 0;
    for (std::size_t i = 2; i <= 20; ++i) {
        customers.emplace_back([&, i] {
            if (!house.checker.check_now(payment(i).ref(), "return", 10 * long_enough)) ++let_go;
        });
    }
    house.server.open_gate();
    const auto begin = std::chrono::steady_clock::now();
    for (auto& customer : customers)
        customer.join();
    BOOST_TEST(let_go == 19);
    BOOST_TEST((std::chrono::steady_clock::now() - begin < long_enough));
}

BOOST_AUTO_TEST_CASE(stop_waits_for_what_is_under_way_and_no_longer)
{
    House house;
    house.server.close_gate();
    house.checker.enqueue(payment(1).ref(), "notification");
    house.server.wait_for_requests(1);
    const auto begin = std::chrono::steady_clock::now();
    house.checker.stop(20ms);
    BOOST_TEST((std::chrono::steady_clock::now() - begin < long_enough));
    BOOST_TEST(!house.checker.enqueue(payment(1).ref(), "notification"));
    BOOST_TEST(!house.checker.check_now(payment(1).ref(), "return", long_enough));
    house.checker.drain(); // ends, although nobody answered
    house.courier.reset(); // before the checker: its late answers are dropped
    BOOST_TEST((house.status_of(1) == Status::pending));
    BOOST_TEST(house.checks_of(1) == 0);
}

BOOST_AUTO_TEST_CASE(stop_settles_what_is_answered_in_time)
{
    House house;
    house.server.close_gate();
    house.checker.enqueue(payment(1).ref(), "notification");
    house.server.wait_for_requests(1);
    std::thread gateway{[&] { house.server.open_gate(); }};
    house.checker.stop(long_enough);
    gateway.join();
    BOOST_TEST((house.status_of(1) == Status::paid));
    house.checker.stop(long_enough); // a second time does nothing
}

BOOST_AUTO_TEST_CASE(many_threads_may_ask_about_few_payments)
{
    House house;
    constexpr std::size_t payments = 5;
    for (std::size_t i = 2; i <= payments; ++i)
        house.store.add(payment(i));
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < 8; ++t) {
        threads.emplace_back([&, t] {
            for (std::size_t i = 0; i < 50; ++i) {
                const auto ref = payment(1 + (t + i) % payments).ref();
                if (i % 10 == 0) {
                    house.checker.check_now(ref, "return", long_enough);
                } else {
                    house.checker.enqueue(ref, "notification");
                }
            }
        });
    }
    for (auto& thread : threads)
        thread.join();
    house.checker.drain();
    BOOST_TEST(house.store.events().size() == payments);
    BOOST_TEST(house.server.most_at_once() <= payments);
}

BOOST_AUTO_TEST_SUITE_END()
