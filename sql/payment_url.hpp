// The payment that a customer was sent to pay at an address: for a person who has only that.
//
// Range    payments that were opened within payment_url_age_max
#pragma once

#include "core/payments/payment.hpp"
#include "sql/connection.hpp"

#include <optional>
#include <string_view>

namespace tollgate {

/// No gateway's page lives longer.
inline constexpr std::chrono::hours payment_url_age_max{48};

/// The newest one with exactly this address.
std::optional<PaymentId> find_by_payment_url(Pool& pool, std::string_view url, Instant now);

} // namespace tollgate
