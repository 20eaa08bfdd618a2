#include "core/support/embedded.hpp"
#include "tests/mysql/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>

using namespace tollgate;

namespace {

std::string why_refused(std::string_view text)
{
    try {
        Profile::parse(text, "shop.toml");
        return "";
    } catch (const std::runtime_error& error) {
        return error.what();
    }
}

/// A table that a profile writes what it was told into.
struct ProfileFixture : TestDatabase {
    ProfileFixture()
    {
        run("CREATE TABLE told (n INT AUTO_INCREMENT PRIMARY KEY, what VARCHAR(200) NOT NULL) "
            "CHARACTER SET utf8mb4");
    }

    static Decision paid()
    {
        Payment payment = StoreFixture::make_payment("A-7");
        payment.id = PaymentId{std::string(16, '\x11')};
        payment.reference = Reference{"REFERENCE"};
        payment.gateway_ref = GatewayRef{"gw-1"};
        payment.state = Status::paid;
        payment.facts.paid = price;
        Decision decision{
            .after = payment,
            .evidence = {},
            .event = Event{},
            .status_changed = true,
            .grants = {},
            .revoke = false};
        for (const char* file : {"a.pdf", "b.pdf"}) {
            Grant grant;
            grant.token = DownloadToken{std::string{"token of "} + file};
            grant.file = file;
            decision.grants.push_back(std::move(grant));
        }
        return decision;
    }

    /// What the table was told by `text` and a decision.
    std::vector<std::string> told_by(std::string_view text, const Decision& decision = paid())
    {
        return told_by(text, std::span{&decision, 1});
    }

    std::vector<std::string> told_by(std::string_view text, std::span<const Decision> decisions)
    {
        const auto profile = Profile::parse(text, "shop.toml");
        run("DELETE FROM told");
        pool.transact([&](Connection& connection) {
            profile.carry_out(connection, decisions, noon);
            return true;
        });
        std::vector<std::string> all;
        for (const auto& row : rows("SELECT what FROM told ORDER BY n"))
            all.push_back(row[0]);
        return all;
    }
};

std::string paid_statement(const std::string& expression)
{
    return "[paid]\nstatements = ['''INSERT INTO told (what) SELECT " + expression + "''']\n";
}

} // namespace

BOOST_AUTO_TEST_SUITE(profile_test)

BOOST_AUTO_TEST_CASE(every_shipped_profile_can_be_loaded)
{
    int profiles = 0;
    for (const auto& file : embedded_sql()) {
        const std::filesystem::path path{file.path};
        if (path.extension() != ".toml") continue;
        ++profiles;
        BOOST_CHECK_NO_THROW(Profile::load(path.stem().string()));
    }
    BOOST_TEST(profiles >= 2);
    BOOST_CHECK_THROW(Profile::load("no_such_shop"), std::runtime_error);
    BOOST_CHECK_THROW(Profile::load("/no/such/file.toml"), std::runtime_error);
}

