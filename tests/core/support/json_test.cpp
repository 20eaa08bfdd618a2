#include "core/support/json.hpp"

#include <boost/test/unit_test.hpp>

using namespace tollgate;
using namespace std::string_view_literals;

BOOST_AUTO_TEST_SUITE(json_test)

BOOST_AUTO_TEST_CASE(numbers_keep_their_spelling)
{
    // clang-format off
    struct {
        const char* name;
        std::string spelling;
    } const cases[] = {
        {"zero",                      "0"},
        {"minus zero",                "-0"},
        {"minus zero with decimals",  "-0.00"},
        {"whole",                     "1500"},
        {"negative",                  "-7"},
        {"zeros after the point",     "1500.00"},
        {"two decimals",              "12.50"},
        {"no binary fraction",        "0.1"},
        {"exponent",                  "1e3"},
        {"exponent, other spelling",  "1.50E+03"},
        {"greatest signed 64 bits",   "9223372036854775807"},
        {"least signed 64 bits",      "-9223372036854775808"},
        {"greatest unsigned 64 bits", "18446744073709551615"},
        {"beyond 64 bits",            "18446744073709551616"},
        {"below signed 64 bits",      "-9223372036854775809"},
        {"fifty digits",              "12345678901234567890123456789012345678901234567890"},
        {"fifty decimals",            "0.12345678901234567890123456789012345678901234567890"},
        {"vanishingly small",         "1e-400"},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            const auto alone = parse_json(c.spelling);
            BOOST_REQUIRE(alone.has_value());
            BOOST_REQUIRE(alone->number() != nullptr);
            BOOST_TEST(alone->number()->text == c.spelling);

            const auto inside = parse_json("{\"amount\": [" + c.spelling + " ]}");
            BOOST_REQUIRE(inside.has_value());
            BOOST_TEST(to_text(*inside) == "{\"amount\":[" + c.spelling + "]}");
        }
    }
}

BOOST_AUTO_TEST_CASE(parse_json_reads_every_kind_of_value)
{
    const auto json = parse_json(
        R"( {"text": "a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00", "yes": true, "no": false,
             "nothing": null, "list": [1, "two", [], {}], "": {"inner": 2.50}} )"
    );
    BOOST_REQUIRE(json.has_value());
    BOOST_TEST(json->text("text") == "a\"\\/\b\f\n\r\té😀");
    BOOST_TEST(*json->find("yes")->boolean());
    BOOST_TEST(!*json->find("no")->boolean());
    BOOST_TEST(json->find("nothing")->is_null());
    const auto* list = json->find("list")->array();
    BOOST_REQUIRE(list != nullptr);
    const Json::Array wanted{Json{1}, Json{"two"}, Json{Json::Array{}}, Json::object({})};
    BOOST_TEST((*list == wanted));
    BOOST_TEST(json->find("")->text("inner") == "2.50");
    BOOST_TEST(json->object()->front().first == "text");
    BOOST_TEST(json->object()->back().first == "");
}

BOOST_AUTO_TEST_CASE(parse_json_takes_exactly_one_json_value)
{
    // clang-format off
    struct {
        const char* name;
        std::string_view text;
        bool accepted;
    } const cases[] = {
        {"object",                    "{}"sv,                          true},
        {"array",                     "[]"sv,                          true},
        {"string",                    "\"x\""sv,                       true},
        {"white space around",        " \t\r\n{} \t\r\n"sv,            true},
        {"byte order mark",           "\xEF\xBB\xBF{}"sv,              true},
        {"escaped NUL",               R"("\u0000")"sv,                 true},
        {"same name in two objects",  R"([{"a":1},{"a":{"a":2}}])"sv,  true},
        {"names in another case",     R"({"a":1,"A":2})"sv,            true},

        {"empty",                     ""sv,                            false},
        {"white space only",          "  "sv,                          false},
        {"second value",              "{} {}"sv,                       false},
        {"trailing comma in object",  R"({"a":1,})"sv,                 false},
        {"trailing comma in array",   "[1,]"sv,                        false},
        {"missing comma",             "[1 2]"sv,                       false},
        {"missing colon",             R"({"a" 1})"sv,                  false},
        {"unfinished object",         R"({"a":1)"sv,                   false},
        {"unfinished text",           R"(["a)"sv,                      false},
        {"bare name",                 "{a:1}"sv,                       false},
        {"single quotes",             "{'a':1}"sv,                     false},
        {"comment",                   "{} // x"sv,                     false},
        {"comment inside",            "[/* x */]"sv,                   false},
        {"NaN",                       "NaN"sv,                         false},
        {"Infinity",                  "-Infinity"sv,                   false},
        {"True",                      "True"sv,                        false},
        {"plus sign",                 "+1"sv,                          false},
        {"leading zero",              "01"sv,                          false},
        {"negative leading zero",     "-00"sv,                         false},
        {"bare point",                ".5"sv,                          false},
        {"trailing point",            "5."sv,                          false},
        {"exponent without digits",   "1e"sv,                          false},
        {"hexadecimal",               "0x10"sv,                        false},
        {"beyond the range",          "1e400"sv,                       false},
        {"line end in text",          "\"a\nb\""sv,                    false},
        {"unknown escape",            R"("\x")"sv,                     false},
        {"short escape",              R"("\u12")"sv,                   false},
        {"lone high surrogate",       R"("\ud83d")"sv,                 false},
        {"lone low surrogate",        R"("\ude00")"sv,                 false},
        {"Latin-1",                   "\"\xE9\""sv,                    false},
        {"overlong UTF-8",            "\"\xC0\xAF\""sv,                false},
        {"surrogate in UTF-8",        "\"\xED\xA0\x80\""sv,            false},
        {"beyond Unicode",            "\"\xF4\x90\x80\x80\""sv,        false},
        {"cut UTF-8",                 "\"\xE2\x82\""sv,                false},
        {"UTF-8 outside of text",     "{}\xC2\xA0"sv,                  false},
        {"UTF-16",                    "{\0}\0"sv,                      false},
        {"NUL at the end",            "{}\0"sv,                        false},
        {"forgery after a NUL",       "{}\0{\"paid\":true}"sv,         false},
        {"NUL in text",               "\"a\0b\""sv,                    false},
        {"same name twice",           R"({"a":1,"b":2,"a":1})"sv,      false},
        {"same name, one escaped",    R"({"a":1,"\u0061":2})"sv,       false},
        {"same name twice, inside",   R"([{"x":{"a":1,"a":2}}])"sv,    false},
        {"empty name twice",          R"({"":1,"":2})"sv,              false},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            BOOST_TEST(parse_json(c.text).has_value() == c.accepted);
        }
    }
}

