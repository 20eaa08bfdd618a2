#include "core/crypto/uuid.hpp"
#include "core/crypto/webhook_signature.hpp"
#include "core/outbox/sender.hpp"
#include "core/support/log.hpp"
#include "tests/core/net/http_server.hpp"
#include "tests/core/settle/samples.hpp"

#include <boost/test/unit_test.hpp>

#include <condition_variable>
#include <ctime>
#include <deque>
#include <mutex>

using namespace tollgate;
using namespace std::chrono_literals;

namespace {

constexpr auto secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
constexpr auto previous_secret = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcY";
constexpr auto soon = 20s; ///< longer than any of this takes

LeasedEvent event(std::size_t number)
{
    return {
        .id = samples::numbered(number, 16),
        .payment = samples::payment(number).id,
        .number = 1,
        .type = "payment.paid",
        .payload = "{\"n\":" + std::to_string(number) + "}",
    };
}

/// Gives out what a test puts in, and keeps what became of it.
class MemoryOutbox final : public Outbox {
public:
    void add(std::size_t count)
    {
        const std::lock_guard lock{mutex_};
        for (std::size_t i = 0; i < count; ++i)
            due_.push_back(event(++added_));
    }
    void add(LeasedEvent one)
    {
        const std::lock_guard lock{mutex_};
        due_.push_back(std::move(one));
    }
    void fail(int times)
    {
        const std::lock_guard lock{mutex_};
        failures_ = times;
    }
    std::vector<Attempted> wait_for_records(std::size_t count)
    {
        std::unique_lock lock{mutex_};
        const bool came = changed_.wait_for(lock, soon, [&] { return recorded_.size() >= count; });
        BOOST_TEST(came, "so many attempts were not recorded");
        return recorded_;
    }
    TakenEvents take_due(const EventLease& lease) override
    {
        const std::lock_guard lock{mutex_};
        TakenEvents taken;
        while (!due_.empty() && taken.events.size() < lease.events_max) {
            taken.events.push_back(std::move(due_.front()));
            due_.pop_front();
        }
        taken.more = taken.events.size() == lease.events_max;
        return taken;
    }

    std::size_t record(std::span<const Attempted> attempts, const std::string&, Instant) override
    {
        {
            const std::lock_guard lock{mutex_};
            if (failures_ > 0) {
                --failures_;
                throw std::runtime_error{"the database is away"};
            }
            recorded_.insert(recorded_.end(), attempts.begin(), attempts.end());
        }
        changed_.notify_all();
        return 0;
    }

private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<LeasedEvent> due_;
    std::vector<Attempted> recorded_;
    std::size_t added_ = 0;
    int failures_ = 0;
};

struct SenderFixture {
    SenderFixture() { set_log_level(LogLevel::error); } // failures are what is tested
    ~SenderFixture() { set_log_level(LogLevel::info); }

    EventsConfig config_for(const std::string& url) const
    {
        EventsConfig config;
        config.url = url;
        config.secret = Secret{secret};
        config.timeout = 5s;
        config.in_flight_max = 4;
        return config;
    }

    samples::FixedClock clock;
    MemoryOutbox outbox;
};

std::string ok(const HttpServer::Received&)
{
    return HttpServer::reply("200 OK", "");
}

std::string header_of(const std::string& head, const std::string& name)
{
    const auto found = head.find("\r\n" + name + ": ");
    if (found == std::string::npos) return {};
    const auto begin = found + name.size() + 4;
    return head.substr(begin, head.find("\r\n", begin) - begin);
}

} // namespace

BOOST_AUTO_TEST_SUITE(sender_test)

