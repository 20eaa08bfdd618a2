#include "core/gateways/airtel_money_countries.hpp"

#include "core/gateways/rules.hpp"
#include "core/support/check.hpp"
#include "core/support/text.hpp"

#include <algorithm>
#include <iterator>

namespace tollgate::airtel_money {
namespace {

// clang-format off
constexpr Country countries[] = {
    {"UG", "256", "752604392",  Currency::UGX},
    {"KE", "254", "733123456",  Currency::KES},
    {"TZ", "255", "682123456",  Currency::TZS},
    {"ZM", "260", "971234567",  Currency::ZMW},
    {"MW", "265", "991234567",  Currency::MWK},
    {"CD", "243", "971234567",  Currency::CDF},
    {"CG", "242", "055123456",  Currency::XAF}, // its leading zero is dialled from abroad, too
    {"GA", "241", "74123456",   Currency::XAF},
    {"TD", "235", "66123456",   Currency::XAF},
    {"NE", "227", "96123456",   Currency::XOF},
    {"NG", "234", "8021234567", Currency::NGN},
    {"RW", "250", "731234567",  Currency::RWF},
    {"SC", "248", "2712345",    Currency::SCR},
    {"MG", "261", "331234567",  Currency::MGA},
};
// clang-format on

/// What may be charged there.
std::vector<Currency> currencies_of(const Country& country)
{
    if (country.code == "CD") return {country.currency, Currency::USD};
    return {country.currency};
}

/// Whether wallets hold whole units only, whatever ISO 4217 says of the currency.
bool is_whole_only(Currency currency)
{
    return exponent(currency) == 0 || is_one_of(code(currency), {"TZS", "CDF", "MGA"});
}

} // namespace

const Country& country_of(std::string_view code)
{
    const auto* found = std::ranges::find(countries, code, &Country::code);
    const std::string codes{country_codes};
    check(found != std::end(countries), "airtel_money: country must be one of " + codes);
    return *found;
}

std::vector<Objection> objections(const Country& country, Money price, const Customer& customer)
{
    Objections found;
    const std::string place{country.code};
    demand_currency(found, price, currencies_of(country));
    if (!found.empty()) found.back().rule += " in " + place;
    if (is_whole_only(price.currency)) demand_whole(found, price);
    if (!national_number(country, customer.phone)) {
        found.push_back(
            {"customer.phone",
             "customer.phone must be a mobile number of " + place + ", such as " +
                 std::string{country.dial_code} + std::string{country.national}}
        );
    }
    return found;
}

std::optional<std::string> national_number(const Country& country, std::string_view phone)
{
    auto digits = international_digits(phone);
    if (!digits || !digits->starts_with(country.dial_code)) return {};
    digits->erase(0, country.dial_code.size());
    const auto& example = country.national;
    if (digits->size() == example.size() + 1 && digits->starts_with('0')) digits->erase(0, 1);
    const bool alike =
        digits->size() == example.size() && digits->starts_with('0') == example.starts_with('0');
    return alike ? digits : std::nullopt;
}

} // namespace tollgate::airtel_money
