// Opening, finding, readiness; what else the store does is in the mysql_store_*_test.cpp beside.
#include "tests/mysql/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

using namespace tollgate;
using namespace std::chrono_literals;

namespace {

void check_same(const Payment& found, const Payment& expected)
{
    BOOST_TEST((found.id == expected.id));
    BOOST_TEST((found.merchant == expected.merchant));
    BOOST_TEST((found.order == expected.order));
    BOOST_TEST(found.attempt == expected.attempt);
    BOOST_TEST((found.gateway == expected.gateway));
    BOOST_TEST((found.reference == expected.reference));
    BOOST_TEST((found.gateway_ref == expected.gateway_ref));
    BOOST_TEST((found.price == expected.price));
    BOOST_TEST(found.description == expected.description);
    BOOST_TEST((found.customer == expected.customer));
    BOOST_TEST((found.files == expected.files));
    BOOST_TEST((found.facts == expected.facts));
    BOOST_TEST((found.state == expected.state));
    BOOST_TEST(found.payment_url == expected.payment_url);
    BOOST_TEST(found.checks == expected.checks);
    BOOST_TEST((found.check_due_at == expected.check_due_at));
    BOOST_TEST((found.checked_at == expected.checked_at));
    BOOST_TEST((found.created_at == expected.created_at));
    BOOST_TEST((found.opening_until == expected.opening_until));
    BOOST_TEST((found.refund == expected.refund));
    BOOST_TEST((found.paid_at == expected.paid_at));
    BOOST_TEST(to_hex(found.chain) == to_hex(expected.chain));
}

Payment every_field()
{
    auto payment = StoreFixture::make_payment("A-1._:/#z");
    // Every kind of byte that an id may have, a zero and an invalid sequence of UTF-8 among them.
    payment.id = PaymentId{std::string{"\x00\xff\x80'\"\\\xc3\x28\n%_;?\xfe\x00\x1a", 16}};
    payment.price = {minor_units_max, Currency::EUR};
    payment.description = "😀 l'« été » \\ \"1\" % _";
    for (const auto& [name, member] : customer_fields) {
        payment.customer.*member = "é\"\\" + std::string{name} + "\n";
    }
    payment.files = {
        {"a.pdf"},
        {"dossier/ß \"2\".epub", 2},
        {"😀.zip", {}, std::chrono::hours{24}},
        {"z.zip", 1000, std::chrono::minutes{1}},
    };
    return payment;
}

} // namespace

BOOST_AUTO_TEST_SUITE(mysql_store_test)

BOOST_FIXTURE_TEST_CASE(every_field_of_a_payment_comes_back, StoreFixture)
{
    auto expected = every_field();
    const auto inserted = store.insert(expected);
    BOOST_TEST(inserted.inserted);
    BOOST_TEST(inserted.payment.chain.size() == 32U);
    expected.chain = inserted.payment.chain;
    check_same(inserted.payment, expected);
    check_same(store.find(expected.id).value(), expected);
    check_same(store.find(expected.reference).value(), expected);

    expected.gateway_ref = GatewayRef{"gw-✓"};
    expected.payment_url = "https://pay.example/é?a=b&c=%20";
    store.record_opened(expected.id, {expected.gateway_ref, expected.payment_url}, noon + 1s);
    check_same(store.find(expected.id).value(), expected);

    auto asked = answer(
        expected.id,
        {
            .processing = true,
            .failure = Failure::expired,
            .paid = expected.price,
            .refunded = Money{0, Currency::USD},
            .disputed = true,
            .conflict = true,
        }
    );
    settle(asked, noon + 2s);
    expected.facts = asked.answer->facts;
    expected.state = Status::disputed;
    expected.checks = 1;
    expected.checked_at = noon + 2s;
    expected.check_due_at = {};
    const auto settled = store.find(expected.id).value();
    expected.chain = settled.chain;
    check_same(settled, expected);
    BOOST_TEST(stored(expected, "attention") == "contradiction");
    BOOST_TEST(stored(expected, "updated_at") == database_time(noon + 2s));
}

BOOST_FIXTURE_TEST_CASE(the_smallest_payment_comes_back, StoreFixture)
{
    Payment payment;
    payment.id = PaymentId{std::string(16, '\0')};
    payment.merchant = Merchant{"m"};
    payment.order = OrderRef{"o"};
    payment.gateway = GatewayName{"g"};
    payment.reference = Reference{std::string(reference_length, 'A')};
    payment.price = {0, Currency::XOF};
    payment.created_at = noon;
    payment.chain = store.insert(payment).payment.chain;
    check_same(store.find(payment.id).value(), payment);
}

