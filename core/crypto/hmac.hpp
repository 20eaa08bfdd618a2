// HMAC (RFC 2104) as raw bytes; the key must not be empty.
#pragma once

#include <string>
#include <string_view>

namespace tollgate {

/// 32 bytes.
std::string hmac_sha256(std::string_view key, std::string_view message);
/// 64 bytes.
std::string hmac_sha512(std::string_view key, std::string_view message);

} // namespace tollgate
