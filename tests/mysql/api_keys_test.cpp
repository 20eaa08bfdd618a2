#include "core/crypto/digest.hpp"
#include "sql/api_keys.hpp"
#include "sql/migrate.hpp"
#include "tests/mysql/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

using namespace tollgate;
using namespace std::chrono_literals;

namespace {

const Merchant boutique{"boutique"};

} // namespace

BOOST_AUTO_TEST_SUITE(api_keys_test)

BOOST_FIXTURE_TEST_CASE(a_key_names_its_merchant_and_itself, StoreFixture)
{
    const auto key = add_api_key(pool, boutique, "till", noon);
    const auto other = add_api_key(pool, Merchant{"autre"}, "caisse n° 2", noon);
    BOOST_TEST(key.starts_with("tg_"));
    BOOST_TEST(key.size() == 43U);
    BOOST_TEST(key != other);
    BOOST_TEST((tollgate::owner_of_key(pool, sha256(key))->merchant == boutique));
    BOOST_TEST((store.owner_of_key(sha256(key))->merchant == boutique));
    BOOST_TEST(store.owner_of_key(sha256(key))->name == "till");
    BOOST_TEST((store.owner_of_key(sha256(other))->merchant == Merchant{"autre"}));
    BOOST_TEST(store.owner_of_key(sha256(other))->name == "caisse n° 2");
}

BOOST_FIXTURE_TEST_CASE(only_the_digest_of_a_key_is_one, StoreFixture)
{
    const auto key = add_api_key(pool, boutique, "till", noon);
    for (const auto& wrong :
         {key, sha256(key + " "), sha256(""), std::string{}, std::string(32, '\0')}) {
        BOOST_TEST(!store.owner_of_key(wrong).has_value());
    }
    for (const auto& row : contents({"tollgate_api_keys"})) {
        for (const auto& text : row)
            BOOST_TEST(text.find(key) == std::string::npos);
    }
}

BOOST_FIXTURE_TEST_CASE(a_revoked_key_opens_nothing, StoreFixture)
{
    const auto till = add_api_key(pool, boutique, "till", noon);
    const auto second = add_api_key(pool, boutique, "till", noon + 1s);
    const auto kept = add_api_key(pool, boutique, "Till", noon + 2s);
    BOOST_TEST(revoke_api_keys(pool, "tills", noon + 1h) == 0);
    BOOST_TEST(revoke_api_keys(pool, "till", noon + 1h) == 2);
    BOOST_TEST(revoke_api_keys(pool, "till", noon + 2h) == 0);
    BOOST_TEST(!store.owner_of_key(sha256(till)).has_value());
    BOOST_TEST(!store.owner_of_key(sha256(second)).has_value());
    BOOST_TEST(store.owner_of_key(sha256(kept)).has_value());
    BOOST_TEST(count("tollgate_api_keys WHERE revoked_at = '2026-03-04 13:00:00.123456'") == 2);
}

BOOST_FIXTURE_TEST_CASE(keys_are_listed_oldest_first, StoreFixture)
{
    BOOST_TEST(api_keys(pool).empty());
    add_api_key(pool, boutique, "new", noon + 1s);
    add_api_key(pool, Merchant{"autre"}, "old", noon);
    revoke_api_keys(pool, "new", noon + 2s);
    const auto keys = api_keys(pool);
    BOOST_TEST_REQUIRE(keys.size() == 2U);
    BOOST_TEST(keys[0].name == "old");
    BOOST_TEST((keys[0].merchant == Merchant{"autre"}));
    BOOST_TEST((keys[0].created_at == noon));
    BOOST_TEST(!keys[0].revoked);
    BOOST_TEST(keys[1].name == "new");
    BOOST_TEST(keys[1].revoked);
}

BOOST_AUTO_TEST_SUITE_END()
