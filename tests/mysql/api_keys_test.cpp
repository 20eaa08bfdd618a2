#include "core/crypto/digest.hpp"
#include "sql/api_keys.hpp"
#include "sql/migrate.hpp"
#include "tests/mysql/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

using namespace tollgate;
using namespace std::chrono_literals;

namespace {

const Merchant boutique{"boutique"};

struct KeysFixture : StoreFixture {
    KeyRing keys{pool};

    std::string
    add(const std::string& name, Instant now = noon, const Merchant& merchant = boutique)
    {
        return add_api_key(pool, {merchant, name}, now);
    }
    bool works(const std::string& key, Instant now = noon + 1s)
    {
        return keys.owner_of(key, now).has_value();
    }
    std::optional<std::string>
    rotate(const std::string& name, Instant now, std::chrono::seconds overlap)
    {
        return rotate_api_key(pool, {boutique, name, now, now + overlap});
    }
    std::string last_use(const std::string& name)
    {
        return value("SELECT last_used_at FROM tollgate_api_keys WHERE name = '" + name + "'");
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(api_keys_test)

BOOST_FIXTURE_TEST_CASE(a_key_names_its_merchant_and_itself, KeysFixture)
{
    const auto key = add("till");
    const auto other =
        add_api_key(pool, {Merchant{"autre"}, "caisse n° 2", *parse_scopes("read,refund")}, noon);
    BOOST_TEST(key.starts_with("tg_"));
    BOOST_TEST(key.size() == 43U);
    BOOST_TEST(key != other);
    const auto owner = keys.owner_of(key, noon).value();
    BOOST_TEST((owner.merchant == boutique));
    BOOST_TEST(owner.name == "till");
    BOOST_TEST((owner.scopes == Scopes::all()));
    BOOST_TEST(owner.id.size() == 16U);
    const auto other_owner = keys.owner_of(other, noon).value();
    BOOST_TEST((other_owner.merchant == Merchant{"autre"}));
    BOOST_TEST(other_owner.name == "caisse n° 2");
    BOOST_TEST(text_of(other_owner.scopes) == "read refund");
    BOOST_TEST(other_owner.id != owner.id);
}

BOOST_FIXTURE_TEST_CASE(a_key_is_itself_to_the_last_character, KeysFixture)
{
    const auto key = add("till");
    for (const auto& wrong : {key + " ", key.substr(1), sha256(key), std::string{}})
        BOOST_TEST(!works(wrong));
    for (const auto& row : contents({"tollgate_api_keys"})) {
        for (const auto& text : row)
            BOOST_TEST(text.find(key) == std::string::npos);
    }
}

BOOST_FIXTURE_TEST_CASE(keys_from_before_there_were_scopes_may_do_everything, KeysFixture)
{
    run("INSERT INTO tollgate_api_keys (id, digest, merchant, name, created_at) VALUES "
        "(UNHEX(MD5('1')), UNHEX(SHA2('tg_old', 256)), 'boutique', 'old', '2026-01-01')");
    BOOST_TEST((keys.owner_of("tg_old", noon)->scopes == Scopes::all()));
}

BOOST_FIXTURE_TEST_CASE(a_scope_that_nobody_knows_gives_nothing, KeysFixture)
{
    const auto key = add("till");
    run("UPDATE tollgate_api_keys SET scopes = 'read everything'");
    BOOST_TEST(keys.owner_of(key, noon)->scopes.empty());
}

BOOST_FIXTURE_TEST_CASE(a_revoked_key_opens_nothing, KeysFixture)
{
    const auto till = add("till");
    const auto second = add("till", noon + 1s);
    const auto kept = add("Till", noon + 2s);
    BOOST_TEST(revoke_api_keys(pool, "tills", noon + 1h) == 0);
    BOOST_TEST(revoke_api_keys(pool, "till", noon + 1h) == 2);
    BOOST_TEST(revoke_api_keys(pool, "till", noon + 2h) == 0);
    BOOST_TEST(!works(till));
    BOOST_TEST(!works(second));
    BOOST_TEST(works(kept));
    BOOST_TEST(count("tollgate_api_keys WHERE revoked_at = '2026-03-04 13:00:00.123456'") == 2);
}

BOOST_FIXTURE_TEST_CASE(a_rotated_key_works_until_its_successor_is_in_place, KeysFixture)
{
    const auto old = add_api_key(pool, {boutique, "till", *parse_scopes("read")}, noon);
    const auto fresh = rotate("till", noon + 1h, 24h).value();
    BOOST_TEST(fresh != old);
    BOOST_TEST(text_of(keys.owner_of(fresh, noon + 1h)->scopes) == "read");
    BOOST_TEST(works(old, noon + 25h - 1us));
    BOOST_TEST(!works(old, noon + 25h));
    BOOST_TEST(works(fresh, noon + 25h));
    const auto third = rotate("till", noon + 2h, 0s).value();
    BOOST_TEST(!works(fresh, noon + 2h));
    BOOST_TEST(!works(old, noon + 2h)); // never longer than it was to work
    BOOST_TEST(works(third, noon + 2h));
    BOOST_TEST(revoke_api_keys(pool, "till", noon + 3h) == 3);
    BOOST_TEST(!rotate("till", noon + 4h, 24h).has_value());
}

BOOST_FIXTURE_TEST_CASE(a_rotation_shortens_and_never_lengthens, KeysFixture)
{
    const auto old = add("till");
    rotate("till", noon, 1h);
    rotate("till", noon + 1min, 24h);
    BOOST_TEST(!works(old, noon + 1h));
}

BOOST_FIXTURE_TEST_CASE(only_keys_of_that_name_and_merchant_are_rotated, KeysFixture)
{
    const auto other_name = add("Till");
    const auto other_merchant = add("till", noon, Merchant{"autre"});
    BOOST_TEST(!rotate("till", noon, 0s).has_value());
    add("till");
    BOOST_TEST(rotate("till", noon, 0s).has_value());
    BOOST_TEST(works(other_name));
    BOOST_TEST(works(other_merchant));
}

BOOST_FIXTURE_TEST_CASE(the_last_use_is_written_once_an_hour, KeysFixture)
{
    const auto key = add("till");
    BOOST_TEST(last_use("till").empty());
    BOOST_TEST(works(key, noon));
    BOOST_TEST(last_use("till") == database_time(noon));
    BOOST_TEST(works(key, noon + 1h));
    BOOST_TEST(last_use("till") == database_time(noon));
    BOOST_TEST(works(key, noon + 1h + 1us));
    BOOST_TEST(last_use("till") == database_time(noon + 1h + 1us));
    KeyRing elsewhere{pool}; // another process
    BOOST_TEST(elsewhere.owner_of(key, noon + 2h).has_value());
    BOOST_TEST(last_use("till") == database_time(noon + 1h + 1us));
}

BOOST_FIXTURE_TEST_CASE(keys_are_listed_oldest_first, KeysFixture)
{
    BOOST_TEST(api_keys(pool).empty());
    add("new", noon + 1s);
    works(add("old", noon, Merchant{"autre"}), noon + 3s);
    revoke_api_keys(pool, "new", noon + 2s);
    const auto listed = api_keys(pool);
    BOOST_TEST_REQUIRE(listed.size() == 2U);
    BOOST_TEST(listed[0].name == "old");
    BOOST_TEST((listed[0].merchant == Merchant{"autre"}));
    BOOST_TEST((listed[0].created_at == noon));
    BOOST_TEST((listed[0].last_used_at == noon + 3s));
    BOOST_TEST(listed[0].state(noon) == "active");
    BOOST_TEST(listed[1].name == "new");
    BOOST_TEST(listed[1].state(noon) == "revoked");
    BOOST_TEST(!listed[1].last_used_at.has_value());
}

BOOST_AUTO_TEST_CASE(the_state_of_a_key_depends_on_the_time)
{
    ApiKey key;
    BOOST_TEST(key.state(noon) == "active");
    key.expires_at = noon + 1s;
    BOOST_TEST(key.state(noon) == "ending");
    BOOST_TEST(key.state(noon + 1s) == "expired");
    key.revoked_at = noon;
    BOOST_TEST(key.state(noon) == "revoked");
}

BOOST_AUTO_TEST_SUITE_END()
