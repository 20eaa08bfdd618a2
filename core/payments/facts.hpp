// What a gateway has ever said about one payment, and how two answers become one.
//
// Facts form a join-semilattice: join() is commutative, associative and idempotent, so neither the
// order nor the repetition of answers can change a status, a stale answer cannot move anything
// backwards, and two servers may settle the same payment at once.
#pragma once

#include "core/money/money.hpp"

#include <algorithm>
#include <optional>

namespace tollgate {

/// In the order of the join: the later word wins over the earlier one.
enum class Failure : unsigned char { none, expired, cancelled, failed };

struct Facts {
    bool processing = false; ///< the customer has begun to pay
    Failure failure = Failure::none;
    /// The greatest amount that the gateway called paid. Zero minor units mean: paid, but the
    /// gateway did not say how much.
    std::optional<Money> paid{};
    std::optional<Money> refunded{}; ///< greatest cumulative refund
    bool disputed = false;
    bool conflict = false; ///< two answers named different currencies

    friend bool operator==(const Facts&, const Facts&) = default;
};

namespace facts_detail {

// The order across currencies is arbitrary but total, which is all that a maximum needs; that
// there were two currencies is kept in Facts::conflict.
constexpr std::optional<Money> greater(const std::optional<Money>& a, const std::optional<Money>& b)
{
    if (!a) return b;
    if (!b) return a;
    if (a->currency != b->currency) return a->currency > b->currency ? a : b;
    return a->minor_units >= b->minor_units ? a : b;
}

constexpr bool differ(const std::optional<Money>& a, const std::optional<Money>& b)
{
    return a && b && a->currency != b->currency;
}

} // namespace facts_detail

constexpr Facts join(const Facts& a, const Facts& b)
{
    return {
        .processing = a.processing || b.processing,
        .failure = std::max(a.failure, b.failure),
        .paid = facts_detail::greater(a.paid, b.paid),
        .refunded = facts_detail::greater(a.refunded, b.refunded),
        .disputed = a.disputed || b.disputed,
        .conflict = a.conflict || b.conflict || facts_detail::differ(a.paid, b.paid) ||
                    facts_detail::differ(a.refunded, b.refunded),
    };
}

} // namespace tollgate
