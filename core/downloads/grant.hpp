// Grants: the right to download one file of a paid order. A grant's link carries a token; only the
// token's digest is stored, and the token can be made again from the grant's id with our key, so
// the return page shows the same link at every visit.
//
// Shape    token: 32 characters of base64url, 192 bits of HMAC-SHA256(key, "download" ‖ 0x00 ‖ id)
//          where id is a UUID version 7 with 74 random bits; unguessable without the key
#pragma once

#include "core/payments/payment.hpp"
#include "core/support/secret.hpp"

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
    struct Rules {
        int uses_max = 5;
        std::chrono::seconds expires_after{};
    };

    GrantMaker(Secret key, Rules rules);

    Grant make(const std::string& file, Instant now) const;
    /// The token of a grant made before with the same key.
    DownloadToken token_of(const GrantId& id) const;

private:
    Secret key_;
    Rules rules_;
};

/// What became of an attempt to use a grant.
enum class GrantUse { allowed, unknown, expired, used_up };

} // namespace tollgate
