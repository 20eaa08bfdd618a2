#include "tests/mysql/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <numeric>

using namespace tollgate;
using namespace std::chrono_literals;

namespace {

const Instant later = noon + 10min;

struct OrphanFixture : StoreFixture {
    /// A proven notification that nobody knows the payment of yet.
    void receive(Notification one) { store.receive({&one, 1}); }

    static Notification about(const Reference& reference, const std::string& gateway_ref = {})
    {
        return {
            .gateway = GatewayName{"cinetpay"},
            .reference = reference,
            .gateway_ref = GatewayRef{gateway_ref},
            .proof = Proof::signed_message,
            .digest = sha256(reference.get() + '/' + gateway_ref),
            .record = "{}",
            .received_at = noon,
        };
    }

    /// Made elsewhere, and nobody asks about it by himself.
    Payment insert_from_outside(const Reference& reference, const std::string& gateway_ref = {})
    {
        auto payment = make_payment(reference.get());
        payment.reference = reference;
        payment.check_due_at.reset();
        payment = store.insert(payment).payment;
        if (!gateway_ref.empty()) {
            store.record_opened(payment.id, {GatewayRef{gateway_ref}, "https://pay.example"}, noon);
        }
        return payment;
    }

    std::size_t match(Instant now = later) { return store.match_orphans({}, now).payments; }
    int orphans() { return count("tollgate_orphans"); }
};

const Reference reference{"ORPHAN00000000000001"};

} // namespace

BOOST_AUTO_TEST_SUITE(orphans_test)

BOOST_FIXTURE_TEST_CASE(a_notification_finds_the_payment_that_comes_later, OrphanFixture)
{
    receive(about(reference, "gw-77"));
    BOOST_TEST(orphans() == 1);
    BOOST_TEST(match() == 0U);
    BOOST_TEST(orphans() == 1);

    const auto payment = insert_from_outside(reference);
    BOOST_TEST(match() == 1U);
    BOOST_TEST(orphans() == 0);
    const auto found = *store.find(payment.id);
    BOOST_TEST((found.check_due_at == later));
    BOOST_TEST(found.gateway_ref.get() == "gw-77");
    BOOST_TEST(
        value("SELECT LOWER(HEX(payment_id)) FROM tollgate_evidence") == to_hex(payment.id.get())
    );
    BOOST_TEST(match() == 0U);
}

BOOST_FIXTURE_TEST_CASE(the_gateways_own_name_is_enough, OrphanFixture)
{
    receive(about(Reference{}, "gw-88"));
    const auto payment = insert_from_outside(reference, "gw-88");
    BOOST_TEST(match() == 1U);
    BOOST_TEST((store.find(payment.id)->check_due_at == later));
}

BOOST_FIXTURE_TEST_CASE(what_is_due_earlier_stays_so_and_a_known_name_too, OrphanFixture)
{
    receive(about(reference, "gw-new"));
    const auto payment = insert_from_outside(reference, "gw-old");
    run("UPDATE tollgate_payments SET check_due_at = '2026-03-01'");
    BOOST_TEST(match() == 1U);
    const auto found = *store.find(payment.id);
    BOOST_TEST(found.gateway_ref.get() == "gw-old");
    BOOST_TEST((found.check_due_at == Instant{std::chrono::sys_days{2026y / 3 / 1}}));
}

BOOST_FIXTURE_TEST_CASE(another_gateways_payment_is_not_meant, OrphanFixture)
{
    auto other = about(reference);
    other.gateway = GatewayName{"clickpesa"};
    receive(other);
    insert_from_outside(reference);
    BOOST_TEST(match() == 0U);
    BOOST_TEST(orphans() == 1);
}

BOOST_FIXTURE_TEST_CASE(only_what_may_become_ours_waits, OrphanFixture)
{
    receive(about(Reference{"not one of ours"}));
    receive(about(Reference{std::string(300, 'A')}));
    receive(about(Reference{}, std::string(192, 'g')));
    BOOST_TEST(orphans() == 0);
    BOOST_TEST(count("tollgate_evidence") == 3);
    auto hint = about(reference);
    hint.proof = Proof::none;
    receive(hint);
    BOOST_TEST(orphans() == 0);
    receive(about(reference));
    receive(about(reference));
    BOOST_TEST(orphans() == 1);
}

BOOST_FIXTURE_TEST_CASE(what_waited_too_long_is_forgotten_but_its_evidence, OrphanFixture)
{
    receive(about(reference));
    insert_from_outside(reference);
    BOOST_TEST(match(noon + orphan_age_max + 1us) == 0U);
    BOOST_TEST(orphans() == 0);
    BOOST_TEST(count("tollgate_evidence") == 1);
}

BOOST_FIXTURE_TEST_CASE(a_great_many_are_looked_at_in_turns, OrphanFixture)
{
    run("INSERT INTO tollgate_orphans (id, gateway, reference, gateway_ref, received_at) "
        "SELECT UNHEX(MD5(seq)), 'cinetpay', UPPER(LEFT(MD5(seq), 20)), '', '2026-03-04 12:00' "
        "FROM seq_1_to_600");
    const auto last = value("SELECT reference FROM tollgate_orphans ORDER BY id DESC LIMIT 1");
    insert_from_outside(Reference{last});
    OrphanTurn turn;
    std::vector<std::size_t> matched;
    while (true) {
        const auto some = store.match_orphans(turn, later);
        matched.push_back(some.payments);
        if (!some.next) break;
        turn = *some.next;
    }
    BOOST_TEST(matched == (std::vector<std::size_t>{0, 0, 1}), boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(two_reconcilers_give_each_to_its_payment_once, OrphanFixture)
{
    constexpr std::size_t payments = 60;
    for (std::size_t i = 0; i < payments; ++i) {
        const auto name = Reference{"ORPHAN0000000000" + std::to_string(1000 + i)};
        receive(about(name));
        insert_from_outside(name);
    }
    const auto matched = together(4, [&](std::size_t) { return match(); });
    BOOST_TEST(std::accumulate(matched.begin(), matched.end(), std::size_t{0}) == payments);
    BOOST_TEST(orphans() == 0);
    BOOST_TEST(count("tollgate_payments WHERE check_due_at IS NULL") == 0);
    BOOST_TEST(count("tollgate_evidence WHERE payment_id IS NULL") == 0);
}

BOOST_AUTO_TEST_SUITE_END()
