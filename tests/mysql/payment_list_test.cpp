#include "sql/payment_list.hpp"
#include "tests/mysql/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

using namespace tollgate;
using namespace std::chrono_literals;

namespace {

struct ListFixture : StoreFixture {
    PaymentFilter all() { return {.merchant = Merchant{"boutique"}}; }

    std::vector<std::string> orders(const PaymentFilter& filter)
    {
        std::vector<std::string> names;
        for (const auto& payment : list_payments(pool, filter).payments)
            names.push_back(payment.order.get());
        return names;
    }

    /// All pages one after the other.
    std::vector<std::string> walk(PaymentFilter filter)
    {
        std::vector<std::string> names;
        while (true) {
            const auto page = list_payments(pool, filter);
            BOOST_TEST(page.payments.size() <= filter.rows_max);
            for (const auto& payment : page.payments)
                names.push_back(payment.order.get());
            if (!page.next) return names;
            filter.after = page.next;
        }
    }

    /// Orders a, b, …, a second after each other.
    void insert_orders(std::string_view names)
    {
        for (std::size_t i = 0; i < names.size(); ++i)
            insert(std::string(1, names[i]), noon + std::chrono::seconds{i});
    }

    /// Payments of the order `prefix` and a number, by a thousandth of a second.
    void insert_many(int count, const std::string& status)
    {
        run("INSERT INTO tollgate_payments (id, merchant, order_ref, attempt, gateway, reference, "
            "amount_minor, currency, status, created_at, updated_at) SELECT "
            "UNHEX(CONCAT(LPAD(HEX(1772625700000 + seq), 12, '0'), LEFT(MD5(seq), 20))), "
            "'boutique', CONCAT('many-', seq), 1, 'cinetpay', UPPER(LEFT(MD5(seq), 20)), 5000, "
            "'XOF', '" +
            status + "', '2026-03-04', '2026-03-04' FROM seq_1_to_" + std::to_string(count));
    }
};

using Names = std::vector<std::string>;

} // namespace

BOOST_AUTO_TEST_SUITE(payment_list_test)

BOOST_FIXTURE_TEST_CASE(payments_are_listed_newest_first_and_page_by_page, ListFixture)
{
    BOOST_TEST(orders(all()).empty());
    insert_orders("abcde");
    BOOST_TEST(orders(all()) == (Names{"e", "d", "c", "b", "a"}), boost::test_tools::per_element());
    auto filter = all();
    filter.rows_max = 2;
    const auto page = list_payments(pool, filter);
    BOOST_REQUIRE(page.payments.size() == 2U);
    BOOST_REQUIRE(page.next.has_value());
    BOOST_TEST((page.next == page.payments.back().id));
    BOOST_TEST(walk(filter) == (Names{"e", "d", "c", "b", "a"}), boost::test_tools::per_element());
    filter.rows_max = 5;
    BOOST_TEST(!list_payments(pool, filter).next.has_value());
}

BOOST_FIXTURE_TEST_CASE(what_is_opened_meanwhile_moves_no_page, ListFixture)
{
    insert_orders("abcd");
    auto filter = all();
    filter.rows_max = 2;
    const auto page = list_payments(pool, filter);
    insert("z", noon + 1h);
    filter.after = page.next;
    BOOST_TEST(orders(filter) == (Names{"b", "a"}), boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(a_merchant_sees_his_own_payments, ListFixture)
{
    insert_orders("ab");
    PaymentFilter other{.merchant = Merchant{"autre"}};
    BOOST_TEST(orders(other).empty());
    other.order = OrderRef{"a"};
    BOOST_TEST(orders(other).empty());
    other.order = {};
    other.reference = store.find(Merchant{"boutique"}, OrderRef{"a"})->reference;
    BOOST_TEST(orders(other).empty());
}

BOOST_FIXTURE_TEST_CASE(filters_select, ListFixture)
{
    insert_orders("abcd");
    const auto a = *store.find(Merchant{"boutique"}, OrderRef{"a"});
    const auto b = *store.find(Merchant{"boutique"}, OrderRef{"b"});
    settle(answer(a.id, paid_in_full), noon + 1min);
    settle(answer(b.id, declined), noon + 1min);
    insert("b", noon + 10s);

    auto by_status = all();
    by_status.statuses = {Status::paid, Status::failed};
    BOOST_TEST(orders(by_status) == (Names{"b", "a"}), boost::test_tools::per_element());
    auto by_order = all();
    by_order.order = OrderRef{"b"};
    BOOST_TEST(orders(by_order) == (Names{"b", "b"}), boost::test_tools::per_element());
    by_order.statuses = {Status::failed};
    BOOST_TEST(orders(by_order) == (Names{"b"}), boost::test_tools::per_element());
    auto by_gateway = all();
    by_gateway.gateway = GatewayName{"clickpesa"};
    BOOST_TEST(orders(by_gateway).empty());
    auto by_reference = all();
    by_reference.reference = a.reference;
    BOOST_TEST(orders(by_reference) == (Names{"a"}), boost::test_tools::per_element());
    by_reference.statuses = {Status::pending};
    BOOST_TEST(orders(by_reference).empty());
}

BOOST_FIXTURE_TEST_CASE(a_range_of_time_includes_its_beginning_only, ListFixture)
{
    insert_orders("abcd");
    const auto whole = std::chrono::floor<std::chrono::milliseconds>(noon);
    auto filter = all();
    filter.created_from = whole + 1s;
    filter.created_to = whole + 3s;
    BOOST_TEST(orders(filter) == (Names{"c", "b"}), boost::test_tools::per_element());
    filter.created_to = {};
    BOOST_TEST(orders(filter) == (Names{"d", "c", "b"}), boost::test_tools::per_element());
    filter.created_to = whole + 1s;
    BOOST_TEST(orders(filter).empty());
}

BOOST_FIXTURE_TEST_CASE(a_rare_status_is_found_without_reading_everything_at_once, ListFixture)
{
    const auto rare = insert("rare", noon - 24h);
    settle(answer(rare.id, declined), noon);
    insert_many(2 * static_cast<int>(list_looks_max) + 1, "pending");
    auto filter = all();
    filter.statuses = {Status::failed};
    const auto page = list_payments(pool, filter);
    BOOST_TEST(page.payments.empty());
    BOOST_TEST(page.next.has_value());
    BOOST_TEST(walk(filter) == Names{"rare"}, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(the_largest_page_is_complete, ListFixture)
{
    insert_many(150, "pending");
    auto filter = all();
    filter.rows_max = listed_max;
    const auto page = list_payments(pool, filter);
    BOOST_TEST(page.payments.size() == listed_max);
    BOOST_TEST(page.payments.front().order.get() == "many-150");
    BOOST_TEST(page.payments.back().order.get() == "many-51");
    BOOST_TEST(walk(filter).size() == 150U);
}

BOOST_AUTO_TEST_SUITE_END()
