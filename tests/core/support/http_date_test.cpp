#include "core/support/http_date.hpp"

#include <boost/test/unit_test.hpp>

using namespace tollgate;

namespace {

constexpr std::chrono::sys_seconds example{std::chrono::seconds{784'111'777}};

} // namespace

BOOST_AUTO_TEST_SUITE(http_date_test)

BOOST_AUTO_TEST_CASE(a_date_is_written_as_the_standard_does)
{
    BOOST_TEST(http_date(example) == "Sun, 06 Nov 1994 08:49:37 GMT");
    BOOST_TEST(http_date({}) == "Thu, 01 Jan 1970 00:00:00 GMT");
}

BOOST_AUTO_TEST_CASE(all_three_forms_are_read)
{
    for (const auto* text :
         {"Sun, 06 Nov 1994 08:49:37 GMT",
          "Sunday, 06-Nov-94 08:49:37 GMT",
          "Sun Nov  6 08:49:37 1994"}) {
        BOOST_TEST((parse_http_date(text) == example), text);
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_date_is_nothing)
{
    for (const auto* text :
         {"",
          "0",
          "784111777",
          "yesterday",
          "\"1994-06\"",
          "Sun, 06 Nov 1994 08:49:37",
          "Sun, 06 Nov 1994 08:49:37 GMT ",
          "Sun, 06 Nov 1994 08:49:37 GMT, again",
          "Sun, 06 Nov 1994 08:49:37 +0100",
          "Sun, 40 Nov 1994 08:49:37 GMT",
          "Sun, 06 Nov 1994 28:49:37 GMT"}) {
        BOOST_TEST(!parse_http_date(text).has_value(), text);
    }
}

BOOST_AUTO_TEST_SUITE_END()
