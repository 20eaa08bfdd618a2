// Where Airtel Money is, what its wallets hold there, and how a mobile number looks.
//
// Source   X-Country and X-Currency of the portals; ITU-T E.164 national numbering plans
#pragma once

#include "core/money/money.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::airtel_money {

/// As a setting names them.
inline constexpr std::string_view country_codes = "UG KE TZ ZM MW CD CG GA TD NE NG RW SC MG";

struct Country {
    std::string_view code;
    std::string_view dial_code;
    std::string_view national; ///< an example of a mobile number, and so long every one is
    Currency currency;
};

/// nullptr when Airtel Money is not there; the code is two capital letters.
const Country* find_country(std::string_view code);
/// What may be charged there; CDF or USD in CD.
std::vector<Currency> currencies_of(const Country& country);
/// Whether wallets hold whole units only, whatever ISO 4217 says of the currency.
bool is_whole_only(Currency currency);
/// `971234567` for `+260 97 1234567` in ZM: without the country's code and without a leading zero,
/// as Airtel wants it. Nothing when it is no mobile number of that country.
std::optional<std::string> national_number(const Country& country, std::string_view phone);

} // namespace tollgate::airtel_money
