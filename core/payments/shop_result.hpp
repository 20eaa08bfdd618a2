// What the shop's own page is told about a payment by the address that the customer comes with. The
// customer can read it and keep it, but not change it.
//
// Shape    tollgate_status, _order, _reference, _amount, _currency and _time (seconds since 1970)
//          in the query, and tollgate_signature: hex HMAC-SHA256(secret, these six values in this
//          order, a line feed between two)
#pragma once

#include "core/payments/payment.hpp"

#include <string>
#include <string_view>

namespace tollgate {

struct ShopResult {
    Status status{};
    OrderRef order;
    Reference reference;
    Money price;
    Instant at{}; ///< when it is told: a page may refuse what is old
};

/// `url` with the result in its query. `secret` is not empty.
std::string with_result(std::string_view url, const ShopResult& result, std::string_view secret);

} // namespace tollgate
