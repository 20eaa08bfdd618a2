// An order as the shop's own tables know it: what its customer is to pay, read through the shop's
// profile, so that no address and no form can say otherwise.
//
// Errors   std::runtime_error: the profile's statement yields no order that can be paid (no such
//          currency, no amount), or the database does not answer
// Threads  any
#pragma once

#include "core/money/money.hpp"
#include "core/payments/payment.hpp"
#include "core/payments/shop_urls.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate {

/// What the last part of `/pay/order/{key}` is.
enum class OrderKeyKind {
    signed_by_shop, ///< what finds the order, and the shop's signature under it
    unguessable,    ///< what finds the order, drawn by chance by the shop
};

struct ShopOrder {
    OrderRef order;
    Money price;
    bool payable = false;    ///< the shop still wants money for it
    std::string description; ///< may be empty
    Customer customer;       ///< as far as the shop knows him
    std::string gateway;     ///< empty: the customer chooses
    ShopUrls urls;
    std::vector<std::string> files; ///< what is delivered when paid
};

class ShopOrders {
public:
    virtual ~ShopOrders() = default;

    /// Nothing where the profile cannot look orders up.
    virtual std::optional<OrderKeyKind> key_kind() const = 0;
    /// The order that `key` names; of a signed key, without its signature.
    virtual std::optional<ShopOrder> find(const std::string& key) = 0;
};

} // namespace tollgate
