#include "core/crypto/random.hpp"
#include "core/crypto/uuid.hpp"

#include <boost/test/unit_test.hpp>

using namespace tollgate;
using namespace std::string_view_literals;

BOOST_AUTO_TEST_SUITE(uuid_test)

// Computed with the hashlib and uuid modules of Python from the definition in the header.
BOOST_AUTO_TEST_CASE(a_derived_uuid_is_as_defined)
{
    // clang-format off
    struct {
        const char* name;
        std::string_view purpose;
        std::string_view of;
        const char* uuid;
    } const cases[] = {
        {"a reference",     "mtn_momo payment", "7Q2K9ZX4M1B8C3D6E5F0", "df79a15f-0105-48a9-9c99-04ca2116ba6c"},
        {"the next one",    "mtn_momo payment", "7Q2K9ZX4M1B8C3D6E5F1", "76d104fb-4663-421d-bc16-ebd316d7bde1"},
        {"another purpose", "mtn_momo refund",  "7Q2K9ZX4M1B8C3D6E5F0", "fd104e22-cc7f-4457-8eea-6fc78eb01f83"},
        {"nothing",         "",                 "",                     "6e340b9c-ffb3-4a98-9ca5-44e6bb780a2c"},
        {"a boundary",      "a",                "bc",                   "40bb547d-936b-4d31-b18e-e37ac8799e7e"},
        {"one moved",       "ab",               "c",                    "6c032e63-1d39-414d-85af-f7e319546af7"},
        {"any bytes",       "a",                "\0\xff"sv,             "9f5b291b-aa1d-469f-be52-cdbca0ce196f"},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            BOOST_TEST(derived_uuid_v4(c.purpose, c.of) == c.uuid);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_derived_uuid_says_its_version_and_variant)
{
    for (int i = 0; i < 100; ++i) {
        const auto uuid = derived_uuid_v4("test", std::to_string(i));
        BOOST_TEST(uuid.size() == 36U);
        BOOST_TEST(uuid[14] == '4');
        BOOST_TEST("89ab"sv.find(uuid[19]) != std::string_view::npos, uuid);
    }
}

BOOST_AUTO_TEST_CASE(text_and_bytes_are_each_others)
{
    constexpr auto text = "0190f3c2-7b1e-7c3a-9f00-0123456789ab";
    const auto bytes = "\x01\x90\xf3\xc2\x7b\x1e\x7c\x3a\x9f\x00\x01\x23\x45\x67\x89\xab"sv;
    BOOST_TEST(uuid_text(bytes) == text);
    BOOST_TEST((parse_uuid(text) == std::string{bytes}));
    BOOST_TEST((parse_uuid("0190F3C2-7B1E-7C3A-9F00-0123456789AB") == std::string{bytes}));
    for (const auto* wrong :
         {"",
          "0190f3c2-7b1e-7c3a-9f00-0123456789a",
          "0190f3c2-7b1e-7c3a-9f00-0123456789abc",
          "0190f3c27b1e7c3a9f000123456789ab",
          "0190f3c2-7b1e-7c3a-9f000-123456789ab",
          "0190f3c2-7b1e-7c3a-9f00-0123456789ag"}) {
        BOOST_TEST(!parse_uuid(wrong).has_value(), wrong);
    }
}

BOOST_AUTO_TEST_CASE(the_first_uuid_of_a_time_parts_what_came_before_from_what_came_then)
{
    constexpr Instant noon{
        std::chrono::sys_days{std::chrono::year{2026} / 3 / 4} + std::chrono::hours{12}};
    const auto first = first_uuid_v7(noon);
    BOOST_TEST(first.size() == 16U);
    for (int i = 0; i < 100; ++i) {
        BOOST_TEST((random_uuid_v7(noon - std::chrono::microseconds{1}) < first));
        BOOST_TEST((random_uuid_v7(noon) >= first));
        BOOST_TEST((random_uuid_v7(noon + std::chrono::microseconds{999}) >= first));
    }
    BOOST_TEST((first_uuid_v7(noon + std::chrono::microseconds{999}) == first));
}

BOOST_AUTO_TEST_SUITE_END()
