// Currencies of ISO 4217 and how many decimals each has.
//
// Shape    the alphabetic code, three upper-case letters; the numeric code, three digits
// Source   ISO 4217 list one (SIX, maintenance agency), active codes with a minor unit
#pragma once

#include <optional>
#include <string_view>

namespace tollgate {

enum class Currency : unsigned char {
#define TOLLGATE_CURRENCY(code, numeric, exponent, name) code,
#include "core/money/currencies.def"
#undef TOLLGATE_CURRENCY
};

/// `XOF`
std::string_view code(Currency currency);
/// `952`
std::string_view numeric_code(Currency currency);
/// How many decimals: 0 for XOF, 2 for EUR, 3 for TND.
int exponent(Currency currency);
/// Exactly the upper-case code; nothing else names a currency.
std::optional<Currency> parse_currency(std::string_view text);
/// Three digits, `788` for TND.
std::optional<Currency> parse_numeric_currency(std::string_view text);

} // namespace tollgate
