#include "core/downloads/range.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace tollgate;

namespace {

/// `0+5 7+1`: offsets and lengths; `whole`, `none`.
std::string text_of(const RangeChoice& choice)
{
    if (choice.kind == RangeChoice::Kind::whole) return "whole";
    if (choice.kind == RangeChoice::Kind::unsatisfiable) return "none";
    std::string text;
    for (const auto& part : choice.parts) {
        if (!text.empty()) text += ' ';
        text += std::to_string(part.offset) + '+' + std::to_string(part.length);
    }
    return text;
}

std::string many(std::size_t count)
{
    std::string ranges = "bytes=1-1";
    for (std::size_t i = 1; i < count; ++i)
        ranges += ",2-2";
    return ranges;
}

} // namespace

BOOST_AUTO_TEST_SUITE(range_test)

// What nginx answers to each is compared in tests/http/test_download_ranges.py.
BOOST_AUTO_TEST_CASE(ranges_of_a_file_of_ten_bytes)
{
    // clang-format off
    struct {
        const char* name;
        std::string range;
        const char* chosen;
        bool begins;
    } const cases[] = {
        // name                   range                           chosen      begins
        {"absent",                "",                             "whole",    true},
        {"first half",            "bytes=0-4",                    "0+5",      true},
        {"second half",           "bytes=5-9",                    "5+5",      false},
        {"first byte",            "bytes=0-0",                    "0+1",      true},
        {"last byte",             "bytes=9-9",                    "9+1",      false},
        {"all, open end",         "bytes=0-",                     "0+10",     true},
        {"from the second on",    "bytes=1-",                     "1+9",      false},
        {"end beyond the file",   "bytes=5-1000",                 "5+5",      false},
        {"last three",            "bytes=-3",                     "7+3",      false},
        {"last thousand",         "bytes=-1000",                  "0+10",     true},
        {"leading zeros",         "bytes=0005-0009",              "5+5",      false},
        {"zero in many digits",   "bytes=000-",                   "0+10",     true},
        {"unit in capitals",      "BYTES=5-",                     "5+5",      false},
        {"white space",           "bytes= 5 - 9 ",                "5+5",      false},
        {"two",                   "bytes=5-6,8-9",                "5+2 8+2",  false},
        {"two, backwards",        "bytes=8-9,5-6",                "8+2 5+2",  false},
        {"two, the first byte last", "bytes=8-9 , 0-0",           "8+2 0+1",  true},
        {"one of two is there",   "bytes=20-30,8-9",              "8+2",      false},
        {"they overlap",          "bytes=2-5,4-7",                "2+4 4+4",  false},
        {"the same once more",    "bytes=0-4,0-4",                "0+5 0+5",  true},
        {"as many as may be",     "bytes=5-,6-",                  "5+5 6+4",  false},
        {"more bytes than the file", "bytes=4-,5-",               "whole",    true},
        {"the whole twice",       "bytes=0-,0-",                  "whole",    true},
        {"first beyond the file", "bytes=10-",                    "none",     false},
        {"far beyond",            "bytes=9223372036854775807-",   "none",     false},
        {"none of two is there",  "bytes=10-,30-40",              "none",     false},
        {"last none",             "bytes=-0",                     "none",     false},
        {"backwards",             "bytes=6-5",                    "none",     false},
        {"no number",             "bytes=-",                      "none",     false},
        {"no dash",               "bytes=5",                      "none",     false},
        {"beyond 63 bits",        "bytes=9223372036854775808-",   "none",     false},
        {"end beyond 63 bits",    "bytes=5-99999999999999999999", "none",     false},
        {"negative first",        "bytes=-5-9",                   "none",     false},
        {"space in a suffix",     "bytes=- 5",                    "none",     false},
        {"plus sign",             "bytes=+5-9",                   "none",     false},
        {"hexadecimal",           "bytes=0x5-9",                  "none",     false},
        {"letter",                "bytes=5-9x",                   "none",     false},
        {"space in a number",     "bytes=1 2-",                   "none",     false},
        {"tab",                   "bytes=5-\t9",                  "none",     false},
        {"comma last",            "bytes=5-6,",                   "none",     false},
        {"comma first",           "bytes=,5-6",                   "none",     false},
        {"one is no range",       "bytes=0-4,x",                  "none",     false},
        {"nothing",               "bytes=",                       "whole",    true},
        {"unit alone",            "bytes",                        "whole",    true},
        {"other unit",            "items=5-9",                    "whole",    true},
        {"space in the unit",     "bytes =5-9",                   "whole",    true},
        {"no unit",               "5-9",                          "whole",    true},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            const auto choice = choose_ranges(c.range, 10);
            BOOST_TEST(text_of(choice) == c.chosen);
            BOOST_TEST(has_first_byte(choice) == c.begins);
        }
    }
}

BOOST_AUTO_TEST_CASE(an_empty_file_has_no_parts)
{
    for (const auto* range : {"", "bytes=0-", "bytes=0-0", "bytes=-5"}) {
        BOOST_TEST(text_of(choose_ranges(range, 0)) == "whole", range);
    }
    BOOST_TEST(text_of(choose_ranges("bytes=1-", 0)) == "none");
}

BOOST_AUTO_TEST_CASE(there_are_only_so_many_ranges)
{
    BOOST_TEST(choose_ranges(many(ranges_max), 1000).parts.size() == ranges_max);
    BOOST_TEST(text_of(choose_ranges(many(ranges_max + 1), 1000)) == "whole");
    BOOST_TEST(text_of(choose_ranges(many(4000), 1000)) == "whole");
}

BOOST_AUTO_TEST_CASE(no_answer_leaves_the_file_or_is_larger)
{
    std::vector<std::string> specs;
    for (int first = -1; first < 7; ++first) {
        for (int last = -1; last < 7; ++last) {
            const auto text = [](int number) { return number < 0 ? "" : std::to_string(number); };
            specs.push_back(text(first) + '-' + text(last));
        }
    }
    for (std::int64_t bytes = 0; bytes < 6; ++bytes) {
        for (const auto& one : specs) {
            for (const auto& other : specs) {
                const auto choice = choose_ranges("bytes=" + one + ',' + other, bytes);
                std::int64_t sum = 0;
                bool begins = choice.kind == RangeChoice::Kind::whole;
                for (const auto& part : choice.parts) {
                    BOOST_REQUIRE((part.offset >= 0 && part.length > 0));
                    BOOST_REQUIRE(part.offset + part.length <= bytes);
                    sum += part.length;
                    begins = begins || part.offset == 0;
                }
                BOOST_REQUIRE(sum <= bytes);
                BOOST_REQUIRE(has_first_byte(choice) == begins);
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
