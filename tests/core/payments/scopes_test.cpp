#include "core/payments/scopes.hpp"

#include <boost/test/unit_test.hpp>

using namespace tollgate;

BOOST_AUTO_TEST_SUITE(scopes_test)

BOOST_AUTO_TEST_CASE(scopes_are_read_and_written_by_name)
{
    // clang-format off
    struct {
        const char* text;
        const char* written; ///< nullptr: refused
    } const cases[] = {
        {"read open refund confirm", "read open refund confirm"},
        {"confirm,read",             "read confirm"},
        {" read ,  open ",           "read open"},
        {"read read",                "read"},
        {"",                         ""},
        {"Read",                     nullptr},
        {"read write",               nullptr},
        {"all",                      nullptr},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.text)
        {
            const auto scopes = parse_scopes(c.text);
            BOOST_REQUIRE(scopes.has_value() == (c.written != nullptr));
            if (scopes) BOOST_TEST(text_of(*scopes) == c.written);
        }
    }
    BOOST_TEST(text_of(Scopes::all()) == "read open refund confirm");
    BOOST_TEST(Scopes{}.empty());
}

BOOST_AUTO_TEST_CASE(a_scope_is_had_or_not)
{
    const auto scopes = *parse_scopes("read refund");
    BOOST_TEST(scopes.has(Scope::read));
    BOOST_TEST(!scopes.has(Scope::open));
    BOOST_TEST(scopes.has(Scope::refund));
    BOOST_TEST(!scopes.has(Scope::confirm));
}

BOOST_AUTO_TEST_SUITE_END()
