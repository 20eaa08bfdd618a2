#include "core/crypto/uuid.hpp"

#include "core/crypto/digest.hpp"
#include "core/crypto/encoding.hpp"
#include "core/support/check.hpp"

#include <cstddef>

namespace tollgate {
namespace {

constexpr std::size_t uuid_bytes = 16;

} // namespace

std::string derived_uuid_v4(std::string_view purpose, std::string_view name)
{
    check(purpose.find('\0') == std::string_view::npos, "a NUL ends the purpose");
    std::string message{purpose};
    message += '\0';
    message += name;
    auto bytes = sha256(message).substr(0, uuid_bytes);
    bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x40); // version 4
    bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80); // variant of RFC 9562
    auto text = to_hex(bytes);
    for (const std::size_t hyphen : {8U, 13U, 18U, 23U})
        text.insert(hyphen, 1, '-');
    return text;
}

} // namespace tollgate
