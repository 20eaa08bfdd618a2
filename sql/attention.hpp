// The operator's list: payments that somebody should look at.
//
// Threads  any
#pragma once

#include "core/payments/payment.hpp"
#include "sql/connection.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tollgate {

struct AttentionRow {
    Payment payment;
    Attention attention{};
    Instant since{}; ///< of the payment's last event
};

struct AttentionWish {
    bool all = false; ///< what an operator has dealt with, too
    std::size_t rows_max = 100;
};

/// By word, the oldest payment first.
std::vector<AttentionRow> attention_rows(Pool& pool, const AttentionWish& wish);

/// An operator has dealt with it; it comes back when its word changes. The word, or nothing when
/// there is no such payment or nothing to deal with.
std::optional<Attention> deal_with(Pool& pool, const Reference& reference);

} // namespace tollgate