BOOST_FIXTURE_TEST_CASE(a_section_hears_of_every_change, ProfileFixture)
{
    const std::string text = paid_statement("'first'") +
                             "[changed]\nstatements = ['INSERT INTO told (what) SELECT "
                             "status FROM :payments AS payment']";
    auto failed = paid();
    failed.after.state = Status::failed;
    failed.grants.clear();
    const std::vector<Decision> decisions{paid(), failed};
    const std::vector<std::string> expected{"failed", "first", "paid"};
    BOOST_TEST(told_by(text, decisions) == expected, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(the_tables_of_each_shop_may_begin_differently, ProfileFixture)
{
    const auto path =
        std::filesystem::temp_directory_path() / ("tollgate-" + random_alphanumeric(12) + ".toml");
    std::ofstream{path}
        << "[paid]\nstatements = ['INSERT INTO {prefix}ld (what) VALUES (:status)']";
    const auto profile = Profile::load(path.string(), "to");
    std::filesystem::remove(path);
    const auto decision = paid();
    pool.transact([&](Connection& connection) {
        profile.carry_out(connection, {&decision, 1}, noon);
        return true;
    });
    BOOST_TEST(rows("SELECT what FROM told")[0][0] == "paid");
}

BOOST_AUTO_TEST_CASE(a_profile_may_be_a_file)
{
    const auto path =
        std::filesystem::temp_directory_path() / ("tollgate-" + random_alphanumeric(12) + ".toml");
    std::ofstream{path} << "[paid]\nstatements = ['DELETE FROM basket WHERE id = :other']\n";
    BOOST_CHECK_EXCEPTION(Profile::load(path.string()), std::runtime_error, [&](const auto& error) {
        return std::string_view{error.what()}.starts_with(
            path.string() + ":2 [paid] statement 1: "
        );
    });
    std::filesystem::remove(path);
}

BOOST_AUTO_TEST_CASE(a_mistake_is_named_with_its_place)
{
    struct {
        const char* name;
        const char* text;
        const char* what;
    } const cases[] = {
        {"unknown table",
         "\n[paied]\nstatements = []",
         "shop.toml:2 [paied]: is no status of a payment, nor changed, granted, revoked, order or "
         "files"},
        {"no table", "statements = []", "is no status"},
        {"no statements", "[paid]", "shop.toml:1 [paid]: wants `statements`"},
        {"other word", "[paid]\nstatement = ['A']", "wants `statements`"},
        {"one more word", "[paid]\nstatements = ['A']\nmore = 1", "alone"},
        {"a text", "[paid]\nstatements = 'A'", "a list of texts"},
        {"a list of numbers", "[paid]\nstatements = [1]", "a list of texts"},
        {"no TOML", "[paid", "shop.toml:1: "},
        {"unknown parameter",
         "[paid]\nstatements = ['SELECT :order']",
         "shop.toml:2 [paid] statement 1: unknown parameter :order"},
        {"longer name",
         "[paid]\nstatements = ['SELECT :order_ref2']",
         "unknown parameter :order_ref2"},
        {"capitals", "[paid]\nstatements = ['SELECT :Status']", "unknown parameter :Status"},
        {"no name", "[paid]\nstatements = ['SET @a := 1']", "unknown parameter :"},
        {"grant's, outside", "[paid]\nstatements = ['SELECT :file']", "unknown parameter :file"},
        {"token, outside",
         "[paid]\nstatements = ['SELECT :download_token']",
         "unknown parameter :download_token"},
        {"placeholder", "[paid]\nstatements = ['SELECT ?']", "a `?` has no name"},
        {"set of payments for grants",
         "[granted]\nstatements = ['SELECT file FROM :payments AS p']",
         "[granted] statement 1: unknown parameter :payments"},
        {"set of grants for payments",
         "[paid]\nstatements = ['SELECT file FROM :grants AS g']",
         "[paid] statement 1: unknown parameter :grants"},
        {"two sets",
         "[paid]\nstatements = ['SELECT status FROM :payments AS a, :payments AS b']",
         "unknown parameter :payments"},
        {"a set and a parameter",
         "[paid]\nstatements = ['SELECT status, :now FROM :payments AS p']",
         "beside :payments there are columns of it, no parameters"},
        {"a parameter and a set",
         "[paid]\nstatements = ['SELECT :now, status FROM :payments AS p']",
         "beside :payments there are columns of it, no parameters"},
        {"a set without columns",
         "[paid]\nstatements = ['SELECT COUNT(*), order_ref2 FROM :payments AS p']",
         "no column of :payments is used"},
        {"the line of the second",
         "[paid]\nstatements = [\n'SELECT 1',\n'SELECT :order',\n]",
         "shop.toml:4 [paid] statement 2: unknown parameter :order"},
        {"an order's key, settled",
         "[paid]\nstatements = ['SELECT :order_key']",
         "unknown parameter :order_key"},
        {"an order without a statement", "[order]\nkey = 'signed'", "[order]: wants `statement`"},
        {"an order with statements", "[order]\nstatements = ['A']", "`statements` is not known"},
        {"another key",
         "[order]\nkey = 'plain'\nstatement = 'SELECT 1'",
         "[order]: `key` must be \"signed\" or \"unguessable\""},
        {"an order by its payment",
         "[order]\nstatement = 'SELECT :reference'",
         "shop.toml:2 [order]: unknown parameter :reference"},
        {"an order by a set",
         "[order]\nstatement = 'SELECT * FROM :payments AS p'",
         "unknown parameter :payments"},
        {"files of nothing", "[files]\nstatement = 'SELECT 1'", "needs a section [order]"},
        {"open quote", "[paid]\nstatements = [\"SELECT 'it\"]", "a quote has no end"},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            const auto why = why_refused(c.text);
            BOOST_TEST(why.find(c.what) != std::string::npos, why);
        }
    }
}

BOOST_FIXTURE_TEST_CASE(parameters_are_what_they_are_called, ProfileFixture)
{
    struct {
        const char* expression;
        const char* told;
    } const cases[] = {
        {":order_ref", "A-7"},
        {"COALESCE(:order_number, 'none')", "none"},
        {":reference", "REFERENCE"},
        {":gateway_ref", "gw-1"},
        {":payment_id", "11111111-1111-1111-1111-111111111111"},
        {":gateway", "cinetpay"},
        {":attempt", "1"},
        {":amount", "5000"},
        {":amount_minor", "5000"},
        {":paid_minor", "5000"},
        {":paid_currency", "XOF"},
        {"COALESCE(:refunded_minor, 'nothing')", "nothing"},
        {"CONCAT('<', :attention, '>')", "<>"},
        {":amount_minor + 1", "5001"},
        {":currency", "XOF"},
        {":status", "paid"},
        {":now", "2026-03-04 12:00:00.123456"},
        {"CONCAT(:status, :order_ref,:status)", "paidA-7paid"},
        {"':order_ref'", ":order_ref"},
        {"'it''s :x?'", "it's :x?"},
        {"'it\\'s :x?'", "it's :x?"},
        {"CONCAT('\\\\', :status)", "\\paid"},
        {"\":x\"", ":x"},
        {"`:x` FROM (SELECT :status AS `:x`) AS t", "paid"},
        {":status -- don't use :that?\n", "paid"},
        {"5--3", "8"},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.expression)
        {
            const auto told = told_by(paid_statement(c.expression));
            BOOST_TEST_REQUIRE(told.size() == 1U);
            BOOST_TEST(told[0] == c.told);
        }
    }
}

