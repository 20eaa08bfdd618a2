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

/// Names the payment as the gateway does.
Notification
message_about(const std::string& gateway_ref, const std::string& bytes, Instant received_at = later)
{
    auto one = message(Reference{}, bytes, received_at);
    one.gateway_ref = GatewayRef{gateway_ref};
    return one;
}

/// Without proof; those of one `interval` have one digest.
Notification
hint(const Reference& reference, const std::string& interval, Instant received_at = later)
{
    auto one = message(reference, interval, received_at);
    one.proof = Proof::none;
    return one;
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

    /// One that the gateway calls `gateway_ref`.
    Payment named(const std::string& order, const std::string& gateway_ref)
    {
        const auto payment = insert(order);
        store.record_opened(payment.id, {GatewayRef{gateway_ref}, "https://pay.example"}, noon);
        return payment;
    }

    std::string gateway_ref_of(const Payment& payment)
    {
        return store.find(payment.id)->gateway_ref.get();
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
            const auto received = receive(message(payment.reference, c.name));
            BOOST_TEST(received.ask);
            BOOST_TEST((due(payment) == c.due));
            BOOST_TEST(received.payment->messages == 1);
            BOOST_TEST(store.find(payment.id)->messages == 1);
        }
    }
}

BOOST_FIXTURE_TEST_CASE(an_answer_to_an_earlier_question_does_not_end_the_asking, ReceiveFixture)
{
    const auto payment = open();
    const auto earlier = answer(payment.id, paid_in_full); // the question has left
    const auto received = receive(message(payment.reference, "a dispute"));
    settle(earlier, later + 1s);
    BOOST_TEST((due(payment) == later + 1s + check_grace));
    auto own = answer(payment.id, paid_in_full);
    own.messages = received.payment->messages;
    settle(own, later + 2s);
    BOOST_TEST(!due(payment).has_value());
}

BOOST_FIXTURE_TEST_CASE(a_batch_counts_a_payment_once, ReceiveFixture)
{
    const auto payment = open();
    const std::vector<Notification> batch{
        message(payment.reference, "one"), message(payment.reference, "two")};
    for (const auto& received : store.receive(batch))
        BOOST_TEST(received.payment->messages == 1);
    BOOST_TEST(receive(message(payment.reference, "three")).payment->messages == 2);
    BOOST_TEST(store.find(payment.id)->messages == 2);
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
    auto settled = answer(payment.id, paid_in_full);
    settled.messages = store.find(payment.id)->messages;
    settle(settled, later + 2h);
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

BOOST_FIXTURE_TEST_CASE(a_message_may_name_its_payment_as_the_gateway_does, ReceiveFixture)
{
    const auto payment = named("7", "gw-7");
    named("8", "gw-8");
    const auto received = receive(message_about("gw-7", "m"));
    BOOST_REQUIRE(received.payment.has_value());
    BOOST_TEST((received.payment->id == payment.id));
    BOOST_TEST((received.payment->reference == payment.reference));
    BOOST_TEST(received.payment->gateway_ref.get() == "gw-7");
    BOOST_TEST(received.ask);
    const Row expected{to_hex(payment.id.get()), "gw-7"};
    BOOST_TEST(
        rows("SELECT LOWER(HEX(payment_id)), reference FROM tollgate_evidence").at(0) == expected,
        boost::test_tools::per_element()
    );
    // Our own name decides where both are given.
    auto both = message_about("gw-8", "both");
    both.reference = payment.reference;
    BOOST_TEST((receive(both).payment->id == payment.id));
    BOOST_TEST(gateway_ref_of(payment) == "gw-7");
}

BOOST_FIXTURE_TEST_CASE(the_gateways_name_of_another_gateways_payment_names_nothing, ReceiveFixture)
{
    const auto payment = named("7", "gw-7");
    insert("8"); // has no name
    auto foreign = message_about("gw-7", "1");
    foreign.gateway = GatewayName{"other"};
    struct {
        const char* name;
        Notification notification;
        std::string kept_as;
    } const cases[] = {
        {"another gateway's", foreign, "gw-7"},
        {"unknown", message_about("gw-9", "2"), "gw-9"},
        {"nothing", message_about("", "3"), ""},
        {"other case", message_about("GW-7", "4"), "GW-7"},
        {"with a space", message_about("gw-7 ", "5"), "gw-7 "},
        {"a part", message_about("gw-", "6"), "gw-"},
        {"a pattern", message_about("gw-%", "7"), "gw-%"},
        {"our own name", message_about(payment.reference.get(), "8"), payment.reference.get()},
        {"too long", message_about(std::string(500, 'x'), "9"), std::string(64, 'x')},
        {"not UTF-8", message_about("a\xff\xfe z", "10"), "a?? z"},
    };
    const auto before = contents({"tollgate_payments"});
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            const auto received = receive(c.notification);
            BOOST_TEST(!received.payment.has_value());
            BOOST_TEST(!received.ask);
            BOOST_TEST(
                value(
                    "SELECT reference FROM tollgate_evidence WHERE payment_id IS NULL AND digest = "
                    "UNHEX('" +
                    to_hex(c.notification.digest) + "')"
                ) == c.kept_as
            );
        }
    }
    BOOST_TEST((contents({"tollgate_payments"}) == before));
}

