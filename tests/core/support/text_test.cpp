#include "core/support/text.hpp"

#include <boost/test/unit_test.hpp>

using namespace tollgate;

BOOST_AUTO_TEST_SUITE(text_test)

BOOST_AUTO_TEST_CASE(plain_text_has_single_blanks_for_what_it_does_not_take)
{
    BOOST_TEST(plain_text("Order #42: two <books>", "", 64) == "Order 42 two books");
    BOOST_TEST(plain_text("Order #42: two <books>", ":", 64) == "Order 42: two books");
    BOOST_TEST(plain_text("  \xC3\xA9t\xC3\xA9 \n", "", 64) == "t");
    BOOST_TEST(plain_text("AZ az 09", "", 64) == "AZ az 09");
    BOOST_TEST(plain_text("@[`{/", "", 64).empty()); // the neighbours of letters and digits
    BOOST_TEST(plain_text("", ".", 64).empty());
}

BOOST_AUTO_TEST_CASE(plain_text_that_is_cut_off_does_not_end_in_a_blank)
{
    BOOST_TEST(plain_text("two books", "", 5) == "two b");
    BOOST_TEST(plain_text("two books", "", 4) == "two");
    BOOST_TEST(plain_text("...two", "", 3) == "two");
}

BOOST_AUTO_TEST_SUITE_END()
