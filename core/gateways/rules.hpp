// The rules that gateways have about prices and customers, in words for the shop's developer.
#pragma once

#include "core/gateways/gateway.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate {

/// What a rule found is added to `found`.
using Objections = std::vector<Objection>;

/// `currency must be XOF, XAF or USD`
void demand_currency(Objections& found, Money price, std::span<const Currency> allowed);
/// `currency XAF needs the setting country (CG, GA or TD)`: it alone does not tell which.
void demand_setting(
    Objections& found,
    Money price,
    std::string_view setting,
    std::span<const std::string_view> words
);
/// `amount must be a whole number`
void demand_whole(Objections& found, Money price);
/// `amount must be at least 500`, `amount must be at most 3000000`, in whole major units; 0 as
/// `max` means no upper limit.
void demand_between(Objections& found, Money price, std::int64_t min, std::int64_t max);
/// `customer.email is required by this gateway`
void demand_given(Objections& found, std::string_view field, std::string_view value);

/// The digits of a phone number with its country code: `+255 712-345.678` and `00255712345678` are
/// `255712345678`. Nothing for a national number (one leading zero), or when there are not 8 to 15
/// digits.
std::optional<std::string> international_digits(std::string_view phone);

} // namespace tollgate
