#include "core/gateways/cash_on_delivery.hpp"
#include "core/gateways/registry.hpp"
#include "core/settle/confirmer.hpp"
#include "tests/core/config/loading.hpp"

#include <boost/test/unit_test.hpp>

using namespace tollgate;
using namespace tollgate::loading;

namespace {

const Variables house{
    {"TOLLGATE_PUBLIC_URL", "https://pay.example"},
    {"TOLLGATE_KEY", std::string(32, 'k')},
    {"TOLLGATE_DATABASE_URL", "mysql://me:pw@db/shop"},
};

Expected<Config, Mistakes> load(const std::string& section, const Variables& variables = {})
{
    const TemporaryFile file{section};
    return load_config(
        {section.empty() ? "" : file.path(),
         environment_of(with(house, variables)),
         gateway_specs()}
    );
}

} // namespace

BOOST_AUTO_TEST_SUITE(cash_on_delivery_test)

BOOST_AUTO_TEST_CASE(a_section_or_a_variable_makes_it_exist)
{
    for (const auto& loaded :
         {load("[gateway.cash_on_delivery]\n"),
          load("[gateway.cash_on_delivery]\ncurrencies = 'XOF EUR'\n"),
          load("", {{"CASH_ON_DELIVERY_CURRENCIES", "XOF"}})}) {
        BOOST_TEST_REQUIRE(mistakes_of(loaded) == "");
        const Gateways gateways{*loaded};
        const auto* gateway = gateways.find("cash_on_delivery");
        BOOST_REQUIRE(gateway != nullptr);
        BOOST_TEST(gateways.return_url(*gateway) == "https://pay.example/return/cash_on_delivery");
    }
}

BOOST_AUTO_TEST_CASE(a_wrong_code_keeps_tollgate_from_starting)
{
    const std::string allowed =
        " must be currency codes of ISO 4217, separated by spaces, such as XOF EUR\n";
    for (const auto* wrong : {"XYZ", "xof", "XOF,EUR", "XOF EUR FCFA", "XOFEUR", "XOF\tEUR", " "}) {
        BOOST_TEST_CONTEXT(wrong)
        {
            BOOST_TEST(
                mistakes_of(load("", {{"CASH_ON_DELIVERY_CURRENCIES", wrong}})) ==
                "environment: `CASH_ON_DELIVERY_CURRENCIES`" + allowed
            );
        }
    }
    BOOST_TEST(
        mistakes_of(load("[gateway.cash_on_delivery]\ncurrencies = 'XOF XYZ'\n")) ==
        "2: `gateway.cash_on_delivery.currencies`" + allowed
    );
}

BOOST_AUTO_TEST_CASE(nothing_is_sent_and_nothing_comes_in)
{
    const auto& kind = kind_of_cash_on_delivery();
    const auto gateway = kind.make({.gateway = "cash_on_delivery", .values = {}});
    const auto& can = gateway->capabilities();
    BOOST_TEST(code(can.flow) == "on_delivery");
    BOOST_TEST(!can.notifies);
    BOOST_TEST(!can.can_check);
    BOOST_TEST((can.refunds == Refunds::none));
    BOOST_TEST(can.currencies.empty());

    const Payment payment;
    const Opening opening{.payment = payment, .notify_url = {}, .return_url = {}, .language = {}};
    const auto step = gateway->open(opening, {});
    const auto* opened = std::get_if<Expected<Opened, GatewayFault>>(&step);
    BOOST_REQUIRE(opened != nullptr && opened->has_value());
    BOOST_TEST((*opened)->payment_url.empty());
    BOOST_TEST((*opened)->gateway_ref.empty());

    const Headers headers;
    for (const auto* body : {"", "{}", R"({"status":"paid"})"}) {
        const auto claim = gateway->verify({"POST", headers, "", body});
        BOOST_REQUIRE(!claim.has_value());
        BOOST_TEST((claim.error() == VerifyError::malformed));
    }
    BOOST_TEST(!gateway->returned({{"transaction_id", "7Q2K9ZX4M1B8C3D6E5F0"}}).has_value());
}

BOOST_AUTO_TEST_CASE(only_what_nobody_can_be_asked_about_is_confirmed_by_hand)
{
    Payment payment;
    payment.gateway = GatewayName{"cash_on_delivery"};
    BOOST_TEST(is_confirmed_by_hand(payment));
    for (const auto* name : {"", "cinetpay", "no_such_gateway", "CASH_ON_DELIVERY"}) {
        payment.gateway = GatewayName{name};
        BOOST_TEST(!is_confirmed_by_hand(payment), name);
    }
}

BOOST_AUTO_TEST_SUITE_END()
