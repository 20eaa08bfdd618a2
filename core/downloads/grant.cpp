#include "core/downloads/grant.hpp"

#include "core/crypto/digest.hpp"
#include "core/crypto/encoding.hpp"
#include "core/crypto/hmac.hpp"
#include "core/crypto/random.hpp"

namespace tollgate {
namespace {

constexpr std::size_t token_bytes = 24;

DownloadToken token_made_with(const Secret& key, const GrantId& id)
{
    const auto mac = hmac_sha256(key.expose(), std::string{"download"} + '\0' + id.get());
    return DownloadToken{to_base64url(mac.substr(0, token_bytes))};
}

} // namespace

TokenDigest digest_of(const DownloadToken& token)
{
    return TokenDigest{sha256(token.get())};
}

GrantMaker::GrantMaker(Secret key, Rules rules, Secret previous_key)
    : key_{std::move(key)}, previous_key_{std::move(previous_key)}, rules_{rules}
{
}

Grant GrantMaker::make(const PaidFile& file, Instant now) const
{
    const GrantId id{random_uuid_v7(now)};
    const auto token = token_made_with(key_, id);
    return {
        .id = id,
        .token = token,
        .digest = digest_of(token),
        .file = file.path,
        .uses_max = file.uses_max.value_or(rules_.uses_max),
        .expires_at = now + file.expires_after.value_or(rules_.expires_after),
    };
}

std::optional<DownloadToken>
GrantMaker::token_of(const GrantId& id, const TokenDigest& digest) const
{
    for (const auto* key : {&key_, &previous_key_}) {
        if (key->empty()) continue;
        auto token = token_made_with(*key, id);
        if (digest_of(token) == digest) return token;
    }
    return {};
}

} // namespace tollgate
