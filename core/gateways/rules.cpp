#include "core/gateways/rules.hpp"

#include "core/support/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tollgate {
namespace {

constexpr std::size_t phone_digits_min = 8;
constexpr std::size_t phone_digits_max = 15; // E.164

std::string list_of(std::span<const std::string_view> words)
{
    std::string list;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i > 0) list += i + 1 == words.size() ? " or " : ", ";
        list += words[i];
    }
    return list;
}

} // namespace

void demand_currency(Objections& found, Money price, std::span<const Currency> allowed)
{
    if (std::ranges::find(allowed, price.currency) != allowed.end()) return;
    std::vector<std::string_view> codes;
    for (const auto currency : allowed)
        codes.push_back(code(currency));
    found.push_back({"currency", "currency must be " + list_of(codes)});
}

void demand_setting(
    Objections& found,
    Money price,
    std::string_view setting,
    std::span<const std::string_view> words
)
{
    const auto currency = code(price.currency);
    found.push_back(
        {"currency",
         fmt::format("currency {} needs the setting {} ({})", currency, setting, list_of(words))}
    );
}

void demand_whole(Objections& found, Money price)
{
    if (!whole_major(price)) found.push_back({"amount", "amount must be a whole number"});
}

void demand_between(Objections& found, Money price, std::int64_t min, std::int64_t max)
{
    const auto lowest = parse_major(std::to_string(min), price.currency);
    const auto highest = parse_major(std::to_string(max), price.currency);
    check(lowest && highest, "a limit that is no amount");
    if (price.minor_units < lowest->minor_units) {
        found.push_back({"amount", fmt::format("amount must be at least {}", min)});
    }
    if (max != 0 && price.minor_units > highest->minor_units) {
        found.push_back({"amount", fmt::format("amount must be at most {}", max)});
    }
}

void demand_given(Objections& found, std::string_view field, std::string_view value)
{
    if (!trim(value).empty()) return;
    found.push_back({std::string{field}, fmt::format("{} is required by this gateway", field)});
}

std::optional<std::string> international_digits(std::string_view phone)
{
    std::string digits;
    for (const char c : trim(phone)) {
        const bool plus = c == '+' && digits.empty();
        if (is_digit(c)) {
            digits += c;
        } else if (!plus && !is_one_of({&c, 1}, {" ", "-", ".", "(", ")"})) {
            return {};
        }
    }
    if (digits.starts_with("00")) digits.erase(0, 2);
    if (digits.starts_with('0')) return {};
    if (digits.size() < phone_digits_min || digits.size() > phone_digits_max) return {};
    return digits;
}

} // namespace tollgate
