#include "core/crypto/signed_token.hpp"

#include "core/crypto/constant_time.hpp"
#include "core/crypto/encoding.hpp"
#include "core/crypto/hmac.hpp"
#include "core/support/check.hpp"

namespace tollgate {
namespace {

constexpr std::size_t signature_bytes = 16;

std::string signature_of(const TokenKey& key, std::string_view payload)
{
    check(key.purpose.find('\0') == std::string_view::npos, "a NUL ends the purpose");
    std::string message{key.purpose};
    message += '\0';
    message += payload;
    return hmac_sha256(key.key, message).substr(0, signature_bytes);
}

} // namespace

std::string sign_token(const TokenKey& key, std::string_view payload)
{
    return to_base64url(std::string{payload} + signature_of(key, payload));
}

std::optional<std::string> open_token(const TokenKey& key, std::string_view token)
{
    auto bytes = from_base64url(token);
    if (!bytes || bytes->size() < signature_bytes) return std::nullopt;
    const auto signature = bytes->substr(bytes->size() - signature_bytes);
    bytes->resize(bytes->size() - signature_bytes);
    if (!equal_in_constant_time(signature, signature_of(key, *bytes))) return std::nullopt;
    return bytes;
}

} // namespace tollgate
