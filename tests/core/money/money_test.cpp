#include "core/money/money.hpp"

#include <boost/test/unit_test.hpp>

#include <limits>
#include <optional>

using namespace tollgate;
using namespace std::string_view_literals;

BOOST_AUTO_TEST_SUITE(money_test)

BOOST_AUTO_TEST_CASE(parse_major_is_exact_or_refuses)
{
    using enum Currency;
    using enum MoneyError;
    // clang-format off
    struct {
        const char* name;
        std::string_view text;
        Currency currency;
        std::int64_t minor_units;
        std::optional<MoneyError> error;
    } const cases[] = {
        // name                  text                      currency  minor  error
        {"two decimals",         "12.50"sv,                EUR,      1250,  {}},
        {"one decimal",          "12.5"sv,                 EUR,      1250,  {}},
        {"no decimals",          "12"sv,                   EUR,      1200,  {}},
        {"one cent",             "0.01"sv,                 EUR,      1,     {}},
        {"no binary fraction",   "1.15"sv,                 EUR,      115,   {}},
        {"zero",                 "0"sv,                    EUR,      0,     {}},
        {"leading zeros",        "0012.50"sv,              EUR,      1250,  {}},
        {"zero-decimal money",   "1500"sv,                 XOF,      1500,  {}},
        {"zeros past exponent",  "1500.00"sv,              XOF,      1500,  {}},
        {"many zeros",           "1.5000000000000000000000"sv, EUR,  150,   {}},
        {"three decimals",       "7.125"sv,                TND,      7125,  {}},
        {"four decimals",        "1.0001"sv,               CLF,      10001, {}},
        {"greatest, no decimals", "1000000000000000"sv,    XOF,      minor_units_max, {}},
        {"greatest, two",        "10000000000000.00"sv,    EUR,      minor_units_max, {}},
        {"fraction of a cent",   "0.005"sv,                EUR,      0,     too_many_decimals},
        {"fraction of a franc",  "1500.5"sv,               XOF,      0,     too_many_decimals},
        {"fraction of a millime", "7.1255"sv,              TND,      0,     too_many_decimals},
        {"nearly a cent more",   "0.0099999999999999999"sv, EUR,     0,     too_many_decimals},
        {"one above the limit",  "10000000000000.01"sv,    EUR,      0,     out_of_range},
        {"above the limit",      "9999999999999999"sv,     XOF,      0,     out_of_range},
        {"beyond 64 bits",       "18446744073709551617"sv, XOF,      0,     out_of_range},
        {"thirty digits",        "999999999999999999999999999999"sv, EUR, 0, out_of_range},
        {"empty",                ""sv,                     EUR,      0,     not_a_number},
        {"negative",             "-1"sv,                   EUR,      0,     not_a_number},
        {"minus zero",           "-0"sv,                   EUR,      0,     not_a_number},
        {"plus sign",            "+1"sv,                   EUR,      0,     not_a_number},
        {"scientific",           "1e3"sv,                  EUR,      0,     not_a_number},
        {"hexadecimal",          "0x10"sv,                 EUR,      0,     not_a_number},
        {"comma",                "12,50"sv,                EUR,      0,     not_a_number},
        {"thousands",            "1,500.00"sv,             EUR,      0,     not_a_number},
        {"bare point",           ".5"sv,                   EUR,      0,     not_a_number},
        {"trailing point",       "5."sv,                   EUR,      0,     not_a_number},
        {"point only",           "."sv,                    EUR,      0,     not_a_number},
        {"two points",           "1.2.3"sv,                EUR,      0,     not_a_number},
        {"leading space",        " 1"sv,                   EUR,      0,     not_a_number},
        {"trailing space",       "1 "sv,                   EUR,      0,     not_a_number},
        {"trailing line end",    "1.00\n"sv,               EUR,      0,     not_a_number},
        {"trailing NUL",         "1\0"sv,                  EUR,      0,     not_a_number},
        {"currency sign",        "12.50€"sv,               EUR,      0,     not_a_number},
        {"other digits",         "١٢"sv,                   EUR,      0,     not_a_number},
        {"wrong past exponent",  "1.00x"sv,                EUR,      0,     not_a_number},
        {"infinity",             "inf"sv,                  EUR,      0,     not_a_number},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            const auto money = parse_major(c.text, c.currency);
            BOOST_REQUIRE(money.has_value() == !c.error.has_value());
            if (c.error) {
                BOOST_TEST((money.error() == *c.error));
            } else {
                BOOST_TEST((*money == Money{c.minor_units, c.currency}));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(parse_minor_takes_digits_only)
{
    using enum MoneyError;
    // clang-format off
    struct {
        const char* name;
        std::string_view text;
        std::int64_t minor_units;
        std::optional<MoneyError> error;
    } const cases[] = {
        {"cents",           "1250"sv,                  1250,            {}},
        {"zero",            "0"sv,                     0,               {}},
        {"leading zeros",   "000000001250"sv,          1250,            {}},
        {"greatest",        "1000000000000000"sv,      minor_units_max, {}},
        {"one more",        "1000000000000001"sv,      0,               out_of_range},
        {"beyond 64 bits",  "18446744073709552866"sv,  0,               out_of_range},
        {"empty",           ""sv,                      0,               not_a_number},
        {"point",           "12.50"sv,                 0,               not_a_number},
        {"zeros after it",  "1250.00"sv,               0,               not_a_number},
        {"negative",        "-1250"sv,                 0,               not_a_number},
        {"plus sign",       "+1250"sv,                 0,               not_a_number},
        {"space",           "1250 "sv,                 0,               not_a_number},
        {"scientific",      "1e3"sv,                   0,               not_a_number},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            const auto money = parse_minor(c.text, Currency::TND);
            BOOST_REQUIRE(money.has_value() == !c.error.has_value());
            if (c.error) {
                BOOST_TEST((money.error() == *c.error));
            } else {
                BOOST_TEST((*money == Money{c.minor_units, Currency::TND}));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(major_text_has_the_decimals_of_its_currency)
{
    using enum Currency;
    // clang-format off
    struct {
        Money money;
        const char* text;
    } const cases[] = {
        {{1250, EUR},            "12.50"},
        {{5, EUR},               "0.05"},
        {{50, EUR},              "0.50"},
        {{100, EUR},             "1.00"},
        {{0, EUR},               "0.00"},
        {{1500, XOF},            "1500"},
        {{0, XOF},               "0"},
        {{7125, TND},            "7.125"},
        {{1, TND},               "0.001"},
        {{1, CLF},               "0.0001"},
        {{12345, CLF},           "1.2345"},
        {{minor_units_max, XOF}, "1000000000000000"},
        {{minor_units_max, EUR}, "10000000000000.00"},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.text)
        {
            BOOST_TEST(major_text(c.money) == c.text);
            const auto again = parse_major(c.text, c.money.currency);
            BOOST_REQUIRE(again.has_value());
            BOOST_TEST((*again == c.money));
        }
    }
}

BOOST_AUTO_TEST_CASE(add_sums_within_one_currency_and_range)
{
    using enum Currency;
    using enum MoneyError;
    constexpr auto least = std::numeric_limits<std::int64_t>::min();
    constexpr auto greatest = std::numeric_limits<std::int64_t>::max();
    // clang-format off
    struct {
        const char* name;
        Money a;
        Money b;
        std::int64_t sum;
        std::optional<MoneyError> error;
    } const cases[] = {
        {"cents",            {1250, EUR},                {1, EUR},         1251, {}},
        {"nothing",          {1250, EUR},                {0, EUR},         1250, {}},
        {"up to the limit",  {minor_units_max - 1, EUR}, {1, EUR},         minor_units_max, {}},
        {"above the limit",  {minor_units_max, EUR},     {1, EUR},         0,    out_of_range},
        {"other currency",   {1, EUR},                   {1, XOF},         0,    other_currency},
        {"zero of another",  {1, EUR},                   {0, XOF},         0,    other_currency},
        {"a negative one",   {10, EUR},                  {-1, EUR},        0,    out_of_range},
        {"no overflow up",   {greatest, EUR},            {greatest, EUR},  0,    out_of_range},
        {"no overflow down", {least, EUR},               {least, EUR},     0,    out_of_range},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            const auto sum = add(c.a, c.b);
            BOOST_REQUIRE(sum.has_value() == !c.error.has_value());
            if (c.error) {
                BOOST_TEST((sum.error() == *c.error));
            } else {
                BOOST_TEST((*sum == Money{c.sum, c.a.currency}));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(money_is_equal_only_in_amount_and_currency)
{
    BOOST_TEST((Money{1500, Currency::XOF} == Money{1500, Currency::XOF}));
    BOOST_TEST((Money{1500, Currency::XOF} != Money{1500, Currency::XAF}));
    BOOST_TEST((Money{1500, Currency::XOF} != Money{1501, Currency::XOF}));
}

BOOST_AUTO_TEST_SUITE_END()
