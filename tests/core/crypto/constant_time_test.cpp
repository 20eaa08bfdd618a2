#include "core/crypto/constant_time.hpp"

#include <boost/test/unit_test.hpp>

using namespace tollgate;
using namespace std::string_view_literals;

BOOST_AUTO_TEST_SUITE(constant_time_test)

BOOST_AUTO_TEST_CASE(only_the_same_bytes_are_equal)
{
    // clang-format off
    struct {
        const char* name;
        std::string_view a;
        std::string_view b;
        bool equal;
    } const cases[] = {
        {"same",              "signature"sv,  "signature"sv,   true},
        {"both empty",        ""sv,           ""sv,            true},
        {"same after a NUL",  "a\0b"sv,       "a\0b"sv,        true},
        {"first differs",     "signature"sv,  "Signature"sv,   false},
        {"last differs",      "signature"sv,  "signaturE"sv,   false},
        {"after a NUL",       "a\0b"sv,       "a\0c"sv,        false},
        {"a prefix",          "signature"sv,  "signatur"sv,    false},
        {"longer by a NUL",   "signature"sv,  "signature\0"sv, false},
        {"empty and not",     ""sv,           "s"sv,           false},
        {"in another case",   "abcdef"sv,     "ABCDEF"sv,      false},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            BOOST_TEST(equal_in_constant_time(c.a, c.b) == c.equal);
            BOOST_TEST(equal_in_constant_time(c.b, c.a) == c.equal);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
