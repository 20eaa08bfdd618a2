// A payment as the shop sees it, in the API and in events. Nothing in it opens anything: the
// addresses of the customer, which do, are the API's to add.
//
// Shape    docs/http-api.md
#pragma once

#include "core/payments/payment.hpp"
#include "core/support/json.hpp"

namespace tollgate {

Json payment_json(const Payment& payment);

} // namespace tollgate
