#include "core/money/money.hpp"

#include "core/support/text.hpp"

#include <fmt/format.h>

namespace tollgate {
namespace {

bool is_in_range(std::int64_t minor_units)
{
    return minor_units >= 0 && minor_units <= minor_units_max;
}

/// The value of `digits`, which are nothing else.
Expected<Money, MoneyError> read_minor(std::string_view digits, Currency currency)
{
    std::int64_t minor_units = 0;
    for (const char c : digits) {
        minor_units = minor_units * 10 + (c - '0');
        if (minor_units > minor_units_max) return Unexpected{MoneyError::out_of_range};
    }
    return Money{minor_units, currency};
}

std::string_view without_trailing_zeros(std::string_view digits)
{
    return digits.substr(0, digits.find_last_not_of('0') + 1);
}

} // namespace

Expected<Money, MoneyError> parse_major(std::string_view text, Currency currency)
{
    const auto whole = text.substr(0, text.find('.'));
    if (!all_digits(whole)) return Unexpected{MoneyError::not_a_number};
    std::string_view decimals;
    if (whole.size() < text.size()) {
        decimals = text.substr(whole.size() + 1);
        if (!all_digits(decimals)) return Unexpected{MoneyError::not_a_number};
    }
    decimals = without_trailing_zeros(decimals);
    const auto wanted = static_cast<std::size_t>(exponent(currency));
    if (decimals.size() > wanted) return Unexpected{MoneyError::too_many_decimals};
    std::string digits{whole};
    digits += decimals;
    digits.append(wanted - decimals.size(), '0');
    return read_minor(digits, currency);
}

Expected<Money, MoneyError> parse_minor(std::string_view text, Currency currency)
{
    if (!all_digits(text)) return Unexpected{MoneyError::not_a_number};
    return read_minor(text, currency);
}

std::string major_text(Money money)
{
    check(is_in_range(money.minor_units), "an amount of money is in its range");
    const int decimals = exponent(money.currency);
    if (decimals == 0) return std::to_string(money.minor_units);
    // At least one digit more than the decimals, so that one stands before the point.
    auto digits = fmt::format("{:0{}}", money.minor_units, decimals + 1);
    digits.insert(digits.size() - static_cast<std::size_t>(decimals), 1, '.');
    return digits;
}

std::optional<std::int64_t> whole_major(Money money)
{
    std::int64_t units = 1;
    for (int i = 0; i < exponent(money.currency); ++i)
        units *= 10;
    if (money.minor_units % units != 0) return {};
    return money.minor_units / units;
}

Expected<Money, MoneyError> add(Money a, Money b)
{
    if (a.currency != b.currency) return Unexpected{MoneyError::other_currency};
    if (!is_in_range(a.minor_units) || !is_in_range(b.minor_units) ||
        !is_in_range(a.minor_units + b.minor_units)) {
        return Unexpected{MoneyError::out_of_range};
    }
    return Money{a.minor_units + b.minor_units, a.currency};
}

} // namespace tollgate
