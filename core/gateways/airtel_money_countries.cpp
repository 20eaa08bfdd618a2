#include "core/gateways/airtel_money_countries.hpp"

#include "core/gateways/rules.hpp"
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

} // namespace

const Country* find_country(std::string_view code)
{
    const auto* found = std::ranges::find(countries, code, &Country::code);
    return found == std::end(countries) ? nullptr : found;
}

std::vector<Currency> currencies_of(const Country& country)
{
    if (country.code == "CD") return {country.currency, Currency::USD};
    return {country.currency};
}

bool is_whole_only(Currency currency)
{
    return exponent(currency) == 0 || is_one_of(code(currency), {"TZS", "CDF", "MGA"});
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
