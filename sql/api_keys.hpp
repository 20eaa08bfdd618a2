// Bearer keys of the payments API. The key is shown once, when it is made; only its digest is kept.
//
// Shape    `tg_` and 40 characters of [A-Z0-9]: 206 random bits
#pragma once

#include "core/settle/store.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tollgate {

class Pool;

struct ApiKey {
    std::string name;
    Merchant merchant;
    Instant created_at{};
    bool revoked = false;
};

/// Makes a key and returns it.
std::string add_api_key(Pool& pool, const Merchant& merchant, const std::string& name, Instant now);
std::vector<ApiKey> api_keys(Pool& pool);
/// How many keys of this name were revoked.
int revoke_api_keys(Pool& pool, const std::string& name, Instant now);
/// `digest` is SHA-256 of the key.
std::optional<KeyOwner> owner_of_key(Pool& pool, const std::string& digest);

} // namespace tollgate
