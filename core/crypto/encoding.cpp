#include "core/crypto/encoding.hpp"

#include "core/support/text.hpp"

#include <array>
#include <cstdint>

namespace tollgate {
namespace {

constexpr std::string_view base64_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view base64url_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::int8_t no_digit = -1;
using DigitValues = std::array<std::int8_t, 256>;

constexpr DigitValues digit_values(std::string_view alphabet)
{
    DigitValues values;
    values.fill(no_digit);
    std::int8_t value = 0;
    for (const char c : alphabet)
        values[static_cast<unsigned char>(c)] = value++;
    return values;
}

constexpr DigitValues base64_values = digit_values(base64_alphabet);
constexpr DigitValues base64url_values = digit_values(base64url_alphabet);

/// Six bits a character, no padding; the bits that are left over at the end are zero.
std::string encode(std::string_view bytes, std::string_view alphabet)
{
    std::string out;
    out.reserve((bytes.size() * 4 + 2) / 3);
    std::uint32_t bits = 0;
    int bit_count = 0;
    for (const char c : bytes) {
        bits = bits << 8 | static_cast<unsigned char>(c);
        for (bit_count += 8; bit_count >= 6; bit_count -= 6) {
            out += alphabet[bits >> (bit_count - 6) & 63];
        }
    }
    if (bit_count > 0) out += alphabet[bits << (6 - bit_count) & 63];
    return out;
}

std::optional<std::string> decode(std::string_view text, const DigitValues& values)
{
    if (text.size() % 4 == 1) return std::nullopt;
    std::string out;
    out.reserve(text.size() * 3 / 4);
    std::uint32_t bits = 0;
    int bit_count = 0;
    for (const char c : text) {
        const auto value = values[static_cast<unsigned char>(c)];
        if (value == no_digit) return std::nullopt;
        bits = bits << 6 | static_cast<std::uint32_t>(value);
        bit_count += 6;
        if (bit_count < 8) continue;
        bit_count -= 8;
        out += static_cast<char>(bits >> bit_count & 255);
    }
    // One text for the same bytes, so that an altered signature is never the same signature.
    if ((bits & ((1U << bit_count) - 1)) != 0) return std::nullopt;
    return out;
}

} // namespace

std::string to_hex(std::string_view bytes)
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out(bytes.size() * 2, '0');
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const auto byte = static_cast<unsigned char>(bytes[i]);
        out[2 * i] = digits[byte >> 4];
        out[2 * i + 1] = digits[byte & 15];
    }
    return out;
}

std::optional<std::string> from_hex(std::string_view text)
{
    if (text.size() % 2 != 0) return std::nullopt;
    std::string out;
    out.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = hex_digit_value(text[i]);
        const int low = hex_digit_value(text[i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        out += static_cast<char>(high * 16 + low);
    }
    return out;
}

std::string to_base64(std::string_view bytes)
{
    auto out = encode(bytes, base64_alphabet);
    while (out.size() % 4 != 0)
        out += '=';
    return out;
}

std::optional<std::string> from_base64(std::string_view text)
{
    if (text.size() % 4 != 0) return std::nullopt;
    for (int i = 0; i < 2; ++i) {
        if (text.ends_with('=')) text.remove_suffix(1);
    }
    return decode(text, base64_values);
}

std::string to_base64url(std::string_view bytes)
{
    return encode(bytes, base64url_alphabet);
}

std::optional<std::string> from_base64url(std::string_view text)
{
    return decode(text, base64url_values);
}

} // namespace tollgate
