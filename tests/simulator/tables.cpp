#include "tests/simulator/tables.hpp"

#include "core/crypto/digest.hpp"
#include "core/settle/schedule.hpp"
#include "tests/simulator/laws.hpp"
#include "tests/simulator/prints.hpp"

#include <algorithm>

namespace tollgate::simulator {
namespace {

/// As docs/schema.md defines the chain, written once more.
std::string chained(const std::string& previous, const Event& event)
{
    std::string message = previous;
    const auto add = [&](const std::string& part) {
        message += std::to_string(part.size()) + ':' + part;
    };
    add(event.id);
    add(event.payment.get());
    add(event.from);
    add(event.to);
    add(event.cause);
    add(event.evidence_id);
    add(database_time(event.created_at));
    return sha256(message);
}

/// Every event is followed by the next number, from where the one before it ended.
void check_trail(const Row& row)
{
    std::string chain;
    std::string state;
    int number = 0;
    for (const auto& event : row.events) {
        law(event.number == ++number, "the numbers of the events have a gap");
        law(event.from == state, "an event begins where the one before did not end");
        law(event.hash == chained(chain, event), "the chain of the events is broken");
        chain = event.hash;
        state = event.to;
    }
    law(row.payment.events == number, "a payment counts other events than it has");
    law(row.payment.chain == chain, "a payment's chain is not that of its last event");
    law(code(row.payment.state) == state, "a status without an event");
}

bool is_leased(const Row& row, Instant now)
{
    return row.lease_until && *row.lease_until >= now;
}

bool is_due(const Row& row, Instant now)
{
    return row.payment.check_due_at && *row.payment.check_due_at <= now;
}

} // namespace

Row* Tables::find(const PaymentId& id)
{
    const auto found =
        std::ranges::find_if(rows_, [&](const Row& row) { return row.payment.id == id; });
    return found == rows_.end() ? nullptr : &*found;
}

Row* Tables::find(const Reference& reference)
{
    const auto found = std::ranges::find_if(rows_, [&](const Row& row) {
        return row.payment.reference == reference;
    });
    return found == rows_.end() ? nullptr : &*found;
}

Insertion Tables::insert(const Payment& payment)
{
    // Ours already: the connection was lost after the commit, and this is the repetition.
    if (const auto* row = find(payment.id)) return {.inserted = true, .payment = row->payment};
    auto& row = rows_.emplace_back();
    row.payment = payment;
    row.events.push_back(creation_event(row.payment));
    return {.inserted = true, .payment = row.payment};
}

void Tables::record_opened(const PaymentId& id, const Opened& opened)
{
    auto& payment = find(id)->payment;
    if (!opened.gateway_ref.empty()) payment.gateway_ref = opened.gateway_ref;
    payment.payment_url = opened.payment_url;
}

std::vector<Receipt> Tables::read_notifications(std::span<const Notification> notifications) const
{
    std::set<std::string> seen;
    std::vector<Receipt> receipts;
    for (const auto& one : notifications) {
        const auto found = std::ranges::find_if(rows_, [&](const Row& row) {
            const auto& payment = row.payment;
            if (payment.gateway != one.gateway) return false;
            if (!one.reference.empty()) return payment.reference == one.reference;
            return payment.gateway_ref == one.gateway_ref;
        });
        const bool repeated = evidence_.contains(one.digest) || !seen.insert(one.digest).second;
        if (found == rows_.end()) {
            receipts.push_back(read_notification(one, nullptr, repeated));
            continue;
        }
        const auto& payment = found->payment;
        const KnownPayment known{payment.ref(), payment.state, payment.check_due_at};
        receipts.push_back(read_notification(one, &known, repeated));
    }
    return receipts;
}

void Tables::write_notifications(
    std::span<const Notification> notifications, std::span<const Receipt> receipts
)
{
    std::set<std::string> counted; // by the batch's one statement
    for (std::size_t i = 0; i < receipts.size(); ++i) {
        const auto& receipt = receipts[i];
        if (receipt.received.kept) evidence_.insert(notifications[i].digest);
        if (!receipt.received.payment) continue;
        auto& payment = find(receipt.received.payment->id)->payment;
        auto& due = payment.check_due_at;
        if (receipt.due && counted.insert(payment.id.get()).second) ++payment.messages;
        if (receipt.due && (!due || *due > *receipt.due)) due = *receipt.due;
        law(!receipt.received.ask || (due && *due <= notifications[i].received_at + check_grace),
            "a message is worth a question, and the table is not told so");
        if (receipt.names_payment && payment.gateway_ref.empty()) {
            payment.gateway_ref = receipt.received.payment->gateway_ref;
        }
    }
}

RefundBegun Tables::begin_refund(const RefundOrder& order)
{
    auto& row = *find(order.payment);
    auto decision = decide_refund(row.payment, order);
    if (decision.event) {
        check_change(row, decision.after);
        row.events.push_back(*decision.event);
        write(row, decision.after);
    }
    return {decision.kind, std::move(decision.after)};
}

std::vector<Settled> Tables::settle(std::span<const Asked> asked, Instant now)
{
    std::vector<Settled> settled;
    for (const auto& one : asked) {
        auto* row = find(one.payment);
        if (row != nullptr) settled.push_back(settle_one(*row, one, now));
    }
    return settled;
}

Settled Tables::settle_one(Row& row, const Asked& asked, Instant now)
{
    const auto before = row.payment.state;
    const auto decision = decide(row.payment, asked, rules_, now);
    check_change(row, decision.after);
    if (decision.after.state == Status::expired && before != Status::expired) {
        check_expiry(row.payment, asked, now);
    }
    if (decision.evidence) evidence_.insert(decision.evidence->digest);
    const bool changed = decision.after.state != before;
    law(decision.status_changed == changed, "a change of status was not noticed, or made up");
    law(!changed || decision.event, "a change of status without an event");
    if (decision.event) row.events.push_back(*decision.event);
    write(row, decision.after);
    for (const auto& grant : decision.grants) {
        const auto known = std::ranges::find(row.grants, grant.file, &GrantInForce::file);
        law(known == row.grants.end(), "a file was granted twice");
        row.grants.push_back({grant.file});
    }
    if (changed) carry_out(row, decision);
    return {row.payment.id, before, row.payment.state, row.payment.gateway};
}

void Tables::carry_out(Row& row, const Decision& decision)
{
    row.revoked = row.revoked || decision.revoke;
    for (auto& grant : row.grants)
        grant.revoked = row.revoked;
    const auto state = row.payment.state;
    row.order_updates.push_back(state);
    if (state == Status::paid) ++row.paid_transitions;
    law(row.paid_transitions <= 1, "a payment became paid twice");
    const auto in_force = std::ranges::count(row.grants, false, &GrantInForce::revoked);
    const bool delivered = is_delivered(state) && !row.revoked; // what was revoked stays revoked
    law(static_cast<std::size_t>(in_force) == (delivered ? row.payment.files.size() : 0),
        "what is delivered is not what is granted");
}

void Tables::check_change(const Row& row, const Payment& after) const
{
    const auto& before = row.payment;
    law(join(before.facts, after.facts) == after.facts, "facts moved backwards");
    law(after.state == status(after.facts, after.price), "a status that the facts do not give");
    if (is_delivered(after.state) && !is_delivered(before.state)) {
        law(gateway_.truth(after.id).had_the_price(), "delivered what the gateway denies");
    }
}

/// The gateway says so, or it says that nothing was paid and the customer has had his time.
void Tables::check_expiry(const Payment& before, const Asked& asked, Instant now) const
{
    law(asked.answer.has_value(), "expired, and nobody said so");
    if (asked.answer->facts.failure == Failure::expired) return;
    law(asked.answer->unpaid, "expired, and the gateway did not say that nothing was paid");
    law(!before.facts.processing, "expired although the customer had begun to pay");
    law(now - before.created_at >= rules_.expires_after, "expired before its time");
}

/// As a settlement does, which ends the leases.
void Tables::write(Row& row, const Payment& after)
{
    row.payment = after;
    row.lease_owner.clear();
    row.lease_until.reset();
}

std::vector<PaymentId> Tables::find_due(const Lease& lease) const
{
    std::vector<PaymentId> ids;
    for (const auto& row : rows_) {
        if (ids.size() == lease.payments_max) break;
        if (is_due(row, lease.now) && !is_leased(row, lease.now)) ids.push_back(row.payment.id);
    }
    return ids;
}

void Tables::lease(const Lease& lease, std::span<const PaymentId> ids)
{
    for (const auto& id : ids) {
        auto& row = *find(id);
        if (!is_due(row, lease.now) || is_leased(row, lease.now)) continue;
        const bool held = row.lease_until && *row.lease_until >= lease.now;
        law(!held, "a payment was leased to two at once");
        row.lease_owner = lease.owner;
        row.lease_until = lease.until;
    }
}

std::vector<PaymentRef> Tables::leased(const Lease& lease, std::span<const PaymentId> ids) const
{
    std::vector<PaymentRef> payments;
    for (const auto& row : rows_) {
        const bool asked_for = std::ranges::find(ids, row.payment.id) != ids.end();
        if (asked_for && row.lease_owner == lease.owner) payments.push_back(row.payment.ref());
    }
    return payments;
}

void Tables::check_trails() const
{
    for (const auto& row : rows_) {
        check_trail(row);
        const auto changes = std::ranges::count_if(row.events, [](const Event& event) {
            return !event.from.empty() && event.from != event.to;
        });
        law(static_cast<std::size_t>(changes) == row.order_updates.size(),
            "the shop's order was not updated once per change");
        law(row.order_updates.empty() || row.order_updates.back() == row.payment.state,
            "the shop's order is not as the payment");
    }
}

void Tables::add_to(Fingerprint& print) const
{
    for (const auto& row : rows_) {
        add(print, row.payment);
        add(print, row.lease_until);
        print.add(row.lease_owner.substr(0, 1)); // the server; it has one reconciler
        add(print, row.revoked);
        print.add(row.grants.size());
        print.add(static_cast<std::uint64_t>(row.paid_transitions));
        for (const auto state : row.order_updates)
            print.add(static_cast<std::uint64_t>(state));
    }
    for (const auto& digest : evidence_)
        print.add(digest);
}

} // namespace tollgate::simulator
