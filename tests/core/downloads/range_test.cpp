#include "core/downloads/range.hpp"

#include <boost/test/unit_test.hpp>

using namespace tollgate;

BOOST_AUTO_TEST_SUITE(range_test)

BOOST_AUTO_TEST_CASE(a_range_of_a_file_of_ten_bytes)
{
    using enum ByteRange::Kind;
    // clang-format off
    struct {
        const char* name;
        const char* range;
        ByteRange::Kind kind;
        std::int64_t offset;
        std::int64_t length;
        bool begins;
    } const cases[] = {
        // name                  range                         kind           offset length begins
        {"absent",               "",                           whole,         0,     10,    true},
        {"first half",           "bytes=0-4",                  part,          0,     5,     true},
        {"second half",          "bytes=5-9",                  part,          5,     5,     false},
        {"first byte",           "bytes=0-0",                  part,          0,     1,     true},
        {"last byte",            "bytes=9-9",                  part,          9,     1,     false},
        {"all, open end",        "bytes=0-",                   part,          0,     10,    true},
        {"from the second on",   "bytes=1-",                   part,          1,     9,     false},
        {"end beyond the file",  "bytes=5-1000",               part,          5,     5,     false},
        {"last three",           "bytes=-3",                   part,          7,     3,     true},
        {"last thousand",        "bytes=-1000",                part,          0,     10,    true},
        {"leading zeros",        "bytes=0005-0009",            part,          5,     5,     false},
        {"zero in many digits",  "bytes=000-",                 part,          0,     10,    true},
        {"unit in capitals",     "BYTES=5-",                   part,          5,     5,     false},
        {"white space around",   "bytes= 5-9 ",                part,          5,     5,     false},
        {"first beyond the file", "bytes=10-",                 unsatisfiable, 0,     0,     false},
        {"far beyond",           "bytes=9223372036854775807-", unsatisfiable, 0,     0,     false},
        {"last none",            "bytes=-0",                   unsatisfiable, 0,     0,     true},
        // Malformed: the whole file, and a use of the grant.
        {"two ranges",           "bytes=5-6,8-9",              whole,         0,     10,    true},
        {"two, the first open",  "bytes=5-,0-",                whole,         0,     10,    true},
        {"backwards",            "bytes=6-5",                  whole,         0,     10,    true},
        {"no number",            "bytes=-",                    whole,         0,     10,    true},
        {"nothing",              "bytes=",                     whole,         0,     10,    true},
        {"unit alone",           "bytes",                      whole,         0,     10,    true},
        {"other unit",           "items=5-9",                  whole,         0,     10,    true},
        {"no unit",              "5-9",                        whole,         0,     10,    true},
        {"beyond 64 bits",       "bytes=9223372036854775808-", whole,         0,     10,    true},
        {"end beyond 64 bits",   "bytes=5-99999999999999999999", whole,       0,     10,    true},
        {"negative first",       "bytes=-5-9",                 whole,         0,     10,    true},
        {"plus sign",            "bytes=+5-9",                 whole,         0,     10,    true},
        {"hexadecimal",          "bytes=0x5-9",                whole,         0,     10,    true},
        {"letter",               "bytes=5-9x",                 whole,         0,     10,    true},
        {"space inside",         "bytes=5 -9",                 whole,         0,     10,    true},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            const auto found = byte_range(c.range, 10);
            BOOST_TEST((found.kind == c.kind));
            BOOST_TEST(found.offset == c.offset);
            BOOST_TEST(found.length == c.length);
            BOOST_TEST(begins_download(c.range) == c.begins);
        }
    }
}

BOOST_AUTO_TEST_CASE(an_empty_file_has_no_range)
{
    using enum ByteRange::Kind;
    BOOST_TEST((byte_range("", 0).kind == whole));
    BOOST_TEST(byte_range("", 0).length == 0);
    BOOST_TEST((byte_range("bytes=0-", 0).kind == unsatisfiable));
    BOOST_TEST((byte_range("bytes=-5", 0).kind == unsatisfiable));
}

BOOST_AUTO_TEST_CASE(a_range_never_leaves_the_file)
{
    for (std::int64_t bytes = 1; bytes < 12; ++bytes) {
        for (int first = -1; first < 14; ++first) {
            for (int last = -1; last < 14; ++last) {
                const auto text = "bytes=" + (first < 0 ? "" : std::to_string(first)) + '-' +
                                  (last < 0 ? "" : std::to_string(last));
                const auto range = byte_range(text, bytes);
                BOOST_REQUIRE(range.offset >= 0);
                BOOST_REQUIRE(range.length >= 0);
                BOOST_REQUIRE(range.offset + range.length <= bytes);
                BOOST_REQUIRE(
                    (range.kind == ByteRange::Kind::unsatisfiable) == (range.length == 0)
                );
                // What resumes never delivers the first byte.
                BOOST_REQUIRE((begins_download(text) || range.length == 0 || range.offset > 0));
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