BOOST_FIXTURE_TEST_CASE(
    a_shops_addresses_come_back_and_cost_no_row_where_there_are_none, StoreFixture
)
{
    const ShopUrls urls{
        .success = "https://shop.example/" + std::string(shop_url_bytes_max - 21, 'a'),
        .failure = {},
        .callback = "https://shop.example/events?a=1&b='\\\"",
    };
    const auto with = make_payment("with");
    BOOST_TEST(store.insert(with, urls).inserted);
    BOOST_TEST((store.urls_of(with.id) == urls));
    BOOST_TEST((store.view(with.id)->urls == urls));
    BOOST_TEST(store.insert(with, urls).inserted); // the connection was lost in its commit
    const auto without = insert("without");
    BOOST_TEST(store.urls_of(without.id).empty());
    BOOST_TEST(store.view(without.id)->urls.empty());
    BOOST_TEST(value("SELECT COUNT(*) FROM tollgate_shop_urls") == "1");
}

BOOST_FIXTURE_TEST_CASE(an_order_that_is_taken_leaves_no_addresses_behind, StoreFixture)
{
    open("7");
    const auto second = make_payment("7");
    BOOST_TEST(
        !store.insert(
                  second, {.success = "https://a.example/", .failure = {}, .callback = {}}
        ).inserted
    );
    BOOST_TEST(store.urls_of(second.id).empty());
}

BOOST_FIXTURE_TEST_CASE(what_does_not_exist_is_not_found, StoreFixture)
{
    insert();
    BOOST_TEST(!store.find(PaymentId{random_uuid_v7(noon)}));
    BOOST_TEST(!store.find(PaymentId{}));
    BOOST_TEST(!store.find(Reference{random_alphanumeric(reference_length)}));
    BOOST_TEST(!store.find(Reference{"' OR '1'='1"}));
    BOOST_TEST(!store.find(Reference{}));
    BOOST_TEST(store.urls_of(PaymentId{random_uuid_v7(noon)}).empty());
    BOOST_TEST(store.last_answer(PaymentId{random_uuid_v7(noon)}).empty());
    BOOST_TEST(store.grants_of(PaymentId{random_uuid_v7(noon)}).empty());
}

BOOST_FIXTURE_TEST_CASE(an_order_is_found_by_its_newest_attempt, StoreFixture)
{
    const Merchant boutique{"boutique"};
    BOOST_TEST(!store.find(boutique, OrderRef{"7"}).has_value());
    const auto first = open();
    open("8");
    check_same(store.find(boutique, OrderRef{"7"}).value(), first);
    settle(answer(first.id, declined), noon + 1s);
    const auto second = insert("7", noon + 1min);
    check_same(store.find(boutique, OrderRef{"7"}).value(), second);
    BOOST_TEST(!store.find(Merchant{"Boutique"}, OrderRef{"7"}).has_value());
    BOOST_TEST(!store.find(boutique, OrderRef{"07"}).has_value());
    BOOST_TEST(!store.find(boutique, OrderRef{}).has_value());
}

BOOST_FIXTURE_TEST_CASE(an_answer_to_the_opening_forgets_nothing, StoreFixture)
{
    const auto payment = open();
    store.record_opened(payment.id, {{}, "https://pay.example/again"}, noon + 1s);
    const auto found = store.find(payment.id).value();
    BOOST_TEST(found.gateway_ref.get() == "gw-1");
    BOOST_TEST(found.payment_url == "https://pay.example/again");
}

BOOST_FIXTURE_TEST_CASE(of_racing_openings_one_is_inserted, StoreFixture)
{
    constexpr std::size_t threads = 6;
    for (int round = 0; round < 10; ++round) {
        const auto order = "order-" + std::to_string(round);
        const auto insertions =
            together(threads, [&](std::size_t) { return store.insert(make_payment(order)); });
        BOOST_TEST(std::ranges::count(insertions, true, &Insertion::inserted) == 1);
        const auto winner = std::ranges::find(insertions, true, &Insertion::inserted);
        for (const auto& one : insertions)
            check_same(one.payment, winner->payment);
        BOOST_TEST(count("tollgate_payments WHERE order_ref = '" + order + "'") == 1);
    }
    BOOST_TEST(count("tollgate_events") == 10);
}

