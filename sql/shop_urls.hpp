// A payment's addresses of the shop as a row; none where it has none.
#pragma once

#include "core/payments/payment.hpp"
#include "core/payments/shop_urls.hpp"
#include "sql/connection.hpp"

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

namespace tollgate {

/// Writes a row when there is an address.
void insert_shop_urls(Connection& connection, const PaymentId& id, const ShopUrls& urls);
ShopUrls read_shop_urls(Connection& connection, const PaymentId& id);
/// Those of `payments` that have an address for their events, by their ids.
std::unordered_map<std::string, std::string>
callback_urls(Connection& connection, std::span<const std::string_view> payments);

} // namespace tollgate
