// The decision: what follows from an answer about a payment. Pure, so that every order of messages
// can be tried without a database; a store carries it out under the payment's row lock.
#pragma once

#include "core/settle/store.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tollgate {

/// A row of the audit trail; `hash` chains it to the payment's event before.
struct Event {
    std::string id; ///< 16 bytes
    PaymentId payment;
    int number = 0; ///< counts the events of the payment, from 1
    std::string from;
    std::string to;
    std::string cause;
    std::string evidence_id; ///< 16 bytes, or empty
    std::string hash;        ///< 32 bytes
    Instant created_at{};
};

/// The reply of a gateway, or an operator's word, as it is kept.
struct Evidence {
    std::string id; ///< 16 bytes
    PaymentId payment;
    Source source{};
    std::string digest; ///< 32 bytes; an answer that says the same again is stored once
    std::string record;
};

struct Decision {
    Payment after;
    std::optional<Evidence> evidence;
    /// When the status or the attention changes, a refund ends, or more is given back.
    std::optional<Event> event;
    bool status_changed = false; ///< what follows from a status is carried out
    /// attention(after) is another than before; with a new status, one event tells both
    bool attention_changed = false;
    bool given_back = false;   ///< more than before
    std::vector<Grant> grants; ///< to insert
    bool revoke = false;       ///< what was granted before ends
};

/// What a merchant decides beforehand.
struct SettleRules {
    const GrantMaker& grants;
    /// So old, a payment expires by an answer which says that nothing was paid.
    std::chrono::hours expires_after = check_age_max;
};

Decision decide(const Payment& before, const Asked& asked, const SettleRules& rules, Instant now);

/// The first event of a new payment, which has it then.
Event creation_event(Payment& payment);

/// An event that changes no status: something was done about the payment, and by whom.
Event noted_event(Payment& payment, const std::string& what, Instant now);

/// What becomes of the order: `after` has the refund, its event and the time to ask about it.
struct RefundDecision {
    RefundBegun::Kind kind{};
    Payment after;
    std::optional<Event> event;
};

RefundDecision decide_refund(const Payment& before, const RefundOrder& order);

} // namespace tollgate
