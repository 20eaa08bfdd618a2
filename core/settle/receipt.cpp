#include "core/settle/receipt.hpp"

#include "core/settle/schedule.hpp"

namespace tollgate {
namespace {

/// A repetition of something proven is worth a question until the price is paid; a hint without
/// proof once per hint_interval, then the reconciler asks.
bool is_worth_asking(const Notification& one, const KnownPayment& known, bool repeated)
{
    if (!repeated) return true;
    if (one.proof == Proof::none) return false;
    return may_become_paid(known.state);
}

/// A name that no payment of ours will ever have is not worth waiting for.
bool may_become_ours(const Notification& one)
{
    if (one.reference.empty()) return is_gateway_ref(one.gateway_ref.get());
    return is_reference(one.reference.get());
}

} // namespace

std::string_view name_in(const Notification& one)
{
    return one.reference.empty() ? one.gateway_ref.get() : one.reference.get();
}

Receipt read_notification(const Notification& one, const KnownPayment* known, bool repeated)
{
    Receipt receipt;
    auto& received = receipt.received;
    received.repeated = repeated;
    const bool hint = one.proof == Proof::none;
    if (known == nullptr) {
        received.kept = !hint && !repeated;
        receipt.orphan = received.kept && may_become_ours(one);
        return receipt;
    }
    received.payment = known->payment;
    received.kept = !repeated;
    received.ask = is_worth_asking(one, *known, repeated);
    auto& gateway_ref = received.payment->gateway_ref;
    if (!hint && gateway_ref.empty() && is_gateway_ref(one.gateway_ref.get())) {
        gateway_ref = one.gateway_ref;
        receipt.names_payment = true;
    }
    const auto due = one.received_at + check_grace;
    const bool is_due = known->check_due_at && *known->check_due_at <= due;
    if (received.ask || (hint && !is_due)) {
        receipt.due = due;
        ++received.payment->messages;
    }
    return receipt;
}

} // namespace tollgate
