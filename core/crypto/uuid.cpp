#include "core/crypto/uuid.hpp"

#include "core/crypto/digest.hpp"
#include "core/crypto/encoding.hpp"
#include "core/support/check.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace tollgate {
namespace {

constexpr std::size_t uuid_bytes = 16;
constexpr std::size_t uuid_text_length = 36;
constexpr std::size_t time_bytes = 6;
constexpr std::array hyphens{8U, 13U, 18U, 23U};

} // namespace

std::string uuid_text(std::string_view bytes)
{
    auto text = to_hex(bytes);
    for (const auto position : hyphens)
        text.insert(position, 1, '-');
    return text;
}

std::optional<std::string> parse_uuid(std::string_view text)
{
    if (text.size() != uuid_text_length) return {};
    std::string digits;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool hyphen = std::ranges::find(hyphens, i) != hyphens.end();
        if (hyphen != (text[i] == '-')) return {};
        if (!hyphen) digits += text[i];
    }
    return from_hex(digits);
}

std::string derived_uuid_v4(std::string_view purpose, std::string_view name)
{
    check(purpose.find('\0') == std::string_view::npos, "a NUL ends the purpose");
    std::string message{purpose};
    message += '\0';
    message += name;
    auto bytes = sha256(message).substr(0, uuid_bytes);
    bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x40); // version 4
    bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80); // variant of RFC 9562
    return uuid_text(bytes);
}

std::string first_uuid_v7(Instant time)
{
    auto milliseconds = static_cast<std::uint64_t>(
        std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count()
    );
    std::string bytes(uuid_bytes, '\0');
    for (auto i = time_bytes; i > 0; --i, milliseconds >>= 8U)
        bytes[i - 1] = static_cast<char>(milliseconds & 0xffU);
    return bytes;
}

} // namespace tollgate
