// What a merchant does about download grants: looks at them, gives new links, more uses or time, or
// ends them. Each change is one transaction with an event in the payment's trail, and the shop's
// own tables follow through its profile.
//
// Errors   sql::SQLException, StoreUnavailable: nothing was changed
// Threads  any
#pragma once

#include "core/downloads/grant.hpp"
#include "core/payments/payment.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tollgate {

class Pool;
class Profile;

/// A grant as it stands.
struct StoredGrant {
    GrantId id;
    TokenDigest digest;
    std::string file;
    int uses = 0;
    int uses_max = 0;
    std::optional<Instant> use_ends_at;
    Instant expires_at{};
    std::optional<Instant> revoked_at;
    Instant created_at{};

    /// `active`, `used up`, `expired`, `revoked`.
    std::string_view state(Instant now) const;
};

/// All of a payment, by file.
std::vector<StoredGrant> grant_states(Pool& pool, const PaymentId& payment);

struct GrantServices {
    Pool& pool;
    const Profile& profile;
    const GrantMaker& grants;
};

/// Whose grants are changed, by whom.
struct GrantOrder {
    PaymentId payment;
    std::string file; ///< this one's; empty: all of the payment
    std::string who;  ///< for the trail
    Instant now{};
};

/// So many uses are left then, and it ends then; what is not given stays.
struct GrantExtension {
    std::optional<int> uses_left;
    std::optional<Instant> expires_at;
};

/// Each returns the grants that were changed, as they are then: none when there is nothing to
/// change.
///
/// New links in the place of the old ones, which are dead at once; uses and expiry stay. What was
/// revoked is in force again, but nothing of a payment that is not delivered.
std::vector<Grant> reissue_grants(const GrantServices& services, const GrantOrder& order);
/// Only of grants that are not revoked. The links stay.
std::vector<Grant> extend_grants(
    const GrantServices& services, const GrantOrder& order, const GrantExtension& extension
);
std::vector<Grant> revoke_grants(const GrantServices& services, const GrantOrder& order);

} // namespace tollgate
