// An amount of money: an integer of minor units and its currency.
//
// Unit     minor units (millimes of TND, centimes of EUR, whole francs of XOF)
// Range    0 .. minor_units_max
// Errors   MoneyError; a text is read exactly or refused, never rounded
#pragma once

#include "core/money/currency.hpp"
#include "core/support/expected.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tollgate {

inline constexpr std::int64_t minor_units_max = 1'000'000'000'000'000;

enum class MoneyError { not_a_number, too_many_decimals, out_of_range, other_currency };

/// Equality only: there is no order across currencies and no operator that can overflow.
struct Money {
    std::int64_t minor_units = 0;
    Currency currency{};

    friend bool operator==(const Money&, const Money&) = default;
};

/// `12.50` EUR, `1500` XOF, `1500.00` XOF: digits, at most one point with digits on both sides;
/// zeros beyond the exponent are fine, other digits there are too_many_decimals.
Expected<Money, MoneyError> parse_major(std::string_view text, Currency currency);
/// `1250` EUR: digits only.
Expected<Money, MoneyError> parse_minor(std::string_view text, Currency currency);
/// `12.50`, `1500`, `7.125`: always with the currency's decimals.
std::string major_text(Money money);
/// `1500` for 1500 XOF and for 1500.00 USD; nothing when there is a fraction of a major unit.
std::optional<std::int64_t> whole_major(Money money);
/// other_currency or out_of_range when there is no sum.
Expected<Money, MoneyError> add(Money a, Money b);

} // namespace tollgate
