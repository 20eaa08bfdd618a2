#include "core/crypto/encoding.hpp"
#include "core/crypto/hmac.hpp"
#include "core/payments/shop_result.hpp"

#include <boost/test/unit_test.hpp>

using namespace tollgate;

namespace {

constexpr std::string_view secret = "0123456789abcdef0123456789abcdef";

ShopResult result_of(std::string order)
{
    return {
        .status = Status::paid,
        .order = OrderRef{std::move(order)},
        .reference = Reference{"7Q2K9ZX4M1B8C3D6E5F0"},
        .price = {150'000, Currency::EUR},
        .at = Instant{std::chrono::seconds{1'767'225'600}},
    };
}

} // namespace

BOOST_AUTO_TEST_SUITE(shop_result_test)

BOOST_AUTO_TEST_CASE(the_result_stands_in_the_query_behind_what_is_there)
{
    const auto signature =
        to_hex(hmac_sha256(secret, "paid\n42\n7Q2K9ZX4M1B8C3D6E5F0\n1500.00\nEUR\n1767225600"));
    const auto query = "tollgate_status=paid&tollgate_order=42"
                       "&tollgate_reference=7Q2K9ZX4M1B8C3D6E5F0&tollgate_amount=1500.00"
                       "&tollgate_currency=EUR&tollgate_time=1767225600&tollgate_signature=" +
                       signature;
    BOOST_TEST(
        with_result("https://shop.example/thanks", result_of("42"), secret) ==
        "https://shop.example/thanks?" + query
    );
    BOOST_TEST(
        with_result("https://shop.example/?page=9&order=1", result_of("42"), secret) ==
        "https://shop.example/?page=9&order=1&" + query
    );
}

BOOST_AUTO_TEST_CASE(the_signature_is_over_values_and_not_over_their_escapes)
{
    const auto url = with_result("https://shop.example/", result_of("A/1#2:3"), secret);
    BOOST_TEST(url.find("tollgate_order=A%2F1%232%3A3&") != std::string::npos);
    const auto text = "paid\nA/1#2:3\n7Q2K9ZX4M1B8C3D6E5F0\n1500.00\nEUR\n1767225600";
    BOOST_TEST(url.ends_with("=" + to_hex(hmac_sha256(secret, text))));
}

BOOST_AUTO_TEST_CASE(another_secret_or_result_has_another_signature)
{
    const auto url = with_result("https://shop.example/", result_of("42"), secret);
    const auto signature = url.substr(url.rfind('=') + 1);
    BOOST_TEST(signature.size() == 64U);
    auto failed = result_of("42");
    failed.status = Status::failed;
    BOOST_TEST(!with_result("https://shop.example/", failed, secret).ends_with(signature));
    BOOST_TEST(!with_result("https://shop.example/", result_of("43"), secret).ends_with(signature));
    BOOST_TEST(!with_result("https://shop.example/", result_of("42"), "other").ends_with(signature)
    );
}

BOOST_AUTO_TEST_SUITE_END()