BOOST_FIXTURE_TEST_CASE(what_is_sent_is_signed_with_both_secrets, SenderFixture)
{
    HttpServer storefront{ok};
    auto config = config_for(storefront.url() + "/events");
    config.previous_secret = Secret{previous_secret};
    outbox.add(1);
    EventSender sender{{config, outbox, clock}};
    BOOST_TEST(sender.send_due(soon) == 1U);

    const auto requests = storefront.requests();
    BOOST_TEST_REQUIRE(requests.size() == 1U);
    const auto& [head, body] = requests[0];
    const auto id = uuid_text(event(1).id);
    BOOST_TEST(head.starts_with("POST /events HTTP/1.1\r\n"));
    BOOST_TEST(body == event(1).payload);
    BOOST_TEST(header_of(head, "content-type") == "application/json");
    BOOST_TEST(header_of(head, "webhook-id") == id);
    BOOST_TEST(header_of(head, "webhook-timestamp") == webhook_timestamp(clock.now()));
    const WebhookMessage message{id, clock.now(), body};
    BOOST_TEST(
        header_of(head, "webhook-signature") ==
        webhook_signature(*webhook_key(secret), message) + " " +
            webhook_signature(*webhook_key(previous_secret), message)
    );
}

BOOST_FIXTURE_TEST_CASE(everything_due_is_sent_a_few_at_a_time, SenderFixture)
{
    HttpServer storefront{ok};
    const auto config = config_for(storefront.url());
    outbox.add(50);
    EventSender sender{{config, outbox, clock}};
    BOOST_TEST(sender.send_due(soon) == 50U);
    BOOST_TEST(storefront.requests().size() == 50U);
    BOOST_TEST(storefront.most_at_once() <= 4U);
    BOOST_TEST(sender.send_due(soon) == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_failure_is_recorded_with_the_time_of_the_next_attempt, SenderFixture)
{
    HttpServer storefront{[](const auto&) { return HttpServer::reply("500 Oops", "no"); }};
    const auto config = config_for(storefront.url());
    outbox.add(1);
    EventSender sender{{config, outbox, clock}};
    BOOST_TEST(sender.send_due(soon) == 0U);
    const auto recorded = outbox.wait_for_records(1);
    BOOST_TEST((recorded[0].outcome.kind == Outcome::Kind::again));
    BOOST_TEST(recorded[0].outcome.error == "status 500");
    const auto wait = *recorded[0].outcome.next_attempt_at - clock.now();
    BOOST_TEST((wait >= 5s && wait < 5s + 500ms));
}

BOOST_FIXTURE_TEST_CASE(a_redirect_is_not_followed, SenderFixture)
{
    HttpServer elsewhere{ok};
    HttpServer storefront{[&](const auto&) {
        return "HTTP/1.1 302 Found\r\nLocation: " + elsewhere.url() +
               "\r\nContent-Length: 0\r\n\r\n";
    }};
    const auto config = config_for(storefront.url());
    outbox.add(1);
    EventSender sender{{config, outbox, clock}};
    BOOST_TEST(sender.send_due(soon) == 0U);
    BOOST_TEST(elsewhere.requests().empty());
}

BOOST_FIXTURE_TEST_CASE(a_note_that_could_not_be_made_is_made_later, SenderFixture)
{
    HttpServer storefront{ok};
    const auto config = config_for(storefront.url());
    outbox.add(1);
    outbox.fail(1);
    EventSender sender{{config, outbox, clock}};
    BOOST_TEST(sender.send_due(soon) == 1U);
    BOOST_TEST(outbox.wait_for_records(1).size() == 1U);
    BOOST_TEST(storefront.requests().size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(time_is_bounded_when_the_storefront_hangs, SenderFixture)
{
    HttpServer storefront{ok};
    storefront.close_gate();
    auto config = config_for(storefront.url());
    config.timeout = 300ms;
    config.in_flight_max = 1;
    outbox.add(100);
    EventSender sender{{config, outbox, clock}};
    const auto begin = std::chrono::steady_clock::now();
    const auto busy_before = std::clock();
    BOOST_TEST(sender.send_due(500ms) == 0U);
    const auto lasted = std::chrono::steady_clock::now() - begin;
    BOOST_TEST((lasted < soon));
    const auto busy =
        std::chrono::microseconds{(std::clock() - busy_before) * 1'000'000 / CLOCKS_PER_SEC};
    BOOST_TEST((busy < lasted / 10), "it waits without computing");
    const auto recorded = outbox.wait_for_records(1);
    BOOST_TEST(recorded.size() < 10U);
    for (const auto& one : recorded)
        BOOST_TEST(one.outcome.error == "timeout");
}

BOOST_FIXTURE_TEST_CASE(a_thread_sends_when_it_is_woken, SenderFixture)
{
    HttpServer storefront{ok};
    const auto config = config_for(storefront.url());
    EventThread thread{{config, outbox, clock}};
    for (std::size_t i = 1; i <= 5; ++i) {
        outbox.add(1);
        thread.wake();
        outbox.wait_for_records(i);
    }
    BOOST_TEST(storefront.requests().size() == 5U);
    BOOST_TEST(storefront.connections() == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_thread_that_is_stopped_lets_a_delivery_end, SenderFixture)
{
    HttpServer storefront{ok};
    const auto config = config_for(storefront.url());
    storefront.close_gate();
    outbox.add(1);
    {
        auto thread = std::make_unique<EventThread>(SenderServices{config, outbox, clock});
        storefront.wait_for_requests(1);
        std::thread ending{[&] { thread.reset(); }};
        storefront.open_gate();
        ending.join();
    }
    BOOST_TEST(outbox.wait_for_records(1).size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(an_event_goes_to_its_payments_own_address, SenderFixture)
{
    HttpServer storefront{ok};
    HttpServer own{ok};
    auto config = config_for(storefront.url() + "/events");
    config.private_callbacks = true;
    auto one = event(1);
    one.callback_url = own.url() + "/own?a=1";
    outbox.add(one);
    EventSender sender{{config, outbox, clock}};
    BOOST_TEST(sender.send_due(soon) == 1U);
    BOOST_TEST(storefront.requests().empty());
    const auto requests = own.requests();
    BOOST_TEST_REQUIRE(requests.size() == 1U);
    const auto& [head, body] = requests[0];
    BOOST_TEST(head.starts_with("POST /own?a=1 HTTP/1.1\r\n"));
    const auto id = uuid_text(one.id);
    const WebhookMessage message{id, clock.now(), body};
    const auto signature = webhook_signature(*webhook_key(secret), message);
    BOOST_TEST(header_of(head, "webhook-signature") == signature);
}

BOOST_FIXTURE_TEST_CASE(an_address_of_a_payment_does_not_lead_to_a_neighbour, SenderFixture)
{
    HttpServer storefront{ok};
    HttpServer neighbour{ok};
    const auto port = neighbour.url().substr(neighbour.url().rfind(':'));
    const auto config = config_for(storefront.url() + "/events");
    EventSender sender{{config, outbox, clock}};
    const std::string urls[] = {
        neighbour.url() + "/",
        "http://localhost" + port + "/",
        "http://[::1]" + port + "/",
        "http://[::ffff:127.0.0.1]" + port + "/",
        "http://2130706433" + port + "/",
        "http://0.0.0.0" + port + "/",
    };
    for (const auto& url : urls) {
        auto one = event(1);
        one.callback_url = url;
        outbox.add(one);
    }
    sender.send_due(soon);
    BOOST_TEST(neighbour.requests().empty());
    for (const auto& attempted : outbox.wait_for_records(std::size(urls))) {
        BOOST_TEST((attempted.outcome.kind == Outcome::Kind::again));
        BOOST_TEST(attempted.outcome.error == "refused_by_us", attempted.event.callback_url);
    }
}

BOOST_FIXTURE_TEST_CASE(where_all_events_go_a_payments_may_go_too, SenderFixture)
{
    HttpServer storefront{ok};
    auto one = event(1);
    one.callback_url = storefront.url() + "/own";
    outbox.add(one);
    const auto config = config_for(storefront.url() + "/events");
    EventSender sender{{config, outbox, clock}};
    BOOST_TEST(sender.send_due(soon) == 1U);
    BOOST_TEST(storefront.requests().size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
