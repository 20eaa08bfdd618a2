// The customer's way from the return page to the shop's own page of the result.
//
// Where it leads is said by whoever opened the payment, or by the configuration; never by a browser
// or a gateway. What the shop is told is signed, and comes from our table alone.
#pragma once

#include "fcgi/pages/pages.hpp"
#include "fcgi/services.hpp"

#include <optional>
#include <string>

namespace tollgate {

/// The shop's page for a payment that is paid or ended unpaid, with the signed result if there is a
/// secret. Empty while that is not known, under review, after a refund, and when the shop has none.
std::string shop_page(const Services& services, const PaymentView& payment);

/// Where the customer is sent at once instead of seeing our page; empty: he sees it. An older
/// attempt that ended unpaid leads to the newest one of its order, never to "not paid".
std::string way_past_our_page(const Services& services, const PaymentView& payment);

/// Says on our page how it goes on to the shop's.
void add_way_back(const Services& services, const PaymentView& payment, Page& page);

} // namespace tollgate
