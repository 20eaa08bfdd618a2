#include "sql/shop_orders.hpp"
#include "tests/mysql/test_database.hpp"

#include <boost/test/unit_test.hpp>

using namespace tollgate;

namespace {

/// A shop whose orders have a key and cost 12.50 EUR.
struct ShopFixture : TestDatabase {
    ShopFixture()
    {
        run("CREATE TABLE shop_order (id BIGINT PRIMARY KEY, number_key VARCHAR(40) NOT NULL, "
            "total DECIMAL(26,8) NOT NULL, state VARCHAR(10) NOT NULL, email VARCHAR(99) NULL)");
        run("CREATE TABLE shop_item (order_id BIGINT NOT NULL, path VARCHAR(99) NOT NULL)");
        run("INSERT INTO shop_order VALUES (7, 'key-of-7', 12.5, 'open', 'awa@example.com'), "
            "(8, 'key-of-8', 3, 'paid', NULL), (9, 'twin', 1, 'open', ''), "
            "(10, 'twin', 1, 'open', '')");
        run("INSERT INTO shop_item VALUES (7, 'a.pdf'), (7, 'b/c.pdf')");
    }

    std::optional<ShopOrder> found(const std::string& profile_text, const std::string& key)
    {
        const auto profile = Profile::parse(profile_text, "shop.toml");
        return MysqlShopOrders{pool, profile, {"one-for-all.pdf"}}.find(key);
    }

    std::string why_broken(const std::string& columns)
    {
        try {
            found("[order]\nstatement = '''SELECT " + columns + "'''", "7");
            return "";
        } catch (const std::runtime_error& error) {
            return error.what();
        }
    }
};

constexpr auto by_key = R"toml(
[order]
key = "unguessable"
statement = """
SELECT id AS order_ref, total AS amount, 'EUR' AS currency, state = 'open' AS payable,
       email AS customer_email, CONCAT('Order ', id) AS description, 'cinetpay' AS gateway,
       'https://shop.example/thanks' AS success_url, 'https://shop.example/no' AS failure_url
FROM shop_order WHERE number_key = :order_key
"""
[files]
statement = "SELECT path FROM shop_item WHERE order_id = :order_number ORDER BY path"
)toml";

constexpr auto by_number = R"toml(
[order]
statement = """
SELECT id AS order_ref, CAST(total * 100 AS SIGNED) AS amount_minor, 'EUR' AS currency, 1 AS payable
FROM shop_order WHERE id = :order_number
"""
)toml";

} // namespace

BOOST_AUTO_TEST_SUITE(shop_orders_test)

BOOST_FIXTURE_TEST_CASE(an_order_is_what_the_shops_tables_say, ShopFixture)
{
    const auto order = found(by_key, "key-of-7");
    BOOST_TEST_REQUIRE(order.has_value());
    BOOST_TEST(order->order.get() == "7");
    BOOST_TEST((order->price == Money{1250, Currency::EUR}));
    BOOST_TEST(order->payable);
    BOOST_TEST(order->customer.email == "awa@example.com");
    BOOST_TEST(order->description == "Order 7");
    BOOST_TEST(order->gateway == "cinetpay");
    BOOST_TEST(order->urls.success == "https://shop.example/thanks");
    BOOST_TEST(order->urls.failure == "https://shop.example/no");
    BOOST_TEST(order->files == (std::vector<std::string>{"a.pdf", "b/c.pdf"}));

    const auto paid = found(by_key, "key-of-8");
    BOOST_TEST_REQUIRE(paid.has_value());
    BOOST_TEST(!paid->payable);
    BOOST_TEST(paid->customer.email.empty());
    BOOST_TEST(paid->files.empty());
}

BOOST_FIXTURE_TEST_CASE(only_the_very_key_finds_an_order, ShopFixture)
{
    for (const char* key : {"key-of-", "key-of-77", "7", "", "' OR '1'='1", "%", ":order_key"})
        BOOST_TEST(!found(by_key, key).has_value(), key);
    for (const char* key : {"7-b", "7.0", "07", " 7", "7e0", "key-of-7", "-7", "x", "11"})
        BOOST_TEST(!found(by_number, key).has_value(), key);
    const auto order = found(by_number, "7");
    BOOST_TEST_REQUIRE(order.has_value());
    BOOST_TEST((order->price == Money{1250, Currency::EUR}));
    BOOST_TEST(order->files == std::vector<std::string>{"one-for-all.pdf"});
    BOOST_CHECK_THROW(found(by_key, "twin"), std::runtime_error);
}

BOOST_FIXTURE_TEST_CASE(a_row_that_is_no_order_is_named, ShopFixture)
{
    struct {
        const char* columns;
        const char* wrong;
    } const cases[] = {
        {"'7' AS order_ref, 'EUR' AS currency, 1 AS payable", "amount"},
        {"'7' AS order_ref, '1.234' AS amount, 'EUR' AS currency, 1 AS payable", "amount"},
        {"'7' AS order_ref, -1 AS amount, 'EUR' AS currency, 1 AS payable", "amount"},
        {"'7' AS order_ref, 1e3 AS amount, '' AS currency, 1 AS payable", "currency"},
        {"'7' AS order_ref, NULL AS amount_minor, 'EUR' AS currency, 1 AS payable", "amount_minor"},
        {"'7' AS order_ref, 1 AS amount, 'EUR' AS currency, 'open' AS payable", "payable"},
        {"'7' AS order_ref, 1 AS amount, 'EUR' AS currency", "payable"},
        {"'7 b' AS order_ref, 1 AS amount, 'EUR' AS currency, 1 AS payable", "order_ref"},
        {"1 AS amount, 'EUR' AS currency, 1 AS payable", "order_ref"},
    };
    for (const auto& c : cases) {
        const auto expected =
            std::string{"shop.toml:2 [order]: the column "} + c.wrong + " is missing";
        BOOST_TEST(why_broken(c.columns).starts_with(expected), c.columns);
    }
}

BOOST_FIXTURE_TEST_CASE(a_file_that_leaves_the_folder_is_none, ShopFixture)
{
    run("INSERT INTO shop_item VALUES (7, '../secret')");
    BOOST_CHECK_THROW(found(by_key, "key-of-7"), std::runtime_error);
}

BOOST_FIXTURE_TEST_CASE(a_profile_may_look_nothing_up, ShopFixture)
{
    const auto profile = Profile::load("native");
    MysqlShopOrders orders{pool, profile, {}};
    BOOST_TEST(!orders.key_kind().has_value());
    BOOST_TEST(!orders.find("7").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
