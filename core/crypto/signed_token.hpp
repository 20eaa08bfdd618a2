// A token that names something and proves that we made it.
//
// Shape    base64url(payload ‖ first 16 bytes of HMAC-SHA256(key, purpose ‖ 0x00 ‖ payload))
//          a token made for one purpose is none for another
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tollgate {

/// Two texts that must not be mixed up.
struct TokenKey {
    std::string_view key;     ///< not empty
    std::string_view purpose; ///< a literal, `return`
};

std::string sign_token(const TokenKey& key, std::string_view payload);
/// The payload, if this token was signed with `key`.
std::optional<std::string> open_token(const TokenKey& key, std::string_view token);

} // namespace tollgate
