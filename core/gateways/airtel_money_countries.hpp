// Where Airtel Money is, what its wallets hold there, how a mobile number looks, and which rules
// follow from that.
//
// Source   X-Country and X-Currency of the portals; ITU-T E.164 national numbering plans
#pragma once

#include "core/gateways/gateway.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::airtel_money {

/// As a setting names them.
inline constexpr std::string_view country_codes = "UG KE TZ ZM MW CD CG GA TD NE NG RW SC MG";

/// What may be charged in one country or another.
// clang-format off
inline constexpr std::array currencies{
    Currency::UGX, Currency::KES, Currency::TZS, Currency::ZMW, Currency::MWK, Currency::CDF,
    Currency::USD, Currency::XAF, Currency::XOF, Currency::NGN, Currency::RWF, Currency::SCR,
    Currency::MGA,
};
// clang-format on

struct Country {
    std::string_view code;
    std::string_view dial_code;
    std::string_view national; ///< an example of a mobile number, and so long every one is
    Currency currency;
};

/// `code` must be one of country_codes.
const Country& country_of(std::string_view code);
std::vector<Objection> objections(const Country& country, Money price, const Customer& customer);
/// `971234567` for `+260 97 1234567` in ZM: without the country's code and without a leading zero,
/// as Airtel wants it. Nothing when it is no mobile number of that country.
std::optional<std::string> national_number(const Country& country, std::string_view phone);

} // namespace tollgate::airtel_money
