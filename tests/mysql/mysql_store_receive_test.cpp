#include "core/support/text.hpp"
#include "tests/mysql/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

using namespace tollgate;
using namespace std::chrono_literals;

namespace {

const Instant later = noon + 10min;

Notification
message(const Reference& reference, const std::string& bytes, Instant received_at = later)
{
    return {
        .gateway = GatewayName{"cinetpay"},
        .reference = reference,
        .proof = Proof::signed_message,
        .digest = sha256(bytes),
        .record = bytes,
        .received_at = received_at,
    };
}

struct ReceiveFixture : StoreFixture {
    Received receive(const Notification& notification)
    {
        return store.receive({&notification, 1}).at(0);
    }

    std::optional<Instant> due(const Payment& payment)
    {
        return store.find(payment.id)->check_due_at;
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(mysql_store_receive_test)

BOOST_FIXTURE_TEST_CASE(a_notification_is_kept_and_its_payment_is_to_be_asked, ReceiveFixture)
{
    const auto payment = open();
    const auto received = receive(message(payment.reference, "all of it"));
    BOOST_TEST(received.ask);
    const auto& ask = received.payment;
    BOOST_REQUIRE(ask.has_value());
    BOOST_TEST((ask->id == payment.id));
    BOOST_TEST((ask->gateway == payment.gateway));
    BOOST_TEST((ask->reference == payment.reference));
    BOOST_TEST((ask->gateway_ref == payment.gateway_ref));
    BOOST_TEST((ask->price == payment.price));
    const Row expected{
        to_hex(payment.id.get()),
        "notification",
        "cinetpay",
        payment.reference.get(),
        to_hex(sha256("all of it")),
        "signed",
        "all of it",
        database_time(later),
    };
    const auto row = rows(
        "SELECT LOWER(HEX(payment_id)), kind, gateway, reference, LOWER(HEX(digest)), proof, body, "
        "received_at FROM tollgate_evidence"
    );
    BOOST_TEST_REQUIRE(row.size() == 1U);
    BOOST_TEST(row[0] == expected, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(the_due_time_moves_only_forward_in_haste, ReceiveFixture)
{
    const auto grace = later + check_grace;
    struct {
        const char* name;
        std::optional<Instant> planned;
        Instant due;
    } const cases[] = {
        {"overdue stays", noon, noon},
        {"sooner stays", grace - 1us, grace - 1us},
        {"equal stays", grace, grace},
        {"later moves", grace + 1us, grace},
        {"never moves", {}, grace},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            auto payment = make_payment(c.name);
            payment.check_due_at = c.planned;
            store.insert(payment);
            BOOST_TEST(receive(message(payment.reference, c.name)).ask);
            BOOST_TEST((due(payment) == c.due));
        }
    }
}

BOOST_FIXTURE_TEST_CASE(the_same_message_is_kept_once, ReceiveFixture)
{
    const auto payment = open();
    const std::vector<Notification> both(2, message(payment.reference, "m"));
    const auto asks = store.receive(both);
    BOOST_TEST((asks.at(0).ask && asks.at(1).ask));
    BOOST_TEST(count("tollgate_evidence") == 1);

    // Again later: nothing is kept, but an open payment is asked about, and due.
    settle(answer(payment.id, nothing_yet), later);
    run("UPDATE tollgate_payments SET check_due_at = '2026-12-24'");
    BOOST_TEST(receive(message(payment.reference, "m", later + 1h)).ask);
    BOOST_TEST((due(payment) == later + 1h + check_grace));
    BOOST_TEST(count("tollgate_evidence WHERE kind = 'notification'") == 1);

    // What was settled is not asked again because of a message that was known by then.
    settle(answer(payment.id, paid_in_full), later + 2h);
    const auto before = everything();
    const auto known = receive(message(payment.reference, "m", later + 3h));
    BOOST_TEST(!known.ask);
    BOOST_TEST((known.payment->id == payment.id));
    BOOST_TEST((everything() == before));

    // A new message is: it may speak of a refund.
    BOOST_TEST(receive(message(payment.reference, "another", later + 3h)).ask);
    BOOST_TEST((due(payment) == later + 3h + check_grace));
}

BOOST_FIXTURE_TEST_CASE(two_servers_may_receive_the_same_message_at_once, ReceiveFixture)
{
    const auto payments = open_many(8);
    for (int round = 0; round < 5; ++round) {
        std::vector<Notification> batch;
        for (const auto& payment : payments) {
            batch.push_back(message(payment.reference, payment.order.get() + std::to_string(round))
            );
        }
        together(4, [&](std::size_t thread) {
            auto mine = batch;
            if (thread % 2 == 1) std::ranges::reverse(mine);
            return store.receive(mine).size();
        });
    }
    BOOST_TEST(count("tollgate_evidence") == 40);
    BOOST_TEST(count("tollgate_evidence WHERE payment_id IS NOT NULL") == 40);
}

BOOST_FIXTURE_TEST_CASE(what_names_no_payment_of_its_gateway_is_an_orphan, ReceiveFixture)
{
    const auto payment = open();
    auto foreign = message(payment.reference, "another gateway's");
    foreign.gateway = GatewayName{"other"};
    const auto lower_case = lower(payment.reference.get());
    struct {
        const char* name;
        Notification notification;
        std::string kept_as;
    } const cases[] = {
        {"unknown", message(Reference{std::string(20, 'Z')}, "1"), std::string(20, 'Z')},
        {"another gateway's", foreign, payment.reference.get()},
        {"empty", message(Reference{}, "2"), ""},
        {"other case", message(Reference{lower_case}, "3"), lower_case},
        {"with a space",
         message(Reference{payment.reference.get() + " "}, "4"),
         payment.reference.get() + " "},
        {"64 bytes", message(Reference{std::string(64, 'x')}, "5"), std::string(64, 'x')},
        {"too long", message(Reference{std::string(500, 'x')}, "6"), std::string(64, 'x')},
        {"not UTF-8", message(Reference{"a\xff\xfe z"}, "7"), "a?? z"},
        {"SQL", message(Reference{"' OR 1=1 -- "}, "8"), "' OR 1=1 -- "},
    };
    const auto before = contents({"tollgate_payments"});
    int number = 0;
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            const auto received = receive(c.notification);
            BOOST_TEST(!received.payment.has_value());
            BOOST_TEST(!received.ask);
            BOOST_TEST(count("tollgate_evidence WHERE payment_id IS NULL") == ++number);
            BOOST_TEST(
                value(
                    "SELECT reference FROM tollgate_evidence WHERE digest = UNHEX('" +
                    to_hex(c.notification.digest) + "')"
                ) == c.kept_as
            );
        }
    }
    BOOST_TEST((contents({"tollgate_payments"}) == before));
}

BOOST_FIXTURE_TEST_CASE(a_message_is_kept_byte_for_byte_up_to_its_limit, ReceiveFixture)
{
    std::string bytes;
    for (int i = 0; i < 9000; ++i)
        bytes += static_cast<char>(i % 256);
    receive(message(open().reference, bytes));
    BOOST_TEST(
        to_hex(value("SELECT body FROM tollgate_evidence")) == to_hex(bytes.substr(0, 8192))
    );
}

BOOST_FIXTURE_TEST_CASE(a_large_batch_keeps_its_order, ReceiveFixture)
{
    const auto payments = open_many(70);
    std::vector<Notification> batch;
    for (std::size_t i = 0; i < payments.size(); ++i) {
        const bool orphan = i % 7 == 3;
        const Reference nobody{random_alphanumeric(reference_length)};
        batch.push_back(message(orphan ? nobody : payments[i].reference, std::to_string(i)));
    }
    const auto asks = store.receive(batch);
    BOOST_REQUIRE(asks.size() == batch.size());
    for (std::size_t i = 0; i < asks.size(); ++i) {
        BOOST_TEST(asks[i].ask == (i % 7 != 3));
        BOOST_TEST(asks[i].payment.has_value() == (i % 7 != 3));
        if (asks[i].payment) BOOST_TEST((asks[i].payment->id == payments[i].id));
    }
    BOOST_TEST(count("tollgate_evidence") == 70);
    BOOST_TEST(count("tollgate_evidence WHERE payment_id IS NULL") == 10);
}

BOOST_FIXTURE_TEST_CASE(a_batch_that_fails_leaves_nothing, ReceiveFixture)
{
    const auto payment = open();
    run("UPDATE tollgate_payments SET check_due_at = '2026-12-24'");
    const auto before = everything();
    std::vector<Notification> batch{
        message(payment.reference, "good"), message(payment.reference, "bad")};
    batch[1].gateway = GatewayName{std::string(33, 'g')}; // longer than its column
    BOOST_CHECK_THROW(store.receive(batch), sql::SQLException);
    BOOST_TEST((everything() == before));
    BOOST_TEST(receive(batch[0]).ask);
}

BOOST_AUTO_TEST_SUITE_END()
