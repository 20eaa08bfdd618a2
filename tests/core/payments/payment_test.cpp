#include "core/payments/payment.hpp"

#include <boost/test/unit_test.hpp>

using namespace tollgate;
using namespace std::string_view_literals;

BOOST_AUTO_TEST_SUITE(payment_test)

BOOST_AUTO_TEST_CASE(ids_are_written_with_hyphens_and_read_back)
{
    const PaymentId id{
        std::string{"\x01\x90\xf3\xc2\x7b\x1e\x7c\x3a\x9f\x00\x01\x23\x45\x67\x89\xab"sv}};
    BOOST_TEST(id_text(id) == "0190f3c2-7b1e-7c3a-9f00-0123456789ab");
    BOOST_TEST((parse_id("0190f3c2-7b1e-7c3a-9f00-0123456789ab") == id));
    BOOST_TEST((parse_id("0190F3C2-7B1E-7C3A-9F00-0123456789AB") == id));
}

BOOST_AUTO_TEST_CASE(parse_id_is_strict)
{
    // clang-format off
    struct {
        const char* name;
        std::string_view text;
    } const cases[] = {
        {"empty",            ""},
        {"no hyphens",       "0190f3c27b1e7c3a9f000123456789ab"},
        {"hyphen too early", "0190f3c-27b1e-7c3a-9f00-0123456789ab"},
        {"hyphen for digit", "0190f3c2-7b1e-7c3a-9f00-01234567-9ab"},
        {"digit for hyphen", "0190f3c2-7b1e-7c3a-9f0000123456789ab"},
        {"one short",        "0190f3c2-7b1e-7c3a-9f00-0123456789a"},
        {"one long",         "0190f3c2-7b1e-7c3a-9f00-0123456789ab0"},
        {"no digit",         "0190f3c2-7b1e-7c3a-9f00-0123456789ag"},
        {"braces",           "{190f3c2-7b1e-7c3a-9f00-0123456789a}"},
        {"space",            " 190f3c2-7b1e-7c3a-9f00-0123456789ab"},
        {"NUL",              "0190f3c2-7b1e-7c3a-9f00-0123456789a\0"sv},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            BOOST_TEST(!parse_id(c.text).has_value());
        }
    }
}

BOOST_AUTO_TEST_CASE(a_reference_is_twenty_capitals_and_digits)
{
    // clang-format off
    struct {
        const char* name;
        std::string_view text;
        bool valid;
    } const cases[] = {
        {"letters and digits", "7Q2K9ZX4M1B8C3D6E5F0",   true},
        {"digits",             "00000000000000000000",   true},
        {"letters",            "ABCDEFGHIJKLMNOPQRSZ",   true},
        {"empty",              "",                       false},
        {"one short",          "7Q2K9ZX4M1B8C3D6E5F",    false},
        {"one long",           "7Q2K9ZX4M1B8C3D6E5F01",  false},
        {"lower case",         "7Q2K9ZX4M1B8C3D6E5Fa",   false},
        {"hyphen",             "7Q2K9ZX4-1B8C3D6E5F0",   false},
        {"quote",              "7Q2K9ZX4'1B8C3D6E5F0",   false},
        {"line end",           "7Q2K9ZX4M1B8C3D6E5F\n",  false},
        {"NUL",                "7Q2K9ZX4M1B8C3D6E5F\0"sv, false},
        {"letter beyond ASCII", "7Q2K9ZX4M1B8C3D6E5\xc3\x89", false},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            BOOST_TEST(is_reference(c.text) == c.valid);
        }
    }
}

BOOST_AUTO_TEST_CASE(an_order_ref_is_a_short_plain_text)
{
    const std::string longest(64, 'a');
    // clang-format off
    struct {
        const char* name;
        std::string text;
        bool valid;
    } const cases[] = {
        {"number",       "1",                                true},
        {"all marks",    "Az09._:/#-",                       true},
        {"UUID",         "0190f3c2-7b1e-7c3a-9f00-0123456789ab", true},
        {"longest",      longest,                            true},
        {"empty",        "",                                 false},
        {"too long",     longest + "a",                      false},
        {"space",        "order 1",                          false},
        {"quote",        "1'",                               false},
        {"tag",          "<b>",                              false},
        {"accent",       "été",                              false},
        {"line end",     "1\n",                              false},
        {"NUL",          std::string(1, '\0'),               false},
        {"percent",      "1%00",                             false},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            BOOST_TEST(is_order_ref(c.text) == c.valid);
        }
    }
}

BOOST_AUTO_TEST_CASE(gateway_references)
{
    // clang-format off
    struct {
        const char* name;
        std::string text;
        bool valid;
    } const cases[] = {
        {"one character",       "1",                      true},
        {"UUID",                "f6b1c2d0-5a41-4a8e",     true},
        {"other printable",     " ~{}/=+'\"",             true},
        {"191 bytes",           std::string(191, 'r'),    true},
        {"192 bytes",           std::string(192, 'r'),    false},
        {"empty",               "",                       false},
        {"line end",            "r\n",                    false},
        {"DEL",                 "r\x7f",                  false},
        {"NUL",                 std::string("r\0", 2),    false},
        {"no UTF-8",            "r\xff",                  false},
        {"letter beyond ASCII", "r\xc3\x89",              false},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            BOOST_TEST(is_gateway_ref(c.text) == c.valid);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_payment_is_asked_about_by_these)
{
    Payment payment;
    payment.id = PaymentId{"0123456789abcdef"};
    payment.gateway = GatewayName{"cinetpay"};
    payment.reference = Reference{"7Q2K9ZX4M1B8C3D6E5F0"};
    payment.gateway_ref = GatewayRef{"token"};
    payment.price = Money{1500, Currency::XOF};
    const auto ref = payment.ref();
    BOOST_TEST((ref.id == payment.id));
    BOOST_TEST((ref.gateway == payment.gateway));
    BOOST_TEST((ref.reference == payment.reference));
    BOOST_TEST((ref.gateway_ref == payment.gateway_ref));
    BOOST_TEST((ref.price == payment.price));
}

BOOST_AUTO_TEST_SUITE_END()
