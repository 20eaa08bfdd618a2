// Bearer keys of the payments API. A key is shown once, when it is made; only its digest is kept. A
// rotation makes a new key of the same name and lets the old ones work until a while later.
//
// Shape    `tg_` and 40 characters of [A-Z0-9]: 206 random bits
#pragma once

#include "core/payments/payment.hpp"
#include "core/payments/scopes.hpp"

#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace tollgate {

class Pool;

/// What is told about a key that is to be made.
struct NewKey {
    Merchant merchant;
    std::string name;
    Scopes scopes = Scopes::all();
};

struct ApiKey {
    std::string name;
    Merchant merchant;
    Scopes scopes;
    Instant created_at{};
    std::optional<Instant> expires_at{};
    std::optional<Instant> last_used_at{}; ///< to the hour
    std::optional<Instant> revoked_at{};

    /// `active`, `ending` (until expires_at), `expired`, `revoked`
    std::string_view state(Instant now) const;
};

/// Makes a key and returns it.
std::string add_api_key(Pool& pool, const NewKey& key, Instant now);
std::vector<ApiKey> api_keys(Pool& pool);
/// Makes a key like the newest of those of this name that work, which work until `until` from now
/// on at the latest. Nothing when there is none.
struct Rotation {
    Merchant merchant;
    std::string name;
    Instant now{};
    Instant until{};
};
std::optional<std::string> rotate_api_key(Pool& pool, const Rotation& rotation);
/// How many keys of this name were revoked, of every merchant.
int revoke_api_keys(Pool& pool, const std::string& name, Instant now);

/// Whose key it is, and what it may do.
struct KeyOwner {
    std::string id; ///< 16 bytes, of the key
    Merchant merchant;
    std::string name;
    Scopes scopes;
};

/// Looks up the keys of requests, and remembers their use: at most once per hour and key, because
/// nobody needs to know more, and a write per request would cost more than the request.
///
/// Threads  any
class KeyRing {
public:
    explicit KeyRing(Pool& pool) : pool_{pool} {}

    /// Nothing for a key that is unknown, revoked or expired.
    std::optional<KeyOwner> owner_of(std::string_view key, Instant now);

private:
    /// True once per hour and key, in this process.
    bool is_first_use(const std::string& id, Instant now);

    Pool& pool_;
    std::mutex mutex_;
    std::unordered_map<std::string, Instant> noted_; ///< by id; one entry per key that was used
};

} // namespace tollgate