BOOST_FIXTURE_TEST_CASE(statements_run_in_order_and_granted_once_per_file, ProfileFixture)
{
    constexpr auto profile = R"toml(
[granted]
statements = [
    "INSERT INTO told (what) VALUES (CONCAT(:file, ', ', :download_token, ', ', :status))",
]
[paid]
statements = [
    "INSERT INTO told (what) VALUES ('first')",
    "INSERT INTO told (what) VALUES ('second')",
]
[failed]
statements = ["INSERT INTO told (what) VALUES ('failed')"]
)toml";
    const std::vector<std::string> expected{
        "first", "second", "a.pdf, token of a.pdf, paid", "b.pdf, token of b.pdf, paid"};
    BOOST_TEST(told_by(profile) == expected, boost::test_tools::per_element());

    auto failed = paid();
    failed.after.state = Status::failed;
    failed.grants.clear();
    BOOST_TEST(
        told_by(profile, failed) == std::vector<std::string>{"failed"},
        boost::test_tools::per_element()
    );

    auto other = failed;
    other.after.state = Status::cancelled;
    BOOST_TEST(told_by(profile, other).empty());

    auto unchanged = paid();
    unchanged.status_changed = false;
    BOOST_TEST(told_by(profile, unchanged).empty());
}

BOOST_FIXTURE_TEST_CASE(a_set_is_written_at_once, ProfileFixture)
{
    constexpr auto profile = R"toml(
[paid]
statements = [
    "INSERT INTO told (what) SELECT CONCAT(COUNT(*), ':', MIN(order_ref)) FROM :payments AS p",
    """
    INSERT INTO told (what)
    SELECT CONCAT_WS(' ', p.status, p.order_ref, COALESCE(p.order_number, 'none'), p.now)
    FROM :payments AS p WHERE p.order_ref <> 'A-7' ORDER BY p.order_ref
    """,
]
[failed]
statements = ["INSERT INTO told (what) SELECT CONCAT('failed ', order_ref) FROM :payments AS p"]
[granted]
statements = [
    """
    INSERT INTO told (what)
    SELECT CONCAT(COUNT(*), ' ', MAX(CONCAT(order_ref, file))) FROM :grants AS g
    """,
]
)toml";
    std::vector<Decision> decisions(4, paid());
    decisions[1].after.order = OrderRef{"17"};
    decisions[1].grants.clear();
    decisions[2].after.state = Status::failed;
    decisions[2].grants.clear();
    decisions[3].status_changed = false;
    const std::vector<std::string> expected{
        "failed A-7", "2:17", "paid 17 17 2026-03-04 12:00:00.123456", "2 A-7b.pdf"};
    BOOST_TEST(told_by(profile, decisions) == expected, boost::test_tools::per_element());

    const std::vector<Decision> many(36, paid()); // 32 and 4; grants: 32, 32 and 8
    const auto told = told_by(profile, many);
    const std::vector<std::string> counts{
        "32:A-7", "4:A-7", "32 A-7b.pdf", "32 A-7b.pdf", "8 A-7b.pdf"};
    BOOST_TEST(told == counts, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(a_column_of_a_set_never_becomes_sql, ProfileFixture)
{
    constexpr auto profile =
        "[paid]\nstatements = ['INSERT INTO told (what) SELECT order_ref FROM :payments AS p']";
    const std::string hostile = "'; DROP TABLE told; -- \\ \" ` ? :now";
    auto decision = paid();
    decision.after.order = OrderRef{hostile};
    BOOST_TEST(
        told_by(profile, decision) == std::vector<std::string>{hostile},
        boost::test_tools::per_element()
    );
}

BOOST_FIXTURE_TEST_CASE(a_statement_may_have_a_result, ProfileFixture)
{
    run("CREATE PROCEDURE tell(IN word TEXT) BEGIN INSERT INTO told (what) VALUES (word); "
        "SELECT what FROM told; END");
    const auto told =
        told_by("[paid]\nstatements = ['SELECT :status FOR UPDATE', 'CALL tell(:status)', "
                "'CALL tell(:currency)']");
    run("DROP PROCEDURE tell");
    BOOST_TEST(told == (std::vector<std::string>{"paid", "XOF"}), boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(a_parameter_never_becomes_sql, ProfileFixture)
{
    for (const char* hostile : {
             "'; DROP TABLE told; -- ",
             "' OR '1'='1",
             "\\' OR 1=1 -- ",
             "\" OR \"\"=\"",
             "`; DELETE FROM told",
             ":status ? %s",
             "😀",
         }) {
        auto decision = paid();
        decision.after.order = OrderRef{hostile};
        const auto told = told_by(paid_statement("CONCAT('<', :order_ref, '>')"), decision);
        BOOST_TEST_REQUIRE(told.size() == 1U);
        BOOST_TEST(told[0] == "<" + std::string{hostile} + ">");
    }
}

// MySQL compares a number with a text as numbers: each of these equals 7 for it.
BOOST_FIXTURE_TEST_CASE(an_order_of_a_django_store_is_the_one_that_is_named, StoreFixture)
{
    const auto before = contents({"store_order"});
    for (const char* order :
         {"7-b", "7.0", "7e0", "07", "7#", " 7", "7' OR '1'='1", "7 OR 1=1", "-7", "x"}) {
        for (const auto& facts : {paid_in_full, declined, abandoned, timed_out}) {
            BOOST_TEST_CONTEXT(order)
            {
                const auto payment = make_payment(order + std::string{});
                auto attempt = store.insert(payment);
                if (!attempt.inserted) continue;
                store.record_opened(payment.id, {{}, "https://pay.example/"}, noon);
                settle(answer(payment.id, facts), noon);
                BOOST_TEST((contents({"store_order"}) == before));
                BOOST_TEST(count("store_downloadtoken") == 0);
            }
        }
    }
    // Nor does a refund of such an order end the download of another.
    settle(answer(open("7").id, paid_in_full), noon);
    settle(answer(open("7-c").id, given_back), noon);
    BOOST_TEST(count("store_downloadtoken") == 1);
}

BOOST_AUTO_TEST_SUITE_END()
