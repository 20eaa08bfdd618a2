#include "core/downloads/conditions.hpp"

#include <boost/test/unit_test.hpp>

using namespace tollgate;

namespace {

const Validators file{
    .tag = "\"2ebc9ee1-a\"",
    .modified = std::chrono::sys_seconds{std::chrono::seconds{784'111'777}}};
constexpr auto same = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr auto earlier = "Sun, 06 Nov 1994 08:49:36 GMT";
constexpr auto later = "Sun, 06 Nov 1994 08:49:38 GMT";

} // namespace

BOOST_AUTO_TEST_SUITE(conditions_test)

BOOST_AUTO_TEST_CASE(whether_a_file_is_to_be_sent)
{
    using enum Condition;
    // clang-format off
    struct {
        const char* name;
        Headers headers;
        Condition condition;
    } const cases[] = {
        {"none",                      {},                                                met},
        {"its tag",                   {{"if-match", "\"2ebc9ee1-a\""}},                  met},
        {"any",                       {{"if-match", "*"}},                               met},
        {"one of several",            {{"if-match", "\"x\", W/\"y\" ,\"2ebc9ee1-a\""}},  met},
        {"another",                   {{"if-match", "\"x\""}},                           failed},
        {"its tag, weak",             {{"if-match", "W/\"2ebc9ee1-a\""}},                failed},
        {"no tag",                    {{"if-match", "2ebc9ee1-a"}},                      failed},
        {"half a tag",                {{"if-match", "\"2ebc9ee1-a"}},                    failed},
        {"not changed since",         {{"if-unmodified-since", same}},                   met},
        {"changed since",             {{"if-unmodified-since", earlier}},                failed},
        {"changed since what?",       {{"if-unmodified-since", "yesterday"}},            met},
        {"a tag counts before a date", {{"if-match", "*"}, {"if-unmodified-since", earlier}}, met},
        {"known",                     {{"if-none-match", "\"2ebc9ee1-a\""}},             not_modified},
        {"known, weak",               {{"if-none-match", "\"x\",W/\"2ebc9ee1-a\""}},     not_modified},
        {"any is known",              {{"if-none-match", "*"}},                          not_modified},
        {"another is known",          {{"if-none-match", "\"x\""}},                      met},
        {"known since",               {{"if-modified-since", same}},                     not_modified},
        {"known since later",         {{"if-modified-since", later}},                    not_modified},
        {"known before",              {{"if-modified-since", earlier}},                  met},
        {"known since what?",         {{"if-modified-since", "yesterday"}},              met},
        {"a tag before a date, too",  {{"if-none-match", "\"x\""}, {"if-modified-since", same}}, met},
        {"failed comes first",        {{"if-match", "\"x\""}, {"if-none-match", "*"}},   failed},
        {"met, but known",            {{"if-match", "*"}, {"if-none-match", "*"}},       not_modified},
    };
    // clang-format on
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            BOOST_TEST((condition_of(c.headers, file) == c.condition));
            BOOST_TEST(is_conditional(c.headers) == !c.headers.empty());
        }
    }
}

BOOST_AUTO_TEST_CASE(whether_a_part_is_of_this_version)
{
    const auto counts = [](const char* text) { return range_counts({{"if-range", text}}, file); };
    BOOST_TEST(range_counts({}, file));
    BOOST_TEST(counts("\"2ebc9ee1-a\""));
    BOOST_TEST(counts(same));
    for (const auto* other :
         {"\"x\"",
          "W/\"2ebc9ee1-a\"",
          "2ebc9ee1-a",
          "\"x\", \"2ebc9ee1-a\"",
          "*",
          earlier,
          later,
          "yesterday"}) {
        BOOST_TEST(!counts(other), other);
    }
}

BOOST_AUTO_TEST_SUITE_END()
