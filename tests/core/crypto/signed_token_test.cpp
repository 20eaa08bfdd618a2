#include "core/crypto/encoding.hpp"
#include "core/crypto/signed_token.hpp"

#include <boost/test/unit_test.hpp>

using namespace tollgate;
using namespace std::string_view_literals;

namespace {

const std::string secret(32, 'k');
const TokenKey key{.key = secret, .purpose = "return"};

} // namespace

BOOST_AUTO_TEST_SUITE(signed_token_test)

// Computed with the hmac and base64 modules of Python from the definition in the header.
BOOST_AUTO_TEST_CASE(tokens_are_as_defined)
{
    // clang-format off
    struct {
        const char* name;
        std::string_view payload;
        const char* token;
    } const cases[] = {
        {"a reference", "ABCDEFGHIJ0123456789"sv,
         "QUJDREVGR0hJSjAxMjM0NTY3ODkF-_uBO7kQQLjco8ScSQcI"},
        {"nothing",     ""sv,       "TWRJA7OosKJnrqBYWQBg3w"},
        {"any bytes",   "\0\xff"sv, "AP9ura0UYK05D6jgR7LrobyG"},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            BOOST_TEST(sign_token(key, c.payload) == c.token);
            BOOST_TEST((open_token(key, c.token) == c.payload));
        }
    }
}

BOOST_AUTO_TEST_CASE(an_altered_token_does_not_open)
{
    const auto token = sign_token(key, "ABCDEFGHIJ0123456789");
    for (std::size_t i = 0; i < token.size(); ++i) {
        BOOST_TEST_CONTEXT(i)
        {
            auto altered = token;
            altered[i] = altered[i] == 'A' ? 'B' : 'A';
            BOOST_TEST(!open_token(key, altered).has_value());
            BOOST_TEST(!open_token(key, token.substr(0, i)).has_value());
        }
    }
}

BOOST_AUTO_TEST_CASE(only_its_own_key_and_purpose_open_a_token)
{
    const std::string payload = "ABCDEFGHIJ0123456789";
    const auto token = sign_token(key, payload);
    const std::string other_secret(32, 'K');
    // clang-format off
    struct {
        const char* name;
        TokenKey key;
        std::string token;
        bool opens;
    } const cases[] = {
        {"its own",            key,                                           token,       true},
        {"other key",          {.key = other_secret, .purpose = "return"},    token,       false},
        {"other purpose",      {.key = secret, .purpose = "download"},        token,       false},
        {"longer purpose",     {.key = secret, .purpose = "returnA"},         token,       false},
        {"shorter purpose",    {.key = secret, .purpose = "retur"},           token,       false},
        {"padded",             key,                                           token + "=", false},
        {"one more character", key,                                           token + "A", false},
        {"twice",              key,                                         token + token, false},
        {"empty",              key,                                           "",          false},
        {"no signature",       key,                         to_base64url(payload),         false},
        {"zero signature",     key,        to_base64url(payload + std::string(16, '\0')),  false},
        {"other alphabet",     key,        "QUJDREVGR0hJSjAxMjM0NTY3ODkF+/uBO7kQQLjco8ScSQcI",
                                                                                           false},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            const auto opened = open_token(c.key, c.token);
            BOOST_TEST(opened.has_value() == c.opens);
            if (c.opens) BOOST_TEST((opened == payload));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
