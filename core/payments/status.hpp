// The status of a payment: never stored by hand, always a pure function of the joined facts and of
// the money we asked for.
//
// Shape    the text code is the enumerator's name; it stands in the database and in the API
#pragma once

#include "core/payments/facts.hpp"

#include <array>
#include <optional>
#include <string_view>

namespace tollgate {

enum class Status : unsigned char {
    pending,
    processing,
    expired,
    cancelled,
    failed,
    review, ///< something was paid, but too little, in another currency, or contradictory
    paid,
    disputed,
    partially_refunded,
    refunded,
};

namespace status_detail {

constexpr bool covers(const Money& given, const Money& wanted)
{
    return given.currency == wanted.currency && given.minor_units >= wanted.minor_units;
}

} // namespace status_detail

constexpr Status status(const Facts& facts, const Money& expected)
{
    const bool full = facts.paid && status_detail::covers(*facts.paid, expected) && !facts.conflict;
    const bool some_back = facts.refunded && facts.refunded->minor_units > 0;
    if (some_back && status_detail::covers(*facts.refunded, expected)) return Status::refunded;
    if (some_back && facts.paid && facts.paid->minor_units > 0 &&
        status_detail::covers(*facts.refunded, *facts.paid)) {
        return Status::refunded;
    }
    // Before a part that was given back: whoever may have his goods must not depend on whether the
    // dispute or the refund became known first.
    if (facts.disputed) return Status::disputed;
    // Only of a price that was paid can a part be given back; anything else is for the operator.
    if (some_back && full && facts.refunded->currency == expected.currency) {
        return Status::partially_refunded;
    }
    if (full && !some_back) return Status::paid;
    if (facts.paid || facts.conflict || some_back) return Status::review;
    if (facts.failure == Failure::failed) return Status::failed;
    if (facts.failure == Failure::cancelled) return Status::cancelled;
    if (facts.failure == Failure::expired) return Status::expired;
    return facts.processing ? Status::processing : Status::pending;
}

/// What an operator should look at although the status alone does not show it.
enum class Attention : unsigned char {
    none,
    underpaid,
    overpaid,
    other_currency,
    contradiction,
    paid_twice,     ///< another payment of the same order was paid before
    refund_unknown, ///< a refund was begun, and how it ended is not known yet
    disputed,       ///< the customer's bank wants the money back, or has it
    unanswered,     ///< the gateway could not be asked for unanswered_after
    undecided,      ///< still open when the asking ended
};

/// Every one but none, in the order of the enumeration.
inline constexpr std::array every_attention{
    Attention::underpaid,
    Attention::overpaid,
    Attention::other_currency,
    Attention::contradiction,
    Attention::paid_twice,
    Attention::refund_unknown,
    Attention::disputed,
    Attention::unanswered,
    Attention::undecided,
};

constexpr Attention attention(const Facts& facts, const Money& expected)
{
    if (facts.conflict) return Attention::contradiction;
    if (facts.refunded && facts.refunded->currency != expected.currency) {
        return Attention::other_currency;
    }
    const auto state = status(facts, expected);
    if (facts.disputed && state != Status::refunded) return Attention::disputed;
    if (!facts.paid) {
        return state == Status::review ? Attention::contradiction : Attention::none;
    }
    if (facts.paid->currency != expected.currency) return Attention::other_currency;
    if (facts.paid->minor_units < expected.minor_units) return Attention::underpaid;
    if (facts.paid->minor_units > expected.minor_units) return Attention::overpaid;
    return Attention::none;
}

std::string_view code(Status status);
std::optional<Status> parse_status(std::string_view text);
std::string_view code(Failure failure);
std::optional<Failure> parse_failure(std::string_view text);
/// Empty for none.
std::string_view code(Attention attention);
std::optional<Attention> parse_attention(std::string_view text);

/// Not decided yet: the gateway is still to be asked.
constexpr bool is_open(Status status)
{
    return status == Status::pending || status == Status::processing;
}

/// Ended without money: the order may be tried again.
constexpr bool is_unpaid_end(Status status)
{
    return status == Status::failed || status == Status::cancelled || status == Status::expired;
}

/// The price is not paid yet, but may still be.
constexpr bool may_become_paid(Status status)
{
    return is_open(status) || is_unpaid_end(status) || status == Status::review;
}

/// The buyer may have what he bought.
constexpr bool is_delivered(Status status)
{
    return status == Status::paid || status == Status::partially_refunded;
}

} // namespace tollgate
