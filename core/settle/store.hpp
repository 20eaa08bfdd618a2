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
#include "core/payments/shop_urls.hpp"

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

/// How often a payment is asked about at most because of messages without any proof.
inline constexpr std::chrono::seconds hint_interval{10};

/// A notification on its way into the evidence table.
struct Notification {
    GatewayName gateway;
    Reference reference;      ///< as the message says; perhaps not ours
    GatewayRef gateway_ref{}; ///< names the payment where `reference` is empty
    Proof proof = Proof::none;
    /// 32 bytes; what has the same digest is stored once. Over the exact message; of a message
    /// without proof over whom it names and the hint_interval it came in, so that a stranger can
    /// neither fill the table nor make us ask more often than that.
    std::string digest;
    std::string record;
    Instant received_at{};
};

/// What became of a notification.
struct Received {
    std::optional<PaymentRef> payment; ///< whom it is about; nothing when it is not ours
    bool ask = false;                  ///< worth a question to the gateway now
    bool kept = false;                 ///< is evidence now
    bool repeated = false;             ///< was evidence before
};

/// Who gave an answer.
enum class Source : unsigned char {
    gateway,
    // NOLINTNEXTLINE(readability-identifier-naming): a keyword without it
    operator_, ///< a person with a key of the merchant; nobody else can tell
};
/// The kind of evidence: `check`, `operator`.
std::string_view code(Source source);

/// The outcome of one dialogue with a gateway about a payment, or an operator's word.
struct Asked {
    PaymentId payment;
    std::string cause; ///< why it was asked: `notification`, `return`, `reconcile`, `open`
    Expected<Answer, GatewayFault> answer;
    Reference refund{}; ///< the refund that the answer speaks of
    Source source = Source::gateway;
    int messages = 0; ///< PaymentRef::messages of the question
};

struct Settled {
    PaymentId payment;
    Status before{};
    Status after{};
    GatewayName gateway{};
};

struct Insertion {
    bool inserted = false;
    Payment payment; ///< the new one, or the one of this order that is paid or under way
};

/// A refund that is to begin.
struct RefundOrder {
    PaymentId payment;
    Reference id;                ///< of the refund
    std::optional<Money> amount; ///< nothing: all that is left
    bool partial = false;        ///< whether a part may be given back at all
    std::string cause;           ///< who asked for it, for the trail
    Instant now{};
};

struct RefundBegun {
    enum class Kind {
        begun,     ///< `payment` has it; the gateway is to be told
        under_way, ///< an earlier one has not ended
        not_paid,  ///< there is nothing to give back
        too_much,  ///< more than is left, or not all where only all can be given back
    };
    Kind kind{};
    Payment payment; ///< as it is then
};

struct Lease {
    std::string owner; ///< unique to this taking
    Instant now{};
    Instant until{};
    std::size_t payments_max = batch_rows_max;
};

/// How many orphans are looked at in one transaction.
inline constexpr std::size_t orphan_rows_max = 256;
/// So long a notification waits for its payment to appear.
inline constexpr std::chrono::hours orphan_age_max{48};

/// How far one has got among the orphans; the first turn has none before it.
struct OrphanTurn {
    Instant received_at{};
    std::string id{}; ///< 16 bytes, or empty
};

struct OrphansMatched {
    std::size_t payments = 0;
    std::optional<OrphanTurn> next{}; ///< there are more; nothing: begin again
};

struct GrantRow {
    GrantId id;
    std::string file;
    TokenDigest digest;
};

/// What the return page shows of a payment.
struct PaymentView {
    PaymentId id;
    GatewayName gateway;
    OrderRef order;
    Reference reference;
    Money price;
    Status state{};
    Instant created_at{};
    std::optional<Instant> checked_at{};
    std::vector<GrantRow> grants{}; ///< by file
    ShopUrls urls{};
};

inline PaymentView view_of(const Payment& payment)
{
    return {
        .id = payment.id,
        .gateway = payment.gateway,
        .order = payment.order,
        .reference = payment.reference,
        .price = payment.price,
        .state = payment.state,
        .created_at = payment.created_at,
        .checked_at = payment.checked_at,
    };
}

struct UsedGrant {
    GrantUse use = GrantUse::unknown;
    std::string file{}; ///< when a look is allowed
    bool in_use =
        false; ///< a use has begun that still lasts: to resume is allowed and does not count
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
    /// way; `attempt` is assigned here. Of racing callers one inserts. An attempt that nobody was
    /// sent to because the gateway did not answer holds its order until its `opening_until`. `urls`
    /// are stored with it.
    virtual Insertion insert(const Payment& payment, const ShopUrls& urls) = 0;
    /// One without addresses of its own.
    Insertion insert(const Payment& payment) { return insert(payment, {}); }
    /// The addresses that it was inserted with; all empty when there were none.
    virtual ShopUrls urls_of(const PaymentId& id) = 0;
    /// What the gateway answered to the opening.
    virtual void record_opened(const PaymentId& id, const Opened& opened, Instant now) = 0;

    virtual std::optional<Payment> find(const PaymentId& id) = 0;
    virtual std::optional<Payment> find(const Reference& reference) = 0;
    /// The same as find(), grants_of() and urls_of() together, for what is asked often.
    virtual std::optional<PaymentView> view(const PaymentId& id)
    {
        const auto payment = find(id);
        if (!payment) return {};
        auto seen = view_of(*payment);
        seen.grants = grants_of(id);
        seen.urls = urls_of(id);
        return seen;
    }
    virtual std::vector<GrantRow> grants_of(const PaymentId& id) = 0;
    /// The gateway's last answer as it was kept (Answer::record); empty when there is none.
    virtual std::string last_answer(const PaymentId& id) = 0;

    /// The newest attempt of an order.
    virtual std::optional<Payment> find(const Merchant& merchant, const OrderRef& order) = 0;

    /// Makes notifications durable and what they speak of due; what became of each, in order. A
    /// message without proof about no payment of ours is not kept.
    virtual std::vector<Received> receive(std::span<const Notification> notifications) = 0;

    /// Writes down that a refund begins, before the gateway hears of it.
    virtual RefundBegun begin_refund(const RefundOrder& order) = 0;

    /// Joins answers into their payments and carries out what follows, all or nothing. One answer
    /// per payment.
    virtual std::vector<Settled> settle(std::span<const Asked> asked, Instant now) = 0;

    /// Takes payments whose gateway should be asked by now; nobody else gets them until the lease
    /// ends or they are settled.
    virtual std::vector<PaymentRef> take_due(const Lease& lease) = 0;

    /// Gives notifications that came before their payment to it, if it is there now; it is due
    /// then. Looks at orphan_rows_max of them, those after `turn`, and forgets those that are older
    /// than orphan_age_max; their evidence stays.
    virtual OrphansMatched match_orphans(const OrphanTurn& turn, Instant now) = 0;

    /// Checks and counts in one step, so that uses cannot be raced.
    virtual UsedGrant use_grant(const GrantRequest& request) = 0;

    /// Throws unless the database answers and its schema is this program's.
    virtual void check_ready() = 0;
};

} // namespace tollgate
