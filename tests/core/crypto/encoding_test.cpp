#include "core/crypto/encoding.hpp"

#include <boost/test/unit_test.hpp>

using namespace tollgate;
using namespace std::string_view_literals;

BOOST_AUTO_TEST_SUITE(encoding_test)

// The vectors of RFC 4648, section 10; base64url is the same without its padding.
BOOST_AUTO_TEST_CASE(encodings_are_those_of_rfc_4648)
{
    // clang-format off
    struct {
        std::string bytes;
        std::string base64;
        std::string base64url;
        std::string base16;
    } const cases[] = {
        {"",       "",         "",         ""},
        {"f",      "Zg==",     "Zg",       "66"},
        {"fo",     "Zm8=",     "Zm8",      "666f"},
        {"foo",    "Zm9v",     "Zm9v",     "666f6f"},
        {"foob",   "Zm9vYg==", "Zm9vYg",   "666f6f62"},
        {"fooba",  "Zm9vYmE=", "Zm9vYmE",  "666f6f6261"},
        {"foobar", "Zm9vYmFy", "Zm9vYmFy", "666f6f626172"},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.bytes)
        {
            BOOST_TEST(to_base64(c.bytes) == c.base64);
            BOOST_TEST(to_base64url(c.bytes) == c.base64url);
            BOOST_TEST(to_hex(c.bytes) == c.base16);
            BOOST_TEST((from_base64(c.base64) == c.bytes));
            BOOST_TEST((from_base64url(c.base64url) == c.bytes));
            BOOST_TEST((from_hex(c.base16) == c.bytes));
        }
    }
}

BOOST_AUTO_TEST_CASE(the_alphabets_differ_in_two_characters)
{
    BOOST_TEST(to_base64("\xfb\xff\xfe") == "+//+");
    BOOST_TEST(to_base64url("\xfb\xff\xfe") == "-__-");
    BOOST_TEST((from_base64("+//+") == "\xfb\xff\xfe"));
    BOOST_TEST((from_base64url("-__-") == "\xfb\xff\xfe"));
}

BOOST_AUTO_TEST_CASE(every_byte_survives)
{
    std::string bytes;
    for (int byte = 0; byte < 256; ++byte)
        bytes += static_cast<char>(byte);
    BOOST_TEST((from_base64(to_base64(bytes)) == bytes));
    BOOST_TEST((from_base64url(to_base64url(bytes)) == bytes));
    BOOST_TEST((from_hex(to_hex(bytes)) == bytes));
}

BOOST_AUTO_TEST_CASE(from_hex_takes_either_case)
{
    BOOST_TEST((from_hex("00fFAb") == "\x00\xff\xab"sv));
    for (const auto text :
         {"0"sv,
          "000"sv,
          "0g"sv,
          "g0"sv,
          "0x00"sv,
          " 00"sv,
          "00 0"sv,
          "+1"sv,
          "-1"sv,
          "0\0"sv,
          "é"sv}) {
        BOOST_TEST_CONTEXT(text)
        {
            BOOST_TEST(!from_hex(text).has_value());
        }
    }
}

BOOST_AUTO_TEST_CASE(wrong_base64_gives_nothing)
{
    // clang-format off
    struct {
        const char* name;
        std::string_view base64;
        std::string_view base64url;
    } const cases[] = {
        {"one character",         "Z"sv,            "Z"sv},
        {"wrong padding",         "Zg"sv,           "Zg=="sv},
        {"too little padding",    "Zg="sv,          "Zg="sv},
        {"too much padding",      "Zm9v="sv,        "Zm9v="sv},
        {"a block of padding",    "Zm9v===="sv,     "===="sv},
        {"three of padding",      "Z==="sv,         "Z==="sv},
        {"padding only",          "===="sv,         "="sv},
        {"padding inside",        "Zg==Zg=="sv,     "Zg==Zg"sv},
        {"padding before text",   "Z=g="sv,         "Z=g"sv},
        {"bits left over, two",   "Zh=="sv,         "Zh"sv},
        {"bits left over, three", "Zm9="sv,         "Zm9"sv},
        {"the other alphabet",    "-__-"sv,         "+//+"sv},
        {"line end inside",       "Zm9v\nYmFy"sv,   "Zm9v\nYmFy"sv},
        {"line end after",        "Zm9v\n"sv,       "Zm9v\n"sv},
        {"space",                 "Zm 9"sv,         "Zm 9"sv},
        {"NUL",                   "Zm9\0"sv,        "Zm9\0"sv},
        {"not ASCII",             "Zmé"sv,          "Zmé"sv},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            BOOST_TEST(!from_base64(c.base64).has_value());
            BOOST_TEST(!from_base64url(c.base64url).has_value());
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
