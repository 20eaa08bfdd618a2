#include "core/gateways/mtn_momo_environments.hpp"

#include "core/gateways/rules.hpp"
#include "core/support/text.hpp"

#include <algorithm>
#include <span>

namespace tollgate::mtn_momo {
namespace {

struct TargetEnvironment {
    std::string_view name;
    Currency currency;
};

// clang-format off
constexpr std::array<TargetEnvironment, 15> target_environments{{
    {"sandbox", Currency::EUR},          {"mtnuganda", Currency::UGX},     {"mtnghana", Currency::GHS},
    {"mtnivorycoast", Currency::XOF},    {"mtnbenin", Currency::XOF},      {"mtnzambia", Currency::ZMW},
    {"mtncameroon", Currency::XAF},      {"mtncongo", Currency::XAF},      {"mtnswaziland", Currency::SZL},
    {"mtnguineaconakry", Currency::GNF}, {"mtnsouthafrica", Currency::ZAR}, {"mtnliberia", Currency::LRD},
    {"mtnsouthsudan", Currency::SSP},    {"mtnnigeria", Currency::NGN},    {"mtnrwanda", Currency::RWF},
}};
// clang-format on

// Play money is never what follows from a currency.
constexpr auto countries = std::span{target_environments}.subspan<1>();
constexpr auto currencies_of_countries = std::span{currencies}.subspan<1>();
static_assert(target_environments.front().name == "sandbox" && currencies.front() == Currency::EUR);

std::vector<std::string_view> environments_with(Currency currency)
{
    std::vector<std::string_view> names;
    for (const auto& country : countries) {
        if (country.currency == currency) names.push_back(country.name);
    }
    return names;
}

/// Any of them in an environment that we do not know.
std::span<const Currency> currencies_of(std::string_view environment)
{
    const auto known =
        std::ranges::find(target_environments, environment, &TargetEnvironment::name);
    if (known == target_environments.end()) return currencies;
    return {&known->currency, 1};
}

void demand_environment(Objections& found, Money price, std::string_view setting)
{
    if (!setting.empty()) return demand_currency(found, price, currencies_of(setting));
    const auto possible = environments_with(price.currency);
    if (possible.empty()) demand_currency(found, price, currencies_of_countries);
    if (possible.size() > 1) demand_setting(found, price, "target_environment", possible);
}

} // namespace

std::string_view environment_of(std::string_view setting, Currency currency)
{
    if (!setting.empty()) return setting;
    const auto possible = environments_with(currency);
    return possible.size() == 1 ? possible.front() : std::string_view{};
}

std::vector<Objection> objections(std::string_view setting, Money price, const Customer& customer)
{
    Objections found;
    demand_environment(found, price, setting);
    demand_given(found, "customer.phone", customer.phone);
    if (!trim(customer.phone).empty() && !international_digits(customer.phone)) {
        found.push_back(
            {"customer.phone",
             "customer.phone must be a number with its country code, such as 256772123456"}
        );
    }
    return found;
}

} // namespace tollgate::mtn_momo
