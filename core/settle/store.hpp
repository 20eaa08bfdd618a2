// What the core needs of a database. sql/ implements it over MySQL; each function is one
// transaction.
//
// Errors   StoreUnavailable and other exceptions: the house is broken, nothing was changed. A
//          conflict with another transaction was repeated inside and is never seen here.
// Threads  any
#pragma once

#include "core/downloads/grant.hpp"
#include "core/gateways/gateway.hpp"
#include "core/payments/payment.hpp"

#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace tollgate {

/// The database cannot be reached or does not answer: whatever else was to be tried now is not
/// worth trying.
class StoreUnavailable : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// How many notifications or answers one transaction takes at most.
inline constexpr std::size_t batch_rows_max = 64;

/// A proven notification on its way into the evidence table.
struct Notification {
    GatewayName gateway;
    Reference reference; ///< as the message says; perhaps not ours
    Proof proof = Proof::none;
    std::string digest; ///< 32 bytes over the exact message; the same message is stored once
    std::string record;
    Instant received_at{};
};

/// The outcome of one dialogue with a gateway about a payment.
struct Asked {
    PaymentId payment;
    std::string cause; ///< why it was asked: `notification`, `return`, `reconcile`, `open`
    Expected<Answer, GatewayFault> answer;
};

struct Settled {
    PaymentId payment;
    Status before{};
    Status after{};
};

struct Insertion {
    bool inserted = false;
    Payment payment; ///< the new one, or the one of this order that is paid or under way
};

struct Lease {
    std::string owner; ///< unique to this taking
    Instant now{};
    Instant until{};
    std::size_t payments_max = batch_rows_max;
};

struct GrantRow {
    GrantId id;
    std::string file;
};

struct UsedGrant {
    GrantUse use = GrantUse::unknown;
    std::string file; ///< when allowed
};

enum class GrantAccess {
    begin,  ///< begins a download: counts
    resume, ///< a later part: counts unless a use has begun that still lasts
    look,   ///< asks only: never counts
};

struct GrantRequest {
    TokenDigest digest;
    GrantAccess access{};
    Instant now{};
    std::chrono::seconds use_lasts{};
};

class Store {
public:
    virtual ~Store() = default;

    /// Stores `payment` as the next attempt of its order, unless another attempt is paid or under
    /// way; `attempt` is assigned here. Of racing callers one inserts.
    virtual Insertion insert(const Payment& payment) = 0;
    /// What the gateway answered to the opening.
    virtual void record_opened(const PaymentId& id, const Opened& opened, Instant now) = 0;

    virtual std::optional<Payment> find(const PaymentId& id) = 0;
    virtual std::optional<Payment> find(const Reference& reference) = 0;
    virtual std::vector<GrantRow> grants_of(const PaymentId& id) = 0;
    /// The gateway's last answer as it was kept (Answer::record); empty when there is none.
    virtual std::string last_answer(const PaymentId& id) = 0;

    /// Makes notifications durable and what they speak of due. For each, in order: the payment to
    /// ask about now; nothing when it is not ours or when the same message was settled before.
    virtual std::vector<std::optional<PaymentRef>>
    receive(std::span<const Notification> notifications) = 0;

    /// Joins answers into their payments and carries out what follows, all or nothing. One answer
    /// per payment.
    virtual std::vector<Settled> settle(std::span<const Asked> asked, Instant now) = 0;

    /// Takes payments whose gateway should be asked by now; nobody else gets them until the lease
    /// ends or they are settled.
    virtual std::vector<PaymentRef> take_due(const Lease& lease) = 0;

    /// Checks and counts in one step, so that uses cannot be raced.
    virtual UsedGrant use_grant(const GrantRequest& request) = 0;

    /// Whose key this is; `digest` is SHA-256 of the key.
    virtual std::optional<Merchant> merchant_of_key(const std::string& digest) = 0;

    /// Throws unless the database answers and its schema is this program's.
    virtual void check_ready() = 0;
};

} // namespace tollgate
