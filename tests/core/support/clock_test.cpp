#include "core/support/clock.hpp"

#include <boost/test/unit_test.hpp>

using namespace tollgate;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(clock_test)

BOOST_AUTO_TEST_CASE(instants_are_written_in_utc)
{
    // clang-format off
    struct {
        const char* name;
        std::int64_t microseconds;
        const char* database;
        const char* iso;
    } const cases[] = {
        {"epoch",       0,                  "1970-01-01 00:00:00.000000", "1970-01-01T00:00:00Z"},
        {"microsecond", 1,                  "1970-01-01 00:00:00.000001", "1970-01-01T00:00:00Z"},
        {"billion",     1000000000000000,   "2001-09-09 01:46:40.000000", "2001-09-09T01:46:40Z"},
        {"leap day",    1709251199999999,   "2024-02-29 23:59:59.999999", "2024-02-29T23:59:59Z"},
        {"after 2038",  2147483648500000,   "2038-01-19 03:14:08.500000", "2038-01-19T03:14:08Z"},
        {"last",        253402300799999999, "9999-12-31 23:59:59.999999", "9999-12-31T23:59:59Z"},
        {"before 1970", -1,                 "1969-12-31 23:59:59.999999", "1969-12-31T23:59:59Z"},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            const Instant instant{Duration{c.microseconds}};
            BOOST_TEST(database_time(instant) == c.database);
            BOOST_TEST(iso_time(instant) == c.iso);
            BOOST_TEST((parse_database_time(c.database) == instant));
        }
    }
}

BOOST_AUTO_TEST_CASE(parse_database_time_is_strict)
{
    const Instant second{Duration{1709251199000000}};
    // clang-format off
    struct {
        const char* name;
        const char* text;
        std::optional<Instant> instant;
    } const cases[] = {
        {"no decimals",          "2024-02-29 23:59:59",         second},
        {"one decimal",          "2024-02-29 23:59:59.5",       second + 500ms},
        {"three decimals",       "2024-02-29 23:59:59.050",     second + 50ms},
        {"six decimals",         "2024-02-29 23:59:59.000001",  second + 1us},
        {"empty",                "",                            {}},
        {"date only",            "2024-02-29",                  {}},
        {"zero date",            "0000-00-00 00:00:00",         {}},
        {"no leap year",         "2023-02-29 23:59:59",         {}},
        {"month 13",             "2024-13-01 00:00:00",         {}},
        {"day 31 of April",      "2024-04-31 00:00:00",         {}},
        {"hour 24",              "2024-02-29 24:00:00",         {}},
        {"minute 60",            "2024-02-29 23:60:00",         {}},
        {"leap second",          "2024-02-29 23:59:60",         {}},
        {"T",                    "2024-02-29T23:59:59",         {}},
        {"zone",                 "2024-02-29 23:59:59Z",        {}},
        {"point without digits", "2024-02-29 23:59:59.",        {}},
        {"seven decimals",       "2024-02-29 23:59:59.0000001", {}},
        {"comma",                "2024-02-29 23:59:59,5",       {}},
        {"negative decimals",    "2024-02-29 23:59:59.-5",      {}},
        {"sign",                 "+024-02-29 23:59:59",         {}},
        {"spaces for digits",    "2024- 2-29 23:59:59",         {}},
        {"leading space",        " 2024-02-29 23:59:59",        {}},
        {"trailing space",       "2024-02-29 23:59:59 ",        {}},
        {"one digit missing",    "2024-02-29 23:59:5",          {}},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            BOOST_TEST((parse_database_time(c.text) == c.instant));
        }
    }
}

BOOST_AUTO_TEST_CASE(the_machine_clock_is_later_than_this_test)
{
    const auto written = parse_database_time("2025-01-01 00:00:00");
    BOOST_REQUIRE(written.has_value());
    BOOST_TEST((system_clock().now() > *written));
}

BOOST_AUTO_TEST_SUITE_END()