BOOST_FIXTURE_TEST_CASE(of_racing_retries_one_is_the_second_attempt, StoreFixture)
{
    settle(answer(open().id, declined), noon + 1s);
    const auto insertions =
        together(6, [&](std::size_t) { return store.insert(make_payment("7", noon + 1min)); });
    BOOST_TEST(std::ranges::count(insertions, true, &Insertion::inserted) == 1);
    for (const auto& one : insertions)
        BOOST_TEST(one.payment.attempt == 2);
    BOOST_TEST(count("tollgate_payments") == 2);
}

BOOST_FIXTURE_TEST_CASE(an_order_is_paid_once, StoreFixture)
{
    struct {
        const char* name;
        Facts facts;
        bool again; ///< may be tried once more
    } const cases[] = {
        {"pending", nothing_yet, false},
        {"processing", in_progress, false},
        {"failed", declined, true},
        {"cancelled", abandoned, true},
        {"expired", timed_out, true},
        {"review", paid_too_little, false},
        {"paid", paid_in_full, false},
        {"partially_refunded", partly_given_back, false},
        {"refunded", given_back, false},
        {"disputed", {.paid = price, .disputed = true}, false},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            const auto first = open(c.name);
            settle(answer(first.id, c.facts), noon + 1s);
            BOOST_TEST(code(store.find(first.id)->state) == c.name);
            const auto second = store.insert(make_payment(c.name, noon + 48h));
            BOOST_TEST(second.inserted == c.again);
            BOOST_TEST(second.payment.attempt == (c.again ? 2 : 1));
            BOOST_TEST((second.payment.id == first.id) != c.again);
        }
    }
}

BOOST_FIXTURE_TEST_CASE(an_opening_without_an_answer_holds_its_order_until_its_time, StoreFixture)
{
    for (const auto holds : {0s, 60s, 600s}) {
        const auto order = std::to_string(holds.count());
        auto first = make_payment(order);
        first.opening_until = noon + holds;
        store.insert(first);
        const auto early = store.insert(make_payment(order, noon + holds - 1us));
        BOOST_TEST(!early.inserted);
        BOOST_TEST((early.payment.id == first.id));
        const auto later = store.insert(make_payment(order, noon + holds));
        BOOST_TEST(later.inserted);
        BOOST_TEST(later.payment.attempt == 2);
    }
}

BOOST_FIXTURE_TEST_CASE(a_late_success_of_an_earlier_attempt_ends_the_retrying, StoreFixture)
{
    const auto first = open();
    settle(answer(first.id, declined), noon + 1s);
    const auto second = open("7", noon + 1min);
    settle(answer(second.id, declined), noon + 2min);
    settle(answer(first.id, paid_in_full), noon + 3min);
    const auto third = store.insert(make_payment("7", noon + 4min));
    BOOST_TEST(!third.inserted);
    BOOST_TEST((third.payment.id == first.id));
}

BOOST_FIXTURE_TEST_CASE(merchants_do_not_share_orders, StoreFixture)
{
    open();
    auto other = make_payment();
    other.merchant = Merchant{"other"};
    BOOST_TEST(store.insert(other).inserted);
    auto upper = make_payment();
    upper.merchant = Merchant{"Boutique"};
    BOOST_TEST(store.insert(upper).inserted);
}

BOOST_FIXTURE_TEST_CASE(an_insertion_that_is_repeated_is_the_same, StoreFixture)
{
    const auto payment = make_payment();
    const auto first = store.insert(payment);
    const auto again = store.insert(payment); // as after a connection that was lost in its commit
    BOOST_TEST(again.inserted);
    check_same(again.payment, first.payment);
    BOOST_TEST(count("tollgate_events") == 1);
}

BOOST_FIXTURE_TEST_CASE(a_reference_that_exists_is_an_error_not_a_race, StoreFixture)
{
    const auto first = insert();
    auto second = make_payment("8");
    second.reference = first.reference;
    BOOST_CHECK_THROW(store.insert(second), std::runtime_error);
    auto third = make_payment("8");
    third.id = first.id;
    BOOST_CHECK_THROW(store.insert(third), std::runtime_error);
    BOOST_TEST(count("tollgate_payments") == 1);
}

BOOST_FIXTURE_TEST_CASE(the_store_is_ready_when_the_schema_is_the_programs, StoreFixture)
{
    store.check_ready();
    run("UPDATE tollgate_migrations SET number = number + 10");
    BOOST_CHECK_THROW(store.check_ready(), SchemaError);
    run("DELETE FROM tollgate_migrations");
    BOOST_CHECK_THROW(store.check_ready(), SchemaError);
    run("DROP TABLE tollgate_migrations");
    BOOST_CHECK_THROW(store.check_ready(), SchemaError);
}

BOOST_AUTO_TEST_SUITE_END()
