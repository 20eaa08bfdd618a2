#include "sql/shop_orders.hpp"

#include "core/downloads/file_path.hpp"
#include "core/support/text.hpp"
#include "sql/payment_rows.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <stdexcept>

namespace tollgate {
namespace {

constexpr std::string_view customer_prefix = "customer_";
constexpr std::array required_columns{"order_ref", "currency", "payable"};
/// The price in major units with decimals, or in minor units: one of them.
constexpr std::string_view column_amount = "amount";
constexpr std::string_view column_amount_minor = "amount_minor";
constexpr std::array optional_columns{"description", "gateway", "success_url", "failure_url"};

using Columns = std::map<std::string, std::string, std::less<>>;

std::string Customer::*customer_member(std::string_view column)
{
    if (!column.starts_with(customer_prefix)) return nullptr;
    const auto name = column.substr(customer_prefix.size());
    const auto found =
        std::ranges::find(customer_fields, name, [](const auto& field) { return field.first; });
    return found == customer_fields.end() ? nullptr : found->second;
}

bool contains(const auto& names, std::string_view name)
{
    return std::ranges::find(names, name) != names.end();
}

bool is_known_column(std::string_view name)
{
    return contains(required_columns, name) || contains(optional_columns, name) ||
           is_one_of(name, {column_amount, column_amount_minor}) ||
           customer_member(name) != nullptr;
}

/// The only row; nothing when there is none.
std::optional<Columns> only_row(const ProfileStatement& statement, sql::ResultSet& rows)
{
    if (!rows.next()) return {};
    Columns columns;
    auto* names = rows.getMetaData();
    for (unsigned i = 1; i <= names->getColumnCount(); ++i)
        columns[names->getColumnLabel(i)] = text_at(rows, i);
    if (rows.next()) throw std::runtime_error{statement.place() + ": found more than one order"};
    return columns;
}

class OrderReader {
public:
    OrderReader(const ProfileStatement& statement, const Columns& columns)
        : statement_{statement}, columns_{columns}
    {
    }

    ShopOrder read() const
    {
        ShopOrder order{
            .order = OrderRef{text("order_ref")},
            .price = price(),
            .payable = payable(),
            .description = text("description"),
            .customer = {},
            .gateway = text("gateway"),
            .urls =
                {.success = text("success_url"), .failure = text("failure_url"), .callback = {}},
            .files = {},
        };
        if (!is_order_ref(order.order.get())) refuse("order_ref");
        for (const auto& [name, value] : columns_) {
            if (const auto member = customer_member(name)) order.customer.*member = value;
        }
        return order;
    }

private:
    [[noreturn]] void refuse(std::string_view column) const
    {
        throw std::runtime_error{
            statement_.place() + ": the column " + std::string{column} +
            " is missing or none that an order can have"};
    }

    std::string text(std::string_view column) const
    {
        const auto found = columns_.find(column);
        return found == columns_.end() ? std::string{} : found->second;
    }

    Money price() const
    {
        const auto currency = parse_currency(text("currency"));
        if (!currency) refuse("currency");
        const bool minor = columns_.contains(column_amount_minor);
        const auto column = minor ? column_amount_minor : column_amount;
        const auto money =
            minor ? parse_minor(text(column), *currency) : parse_major(text(column), *currency);
        if (!money) refuse(column);
        return *money;
    }

    bool payable() const
    {
        const auto word = text("payable");
        if (word != "0" && word != "1") refuse("payable");
        return word == "1";
    }

    const ProfileStatement& statement_;
    const Columns& columns_;
};

std::vector<std::string>
files_of(Connection& connection, const ProfileStatement& statement, const OrderRef& order)
{
    std::vector<std::string> files;
    const auto rows = statement.query(connection, lookup_values(order.get()));
    while (rows->next()) {
        auto file = text_at(*rows, 1);
        if (!is_file_path(file)) {
            throw std::runtime_error{statement.place() + ": a file that is no path"};
        }
        files.push_back(std::move(file));
    }
    return files;
}

} // namespace

std::string objection_to_order_columns(const std::vector<std::string>& columns)
{
    for (const auto* name : required_columns) {
        if (!contains(columns, name)) return std::string{"the column "} + name + " is missing";
    }
    if (contains(columns, column_amount) == contains(columns, column_amount_minor)) {
        return "it must yield one of the columns amount and amount_minor";
    }
    for (const auto& name : columns) {
        if (!is_known_column(name)) return "the column " + name + " is not known";
    }
    return {};
}

std::optional<OrderKeyKind> MysqlShopOrders::key_kind() const
{
    const auto& lookup = profile_.order_lookup();
    return lookup ? std::optional{lookup->key_kind} : std::nullopt;
}

std::optional<ShopOrder> MysqlShopOrders::find(const std::string& key)
{
    const auto& lookup = profile_.order_lookup();
    if (!lookup) return {};
    return pool_.run([&](Connection& connection) -> std::optional<ShopOrder> {
        const auto rows = lookup->order.query(connection, lookup_values(key));
        const auto columns = only_row(lookup->order, *rows);
        if (!columns) return {};
        auto order = OrderReader{lookup->order, *columns}.read();
        order.files = lookup->files ? files_of(connection, *lookup->files, order.order) : files_;
        return order;
    });
}

} // namespace tollgate
