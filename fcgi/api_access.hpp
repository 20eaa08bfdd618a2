// What every request of the payments API goes through: whose key it carries, what that key may do
// and how often, and which payment of that merchant its path names.
#pragma once

#include "core/support/expected.hpp"
#include "core/support/json.hpp"
#include "fcgi/http_message.hpp"
#include "fcgi/services.hpp"
#include "sql/api_keys.hpp"

#include <string_view>

namespace tollgate {

/// A request that may be answered.
struct ApiCall {
    const Request& request;
    std::string_view id; ///< of the payment, as the path has it; empty where it has none
    KeyOwner owner{};
    /// Somebody had begun to answer this very request and died; see Idempotency.
    bool taken_over = false;
};

/// The owner of the request's Bearer key, or the 401, the 429, or the 403 that names the scope it
/// lacks.
Expected<KeyOwner, Response> admit(const Services& services, const Request& request, Scope scope);

/// The payment that the path names, or the 404 that another merchant's payment is, too.
Expected<Payment, Response> own_payment(const Services& services, const ApiCall& call);

/// The body as a JSON object, or the 415 or 400.
Expected<Json, Response> object_of(const Request& request);

/// The payment as the API shows it.
Json data_of(const Services& services, const Payment& payment);

} // namespace tollgate
