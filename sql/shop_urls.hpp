// A payment's addresses of the shop as a row; none where it has none.
#pragma once

#include "core/payments/payment.hpp"
#include "core/payments/shop_urls.hpp"
#include "sql/connection.hpp"

namespace tollgate {

/// Writes a row when there is an address.
void insert_shop_urls(Connection& connection, const PaymentId& id, const ShopUrls& urls);
ShopUrls read_shop_urls(Connection& connection, const PaymentId& id);

} // namespace tollgate
