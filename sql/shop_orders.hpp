// The shop's orders, looked up by the profile's sections [order] and [files].
#pragma once

#include "core/checkout/shop_order.hpp"
#include "sql/profile.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tollgate {

class MysqlShopOrders final : public ShopOrders {
public:
    /// `files` are delivered where the profile has no section [files].
    MysqlShopOrders(Pool& pool, const Profile& profile, std::vector<std::string> files)
        : pool_{pool}, profile_{profile}, files_{std::move(files)}
    {
    }

    std::optional<OrderKeyKind> key_kind() const override;
    std::optional<ShopOrder> find(const std::string& key) override;

private:
    Pool& pool_;
    const Profile& profile_;
    std::vector<std::string> files_;
};

/// What is wrong with the columns of the statement that yields an order, as the end of a sentence;
/// empty when nothing is.
std::string objection_to_order_columns(const std::vector<std::string>& columns);

} // namespace tollgate
