#include "sql/outbox.hpp"
#include "sql/outbox_replay.hpp"
#include "tests/mysql/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <set>

using namespace tollgate;
using namespace std::chrono_literals;

namespace {

const Instant later = noon + 1min;
constexpr auto lease_lasts = 45s;

struct OutboxFixture : StoreFixture {
    MysqlStore told{{pool, profile, {grants}, EventScope::all, [this](auto) { ++rung; }}};
    MysqlOutbox outbox{pool};
    int rung = 0;

    EventLease lease(const std::string& owner, Instant now = later, std::size_t events_max = 8)
    {
        return {.owner = owner, .now = now, .until = now + lease_lasts, .events_max = events_max};
    }

    std::vector<LeasedEvent> take(const std::string& owner, Instant now = later)
    {
        return outbox.take_due(lease(owner, now)).events;
    }

    /// The only event that is due, taken by `owner`.
    LeasedEvent take_one(const std::string& owner, Instant now = later)
    {
        const auto events = take(owner, now);
        BOOST_REQUIRE(events.size() == 1U);
        return events[0];
    }

    std::size_t record(const LeasedEvent& event, Outcome outcome, const std::string& owner = "one")
    {
        const Attempted attempted{event, std::move(outcome)};
        return outbox.record({&attempted, 1}, owner, later);
    }

    void settle_to(const Payment& payment, const Facts& facts, Instant now = noon)
    {
        const auto asked = answer(payment.id, facts);
        told.settle({&asked, 1}, now);
    }

    /// Failed, then paid, then given back.
    Payment payment_with_three_events(const std::string& order = "7")
    {
        const auto payment = open(order);
        settle_to(payment, declined);
        settle_to(payment, paid_in_full, noon + 1s);
        settle_to(payment, given_back, noon + 2s);
        return payment;
    }

    std::string column(const LeasedEvent& event, const std::string& name)
    {
        return value(
            "SELECT " + name + " FROM tollgate_outbox WHERE id = UNHEX('" + to_hex(event.id) + "')"
        );
    }
};

const Outcome delivered{.kind = Outcome::Kind::delivered};
const Outcome parked{.kind = Outcome::Kind::parked, .error = "status 410"};

Outcome again_at(Instant time)
{
    return {.kind = Outcome::Kind::again, .error = "status 500", .next_attempt_at = time};
}

std::vector<std::string> types_of(const std::vector<OutboxRow>& rows)
{
    std::vector<std::string> types;
    for (const auto& row : rows)
        types.push_back(row.type);
    return types;
}

} // namespace

BOOST_AUTO_TEST_SUITE(outbox_test)

BOOST_FIXTURE_TEST_CASE(every_change_writes_one_event_when_the_storefront_is_told, OutboxFixture)
{
    const auto payment = payment_with_three_events();
    settle_to(payment, given_back, noon + 3s); // nothing new
    const std::vector<Row> expected{
        {"2", "payment.failed"}, {"3", "payment.paid"}, {"4", "payment.refunded"}};
    BOOST_TEST((rows("SELECT number, type FROM tollgate_outbox ORDER BY number") == expected));
    BOOST_TEST(
        count("tollgate_outbox AS o JOIN tollgate_events AS e ON e.id = o.id AND e.payment_id = "
              "o.payment_id AND e.number = o.number AND e.created_at = o.created_at") == 3
    );
    BOOST_TEST(rung == 3);

    const auto other = open("8");
    settle(answer(other.id, paid_in_full), noon); // by the store that tells nobody
    BOOST_TEST(count("tollgate_outbox") == 3);
}

BOOST_FIXTURE_TEST_CASE(a_batch_writes_its_events_together, OutboxFixture)
{
    std::vector<Asked> batch;
    for (const auto& payment : open_many(21))
        batch.push_back(answer(payment.id, paid_in_full));
    told.settle(batch, noon);
    BOOST_TEST(count("tollgate_outbox") == 21);
    BOOST_TEST(rung == 1);
}

BOOST_FIXTURE_TEST_CASE(a_settlement_that_fails_leaves_no_event, OutboxFixture)
{
    const auto payment = open();
    const auto failing =
        Profile::parse("[paid]\nstatements = ['UPDATE nowhere SET a = 1']", "test");
    MysqlStore broken{{pool, failing, {grants}, EventScope::all, [this](auto) { ++rung; }}};
    const auto asked = answer(payment.id, paid_in_full);
    BOOST_CHECK_THROW(broken.settle({&asked, 1}, noon), sql::SQLException);
    BOOST_TEST(count("tollgate_outbox") == 0);
    BOOST_TEST(rung == 0);
}

