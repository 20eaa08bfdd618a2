// `/api/v1/payments/`: payments are opened, tried again, and shown.
#pragma once

#include "fcgi/api_access.hpp"

namespace tollgate {

Response handle_open(const Services& services, const ApiCall& call);
/// A new payment of the order of one that ended unpaid.
Response handle_reopen(const Services& services, const ApiCall& call);
/// The payment as it is stored.
Response handle_get(const Services& services, const ApiCall& call);

} // namespace tollgate
