#include "core/checkout/checkout_link.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace tollgate;

namespace {

const Secret secret{"checkout-secret-of-the-tests-0123456789"};
const Secret other{"another-secret-of-the-tests-0123456789a"};
const Secret none;

const Fields order_42{
    {"order", "42"},
    {"amount", "1500"},
    {"currency", "XOF"},
    {"description", "Café – 2 €"},
    {"expires", "1800000000"},
};

Fields with_signature(Fields fields, const Secret& key = secret)
{
    fields.emplace_back("sig", checkout_signature(key, "cinetpay", fields));
    return fields;
}

Fields changed(Fields fields, std::string_view name, const std::string& value)
{
    std::ranges::find(fields, name, &Fields::value_type::first)->second = value;
    return fields;
}

auto read(const Fields& fields, std::string_view gateway = "cinetpay")
{
    return read_checkout_link({secret, none}, gateway, fields);
}

bool is_refused_as(const Fields& fields, LinkError error)
{
    const auto link = read(fields);
    return !link && link.error() == error;
}

} // namespace

BOOST_AUTO_TEST_SUITE(checkout_link_test)

// The vector of docs/checkout.md; made with Python's hmac.
BOOST_AUTO_TEST_CASE(a_signature_is_as_documented)
{
    BOOST_TEST(
        checkout_signature(secret, "cinetpay", order_42) ==
        "09e6351d909adfd94662f104b4143a7cf03cc96a590393a48cba0d836b4d9ec1"
    );
    BOOST_TEST(
        sign_order_key(secret, "42") ==
        "42.cba582706ea4803c63b87058d6b89f66aa29e08eb68b73d7b2b806d71e43ca30"
    );
}

BOOST_AUTO_TEST_CASE(a_link_says_what_the_shop_signed_in_any_order)
{
    auto fields = with_signature(order_42);
    std::ranges::reverse(fields);
    fields.emplace_back("fbclid", "whatever a network appends");
    fields.emplace_back("fbclid", "even twice");
    const auto link = read(fields);
    BOOST_TEST_REQUIRE(link.has_value());
    BOOST_TEST(link->fields.size() == 4U);
    BOOST_TEST(field(link->fields, "amount") == "1500");
    BOOST_TEST(field(link->fields, "description") == "Café – 2 €");
    BOOST_TEST_REQUIRE(link->expires.has_value());
    BOOST_TEST(iso_time(*link->expires) == "2027-01-15T08:00:00Z");

    const auto lasting = read(with_signature({{"order", "42"}}));
    BOOST_TEST_REQUIRE(lasting.has_value());
    BOOST_TEST(!lasting->expires.has_value());
}

BOOST_AUTO_TEST_CASE(whatever_is_changed_is_noticed)
{
    const auto genuine = with_signature(order_42);
    BOOST_TEST(read(genuine).has_value());
    for (const auto& [name, value] : genuine) {
        BOOST_TEST_CONTEXT(name)
        {
            auto without = genuine;
            std::erase_if(without, [&](const auto& one) { return one.first == name; });
            BOOST_TEST(is_refused_as(without, LinkError::wrong_signature));
            const auto longer = changed(genuine, name, value + "0");
            BOOST_TEST(is_refused_as(longer, LinkError::wrong_signature));
            const auto empty = changed(genuine, name, "");
            BOOST_TEST(is_refused_as(empty, LinkError::wrong_signature));
        }
    }
    for (const auto name : checkout_fields) {
        if (name == "gateway" || has_field(genuine, name)) continue;
        auto more = genuine;
        more.emplace_back(name, "");
        BOOST_TEST(is_refused_as(more, LinkError::wrong_signature), name);
    }
    BOOST_TEST(!read(genuine, "clickpesa").has_value());
}

