#include "core/crypto/digest.hpp"
#include "core/downloads/grant.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>

using namespace tollgate;
using namespace std::chrono_literals;

namespace {

constexpr Instant now{std::chrono::sys_days{std::chrono::year{2026} / 3 / 4}};

GrantMaker maker_with(std::string key)
{
    return {Secret{std::move(key)}, {.uses_max = 3, .expires_after = 72h}};
}

bool is_base64url(std::string_view text)
{
    return std::ranges::all_of(text, [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    });
}

} // namespace

BOOST_AUTO_TEST_SUITE(grant_test)

BOOST_AUTO_TEST_CASE(a_grant_is_made_by_the_rules)
{
    const auto grant = maker_with("key").make({"books/a.pdf"}, now);
    BOOST_TEST(grant.file == "books/a.pdf");
    BOOST_TEST(grant.uses_max == 3);
    BOOST_TEST((grant.expires_at == now + 72h));
    BOOST_TEST(grant.id.get().size() == 16U);
    BOOST_TEST(grant.token.get().size() == download_token_length);
    BOOST_TEST(is_base64url(grant.token.get()));
    BOOST_TEST(grant.digest.get() == sha256(grant.token.get()));
    BOOST_TEST((grant.digest == digest_of(grant.token)));
}

BOOST_AUTO_TEST_CASE(a_file_may_have_limits_of_its_own)
{
    const auto maker = maker_with("key");
    const auto seldom = maker.make({"a.pdf", 1}, now);
    BOOST_TEST(seldom.uses_max == 1);
    BOOST_TEST((seldom.expires_at == now + 72h));
    const auto soon = maker.make({"a.pdf", {}, 60s}, now);
    BOOST_TEST(soon.uses_max == 3);
    BOOST_TEST((soon.expires_at == now + 60s));
}

BOOST_AUTO_TEST_CASE(the_token_can_be_made_again_with_its_key_alone)
{
    const auto grant = maker_with("key").make({"a.pdf"}, now);
    BOOST_TEST((maker_with("key").token_of(grant.id, grant.digest) == grant.token));
    BOOST_TEST(!maker_with("Key").token_of(grant.id, grant.digest).has_value());
    BOOST_TEST(!maker_with("key").token_of(GrantId{"0123456789abcdef"}, grant.digest).has_value());
}

BOOST_AUTO_TEST_CASE(a_token_outlives_the_change_of_the_key)
{
    const auto before = maker_with("old").make({"a.pdf"}, now);
    const GrantMaker maker{Secret{"new"}, {.uses_max = 3, .expires_after = 72h}, Secret{"old"}};
    const auto after = maker.make({"a.pdf"}, now);
    BOOST_TEST((maker.token_of(before.id, before.digest) == before.token));
    BOOST_TEST((maker.token_of(after.id, after.digest) == after.token));
    BOOST_TEST((maker_with("new").token_of(after.id, after.digest) == after.token));
}

// Computed with openssl: printf 'download\0%s' 0123456789abcdef |
//   openssl dgst -sha256 -hmac grants-test-key -binary | head -c 24 | basenc --base64url
BOOST_AUTO_TEST_CASE(the_token_is_this_hmac)
{
    const DownloadToken token{"IsJB4xAd4_HvSqbdQ6orb-tmDOlW_NIm"};
    const auto maker = maker_with("grants-test-key");
    BOOST_TEST((maker.token_of(GrantId{"0123456789abcdef"}, digest_of(token)) == token));
}

BOOST_AUTO_TEST_CASE(no_two_grants_share_a_token)
{
    const auto maker = maker_with("key");
    std::set<std::string> tokens;
    std::set<std::string> ids;
    for (int i = 0; i < 1000; ++i) {
        const auto grant = maker.make({"a.pdf"}, now);
        tokens.insert(grant.token.get());
        ids.insert(grant.id.get());
    }
    BOOST_TEST(tokens.size() == 1000U);
    BOOST_TEST(ids.size() == 1000U);
}

BOOST_AUTO_TEST_SUITE_END()
