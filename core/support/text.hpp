// Small questions about ASCII text; no locale is ever consulted.
#pragma once

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate {

constexpr bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/// The value of a hexadecimal digit of either case, -1 of anything else.
constexpr int hex_digit_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

constexpr char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr char upper(char c)
{
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

inline std::string lower(std::string_view text)
{
    std::string result{text};
    std::ranges::transform(result, result.begin(), [](char c) { return lower(c); });
    return result;
}

inline std::string upper(std::string_view text)
{
    std::string result{text};
    std::ranges::transform(result, result.begin(), [](char c) { return upper(c); });
    return result;
}

constexpr std::string_view trim(std::string_view text)
{
    constexpr std::string_view white = " \t\r\n";
    const auto first = text.find_first_not_of(white);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(white) - first + 1);
}

/// The parts of `text` between spaces, none of them empty.
inline std::vector<std::string_view> words(std::string_view text)
{
    std::vector<std::string_view> result;
    while (!text.empty()) {
        const auto length = std::min(text.find(' '), text.size());
        if (length > 0) result.push_back(text.substr(0, length));
        text.remove_prefix(std::min(length + 1, text.size()));
    }
    return result;
}

constexpr bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words)
{
    return std::ranges::find(words, text) != words.end();
}

constexpr bool all_digits(std::string_view text)
{
    return !text.empty() && std::ranges::all_of(text, is_digit);
}

/// The letters, the digits and the `punctuation` of `text`, a blank for whatever stands between
/// them, and at most `length_max` characters: what a small display or a strict party takes.
inline std::string
plain_text(std::string_view text, std::string_view punctuation, std::size_t length_max)
{
    std::string result;
    for (const char c : text) {
        const bool letter = lower(c) >= 'a' && lower(c) <= 'z';
        if (letter || is_digit(c) || punctuation.find(c) != std::string_view::npos) {
            result += c;
        } else if (!result.empty() && result.back() != ' ') {
            result += ' ';
        }
    }
    return std::string{trim(std::string_view{result}.substr(0, length_max))};
}

} // namespace tollgate
