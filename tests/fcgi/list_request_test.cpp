#include "fcgi/list_request.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

using namespace tollgate;
using namespace std::chrono_literals;

namespace {

const Instant day = std::chrono::sys_days{std::chrono::year{2026} / 3 / 4};

PaymentFilter filter_of(std::string_view query)
{
    const auto filter = read_list(query, Merchant{"shop"});
    BOOST_REQUIRE(filter.has_value());
    return *filter;
}

std::set<std::string> wrong(std::string_view query)
{
    const auto filter = read_list(query, Merchant{"shop"});
    std::set<std::string> names;
    if (filter) return names;
    for (const auto& [name, what] : filter.error())
        names.insert(name);
    return names;
}

} // namespace

BOOST_AUTO_TEST_SUITE(list_request_test)

BOOST_AUTO_TEST_CASE(nothing_is_asked_for_unless_it_is_said)
{
    const auto filter = filter_of("");
    BOOST_TEST(filter.merchant.get() == "shop");
    BOOST_TEST(filter.statuses.empty());
    BOOST_TEST(filter.order.empty());
    BOOST_TEST(filter.gateway.empty());
    BOOST_TEST(filter.reference.empty());
    BOOST_TEST(!filter.created_from.has_value());
    BOOST_TEST(!filter.created_to.has_value());
    BOOST_TEST(!filter.after.has_value());
    BOOST_TEST(filter.rows_max == 20U);
}

BOOST_AUTO_TEST_CASE(every_parameter_is_read)
{
    const PaymentId id{std::string(16, '\xfb')};
    const auto filter = filter_of(
        "status=paid,partially_refunded&order=A%2F1&gateway=mtn_momo&reference="
        "7Q2K9ZX4M1B8C3D6E5F0&created_from=2026-03-04&created_to=2026-03-04T05%3A06%3A07Z&limit="
        "100&cursor=" +
        cursor_of(id)
    );
    const std::vector statuses{Status::paid, Status::partially_refunded};
    BOOST_TEST((filter.statuses == statuses));
    BOOST_TEST(filter.order.get() == "A/1");
    BOOST_TEST(filter.gateway.get() == "mtn_momo");
    BOOST_TEST(filter.reference.get() == "7Q2K9ZX4M1B8C3D6E5F0");
    BOOST_TEST((filter.created_from == day));
    BOOST_TEST((filter.created_to == day + 5h + 6min + 7s));
    BOOST_TEST(filter.rows_max == 100U);
    BOOST_TEST((filter.after == id));
}

BOOST_AUTO_TEST_CASE(every_wrong_parameter_is_named)
{
    struct {
        std::string_view query;
        std::set<std::string> names;
    } const cases[] = {
        {"limit=1", {}},
        {"limit=0", {"limit"}},
        {"limit=101", {"limit"}},
        {"limit=0020", {"limit"}},
        {"limit=1&limit=2", {"limit"}},
        {"status=paid,", {}},
        {"status=", {"status"}},
        {"status=,", {"status"}},
        {"status=paid;failed", {"status"}},
        {"created_from=2026-03-04T05:06:07.123456Z", {}},
        {"created_from=2026-03-04T05:06:07", {"created_from"}},
        {"created_from=2026-03-04 05:06:07Z", {"created_from"}},
        {"created_from=2026-02-30", {"created_from"}},
        {"created_to=", {"created_to"}},
        {"created_to=1772600767", {"created_to"}},
        {"cursor=", {"cursor"}},
        {"cursor=AAAAAAAAAAAAAAAAAAAA", {"cursor"}},
        {"order=", {"order"}},
        {"order=a%20b", {"order"}},
        {"reference=7q2k9zx4m1b8c3d6e5f0", {"reference"}},
        {"gateway=", {"gateway"}},
        {"customer=Awa", {"customer"}},
        {"Status=paid&limit=x&a=%zz", {"query"}},
        {"Status=paid&limit=x&cursor=y", {"Status", "limit", "cursor"}},
    };
    for (const auto& c : cases)
        BOOST_TEST(wrong(c.query) == c.names, c.query);
}

BOOST_AUTO_TEST_SUITE_END()
