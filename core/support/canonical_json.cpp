#include "core/support/canonical_json.hpp"

#include <algorithm>
#include <charconv>

namespace tollgate {
namespace {

constexpr std::size_t significant_digits_max = 15;
constexpr int integer_digits_max = 21;
constexpr int zeros_after_point_max = 5;
constexpr std::size_t exponent_characters_max = 4;

/// 0.digits times ten to the power of `point`; no digits for zero, otherwise the first and the last
/// are not 0.
struct Decimal {
    std::string digits;
    int point = 0;
};

std::optional<int> exponent_of(std::string_view text)
{
    if (text.starts_with('+')) text.remove_prefix(1);
    if (text.size() > exponent_characters_max) return {};
    int exponent = 0;
    std::from_chars(text.data(), text.data() + text.size(), exponent);
    return exponent;
}

/// Of a number without its sign.
std::optional<Decimal> decimal_of(std::string_view spelling)
{
    const auto e = std::min(spelling.find_first_of("eE"), spelling.size());
    const auto exponent = e == spelling.size() ? 0 : exponent_of(spelling.substr(e + 1));
    if (!exponent) return {};

    const auto mantissa = spelling.substr(0, e);
    const auto point = std::min(mantissa.find('.'), mantissa.size());
    auto digits = std::string{mantissa.substr(0, point)};
    if (point < mantissa.size()) digits += mantissa.substr(point + 1);

    const auto zeros = std::min(digits.find_first_not_of('0'), digits.size());
    digits.erase(0, zeros);
    digits.erase(digits.find_last_not_of('0') + 1);
    return Decimal{
        std::move(digits), static_cast<int>(point) - static_cast<int>(zeros) + *exponent};
}

std::optional<std::string> canonical_number(std::string_view spelling)
{
    const bool negative = spelling.starts_with('-');
    const auto decimal = decimal_of(spelling.substr(negative ? 1 : 0));
    if (!decimal) return {};
    const auto& [digits, point] = *decimal;
    if (digits.empty()) return "0";
    if (digits.size() > significant_digits_max) return {};
    if (point > integer_digits_max || point < -zeros_after_point_max) return {};

    std::string text{negative ? "-" : ""};
    if (point <= 0)
        return text + "0." + std::string(static_cast<std::size_t>(-point), '0') + digits;
    const auto whole = static_cast<std::size_t>(point);
    if (whole >= digits.size()) return text + digits + std::string(whole - digits.size(), '0');
    return text + digits.substr(0, whole) + '.' + digits.substr(whole);
}

// UTF-8 sorts by code point. UTF-16 does too, except that what it writes as a pair, U+10000 and
// above (F0 to F4 in UTF-8), comes before U+E000 to U+FFFF (EE and EF).
int utf16_rank(char c)
{
    const auto byte = static_cast<unsigned char>(c);
    return byte == 0xee || byte == 0xef ? byte + 0x10 : byte;
}

bool sorts_before(const Json::Member& a, const Json::Member& b)
{
    return std::ranges::lexicographical_compare(a.first, b.first, {}, utf16_rank, utf16_rank);
}

} // namespace

std::optional<Json> canonical(const Json& json)
{
    if (const auto* number = json.number()) {
        auto text = canonical_number(number->text);
        if (!text) return {};
        return Json{Json::Number{*std::move(text)}};
    }
    if (const auto* elements = json.array()) {
        Json::Array all;
        for (const auto& element : *elements) {
            auto one = canonical(element);
            if (!one) return {};
            all.push_back(*std::move(one));
        }
        return Json{std::move(all)};
    }
    const auto* members = json.object();
    if (members == nullptr) return json;
    Json::Object all;
    for (const auto& [name, value] : *members) {
        auto one = canonical(value);
        if (!one) return {};
        all.emplace_back(name, *std::move(one));
    }
    std::ranges::sort(all, sorts_before);
    return Json{std::move(all)};
}

} // namespace tollgate
