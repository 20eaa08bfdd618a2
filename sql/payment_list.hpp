// The payments of a merchant, newest first, page by page. A page begins after the last id that the
// one before it looked at, so it neither repeats nor skips a payment, whatever is opened meanwhile.
//
// Ids begin with the time of their making (UUID version 7), so their order is that of time and a
// range of time is a range of ids.
//
// Range    listed_max payments per page; list_looks_max payments are looked at for one, so a page
//          of a rare status may hold fewer, or none, and still have a next one
// Errors   of Pool
#pragma once

#include "core/payments/payment.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tollgate {

class Pool;

inline constexpr std::size_t listed_max = 100;
inline constexpr std::size_t list_looks_max = 2000;

/// What is empty or nothing does not matter.
struct PaymentFilter {
    Merchant merchant;
    std::vector<Status> statuses{}; ///< one of them
    OrderRef order{};
    GatewayName gateway{};
    Reference reference{};
    std::optional<Instant> created_from{};
    std::optional<Instant> created_to{}; ///< no longer
    std::optional<PaymentId> after{};    ///< where the page before ended
    std::size_t rows_max = 20;
};

struct PaymentPage {
    std::vector<Payment> payments;
    std::optional<PaymentId> next{}; ///< the `after` of the page that follows, if there may be one
};

PaymentPage list_payments(Pool& pool, const PaymentFilter& filter);

} // namespace tollgate