/// What one text says must not be sayable as another set of fields.
BOOST_AUTO_TEST_CASE(no_character_moves_over_a_boundary)
{
    const auto signature = checkout_signature(secret, "cinetpay", order_42);
    const Fields moved[] = {
        changed(changed(order_42, "amount", "150"), "currency", "0XOF"),
        changed(changed(order_42, "amount", "15"), "order", "0042"),
        {{"amount", "1500\ncurrency:3:XOF"}, {"order", "42"}},
        {{"order", "42"}, {"amount", "1500"}, {"currency", "XOF:description:15:Café – 2 €"}},
    };
    for (auto fields : moved) {
        fields.emplace_back("sig", signature);
        BOOST_TEST(!read(fields).has_value());
    }
    BOOST_TEST(
        checkout_signature(secret, "pay", {{"name", "a\norder:1:7"}}) !=
        checkout_signature(secret, "pay", {{"name", "a"}, {"order", "7"}})
    );
}

BOOST_AUTO_TEST_CASE(what_no_page_of_a_shop_sends_is_refused_however_signed)
{
    const auto with = [](std::string_view name, const std::string& value) {
        auto fields = order_42;
        fields.emplace_back(name, value);
        return with_signature(std::move(fields));
    };
    BOOST_TEST(is_refused_as(with("amount", "1"), LinkError::malformed));
    BOOST_TEST(is_refused_as(with("name", "a\nb"), LinkError::malformed));
    BOOST_TEST(is_refused_as(with("name", std::string(2001, 'a')), LinkError::malformed));
    BOOST_TEST(read(with("name", std::string(2000, 'a'))).has_value());
    for (const char* time : {"", "soon", "-1", "1e9", "123456789012", "1800000000.5"}) {
        const auto fields = with_signature(changed(order_42, "expires", time));
        BOOST_TEST(is_refused_as(fields, LinkError::malformed), time);
    }
}

BOOST_AUTO_TEST_CASE(secrets_change_over)
{
    const auto by_secret = with_signature(order_42);
    const auto by_other = with_signature(order_42, other);
    BOOST_TEST(read_checkout_link({other, secret}, "cinetpay", by_secret).has_value());
    BOOST_TEST(read_checkout_link({other, secret}, "cinetpay", by_other).has_value());
    BOOST_TEST(!read_checkout_link({other, none}, "cinetpay", by_secret).has_value());
    BOOST_TEST(open_order_key({other, secret}, sign_order_key(secret, "7")).has_value());
    BOOST_TEST(!open_order_key({other, none}, sign_order_key(secret, "7")).has_value());
}

BOOST_AUTO_TEST_CASE(without_a_secret_nothing_is_signed)
{
    auto fields = order_42;
    fields.emplace_back("sig", "");
    for (const auto& one : {order_42, fields, with_signature(order_42)})
        BOOST_TEST(!read_checkout_link({none, none}, "cinetpay", one).has_value());
    BOOST_TEST(!open_order_key({none, none}, "42.").has_value());
    BOOST_TEST(!open_order_key({none, none}, "42").has_value());
}

BOOST_AUTO_TEST_CASE(a_key_is_opened_when_the_shop_signed_it)
{
    const auto open = [](std::string_view key) { return open_order_key({secret, none}, key); };
    for (const char* key : {"42", "A.b.c", "2026/7", "é"})
        BOOST_TEST(open(sign_order_key(secret, key)).value_or("") == key);
    const auto signature = sign_order_key(secret, "42").substr(3);
    const std::string wrong[] = {
        "43." + signature,
        "42" + signature,
        "42." + signature + "0",
        "42.",
        "42",
        ".",
        "." + signature,
        "",
        sign_order_key(secret, ""),
    };
    for (const auto& key : wrong)
        BOOST_TEST(!open(key).has_value(), key);
    // A link's signature is none of a key, whatever the key is made to look like.
    BOOST_TEST(!open("42." + checkout_signature(secret, "cinetpay", {{"order", "42"}})));
}

BOOST_AUTO_TEST_SUITE_END()
