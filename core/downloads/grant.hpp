// Grants: the right to download one file of a paid order. A grant's link carries a token; only the
// token's digest is stored, and the token can be made again from the grant's id with our key, so
// the return page shows the same link at every visit. The digest tells which key it was.
//
// Shape    token: 32 characters of base64url, 192 bits of HMAC-SHA256(key, "download" ‖ 0x00 ‖ id)
//          where id is a UUID version 7 with 74 random bits; unguessable without the key
#pragma once

#include "core/payments/payment.hpp"
#include "core/support/secret.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace tollgate {

using GrantId = Strong<struct GrantIdTag>;             ///< 16 bytes
using DownloadToken = Strong<struct DownloadTokenTag>; ///< as in the link
using TokenDigest = Strong<struct TokenDigestTag>;     ///< 32 bytes

inline constexpr std::size_t download_token_length = 32;

struct Grant {
    GrantId id;
    DownloadToken token;
    TokenDigest digest;
    std::string file;
    int uses_max = 1;
    Instant expires_at{};
};

TokenDigest digest_of(const DownloadToken& token);

/// Makes grants; holds the key.
class GrantMaker {
public:
    /// For files that have none of their own.
    struct Rules {
        int uses_max = 5;
        std::chrono::seconds expires_after{};
    };

    /// New tokens are made with `key`; those made with `previous_key`, which may be empty, are
    /// still known.
    GrantMaker(Secret key, Rules rules, Secret previous_key = {});

    Grant make(const PaidFile& file, Instant now) const;
    /// The token of a grant made before; nothing when it was made with a key that is gone.
    std::optional<DownloadToken> token_of(const GrantId& id, const TokenDigest& digest) const;

private:
    Secret key_;
    Secret previous_key_;
    Rules rules_;
};

/// What became of an attempt to use a grant.
enum class GrantUse { allowed, unknown, expired, used_up };

} // namespace tollgate