BOOST_FIXTURE_TEST_CASE(a_batch_may_name_payments_either_way, ReceiveFixture)
{
    std::vector<Payment> payments;
    std::vector<Notification> batch;
    for (std::size_t i = 0; i < batch_rows_max; ++i) {
        const auto number = std::to_string(i);
        payments.push_back(named("order-" + number, "gw-" + number));
        const bool by_reference = i % 3 == 0;
        batch.push_back(
            by_reference ? message(payments[i].reference, number)
                         : message_about("gw-" + number, number)
        );
        if (i % 7 == 3) batch.back().gateway = GatewayName{"other"};
    }
    const auto received = store.receive(batch);
    BOOST_REQUIRE(received.size() == batch.size());
    for (std::size_t i = 0; i < batch.size(); ++i) {
        BOOST_TEST(received[i].payment.has_value() == (i % 7 != 3));
        if (received[i].payment) BOOST_TEST((received[i].payment->id == payments[i].id));
    }
}

BOOST_FIXTURE_TEST_CASE(the_refund_under_way_is_to_be_asked_about, ReceiveFixture)
{
    const auto payment = open();
    settle(answer(payment.id, paid_in_full), later);
    BOOST_TEST(!receive(message(payment.reference, "before")).payment->refund.has_value());
    const auto refund = store
                            .begin_refund({
                                .payment = payment.id,
                                .id = Reference{"REFUND00000000000001"},
                                .amount = Money{1000, Currency::XOF},
                                .partial = true,
                                .cause = "key till",
                                .now = later,
                            })
                            .payment.refund;
    const auto received = receive(message(payment.reference, "after"));
    BOOST_TEST(received.ask);
    BOOST_TEST((refund.has_value() && received.payment->refund == refund));
}

BOOST_FIXTURE_TEST_CASE(a_hint_about_no_payment_of_ours_leaves_nothing, ReceiveFixture)
{
    const auto payment = named("7", "gw-7");
    auto foreign = hint(payment.reference, "1");
    foreign.gateway = GatewayName{"other"};
    auto unknown_name = hint(Reference{}, "2");
    unknown_name.gateway_ref = GatewayRef{"gw-8"};
    const auto before = everything();
    for (const auto& one :
         {foreign,
          unknown_name,
          hint(Reference{std::string(20, 'Z')}, "3"),
          hint(Reference{}, "4"),
          hint(Reference{"a\xff"}, "5"),
          hint(Reference{std::string(9000, 'x')}, "6")}) {
        const auto received = receive(one);
        BOOST_TEST(!received.payment.has_value());
        BOOST_TEST(!received.ask);
    }
    BOOST_TEST((everything() == before));
}

BOOST_FIXTURE_TEST_CASE(hints_of_one_interval_are_one, ReceiveFixture)
{
    for (const auto& facts : {nothing_yet, declined, paid_in_full, given_back}) {
        const auto order = std::string{code(status(facts, price))};
        const auto payment = open(order);
        settle(answer(payment.id, facts), later);
        run("UPDATE tollgate_payments SET check_due_at = '2026-12-24'");
        const auto first = receive(hint(payment.reference, order + " 1", later));
        BOOST_TEST(first.ask);
        BOOST_TEST((first.payment->id == payment.id));
        BOOST_TEST((due(payment) == later + check_grace));

        // Answered, but another one came meanwhile: nobody asks now, but the reconciler does soon.
        settle(answer(payment.id, facts), later + 2s);
        run("UPDATE tollgate_payments SET check_due_at = NULL");
        const auto second = receive(hint(payment.reference, order + " 1", later + 3s));
        BOOST_TEST(!second.ask);
        BOOST_TEST((second.payment->id == payment.id));
        BOOST_TEST((due(payment) == later + 3s + check_grace));
        const auto kept = "tollgate_evidence WHERE kind = 'notification' AND proof = 'none' AND "
                          "reference = '" +
                          payment.reference.get() + "'";
        BOOST_TEST(count(kept) == 1);

        BOOST_TEST(receive(hint(payment.reference, order + " 2", later + 11s)).ask);
        BOOST_TEST((due(payment) == later + 3s + check_grace)); // sooner stays
        BOOST_TEST(count(kept) == 2);
    }
}

