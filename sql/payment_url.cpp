#include "sql/payment_url.hpp"

#include "core/crypto/uuid.hpp"
#include "sql/payment_rows.hpp"

namespace tollgate {
namespace {

// Served by PRIMARY, from its end: who asks has just opened the payment, and the first one counts.
constexpr auto sql_find = "SELECT id FROM tollgate_payments WHERE id >= UNHEX(?) "
                          "AND payment_url = ? ORDER BY id DESC LIMIT 1";

} // namespace

std::optional<PaymentId> find_by_payment_url(Pool& pool, std::string_view url, Instant now)
{
    const auto oldest = first_uuid_v7(now - payment_url_age_max);
    return pool.run([&](Connection& connection) -> std::optional<PaymentId> {
        const auto rows = connection.statement(sql_find).bytes(oldest).text(url).query();
        if (!rows->next()) return {};
        return PaymentId{text_at(*rows, 1)};
    });
}

} // namespace tollgate
