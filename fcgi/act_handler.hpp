// `/api/v1/payments/{id}/refund/` and `…/confirm/`: what the shop does to a payment that exists.
#pragma once

#include "fcgi/api_access.hpp"

namespace tollgate {

/// `{"amount": "500"}`, or `{}` for all that is left.
Response handle_refund(const Services& services, const ApiCall& call);
/// `{"outcome": "paid" | "cancelled", "amount": "1500"}`; for payments that no gateway confirms.
Response handle_confirm(const Services& services, const ApiCall& call);

} // namespace tollgate
