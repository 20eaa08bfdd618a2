// What our page says about a payment, and how its gateway is asked while a customer looks at it.
#pragma once

#include "fcgi/pages/pages.hpp"
#include "fcgi/services.hpp"

#include <chrono>

namespace tollgate {

/// How a page shows a payment, without what only its customer may see or do.
Page page_of(const PaymentView& payment, Flow flow, Instant now);

/// How long a page shows `payment` before it looks again.
std::chrono::seconds refresh_interval(const PaymentView& payment, Instant now);

/// The payment after its gateway was asked, if it is open and was not asked just now; waits for
/// that at most `wait`.
PaymentView asked(
    const Services& services,
    const Gateway& gateway,
    PaymentView payment,
    std::chrono::milliseconds wait
);

} // namespace tollgate
