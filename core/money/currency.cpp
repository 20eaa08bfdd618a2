#include "core/money/currency.hpp"

#include "core/support/check.hpp"

#include <algorithm>
#include <array>

namespace tollgate {
namespace {

struct Row {
    std::string_view code;
    std::string_view numeric;
    int exponent;
};

// In the order of the enumerators, because both come from one file.
constexpr auto rows = std::to_array<Row>({
#define TOLLGATE_CURRENCY(code, numeric, exponent, name) {#code, numeric, exponent},
#include "core/money/currencies.def"
#undef TOLLGATE_CURRENCY
});

static_assert(std::ranges::is_sorted(rows, {}, &Row::code), "parse_currency() searches by halves");
static_assert(rows.size() <= 256, "Currency is one byte");

const Row& row(Currency currency)
{
    const auto index = static_cast<std::size_t>(currency);
    check(index < rows.size(), "a currency is a line of currencies.def");
    return rows[index];
}

Currency currency_of(decltype(rows)::const_iterator found)
{
    return static_cast<Currency>(found - rows.begin());
}

} // namespace

std::string_view code(Currency currency)
{
    return row(currency).code;
}

std::string_view numeric_code(Currency currency)
{
    return row(currency).numeric;
}

int exponent(Currency currency)
{
    return row(currency).exponent;
}

std::optional<Currency> parse_currency(std::string_view text)
{
    const auto found = std::ranges::lower_bound(rows, text, {}, &Row::code);
    if (found == rows.end() || found->code != text) return std::nullopt;
    return currency_of(found);
}

std::optional<Currency> parse_numeric_currency(std::string_view text)
{
    const auto found = std::ranges::find(rows, text, &Row::numeric);
    if (found == rows.end()) return std::nullopt;
    return currency_of(found);
}

} // namespace tollgate
