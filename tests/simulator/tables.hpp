// What the database keeps: the rows of tollgate_payments and of what hangs on them, and of the
// shop. Each function is one statement or one transaction of sql/, so it happens as a whole; what
// may come between two of them is up to SimulatedStore.
//
// Every change is held against the laws at once: what is wrong is found where it is done.
#pragma once

#include "core/settle/decide.hpp"
#include "core/settle/receipt.hpp"
#include "tests/simulator/choices.hpp"
#include "tests/simulator/gateway_model.hpp"

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace tollgate::simulator {

struct GrantInForce {
    std::string file;
    bool revoked = false;
};

/// A payment and what belongs to it.
struct Row {
    Payment payment;
    std::string lease_owner;
    std::optional<Instant> lease_until;
    std::vector<Event> events;
    std::vector<GrantInForce> grants;
    std::vector<Status> order_updates; ///< what the shop's order was set to, in order
    int paid_transitions = 0;
    bool revoked = false; ///< what was granted
};

class Tables {
public:
    Tables(const GatewayModel& gateway, const SettleRules& rules) : gateway_{gateway}, rules_{rules}
    {
    }

    Row* find(const PaymentId& id);
    Row* find(const Reference& reference);
    const std::vector<Row>& rows() const { return rows_; }
    bool has_evidence(const std::string& digest) const { return evidence_.contains(digest); }

    Insertion insert(const Payment& payment);
    void record_opened(const PaymentId& id, const Opened& opened);

    /// What intake reads without a lock: the digests that are stored, and whom messages are about.
    std::vector<Receipt> read_notifications(std::span<const Notification> notifications) const;
    /// What it writes, all or nothing.
    void write_notifications(
        std::span<const Notification> notifications, std::span<const Receipt> receipts
    );

    RefundBegun begin_refund(const RefundOrder& order);
    std::vector<Settled> settle(std::span<const Asked> asked, Instant now);

    /// The reconciler's three statements.
    std::vector<PaymentId> find_due(const Lease& lease) const;
    void lease(const Lease& lease, std::span<const PaymentId> ids);
    std::vector<PaymentRef> leased(const Lease& lease, std::span<const PaymentId> ids) const;

    /// Whether the trail of every payment is whole.
    void check_trails() const;
    void add_to(Fingerprint& print) const;

private:
    Settled settle_one(Row& row, const Asked& asked, Instant now);
    void write(Row& row, const Payment& after);
    void carry_out(Row& row, const Decision& decision);
    void check_change(const Row& row, const Payment& after) const;
    void check_expiry(const Payment& before, const Asked& asked, Instant now) const;

    const GatewayModel& gateway_;
    SettleRules rules_;
    std::vector<Row> rows_;
    std::set<std::string> evidence_; ///< digests
};

} // namespace tollgate::simulator
