// Two stores at two nodes of a cluster do the same thing at the same moment. Locks are local to a
// node: the slower one learns at its COMMIT that it was slower.
//
// tests/cluster/run.py runs it; elsewhere there is no cluster, and the suite is not run.
#include "tests/mysql/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

using namespace tollgate;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t rounds = 30;
const Instant later = noon + 1min;

DatabaseConfig other_node()
{
    auto config = test_config();
    config.hosts = {*parse_database_host(test_setting("TOLLGATE_TEST_DATABASE_OTHER"))};
    return config;
}

struct ClusterFixture : StoreFixture {
    DatabaseConfig other_config = other_node();
    Pool other_pool{other_config};
    MysqlStore other_store{{other_pool, profile, grants}};

    /// What is committed at either node is visible at both.
    void meet()
    {
        for (auto* one : {&pool, &other_pool})
            BOOST_REQUIRE(one->run([](Connection& connection) { return connection.catch_up(); }));
    }

    template <class Work>
    auto at_both(Work work)
    {
        meet();
        auto results =
            together(2, [&](std::size_t node) { return work(node == 0 ? store : other_store); });
        meet();
        return results;
    }

    Payment paid(const std::string& order)
    {
        const auto payment = open(order);
        settle(answer(payment.id, paid_in_full), later);
        return *store.find(payment.id);
    }
};

int add(Connection& connection)
{
    return connection.statement("UPDATE counters SET n = n + 1 WHERE id = ?").number(1).update();
}

} // namespace

BOOST_AUTO_TEST_SUITE(cluster_test, *boost::unit_test::disabled())

BOOST_FIXTURE_TEST_CASE(who_commits_later_repeats_and_reads_again, ClusterFixture)
{
    run("CREATE TABLE counters (id INT PRIMARY KEY, n INT NOT NULL)");
    run("INSERT INTO counters VALUES (1, 0)");
    meet();
    int tries = 0;
    other_pool.transact([&](Connection& slower) {
        add(slower);
        if (++tries == 1) pool.transact([](Connection& faster) { return add(faster); });
        return true;
    });
    BOOST_TEST(tries == 2);
    meet();
    BOOST_TEST(value("SELECT n FROM counters") == "2");
}

BOOST_FIXTURE_TEST_CASE(a_payment_settled_at_both_is_paid_once, ClusterFixture)
{
    const auto payments = open_many(rounds);
    for (const auto& payment : payments) {
        const auto settled = at_both([&](MysqlStore& one) {
            const auto asked = answer(payment.id, paid_in_full);
            return one.settle({&asked, 1}, later).at(0);
        });
        const bool first_changed = settled[0].before != settled[0].after;
        const bool second_changed = settled[1].before != settled[1].after;
        BOOST_TEST(first_changed != second_changed);
        BOOST_TEST(store.find(payment.id)->events == 2);
    }
    BOOST_TEST(count("tollgate_events WHERE to_status = 'paid'") == static_cast<int>(rounds));
    BOOST_TEST(count("tollgate_grants") == static_cast<int>(rounds));
    BOOST_TEST(
        count("tollgate_payments AS p JOIN tollgate_events AS e ON e.payment_id = p.id AND "
              "e.number = p.events AND e.hash = p.chain") == static_cast<int>(rounds)
    );
}

BOOST_FIXTURE_TEST_CASE(what_is_due_is_leased_at_one_node_only, ClusterFixture)
{
    open_many(rounds);
    for (std::size_t round = 0; round < rounds; ++round) {
        run("UPDATE tollgate_payments SET lease_until = NULL, lease_owner = NULL");
        const auto taken = at_both([&](MysqlStore& one) {
            const auto owner = to_hex(random_bytes(8));
            return one.take_due({.owner = owner, .now = later, .until = later + 1min});
        });
        std::set<PaymentId> ids;
        for (const auto& some : taken) {
            for (const auto& payment : some)
                BOOST_TEST(ids.insert(payment.id).second);
        }
        BOOST_TEST(ids.size() == rounds);
    }
}

BOOST_FIXTURE_TEST_CASE(one_of_two_openings_wins_an_order, ClusterFixture)
{
    for (std::size_t round = 0; round < rounds; ++round) {
        const auto order = std::to_string(round);
        const auto made = at_both([&](MysqlStore& one) { return one.insert(make_payment(order)); });
        BOOST_TEST(made[0].inserted != made[1].inserted);
        BOOST_TEST((made[0].payment.id == made[1].payment.id));
    }
    BOOST_TEST(count("tollgate_payments") == static_cast<int>(rounds));
}

BOOST_FIXTURE_TEST_CASE(one_of_two_refunds_begins, ClusterFixture)
{
    for (std::size_t round = 0; round < rounds; ++round) {
        const auto payment = paid(std::to_string(round));
        const auto begun = at_both([&](MysqlStore& one) {
            return one
                .begin_refund({
                    .payment = payment.id,
                    .id = Reference{random_alphanumeric(reference_length)},
                    .amount = {},
                    .partial = true,
                    .cause = "key till",
                    .now = later,
                })
                .kind;
        });
        using Kind = RefundBegun::Kind;
        const std::multiset<Kind> found{begun[0], begun[1]};
        BOOST_TEST((found == std::multiset<Kind>{Kind::begun, Kind::under_way}));
    }
}

BOOST_FIXTURE_TEST_CASE(a_link_is_used_as_often_as_it_may_be, ClusterFixture)
{
    for (std::size_t round = 0; round < rounds; ++round) {
        const auto payment = paid(std::to_string(round));
        const auto digest = grant_of(payment).digest;
        const auto allowed = at_both([&](MysqlStore& one) {
            int count = 0;
            for (int i = 0; i < uses_max; ++i) {
                const auto used = one.use_grant({digest, GrantAccess::begin, later, 1h});
                if (used.use == GrantUse::allowed) ++count;
            }
            return count;
        });
        BOOST_TEST(allowed[0] + allowed[1] == uses_max);
    }
}

BOOST_FIXTURE_TEST_CASE(a_notification_to_both_is_stored_once, ClusterFixture)
{
    const auto payments = open_many(rounds);
    for (const auto& payment : payments) {
        const Notification one{
            .gateway = payment.gateway,
            .reference = payment.reference,
            .proof = Proof::signed_message,
            .digest = sha256("notification " + payment.reference.get()),
            .record = "{}",
            .received_at = later,
        };
        const auto received = at_both([&](MysqlStore& at) { return at.receive({&one, 1}).at(0); });
        for (const auto& each : received)
            BOOST_TEST(each.payment.has_value());
    }
    BOOST_TEST(count("tollgate_evidence") == static_cast<int>(rounds));
}

BOOST_AUTO_TEST_SUITE_END()
