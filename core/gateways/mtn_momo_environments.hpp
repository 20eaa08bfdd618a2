// Where MTN MoMo is, a target environment per country and the sandbox, with one currency each; and
// which rules follow from that.
#pragma once

#include "core/gateways/gateway.hpp"

#include <array>
#include <string_view>
#include <vector>

namespace tollgate::mtn_momo {

/// What may be charged in one environment or another.
// clang-format off
inline constexpr std::array currencies{
    Currency::EUR, Currency::UGX, Currency::GHS, Currency::XOF, Currency::XAF, Currency::ZMW,
    Currency::SZL, Currency::GNF, Currency::ZAR, Currency::LRD, Currency::SSP, Currency::NGN,
    Currency::RWF,
};
// clang-format on

/// The one that the setting names, otherwise that of the only country with the currency; empty when
/// the setting has to say which.
std::string_view environment_of(std::string_view setting, Currency currency);
std::vector<Objection> objections(std::string_view setting, Money price, const Customer& customer);

} // namespace tollgate::mtn_momo
