#include "sql/profile_check.hpp"
#include "tests/mysql/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

using namespace tollgate;

namespace {

struct CheckFixture : StoreFixture {
    std::vector<std::string> mistakes_in(const std::string& text)
    {
        return profile_mistakes(pool, Profile::parse(text, "shop.toml"));
    }

    /// The place and the words that the only mistake must have.
    void expect(const std::string& text, const std::string& place, const std::string& words)
    {
        BOOST_TEST_CONTEXT(text)
        {
            const auto mistakes = mistakes_in(text);
            BOOST_TEST_REQUIRE(mistakes.size() == 1U);
            BOOST_TEST(mistakes[0].starts_with(place + ": "), mistakes[0]);
            BOOST_TEST(mistakes[0].find(words) != std::string::npos, mistakes[0]);
        }
    }
};

std::string order_yielding(const std::string& columns)
{
    return "[order]\nstatement = '''SELECT " + columns + " FROM store_order'''";
}

} // namespace

BOOST_AUTO_TEST_SUITE(profile_check_test)

BOOST_FIXTURE_TEST_CASE(a_profile_that_fits_has_no_mistakes, CheckFixture)
{
    run("ALTER TABLE store_order ADD COLUMN email VARCHAR(254), ADD COLUMN amount_fcfa INT");
    const auto before = everything();
    BOOST_TEST(profile_mistakes(pool, Profile::load("native")).empty());
    BOOST_TEST(
        profile_mistakes(pool, Profile::load("django_store")) == std::vector<std::string>{},
        boost::test_tools::per_element()
    );
    BOOST_TEST((everything() == before));
}

BOOST_FIXTURE_TEST_CASE(a_statement_that_does_not_fit_is_named_with_what_is_missing, CheckFixture)
{
    expect(
        "[paid]\nstatements = [\n'SELECT 1',\n'UPDATE store_order SET statuz = 1',\n]",
        "shop.toml:4 [paid] statement 2",
        "Unknown column 'statuz'"
    );
    expect(
        "[failed]\nstatements = ['DELETE FROM basket WHERE id = :order_number']",
        "shop.toml:2 [failed] statement 1",
        ".basket' doesn't exist"
    );
    expect(
        "[paid]\nstatements = ['''UPDATE :payments AS p STRAIGHT_JOIN store_order AS o "
        "ON o.id = p.order_number SET o.status = p.state''']",
        "shop.toml:2 [paid] statement 1",
        "Unknown column 'p.state'"
    );
    expect(
        "[granted]\nstatements = ['''INSERT INTO store_downloadtoken (token, link) "
        "SELECT g.download_token, g.file FROM :grants AS g''']",
        "shop.toml:2 [granted] statement 1",
        "Unknown column 'link'"
    );
    expect("[paid]\nstatements = ['UPDAT x']", "shop.toml:2 [paid] statement 1", "UPDAT x");
}

BOOST_FIXTURE_TEST_CASE(the_columns_of_an_order_are_checked_by_their_names, CheckFixture)
{
    const std::string place = "shop.toml:2 [order]";
    expect(order_yielding("id AS order_ref, total AS amount"), place, "Unknown column 'total'");
    expect(
        order_yielding("id AS order_ref, 1 AS amount, 1 AS payable"),
        place,
        "the column currency is missing"
    );
    expect(
        order_yielding("id AS order_ref, 'XOF' AS currency, 1 AS payable"),
        place,
        "one of the columns amount and amount_minor"
    );
    expect(
        order_yielding("id AS order_ref, 'XOF' AS currency, 1 AS payable, 1 AS amount, 2 AS phone"),
        place,
        "the column phone is not known"
    );
    expect(
        order_yielding("id AS order_ref, 'XOF' AS currency, 1 AS payable, 1 AS amount") +
            "\n[files]\nstatement = 'SELECT path FROM files'",
        "shop.toml:4 [files]",
        ".files' doesn't exist"
    );
}

BOOST_FIXTURE_TEST_CASE(every_mistake_is_named_and_a_failure_says_where, CheckFixture)
{
    const std::string text = "[paid]\nstatements = ['SELECT a', 'SELECT b']\n[failed]\n"
                             "statements = ['SELECT c']";
    BOOST_TEST(mistakes_in(text).size() == 3U);

    const auto broken = Profile::parse(text, "shop.toml");
    MysqlStore other{{pool, broken, {grants}}};
    const auto asked = answer(open().id, paid_in_full);
    BOOST_CHECK_EXCEPTION(
        other.settle({&asked, 1}, noon),
        sql::SQLException,
        [](const auto& error) {
            return std::string_view{error.what()}.starts_with("shop.toml:2 [paid] statement 1: ") &&
                   error.getErrorCode() == 1054;
        }
    );
}

BOOST_AUTO_TEST_SUITE_END()
