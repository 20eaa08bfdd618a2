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

} // namespace tollgate
