// `/api/v1/payments/`: the shop's side.
#pragma once

#include "fcgi/http_message.hpp"
#include "fcgi/services.hpp"

#include <string_view>

namespace tollgate {

Response handle_open(const Services& services, const Request& request);
/// The payment as it is stored.
Response handle_get(const Services& services, const Request& request, std::string_view id);
/// Asks the gateway first when the payment is open.
Response handle_status(const Services& services, const Request& request, std::string_view id);

} // namespace tollgate
