#include "core/downloads/grant.hpp"

#include "core/crypto/digest.hpp"
#include "core/crypto/encoding.hpp"
#include "core/crypto/hmac.hpp"
#include "core/crypto/random.hpp"

namespace tollgate {
namespace {

constexpr std::size_t token_bytes = 24;

} // namespace

TokenDigest digest_of(const DownloadToken& token)
{
    return TokenDigest{sha256(token.get())};
}

GrantMaker::GrantMaker(Secret key, Rules rules) : key_{std::move(key)}, rules_{rules} {}

Grant GrantMaker::make(const std::string& file, Instant now) const
{
    const GrantId id{random_uuid_v7(now)};
    const auto token = token_of(id);
    return {
        .id = id,
        .token = token,
        .digest = digest_of(token),
        .file = file,
        .uses_max = rules_.uses_max,
        .expires_at = now + rules_.expires_after,
    };
}

DownloadToken GrantMaker::token_of(const GrantId& id) const
{
    const auto mac = hmac_sha256(key_.expose(), std::string{"download"} + '\0' + id.get());
    return DownloadToken{to_base64url(mac.substr(0, token_bytes))};
}

} // namespace tollgate