BOOST_FIXTURE_TEST_CASE(of_hints_that_come_at_once_one_asks, ReceiveFixture)
{
    const auto payment = open();
    const auto received =
        store.receive(std::vector<Notification>(batch_rows_max, hint(payment.reference, "1")));
    BOOST_TEST(std::ranges::count(received, true, &Received::ask) == 1);
    BOOST_TEST(received.front().ask);
    for (const auto& one : received)
        BOOST_TEST((one.payment->id == payment.id));
    BOOST_TEST(count("tollgate_evidence") == 1);
}

BOOST_FIXTURE_TEST_CASE(a_proven_message_tells_how_the_gateway_calls_the_payment, ReceiveFixture)
{
    struct {
        const char* name;
        Proof proof;
        std::string told;
        std::string known; ///< then
    } const cases[] = {
        {"signed", Proof::signed_message, "gw-9", "gw-9"},
        {"secret", Proof::shared_secret, "gw-8", "gw-8"},
        {"hint", Proof::none, "gw-9", ""},
        {"nothing told", Proof::signed_message, "", ""},
        {"longest", Proof::signed_message, std::string(191, 'r'), std::string(191, 'r')},
        {"too long", Proof::signed_message, std::string(192, 'r'), ""},
        {"not UTF-8", Proof::signed_message, "gw\xff", ""},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            const auto payment = insert(c.name); // the answer to its opening was lost
            auto one = message(payment.reference, c.name);
            one.proof = c.proof;
            one.gateway_ref = GatewayRef{c.told};
            BOOST_TEST(receive(one).payment->gateway_ref.get() == c.known);
            BOOST_TEST(gateway_ref_of(payment) == c.known);
            BOOST_TEST(
                count("tollgate_evidence WHERE digest = UNHEX('" + to_hex(one.digest) + "')") == 1
            );
            if (c.known.empty()) continue;
            BOOST_TEST(
                (receive(message_about(c.known, "then " + c.known)).payment->id == payment.id)
            );
        }
    }
}

BOOST_FIXTURE_TEST_CASE(a_name_that_is_known_stays, ReceiveFixture)
{
    const auto payment = named("7", "gw-7");
    auto one = message(payment.reference, "m");
    one.gateway_ref = GatewayRef{"gw-other"};
    BOOST_TEST(receive(one).payment->gateway_ref.get() == "gw-7");
    BOOST_TEST(gateway_ref_of(payment) == "gw-7");

    const auto unnamed = insert("8");
    std::vector<Notification> both{
        message(unnamed.reference, "first"), message(unnamed.reference, "second")};
    both[0].gateway_ref = GatewayRef{"gw-8"};
    both[1].gateway_ref = GatewayRef{"gw-9"};
    store.receive(both);
    BOOST_TEST(gateway_ref_of(unnamed) == "gw-8");
}

BOOST_FIXTURE_TEST_CASE(a_repetition_may_bring_the_name, ReceiveFixture)
{
    const auto payment = insert();
    auto one = message(payment.reference, "m");
    receive(one); // as by a program that did not read the name
    one.gateway_ref = GatewayRef{"gw-7"};
    receive(one);
    BOOST_TEST(gateway_ref_of(payment) == "gw-7");
}

BOOST_FIXTURE_TEST_CASE(names_and_settlements_may_race, ReceiveFixture)
{
    std::vector<Payment> payments;
    std::vector<Notification> batch;
    std::vector<Asked> answers;
    for (std::size_t i = 0; i < 32; ++i) {
        payments.push_back(insert("order-" + std::to_string(i)));
        batch.push_back(message(payments[i].reference, std::to_string(i)));
        batch.back().gateway_ref = GatewayRef{"gw-" + std::to_string(i)};
        answers.push_back(answer(payments[i].id, in_progress));
        answers.back().answer->gateway_ref = {};
    }
    std::ranges::reverse(batch);
    run("UPDATE tollgate_payments SET check_due_at = NULL WHERE RIGHT(order_ref, 1) IN (1, 4, 7)");
    together(6, [&](std::size_t thread) {
        return thread % 2 == 0 ? store.receive(batch).size() : store.settle(answers, later).size();
    });
    for (std::size_t i = 0; i < payments.size(); ++i) {
        BOOST_TEST(gateway_ref_of(payments[i]) == "gw-" + std::to_string(i));
        BOOST_TEST(store.find(payments[i].id)->checks == 3);
    }
}

BOOST_AUTO_TEST_SUITE_END()
