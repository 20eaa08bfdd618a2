// What every request of the payments API goes through: whose key it carries, and which payment of
// that merchant its path names.
#pragma once

#include "core/support/expected.hpp"
#include "core/support/json.hpp"
#include "fcgi/http_message.hpp"
#include "fcgi/services.hpp"

#include <string_view>

namespace tollgate {

/// The owner of the request's Bearer key, or the 401.
Expected<KeyOwner, Response> owner_of(const Services& services, const Request& request);

struct OwnPayment {
    KeyOwner owner;
    Payment payment;
};

/// The payment that `id` names, or the 401, or the 404 that another merchant's payment is, too.
Expected<OwnPayment, Response>
own_payment(const Services& services, const Request& request, std::string_view id);

/// The body as a JSON object, or the 415 or 400.
Expected<Json, Response> object_of(const Request& request);

/// The payment as the API shows it.
Json data_of(const Services& services, const Payment& payment);

} // namespace tollgate
