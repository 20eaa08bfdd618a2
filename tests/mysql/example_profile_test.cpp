// The template that merchants copy, on the tables that its comments make up: every section once.

#include "sql/shop_orders.hpp"
#include "tests/mysql/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

using namespace tollgate;

namespace {

struct ExampleFixture : StoreFixture {
    ExampleFixture()
    {
        const std::string options = " CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci";
        run("CREATE TABLE shop_order (id BIGINT PRIMARY KEY, number VARCHAR(40) NOT NULL UNIQUE, "
            "state VARCHAR(10) NOT NULL, total DECIMAL(12,2) NOT NULL, currency CHAR(3) NOT NULL, "
            "email VARCHAR(254), phone VARCHAR(40), payment VARCHAR(40), paid_at DATETIME(6))" +
            options);
        run("CREATE TABLE shop_item (order_id BIGINT, path VARCHAR(255) NOT NULL)" + options);
        run("CREATE TABLE shop_download (order_id BIGINT, path VARCHAR(255) NOT NULL, "
            "token VARCHAR(64) NOT NULL)" +
            options);
        run("CREATE TABLE shop_note (order_id BIGINT, said_at DATETIME(6) NOT NULL, "
            "words VARCHAR(255) NOT NULL)" +
            options);
        run("INSERT INTO shop_order (id, number, state, total, currency, email) VALUES "
            "(1, 'A-7', 'open', 5000, 'XOF', 'awa@example.com'), "
            "(2, 'A-8', 'open', 5000, 'XOF', NULL)");
        run("INSERT INTO shop_item VALUES (1, 'book.pdf')");
    }

    Profile example =
        Profile::load(std::string{TOLLGATE_SOURCE_DIR} + "/docs/profile.example.toml");
    MysqlStore shop{{pool, example, {grants}}};

    /// Tells what the gateway says next.
    void say(const Payment& payment, const Facts& facts)
    {
        const auto asked = answer(payment.id, facts);
        shop.settle({&asked, 1}, noon);
    }

    std::string state() { return value("SELECT state FROM shop_order WHERE number = 'A-7'"); }
    std::string notes()
    {
        return value("SELECT COALESCE(GROUP_CONCAT(words), '') FROM shop_note WHERE order_id = 1");
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(example_profile_test)

BOOST_FIXTURE_TEST_CASE(an_order_is_paid_delivered_and_given_back, ExampleFixture)
{
    const auto payment = open("A-7");
    say(payment, in_progress);
    BOOST_TEST(state() == "open");
    say(payment, paid_in_full);
    BOOST_TEST(state() == "paid");
    BOOST_TEST(value("SELECT payment FROM shop_order WHERE id = 1") == payment.reference.get());
    BOOST_TEST(count("shop_download WHERE order_id = 1 AND path = 'book.pdf'") == 1);
    say(payment, partly_given_back);
    BOOST_TEST(state() == "paid");
    BOOST_TEST(notes() == "1000 of 5000 minor units were given back");
    say(payment, given_back);
    BOOST_TEST(state() == "refunded");
    BOOST_TEST(count("shop_download") == 0);
    BOOST_TEST(value("SELECT state FROM shop_order WHERE number = 'A-8'") == "open");
}

BOOST_FIXTURE_TEST_CASE(a_dispute_ends_the_download, ExampleFixture)
{
    const auto payment = open("A-7");
    say(payment, paid_in_full);
    say(payment, {.paid = price, .disputed = true});
    BOOST_TEST(state() == "disputed");
    BOOST_TEST(count("shop_download") == 0);
}

BOOST_FIXTURE_TEST_CASE(every_unpaid_end_leaves_the_order_to_be_paid, ExampleFixture)
{
    for (const auto& facts : {declined, abandoned, timed_out}) {
        run("UPDATE shop_order SET state = 'open'");
        const auto payment = open("A-7");
        say(payment, facts);
        BOOST_TEST(state() == "unpaid");
        const auto order = MysqlShopOrders{pool, example, {}}.find("A-7");
        BOOST_TEST_REQUIRE(order.has_value());
        BOOST_TEST(order->payable);
        BOOST_TEST((order->price == price));
        BOOST_TEST(order->customer.email == "awa@example.com");
        BOOST_TEST(order->files == std::vector<std::string>{"book.pdf"});
    }
    const auto payment = open("A-7");
    say(payment, paid_in_full);
    BOOST_TEST(!MysqlShopOrders(pool, example, {}).find("A-7")->payable);
}

BOOST_FIXTURE_TEST_CASE(what_must_be_looked_at_is_noted, ExampleFixture)
{
    const auto payment = open("A-7");
    say(payment, paid_too_little);
    BOOST_TEST(state() == "open");
    const auto words = "payment " + payment.reference.get() + " must be looked at: underpaid";
    BOOST_TEST(notes() == words);
}

BOOST_AUTO_TEST_SUITE_END()
