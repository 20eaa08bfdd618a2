// `/api/v1/payments/{id}/refund/` and `…/confirm/`: what the shop does to a payment that exists.
#pragma once

#include "fcgi/http_message.hpp"
#include "fcgi/services.hpp"

#include <string_view>

namespace tollgate {

/// `{"amount": "500"}`, or `{}` for all that is left.
Response handle_refund(const Services& services, const Request& request, std::string_view id);
/// `{"outcome": "paid" | "cancelled", "amount": "1500"}`; for payments that no gateway confirms.
Response handle_confirm(const Services& services, const Request& request, std::string_view id);

} // namespace tollgate