BOOST_AUTO_TEST_CASE(parse_json_limits_nesting)
{
    const auto arrays = [](std::size_t depth) {
        return std::string(depth, '[') + std::string(depth, ']');
    };
    BOOST_TEST(parse_json(arrays(json_depth_max)).has_value());
    BOOST_TEST(!parse_json(arrays(json_depth_max + 1)).has_value());
    BOOST_TEST(!parse_json(std::string(json_bytes_max, '[')).has_value());

    std::string objects = "1";
    for (std::size_t i = 0; i < json_depth_max; ++i)
        objects = R"({"a":)" + objects + "}";
    BOOST_TEST(parse_json(objects).has_value());
    BOOST_TEST(!parse_json("[" + objects + "]").has_value());
}

BOOST_AUTO_TEST_CASE(parse_json_limits_size)
{
    const std::string longest(json_bytes_max - 2, 'x');
    BOOST_TEST(parse_json('"' + longest + '"').has_value());
    BOOST_TEST(!parse_json('"' + longest + "x\"").has_value());
}

BOOST_AUTO_TEST_CASE(text_is_empty_unless_there_is_a_string_or_number)
{
    const auto json = parse_json(R"({"s":"x","n":1.0,"b":true,"z":null,"a":["x"],"o":{"s":"y"}})");
    BOOST_REQUIRE(json.has_value());
    BOOST_TEST(json->text("s") == "x");
    BOOST_TEST(json->text("n") == "1.0");
    for (const auto* name : {"b", "z", "a", "o", "absent"})
        BOOST_TEST(json->text(name) == "");
    BOOST_TEST(json->text() == "");
    BOOST_TEST((json->find("absent") == nullptr));
    BOOST_TEST((json->find("s")->find("s") == nullptr));
    BOOST_TEST(json->find("a")->text("s") == "");
}

BOOST_AUTO_TEST_CASE(to_text_is_compact_and_escapes_what_must_be)
{
    // clang-format off
    struct {
        const char* name;
        Json json;
        std::string text;
    } const cases[] = {
        {"null",             Json{},                              "null"},
        {"true",             Json{true},                          "true"},
        {"false",            Json{false},                         "false"},
        {"integer",          Json{-12},                           "-12"},
        {"spelled number",   Json{Json::Number{"12.50"}},         "12.50"},
        {"empty array",      Json{Json::Array{}},                 "[]"},
        {"empty object",     Json::object({}),                    "{}"},
        {"array",            Json{Json::Array{1, "a", nullptr}},  R"([1,"a",null])"},
        {"object in order",  Json::object({{"b", 1}, {"a", 2}}),  R"({"b":1,"a":2})"},
        {"UTF-8 as it is",   Json{"Société"},                     "\"Société\""},
        {"markup as it is",  Json{"</script>&"},                  R"("</script>&")"},
        {"quote, backslash", Json{R"(a"b\c)"},                    R"("a\"b\\c")"},
        {"line ends",        Json{"\r\n\t"},                      R"("\r\n\t")"},
        {"short escapes",    Json{"\b\f"},                        R"("\b\f")"},
        {"other controls",   Json{"\0\x01\x1f\x7f"sv},            "\"\\u0000\\u0001\\u001f\x7f\""},
        {"escapes in names", Json::object({{"a\"\n", 1}}),        R"({"a\"\n":1})"},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            BOOST_TEST(to_text(c.json) == c.text);
            const auto again = parse_json(c.text);
            BOOST_REQUIRE(again.has_value());
            BOOST_TEST((*again == c.json));
        }
    }
}

BOOST_AUTO_TEST_CASE(add_appends_a_member)
{
    auto json = Json::object({{"success", true}});
    json.add("data", Json::object({}));
    BOOST_TEST(to_text(json) == R"({"success":true,"data":{}})");
}

BOOST_AUTO_TEST_CASE(rewritten_changes_every_object_inner_ones_first)
{
    const auto json = parse_json(R"([{"a":{"b":1,"c":{}},"d":[[{"b":2}],3]},"b",{"b":null}])");
    std::string seen;
    const auto changed = rewritten(json.value(), [&seen](Json::Object& members) {
        for (auto& [name, value] : members) {
            seen += name;
            name += '\'';
        }
        std::erase_if(members, [](const Json::Member& one) { return one.first == "c'"; });
    });
    BOOST_TEST(seen == "bcbadb");
    BOOST_TEST(to_text(changed) == R"([{"a'":{"b'":1},"d'":[[{"b'":2}],3]},"b",{"b'":null}])");
    const auto text = rewritten(Json{"b"}, [](Json::Object& members) { members.clear(); });
    BOOST_TEST(to_text(text) == R"("b")");
}

BOOST_AUTO_TEST_SUITE_END()
