#include "core/gateways/clickpesa_checksum.hpp"

#include <boost/test/unit_test.hpp>

using namespace tollgate;

namespace {

constexpr auto key = "clickpesa-test-checksum-key";

Json json_of(std::string_view text)
{
    auto json = parse_json(text);
    BOOST_REQUIRE(json.has_value());
    return *std::move(json);
}

} // namespace

BOOST_AUTO_TEST_SUITE(clickpesa_checksum_test)

// Computed with python3 and openssl over the bytes that the documentation prescribes; the last row
// is the documentation's own payload.
BOOST_AUTO_TEST_CASE(checksums_are_these)
{
    using enum ChecksumMethod;
    // clang-format off
    struct {
        const char* name;
        const char* key;
        const char* body;
        ChecksumMethod method;
        const char* checksum;
    } const cases[] = {
        {"preview", key,
         R"({"amount":"1000","currency":"TZS","orderReference":"ORD2026000001"})",
         canonical, "5eea7192509db0f9b840e0b2ac345d12881af01efb73350db05da6164e3fa965"},
        {"preview, legacy", key,
         R"({"amount":"1000","currency":"TZS","orderReference":"ORD2026000001"})",
         legacy, "3508db59b9e04a72bab5ff3398152e0b4cfe8e9aa3fec7857db7f384a17b5843"},
        {"initiate", key,
         R"({"amount":"1000","currency":"TZS","orderReference":"ORD2026000001","phoneNumber":"255712345678"})",
         canonical, "5eb20deddf746aa23c97c5bc24120bb7137ad2a581e8bc0f401e08d3297e27dd"},
        {"initiate in another order, legacy", key,
         R"({"phoneNumber":"255712345678","orderReference":"ORD2026000001","currency":"TZS","amount":"1000"})",
         legacy, "46d64e2ade5a8d903988f611a85073365f7711d190384f8c2cf0e916649206bd"},
        {"its own members are not covered", key,
         R"({"amount":"1000","checksum":"x","checksumMethod":"legacy","currency":"TZS","orderReference":"ORD2026000001"})",
         canonical, "5eea7192509db0f9b840e0b2ac345d12881af01efb73350db05da6164e3fa965"},
        {"nesting", key,
         R"({"b":[{"z":1,"a":2},3],"a":{"y":true,"x":null},"B":"A/B"})",
         canonical, "070035ff4e8d4646d5ca8f94b416980c333817d7dc203aa90e8b611d53257ced"},
        {"documented example", "secret-key",
         R"({"amount":100,"currency":"USD","reference":"TX123"})",
         canonical, "17c51f37dad20682e08cd556446c7f8e99840f4040b6719712f41f7549287f33"},
        {"documented example, legacy", "secret-key",
         R"({"amount":100,"currency":"USD","reference":"TX123"})",
         legacy, "85b65bf2670dcdcb8ebb8d19939e4fd59b02d5218741be2eaf9f575273b101d1"},
        {"nothing is no text", "secret-key",
         R"({"amount":100,"currency":"USD","nothing":null,"reference":"TX123"})",
         legacy, "85b65bf2670dcdcb8ebb8d19939e4fd59b02d5218741be2eaf9f575273b101d1"},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            const auto body = json_of(c.body);
            BOOST_TEST(clickpesa_checksum(c.key, body, c.method) == c.checksum);
            const std::vector<std::string> given{"00", c.checksum};
            BOOST_TEST((clickpesa_checksum_method(c.key, body, given) == c.method));
            BOOST_TEST(!clickpesa_checksum_method("another key", body, given).has_value());
        }
    }
}

BOOST_AUTO_TEST_CASE(a_body_without_canonical_form_has_no_checksum)
{
    const auto body = json_of(R"({"amount":12345678901234567})");
    for (const auto method : {ChecksumMethod::canonical, ChecksumMethod::legacy})
        BOOST_TEST(clickpesa_checksum(key, body, method).empty());
    const std::vector<std::string> given{""};
    BOOST_TEST(!clickpesa_checksum_method(key, body, given).has_value());
}

BOOST_AUTO_TEST_CASE(a_checksum_is_found_wherever_it_may_be)
{
    const auto body = json_of(R"({"checksum":"0A","data":{"checksum":"no"}})");
    const Headers headers{
        {"checksum", "0d"},
        {"x-clickpesa-signature", "0B"},
        {"x-clickpesa-checksum", "0c"},
        {"x-signature", "no"},
    };
    const std::vector<std::string> all{"0a", "0b", "0c", "0d"};
    BOOST_TEST(clickpesa_checksums_of(body, headers) == all, boost::test_tools::per_element());
    BOOST_TEST(clickpesa_checksums_of(json_of(R"({"checksum":""})"), {}).empty());
}

BOOST_AUTO_TEST_SUITE_END()
