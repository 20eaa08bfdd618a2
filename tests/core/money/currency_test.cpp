#include "core/money/currency.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

using namespace tollgate;
using namespace std::string_view_literals;

namespace {

constexpr auto last = Currency::ZWG;

} // namespace

BOOST_AUTO_TEST_SUITE(currency_test)

BOOST_AUTO_TEST_CASE(currencies_are_those_of_iso_4217)
{
    using enum Currency;
    // clang-format off
    struct {
        const char* code;
        const char* numeric;
        int exponent;
        Currency currency;
    } const cases[] = {
        // no decimals
        {"BIF", "108", 0, BIF}, {"CLP", "152", 0, CLP}, {"DJF", "262", 0, DJF},
        {"GNF", "324", 0, GNF}, {"ISK", "352", 0, ISK}, {"JPY", "392", 0, JPY},
        {"KMF", "174", 0, KMF}, {"KRW", "410", 0, KRW}, {"PYG", "600", 0, PYG},
        {"RWF", "646", 0, RWF}, {"UGX", "800", 0, UGX}, {"UYI", "940", 0, UYI},
        {"VND", "704", 0, VND}, {"VUV", "548", 0, VUV}, {"XAF", "950", 0, XAF},
        {"XOF", "952", 0, XOF}, {"XPF", "953", 0, XPF},
        // two
        {"AED", "784", 2, AED}, {"ALL", "008", 2, ALL}, {"CDF", "976", 2, CDF},
        {"DZD", "012", 2, DZD}, {"EUR", "978", 2, EUR}, {"GHS", "936", 2, GHS},
        {"KES", "404", 2, KES}, {"MAD", "504", 2, MAD}, {"MGA", "969", 2, MGA},
        {"MRU", "929", 2, MRU}, {"NGN", "566", 2, NGN}, {"SLE", "925", 2, SLE},
        {"TZS", "834", 2, TZS}, {"USD", "840", 2, USD}, {"XCG", "532", 2, XCG},
        {"ZAR", "710", 2, ZAR}, {"ZMW", "967", 2, ZMW}, {"ZWG", "924", 2, ZWG},
        // three
        {"BHD", "048", 3, BHD}, {"IQD", "368", 3, IQD}, {"JOD", "400", 3, JOD},
        {"KWD", "414", 3, KWD}, {"LYD", "434", 3, LYD}, {"OMR", "512", 3, OMR},
        {"TND", "788", 3, TND},
        // four
        {"CLF", "990", 4, CLF}, {"UYW", "927", 4, UYW},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.code)
        {
            BOOST_TEST(code(c.currency) == c.code);
            BOOST_TEST(numeric_code(c.currency) == c.numeric);
            BOOST_TEST(exponent(c.currency) == c.exponent);
            BOOST_TEST((parse_currency(c.code) == c.currency));
            BOOST_TEST((parse_numeric_currency(c.numeric) == c.currency));
        }
    }
}

BOOST_AUTO_TEST_CASE(every_currency_is_found_by_both_of_its_codes)
{
    std::set<std::string_view> numeric_codes;
    for (int i = 0; i <= static_cast<int>(last); ++i) {
        const auto currency = static_cast<Currency>(i);
        BOOST_TEST_CONTEXT(code(currency))
        {
            BOOST_TEST((parse_currency(code(currency)) == currency));
            BOOST_TEST((parse_numeric_currency(numeric_code(currency)) == currency));
            BOOST_TEST(code(currency).size() == 3u);
            BOOST_TEST(numeric_code(currency).size() == 3u);
            BOOST_TEST(exponent(currency) >= 0);
            BOOST_TEST(exponent(currency) <= 4);
            BOOST_TEST(numeric_codes.insert(numeric_code(currency)).second);
        }
    }
    BOOST_TEST(numeric_codes.size() == 165u);
}

BOOST_AUTO_TEST_CASE(nothing_else_names_a_currency)
{
    // clang-format off
    struct {
        const char* name;
        std::string_view text;
    } const cases[] = {
        {"empty",            ""sv},
        {"lower case",       "eur"sv},
        {"mixed case",       "Eur"sv},
        {"leading space",    " EUR"sv},
        {"trailing space",   "EUR "sv},
        {"trailing NUL",     "EUR\0"sv},
        {"too short",        "EU"sv},
        {"too long",         "EURO"sv},
        {"before the first", "AAA"sv},
        {"after the last",   "ZZZ"sv},
        {"symbol",           "€"sv},
        {"gold",             "XAU"sv},
        {"drawing right",    "XDR"sv},
        {"testing",          "XTS"sv},
        {"no currency",      "XXX"sv},
        {"withdrawn 2023",   "HRK"sv},
        {"withdrawn 2024",   "ZWL"sv},
        {"withdrawn 2025",   "ANG"sv},
        {"withdrawn 2026",   "BGN"sv},
        {"numeric code",     "978"sv},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            BOOST_TEST(!parse_currency(c.text).has_value());
        }
    }
    for (const auto text : {""sv, "12"sv, "8"sv, "0978"sv, " 978"sv, "000"sv, "999"sv, "EUR"sv}) {
        BOOST_TEST_CONTEXT(text)
        {
            BOOST_TEST(!parse_numeric_currency(text).has_value());
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
