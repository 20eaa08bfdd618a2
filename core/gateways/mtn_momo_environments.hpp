// Where MTN MoMo is: a target environment per country and the sandbox, with one currency each.
#pragma once

#include "core/money/money.hpp"

#include <array>
#include <span>
#include <string_view>

namespace tollgate::mtn_momo {

/// What may be charged in one environment or another.
// clang-format off
inline constexpr std::array currencies{
    Currency::EUR, Currency::UGX, Currency::GHS, Currency::XOF, Currency::XAF, Currency::ZMW,
    Currency::SZL, Currency::GNF, Currency::ZAR, Currency::LRD, Currency::SSP, Currency::NGN,
    Currency::RWF,
};
// clang-format on

/// What may be charged there: any of them in an environment that we do not know.
std::span<const Currency> currencies_of(std::string_view environment);

} // namespace tollgate::mtn_momo
