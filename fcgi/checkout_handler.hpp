// The checkout without a server call: the customer's browser brings what is to be paid, signed by
// the shop, or names an order of the shop's own tables.
//
// A GET opens nothing: previews of links, scanners of mails and prefetching browsers ask too. It
// shows what is to be paid, and a button; the button's POST opens the payment.
#pragma once

#include "fcgi/http_message.hpp"
#include "fcgi/services.hpp"

#include <string_view>

namespace tollgate {

/// `/pay/{gateway}`: a signed link (its fields in the query) or a signed form (in the body).
Response
handle_checkout(const Services& services, const Request& request, std::string_view gateway);

/// `/pay/order/{key}`: the order is looked up through the shop's profile.
Response handle_order(const Services& services, const Request& request, std::string_view key);

} // namespace tollgate
