// The return page: where the customer comes back to, and the way to try again.
#pragma once

#include "fcgi/http_message.hpp"
#include "fcgi/services.hpp"

#include <string_view>

namespace tollgate {

/// `/return/{gateway}`. An open payment's gateway is asked at once, with a bounded wait; the page
/// says "not paid" only when the gateway has said so. A cross-site POST carries no cookie: nothing
/// here relies on one.
Response handle_return(const Services& services, const Request& request, std::string_view gateway);

/// `POST /pay/retry`: a new payment of an order that ended unpaid.
Response handle_retry(const Services& services, const Request& request);

} // namespace tollgate
