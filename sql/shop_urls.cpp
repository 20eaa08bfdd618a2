#include "sql/shop_urls.hpp"

#include "sql/payment_rows.hpp"

namespace tollgate {
namespace {

constexpr auto sql_insert_urls =
    "INSERT INTO tollgate_shop_urls (payment_id, success_url, failure_url, callback_url) "
    "VALUES (UNHEX(?), ?, ?, ?)";
// Served by PRIMARY.
constexpr auto sql_read_urls = "SELECT success_url, failure_url, callback_url "
                               "FROM tollgate_shop_urls WHERE payment_id = UNHEX(?)";

// Served by PRIMARY.
std::string callbacks_statement(std::size_t count)
{
    return "SELECT payment_id, callback_url FROM tollgate_shop_urls WHERE payment_id IN (" +
           repeated("UNHEX(?)", count) + ") AND callback_url <> ''";
}

} // namespace

void insert_shop_urls(Connection& connection, const PaymentId& id, const ShopUrls& urls)
{
    if (urls.empty()) return;
    connection.statement(sql_insert_urls)
        .bytes(id.get())
        .text(urls.success)
        .text(urls.failure)
        .text(urls.callback)
        .update();
}

ShopUrls read_shop_urls(Connection& connection, const PaymentId& id)
{
    const auto rows = connection.statement(sql_read_urls).bytes(id.get()).query();
    if (!rows->next()) return {};
    return {
        .success = text_at(*rows, 1),
        .failure = text_at(*rows, 2),
        .callback = text_at(*rows, 3),
    };
}

std::unordered_map<std::string, std::string>
callback_urls(Connection& connection, std::span<const std::string_view> payments)
{
    std::unordered_map<std::string, std::string> urls;
    in_lists(payments, [&](std::span<const std::string_view> list) {
        auto statement = connection.statement(callbacks_statement(list.size()));
        for (const auto& id : list)
            statement.bytes(id);
        const auto rows = statement.query();
        while (rows->next())
            urls.emplace(text_at(*rows, 1), text_at(*rows, 2));
    });
    return urls;
}

} // namespace tollgate
