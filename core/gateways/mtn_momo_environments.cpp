#include "core/gateways/mtn_momo_environments.hpp"

#include <algorithm>

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

} // namespace

std::span<const Currency> currencies_of(std::string_view environment)
{
    const auto known =
        std::ranges::find(target_environments, environment, &TargetEnvironment::name);
    if (known == target_environments.end()) return currencies;
    return {&known->currency, 1};
}

} // namespace tollgate::mtn_momo