BOOST_FIXTURE_TEST_CASE(an_event_is_taken_once_until_the_lease_ends, OutboxFixture)
{
    const auto payment = open();
    settle_to(payment, paid_in_full);
    BOOST_TEST(take("early", noon - 1us).empty());
    const auto event = take_one("one");
    BOOST_TEST((event.payment == payment.id));
    BOOST_TEST(event.type == "payment.paid");
    BOOST_TEST(event.attempts == 0);
    BOOST_TEST(event.payload.starts_with(R"({"type":"payment.paid","timestamp":")"));
    BOOST_TEST(column(event, "lease_owner") == "one");

    BOOST_TEST(take("two").empty());
    BOOST_TEST(take("two", later + lease_lasts).empty()); // to the very end
    const auto again = take_one("two", later + lease_lasts + 1us);
    BOOST_TEST((again.id == event.id));
    BOOST_TEST((again.payload == event.payload));
}

BOOST_FIXTURE_TEST_CASE(what_is_delivered_is_not_sent_again, OutboxFixture)
{
    settle_to(open(), paid_in_full);
    const auto event = take_one("one");
    BOOST_TEST(record(event, delivered) == 0U);
    BOOST_TEST(column(event, "delivered_at") == database_time(later));
    BOOST_TEST(column(event, "attempts") == "1");
    BOOST_TEST(take("two", later + std::chrono::years{1}).empty());
}

BOOST_FIXTURE_TEST_CASE(what_failed_is_sent_again_when_it_is_due, OutboxFixture)
{
    settle_to(open(), paid_in_full);
    const auto event = take_one("one");
    record(event, again_at(later + 5min));
    BOOST_TEST(column(event, "last_error") == "status 500");
    BOOST_TEST(take("one", later + 5min - 1us).empty());
    BOOST_TEST(take_one("one", later + 5min).attempts == 1);
}

BOOST_FIXTURE_TEST_CASE(whose_lease_has_passed_on_cannot_put_an_event_off, OutboxFixture)
{
    settle_to(open(), paid_in_full);
    const auto event = take_one("one");
    take_one("two", later + 1h);
    record(event, again_at(later + 24h), "one");
    BOOST_TEST(column(event, "lease_owner") == "two");
    record(event, delivered, "one"); // that it arrived is true, whoever says so
    BOOST_TEST(take("three", later + std::chrono::years{1}).empty());
}

BOOST_FIXTURE_TEST_CASE(the_events_of_a_payment_come_one_after_the_other, OutboxFixture)
{
    payment_with_three_events();
    auto event = take_one("one");
    BOOST_TEST(event.type == "payment.failed");
    BOOST_TEST(take("one").empty());
    record(event, again_at(later + 5min));
    BOOST_TEST(take("one", later + 4min).empty());

    event = take_one("one", later + 5min);
    BOOST_TEST(event.type == "payment.failed");
    BOOST_TEST(record(event, delivered) == 2U);
    event = take_one("one", later + 5min);
    BOOST_TEST(event.type == "payment.paid");
    record(event, parked); // given up: those behind it go on
    event = take_one("one", later + 5min);
    BOOST_TEST(event.type == "payment.refunded");
    BOOST_TEST(record(event, delivered) == 0U);
    BOOST_TEST(take("one", later + std::chrono::years{1}).empty());
}

// Behind ten payments whose first event is not due for a day stand twenty events that are.
BOOST_FIXTURE_TEST_CASE(nothing_hides_behind_events_that_must_wait, OutboxFixture)
{
    for (int i = 0; i < 10; ++i)
        payment_with_three_events("order-" + std::to_string(i));
    for (const auto& event : outbox.take_due(lease("one", later, 10)).events)
        record(event, again_at(later + 24h));
    settle_to(open("newest"), paid_in_full, later + lease_lasts + 1s);

    const auto now = later + 1min;
    std::vector<std::string> found;
    TakenEvents taken{.events = {}, .more = true};
    for (int look = 0; taken.more && look < 20; ++look) {
        taken = outbox.take_due(lease("one", now, 2));
        for (const auto& event : taken.events)
            found.push_back(event.type);
    }
    BOOST_TEST(!taken.more);
    BOOST_TEST((found == std::vector<std::string>{"payment.paid"}));
}

BOOST_FIXTURE_TEST_CASE(leases_are_exclusive, OutboxFixture)
{
    constexpr std::size_t payments = 40;
    for (std::size_t i = 0; i < payments; ++i)
        settle_to(open("order-" + std::to_string(i)), paid_in_full);
    const auto taken = together(4, [&](std::size_t sender) {
        std::vector<std::string> ids;
        for (int round = 0; round < 40; ++round) {
            for (const auto& event : take(std::to_string(sender)))
                ids.push_back(event.id);
        }
        return ids;
    });
    std::multiset<std::string> all;
    for (const auto& ids : taken)
        all.insert(ids.begin(), ids.end());
    BOOST_TEST(all.size() == payments);
    BOOST_TEST((std::set<std::string>{all.begin(), all.end()}.size() == payments));
}

BOOST_FIXTURE_TEST_CASE(what_an_operator_sees, OutboxFixture)
{
    const auto payment = payment_with_three_events();
    record(take_one("one"), delivered);
    record(take_one("one"), parked);
    BOOST_TEST((types_of(pending_events(pool)) == std::vector<std::string>{"payment.refunded"}));
    const auto given_up = parked_events(pool);
    BOOST_TEST_REQUIRE(given_up.size() == 1U);
    BOOST_TEST(given_up[0].type == "payment.paid");
    BOOST_TEST(given_up[0].state() == "parked");
    BOOST_TEST(given_up[0].last_error == "status 410");
    BOOST_TEST(given_up[0].attempts == 1);
    BOOST_TEST((given_up[0].reference == payment.reference));
    BOOST_TEST((given_up[0].order == payment.order));
    const auto all = events_of(pool, payment.id);
    BOOST_TEST_REQUIRE(all.size() == 3U);
    BOOST_TEST(all[0].state() == "delivered");
    BOOST_TEST(all[2].state() == "pending");
}

BOOST_FIXTURE_TEST_CASE(a_replay_sends_the_same_again_in_order, OutboxFixture)
{
    const auto payment = payment_with_three_events();
    std::vector<LeasedEvent> first;
    for (const auto& outcome : {delivered, parked, delivered}) {
        first.push_back(take_one("one"));
        record(first.back(), outcome);
    }
    BOOST_TEST(replay_payment(pool, payment.id, later) == 3);
    for (const auto& before : first) {
        const auto event = take_one("two");
        BOOST_TEST((event.id == before.id));
        BOOST_TEST((event.payload == before.payload));
        BOOST_TEST(event.attempts == 0);
        record(event, delivered, "two");
    }
    BOOST_TEST(take("two", later + std::chrono::years{1}).empty());
}

BOOST_FIXTURE_TEST_CASE(what_can_be_replayed, OutboxFixture)
{
    settle_to(open("a"), paid_in_full, noon);
    settle_to(open("b"), paid_in_full, noon + 10s);
    settle_to(open("c"), declined, noon + 20s);
    for (const auto& event : take("one"))
        record(event, event.type == "payment.failed" ? parked : delivered);

    BOOST_TEST(replay_event(pool, std::string(16, 'x'), later) == 0);
    BOOST_TEST(replay_since(pool, noon + 21s, later) == 0);
    BOOST_TEST(take("one").empty());
    BOOST_TEST(replay_parked(pool, later) == 1);
    BOOST_TEST(replay_parked(pool, later) == 0);
    const auto failed = take_one("one");
    BOOST_TEST(failed.type == "payment.failed");
    record(failed, delivered);
    BOOST_TEST(replay_event(pool, failed.id, later) == 1);
    record(take_one("one"), delivered);
    BOOST_TEST(replay_since(pool, noon + 10s, later) == 2);
    BOOST_TEST(take("one").size() == 2U);
}

BOOST_FIXTURE_TEST_CASE(a_replay_of_many_goes_in_pages, OutboxFixture)
{
    run("INSERT INTO tollgate_outbox (id, payment_id, number, type, payload, parked_at, created_at)"
        " SELECT UNHEX(CONCAT('019cb8e2', LPAD(HEX(seq), 24, '0'))), UNHEX(MD5(seq)), 2,"
        " 'payment.paid', '{}', '2026-03-05', '2026-03-04' FROM seq_1_to_1234");
    BOOST_TEST(replay_parked(pool, later) == 1234);
    BOOST_TEST(
        count("tollgate_outbox WHERE parked_at IS NULL AND next_attempt_at IS NOT NULL") == 1234
    );
    BOOST_TEST(replay_since(pool, Instant{}, later) == 1234);
}

BOOST_FIXTURE_TEST_CASE(an_event_goes_where_its_payment_says, OutboxFixture)
{
    const auto own = make_payment("7");
    store.insert(own, {{}, {}, "https://shop.example/own"});
    const auto thanks = make_payment("8");
    store.insert(thanks, {"https://shop.example/thanks", {}, {}});
    for (const auto& payment : {own, thanks})
        settle_to(payment, paid_in_full);
    std::map<std::string, std::string> urls;
    for (const auto& event : take("one"))
        urls[event.payment.get()] = event.callback_url;
    BOOST_REQUIRE(urls.size() == 2U);
    BOOST_TEST(urls[own.id.get()] == "https://shop.example/own");
    BOOST_TEST(urls[thanks.id.get()].empty());
}

BOOST_FIXTURE_TEST_CASE(
    without_an_address_for_all_only_those_with_their_own_are_told, OutboxFixture
)
{
    MysqlStore few{{pool, profile, {grants}, EventScope::with_callback}};
    MysqlStore none{{pool, profile, {grants}, EventScope::none}};
    const auto own = make_payment("7");
    store.insert(own, {{}, {}, "https://shop.example/own"});
    const auto other = make_payment("8");
    store.insert(other, {"https://shop.example/thanks", {}, {}});
    const auto tell = [&](MysqlStore& by, const Facts& facts) {
        const Asked asked[] = {answer(own.id, facts), answer(other.id, facts)};
        by.settle(asked, noon);
    };
    tell(none, declined);
    BOOST_TEST(count("tollgate_outbox") == 0);
    tell(few, paid_in_full);
    BOOST_TEST(count("tollgate_outbox") == 1);
    BOOST_TEST((take_one("one").payment == own.id));
}

BOOST_AUTO_TEST_SUITE_END()
