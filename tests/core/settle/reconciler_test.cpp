#include "core/settle/reconciler.hpp"
#include "tests/core/net/http_server.hpp"
#include "tests/core/settle/memory_store.hpp"
#include "tests/core/settle/samples.hpp"

#include <boost/test/unit_test.hpp>

#include <memory>

using namespace tollgate;
using namespace tollgate::samples;
using namespace std::chrono_literals;

namespace {

std::string waiting_reply(const HttpServer::Received&)
{
    return HttpServer::reply("200 OK", R"({"code":"662","message":"WAITING_CUSTOMER_PAYMENT"})");
}

std::string no_reply(const HttpServer::Received&)
{
    return HttpServer::reply("503 Later", "");
}

Config config_of(const std::string& api_url)
{
    GatewaySettings settings{.gateway = "cinetpay", .values = {}};
    for (const auto& [name, value] : std::initializer_list<std::pair<std::string, std::string>>{
             {"api_key", "k"}, {"site_id", "445160"}, {"secret", "s"}, {"api_url", api_url}}) {
        settings.values.emplace(name, Secret{value});
    }
    Config config;
    config.check.in_flight_max = 2;
    config.gateways.push_back(std::move(settings));
    return config;
}

/// Payments 1 to `due` are due.
struct House {
    explicit House(
        std::size_t due, HttpServer::Script script = waiting_reply, const CheckLimits& limits = {}
    )
        : server{std::move(script)}, checker{{store, gateways, *courier, clock}, limits}
    {
        for (std::size_t number = 1; number <= due; ++number)
            store.add(payment(number));
    }

    ~House()
    {
        checker.stop(0ms);
        courier.reset();
    }

    ReconcileServices services() { return {store, checker, clock, ReconcileLimits{config.check}}; }
    Payment row(std::size_t number) { return *store.find(payment(number).id); }
    int checks_of(std::size_t number) { return row(number).checks; }
    /// Whether the table knows of payments 1 to `last` that their gateway does not answer.
    bool all_are_unanswered(std::size_t last)
    {
        for (std::size_t number = 1; number <= last; ++number) {
            const auto payment = row(number);
            if (!payment.unanswered_since || payment.check_due_at <= clock.now()) return false;
        }
        return true;
    }

    HttpServer server;
    MemoryStore store;
    FixedClock clock;
    Config config = config_of(server.url());
    Gateways gateways{config};
    std::unique_ptr<Courier> courier = std::make_unique<Courier>(config.check);
    Checker checker;
};

} // namespace

BOOST_AUTO_TEST_SUITE(reconciler_test)

BOOST_AUTO_TEST_CASE(limits_follow_from_those_of_a_question)
{
    const ReconcileLimits limits{CheckConfig{}};
    BOOST_TEST(limits.ahead == 512U);
    BOOST_TEST((limits.lease == 5min));
}

BOOST_AUTO_TEST_CASE(once_asks_everything_that_is_due_once)
{
    constexpr std::size_t due = 40;
    House house{due};
    auto later = payment(due + 1);
    later.check_due_at = created_at + 1h;
    house.store.add(later);
    BOOST_TEST(reconcile_once(house.services()) == due);
    for (std::size_t number = 1; number <= due; ++number)
        BOOST_TEST(house.checks_of(number) == 1);
    BOOST_TEST(house.checks_of(due + 1) == 0);
}

BOOST_AUTO_TEST_CASE(what_an_absent_gateway_could_not_be_asked_is_told_to_the_table)
{
    constexpr std::size_t due = 200;
    House house{due, no_reply};
    BOOST_TEST(reconcile_once(house.services()) == due);
    BOOST_TEST(house.all_are_unanswered(due));
    int checks = 0;
    for (std::size_t number = 1; number <= due; ++number)
        checks += house.checks_of(number);
    BOOST_TEST(checks >= failures_to_open);
    BOOST_TEST(static_cast<std::size_t>(checks) == house.server.requests().size());
}

BOOST_AUTO_TEST_CASE(an_absent_gateway_takes_no_more_room_than_there_is)
{
    constexpr std::size_t due = 100;
    House house{due, no_reply, {.payments_max = 20}};
    BOOST_TEST(reconcile_once(house.services()) == due);
    BOOST_TEST(house.all_are_unanswered(due));
}

BOOST_AUTO_TEST_CASE(nothing_is_leased_that_would_wait_long)
{
    constexpr std::size_t due = 10;
    House house{due};
    house.server.close_gate();
    {
        const Reconciler reconciler{house.services()};
        house.server.wait_for_requests(2);
        BOOST_TEST(house.store.leased() == 4U);
        house.server.open_gate();
        house.server.wait_for_answers(due);
    }
    house.checker.stop(30s);
    for (std::size_t number = 1; number <= due; ++number)
        BOOST_TEST(house.checks_of(number) == 1);
}

BOOST_AUTO_TEST_CASE(a_notification_that_came_first_finds_its_payment)
{
    House house{0};
    const Notification early{
        .gateway = GatewayName{"cinetpay"},
        .reference = payment(1).reference,
        .proof = Proof::signed_message,
        .digest = "d",
        .record = "{}",
        .received_at = created_at};
    house.store.receive({&early, 1});
    BOOST_TEST(reconcile_once(house.services()) == 0U);

    auto imported = payment(1);
    imported.check_due_at.reset();
    house.store.add(imported);
    BOOST_TEST(reconcile_once(house.services()) == 1U);
    BOOST_TEST(house.checks_of(1) == 1);
}

BOOST_AUTO_TEST_SUITE_END()
