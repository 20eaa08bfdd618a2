// `/notify/{gateway}`: what gateways call.
#pragma once

#include "fcgi/http_message.hpp"
#include "fcgi/services.hpp"

namespace tollgate {

/// 200 only after the notification is durable; whatever it says, only the gateway's own answer,
/// asked for afterwards, changes a payment.
Handled handle_notify(const Services& services, const Request& request, std::string_view gateway);

} // namespace tollgate
