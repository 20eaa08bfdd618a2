// What a notification changes before anybody is asked: whether it is kept, whether its payment
// becomes due, whether the gateway's own name of the payment is learnt. Pure; a store carries it
// out, many notifications in one transaction.
//
// A question may be under way that was asked before the message came, by whatever server. Its
// settlement must not end the asking: the payment counts the messages that are worth a question,
// every question carries the count that it knew, and decide() leaves a payment due that has counted
// more since. No clocks are compared.
#pragma once

#include "core/settle/store.hpp"

#include <optional>

namespace tollgate {

/// The payment that a notification names.
struct KnownPayment {
    PaymentRef payment;
    Status state{};
    std::optional<Instant> check_due_at;
};

struct Receipt {
    Received received;
    bool orphan = false;        ///< waits for its payment to appear
    bool names_payment = false; ///< received.payment->gateway_ref is news
    /// When its payment is to be asked about at the latest. The payment counts the message then,
    /// which tells settlements of earlier questions about it.
    std::optional<Instant> due;
};

/// `known` is nullptr when no payment of ours is named; `repeated`: the same message is stored.
Receipt read_notification(const Notification& one, const KnownPayment* known, bool repeated);

/// What a message names a payment by: our reference, or else the gateway's own name.
std::string_view name_in(const Notification& one);

} // namespace tollgate
