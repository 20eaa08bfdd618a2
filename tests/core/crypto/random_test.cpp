#include "core/crypto/encoding.hpp"
#include "core/crypto/random.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <set>

using namespace tollgate;

BOOST_AUTO_TEST_SUITE(random_test)

BOOST_AUTO_TEST_CASE(random_bytes_have_the_length_and_never_come_again)
{
    for (const std::size_t count : {0u, 1u, 16u, 1000u}) {
        BOOST_TEST(random_bytes(count).size() == count);
    }
    std::set<std::string> seen;
    for (int i = 0; i < 100; ++i)
        BOOST_TEST(seen.insert(random_bytes(16)).second);
}

BOOST_AUTO_TEST_CASE(random_below_reaches_every_number_and_no_other)
{
    for (const std::uint32_t below : {1u, 2u, 7u}) {
        std::set<std::uint32_t> seen;
        for (int i = 0; i < 1'000; ++i)
            seen.insert(random_below(below));
        BOOST_TEST(seen.size() == below);
        BOOST_TEST(*seen.rbegin() == below - 1);
    }
    BOOST_TEST(random_below(0xffff'ffff) != random_below(0xffff'ffff));
}

// With 360,000 characters each of the 36 is expected 10,000 times with a standard deviation of 99.
// Taking a byte modulo 36 without rejection would give the first four 11,250 times.
BOOST_AUTO_TEST_CASE(random_alphanumeric_characters_are_equally_likely)
{
    const auto text = random_alphanumeric(360'000);
    std::array<int, 256> counts{};
    for (const char c : text)
        ++counts[static_cast<unsigned char>(c)];
    int counted = 0;
    for (const char c : std::string_view{"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"}) {
        const int count = counts[static_cast<unsigned char>(c)];
        BOOST_TEST_CONTEXT(c)
        {
            BOOST_TEST(count > 9'200);
            BOOST_TEST(count < 10'800);
        }
        counted += count;
    }
    BOOST_TEST(counted == 360'000);
}

BOOST_AUTO_TEST_CASE(random_alphanumeric_has_the_length_asked_for)
{
    for (const std::size_t length : {0u, 1u, 20u, 1000u}) {
        BOOST_TEST(random_alphanumeric(length).size() == length);
    }
    BOOST_TEST((random_alphanumeric(20) != random_alphanumeric(20)));
}

// The time of the example in RFC 9562, appendix A.6: 2022-02-22 19:22:22 UTC is 017f22e279b0.
BOOST_AUTO_TEST_CASE(random_uuid_v7_begins_with_the_time)
{
    const Instant now{std::chrono::milliseconds{1645557742000}};
    const auto uuid = random_uuid_v7(now);
    BOOST_REQUIRE(uuid.size() == 16u);
    const auto hex = to_hex(uuid);
    BOOST_TEST(hex.substr(0, 12) == "017f22e279b0");
    BOOST_TEST(hex[12] == '7');
    BOOST_TEST((std::string_view{"89ab"}.find(hex[16]) != std::string_view::npos));
    BOOST_TEST((random_uuid_v7(now) != uuid));
}

BOOST_AUTO_TEST_CASE(a_later_uuid_sorts_behind)
{
    const Instant now{std::chrono::milliseconds{1645557742000}};
    for (int i = 0; i < 100; ++i) {
        const auto later = now + std::chrono::milliseconds{1};
        BOOST_TEST((random_uuid_v7(now) < random_uuid_v7(later)));
    }
}

BOOST_AUTO_TEST_SUITE_END()
