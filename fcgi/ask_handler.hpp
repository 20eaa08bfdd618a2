// `…/{id}/status/` and `…/{id}/verify/`: what the gateway says of a payment, now.
#pragma once

#include "fcgi/api_access.hpp"

namespace tollgate {

/// Asks the gateway first when more may come of the payment.
Response handle_status(const Services& services, const ApiCall& call);
/// Asks the gateway whatever the status, and says so when it did not answer.
Response handle_verify(const Services& services, const ApiCall& call);

} // namespace tollgate
