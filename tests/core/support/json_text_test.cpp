#include "core/support/json_text.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace tollgate;

BOOST_AUTO_TEST_SUITE(json_text_test)

BOOST_AUTO_TEST_CASE(a_member_is_cut_out_and_every_other_byte_stays)
{
    // clang-format off
    struct {
        const char* name;
        std::string text;
        std::string expected;
    } const cases[] = {
        {"last",               R"({"a":1,"hash":"x"})",               R"({"a":1})"},
        {"first",              R"({"hash":"x","a":1})",               R"({"a":1})"},
        {"between",            R"({"a":1,"hash":"x","b":2})",         R"({"a":1,"b":2})"},
        {"alone",              R"({"hash":"x"})",                     R"({})"},
        {"alone, white space", R"({ "hash" : "x" })",                 R"({  })"},
        {"pretty, last",       "{\n  \"a\": 1,\n  \"hash\": \"x\"\n}\n",  "{\n  \"a\": 1\n}\n"},
        {"pretty, first",      "{\n  \"hash\": \"x\",\n  \"a\": 1\n}",    "{\n  \"a\": 1\n}"},
        {"pretty, between",    "{\n  \"a\": 1,\n  \"hash\": \"x\",\n  \"b\": 2\n}",
                               "{\n  \"a\": 1,\n  \"b\": 2\n}"},
        {"comma on its own",   "{\"a\":1 ,\r\n\t\"hash\" : \"x\" }",      "{\"a\":1 }"},
        {"before the brace",   "  {\"a\":1,\"hash\":\"x\"}  ",            "  {\"a\":1}  "},
        {"after an object",    R"({"a":{"b":[1,{"c":"}"}]},"hash":"x"})", R"({"a":{"b":[1,{"c":"}"}]}})"},
        {"after a list",       R"({"a":[[],{},"]"],"hash":"x"})",     R"({"a":[[],{},"]"]})"},
        {"value is an object", R"({"a":1,"hash":{"b":"}"}})",         R"({"a":1})"},
        {"value is null",      R"({"hash":null,"a":true})",           R"({"a":true})"},
        {"quotes escaped",     R"({"a":"\",\"hash\":\"y\"","hash":"x"})", R"({"a":"\",\"hash\":\"y\""})"},
        {"backslash at the end", R"({"a":"\\","hash":"x"})",          R"({"a":"\\"})"},
        {"escapes stay",       R"({"a":"\/\u0041","hash":"x"})",      R"({"a":"\/\u0041"})"},
        {"number as spelled",  R"({"a":1.50,"hash":"x"})",            R"({"a":1.50})"},
        {"the name of a value", R"({"a":"hash","hash":"x"})",         R"({"a":"hash"})"},
        {"not there",          R"({"a":1})",                          R"({"a":1})"},
        {"deeper only",        R"({"a":{"hash":"x"}})",               R"({"a":{"hash":"x"}})"},
        {"another spelling",   R"({"h\u0061sh":"x"})",                R"({"h\u0061sh":"x"})"},
        {"empty object",       R"({})",                               R"({})"},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            BOOST_TEST(parse_json(c.text).has_value());
            BOOST_TEST(without_member(c.text, "hash") == c.expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_text_that_is_no_object_is_survived)
{
    const std::string whole = R"( {"a":"\\","b":[1,{"c":2}],"hash":"x\"","d":null} )";
    for (std::size_t size = 0; size <= whole.size(); ++size) {
        const auto part = whole.substr(0, size);
        BOOST_TEST(without_member(part, "hash").size() <= part.size());
    }
    for (const std::string text :
         {"[]", "\"", "\"\\", "{\"hash\"", "{\"hash\":", "{,,}", "}", "{:"})
        BOOST_TEST(without_member(text, "hash").size() <= text.size());
}

// The expected texts are those of python3: json.dumps(…, indent=2, ensure_ascii=False).
BOOST_AUTO_TEST_CASE(pretty_text_indents_by_two)
{
    // clang-format off
    struct {
        std::string compact;
        std::string pretty;
    } const cases[] = {
        {R"({})",                      "{}"},
        {R"([])",                      "[]"},
        {R"({"a":1,"b":"x/y"})",       "{\n  \"a\": 1,\n  \"b\": \"x/y\"\n}"},
        {R"({"b":{"a":[]},"a":null})", "{\n  \"b\": {\n    \"a\": []\n  },\n  \"a\": null\n}"},
        {R"([1,{"a":true},"é"])",      "[\n  1,\n  {\n    \"a\": true\n  },\n  \"é\"\n]"},
        {R"("x")",                     "\"x\""},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.compact)
        {
            const auto json = parse_json(c.compact);
            BOOST_REQUIRE(json.has_value());
            BOOST_TEST(pretty_text(*json) == c.pretty);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
