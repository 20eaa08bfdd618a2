// The status of a payment: never stored by hand, always a pure function of the joined facts and of
// the money we asked for.
//
// Shape    the text code is the enumerator's name; it stands in the database and in the API
#pragma once

#include "core/payments/facts.hpp"

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

constexpr Status status(const Facts& facts, const Money& expected)
{
    const bool full = facts.paid && facts.paid->currency == expected.currency &&
                      facts.paid->minor_units >= expected.minor_units && !facts.conflict;
    if (facts.refunded && facts.refunded->minor_units > 0) {
        const bool all = facts.refunded->minor_units >= expected.minor_units;
        return all ? Status::refunded : Status::partially_refunded;
    }
    if (facts.disputed) return Status::disputed;
    if (full) return Status::paid;
    if (facts.paid || facts.conflict) return Status::review;
    if (facts.failure == Failure::failed) return Status::failed;
    if (facts.failure == Failure::cancelled) return Status::cancelled;
    if (facts.failure == Failure::expired) return Status::expired;
    return facts.processing ? Status::processing : Status::pending;
}

/// What an operator should look at although the status alone does not show it.
enum class Attention : unsigned char { none, underpaid, overpaid, other_currency, contradiction };

constexpr Attention attention(const Facts& facts, const Money& expected)
{
    if (facts.conflict) return Attention::contradiction;
    if (!facts.paid) return Attention::none;
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

/// The buyer may have what he bought.
constexpr bool is_delivered(Status status)
{
    return status == Status::paid || status == Status::partially_refunded;
}

} // namespace tollgate
