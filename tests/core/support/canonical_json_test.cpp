#include "core/support/canonical_json.hpp"

#include <boost/test/unit_test.hpp>

using namespace tollgate;

namespace {

/// Empty when there is no canonical form.
std::string canonical_text(std::string_view text)
{
    const auto json = parse_json(text);
    BOOST_REQUIRE(json.has_value());
    const auto form = canonical(*json);
    return form ? to_text(*form) : "";
}

} // namespace

BOOST_AUTO_TEST_SUITE(canonical_json_test)

// The forms are what JSON.stringify(JSON.parse(spelling)) gives in Node.js.
BOOST_AUTO_TEST_CASE(numbers_are_written_as_ecmascript_does)
{
    // clang-format off
    struct {
        const char* spelling;
        const char* form;
    } const cases[] = {
        {"0",                      "0"},
        {"-0",                     "0"},
        {"-0.00",                  "0"},
        {"0e5",                    "0"},
        {"1000",                   "1000"},
        {"1000.00",                "1000"},
        {"1e3",                    "1000"},
        {"1E+3",                   "1000"},
        {"1.50e3",                 "1500"},
        {"100e-2",                 "1"},
        {"0.1e1",                  "1"},
        {"-12.50",                 "-12.5"},
        {"0.30",                   "0.3"},
        {"123.456",                "123.456"},
        {"12345678.9012345",       "12345678.9012345"},
        {"0.00000123456789012345", "0.00000123456789012345"},
        {"0.0000010",              "0.000001"},
        {"123456789012345e6",      "123456789012345000000"},
        {"1e20",                   "100000000000000000000"},
        {"100000000000000000000",  "100000000000000000000"},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.spelling)
        {
            BOOST_TEST(
                canonical_text(std::string{'['} + c.spelling + ']') ==
                std::string{'['} + c.form + ']'
            );
        }
    }
}

BOOST_AUTO_TEST_CASE(a_number_that_a_binary_fraction_may_change_has_no_form)
{
    for (const auto* spelling :
         {"9007199254740993",
          "12345678901234567",
          "18446744073709551616",
          "0.1234567890123456",
          "1e21",
          "1e-7",
          "1e-400",
          "1e00000"}) {
        BOOST_TEST(canonical_text(spelling).empty(), spelling);
        BOOST_TEST(canonical_text(R"({"a":[)" + std::string{spelling} + "]}").empty(), spelling);
    }
}

BOOST_AUTO_TEST_CASE(members_are_sorted_at_every_depth)
{
    // clang-format off
    struct {
        const char* name;
        const char* text;
        const char* form;
    } const cases[] = {
        {"objects in arrays", R"({"b":[{"z":1,"a":2},3],"a":{"y":true,"x":null},"B":"A/B"})",
                              R"({"B":"A/B","a":{"x":null,"y":true},"b":[{"a":2,"z":1},3]})"},
        {"prefixes",          R"({"aa":1,"a":2,"":3,"b":4,"ab":5})",
                              R"({"":3,"a":2,"aa":1,"ab":5,"b":4})"},
        {"RFC 8785, 3.2.2",   R"({"numbers": [333333333.3, 1E20, 4.50, 2e-3, 0.00001],
                                  "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
                                  "literals": [null, true, false]})",
                              R"({"literals":[null,true,false],)"
                              R"("numbers":[333333333.3,100000000000000000000,4.5,0.002,0.00001],)"
                              R"("string":"€$\u000f\nA'B\"\\\\\"/"})"},
        {"a text",            R"("é / < \b\f\u007f")", "\"é / < \\b\\f\x7f\""},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            BOOST_TEST(canonical_text(c.text) == c.form);
        }
    }
}

// RFC 8785, 3.2.3: by code point, the Hebrew letter (U+FB33) would precede the face (U+1F600).
BOOST_AUTO_TEST_CASE(names_are_sorted_by_utf16_code_units)
{
    const auto json =
        parse_json(R"({"\u20ac":"Euro Sign","\r":"Carriage Return",)"
                   R"("\ufb33":"Hebrew Letter Dalet With Dagesh",)"
                   R"("1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control",)"
                   R"("\u00f6":"Latin Small Letter O With Diaeresis"})");
    BOOST_REQUIRE(json.has_value());
    const auto sorted = canonical(*json);
    BOOST_REQUIRE(sorted.has_value());
    std::string order;
    for (const auto& [name, value] : *sorted->object())
        order += value.text() + "; ";
    BOOST_TEST(
        order == "Carriage Return; One; Control; Latin Small Letter O With Diaeresis; Euro Sign; "
                 "Emoji: Grinning Face; Hebrew Letter Dalet With Dagesh; "
    );
    BOOST_TEST(
        canonical_text(R"({"\uffff":1,"\ud800\udc00":2,"\ue000":3,"\ud7ff":4,"\udbff\udfff":5})") ==
        "{\"\xed\x9f\xbf\":4,\"\xf0\x90\x80\x80\":2,\"\xf4\x8f\xbf\xbf\":5,"
        "\"\xee\x80\x80\":3,\"\xef\xbf\xbf\":1}"
    );
}

BOOST_AUTO_TEST_SUITE_END()
