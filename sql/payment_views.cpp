#include "sql/payment_views.hpp"

#include "sql/connection.hpp"
#include "sql/payment_rows.hpp"

#include <algorithm>
#include <stdexcept>
#include <unordered_map>

namespace tollgate {
namespace {

using Views = std::unordered_map<std::string, PaymentView>; ///< by id

// Served by PRIMARY, of the addresses too, and, of the grants, by UNIQUE KEY file (payment_id
// first).
std::string view_statement(std::size_t count)
{
    return "SELECT payment.id, payment.gateway, payment.order_ref, payment.reference, "
           "payment.amount_minor, payment.currency, payment.status, payment.created_at, "
           "payment.checked_at, granted.id, granted.file, granted.token_digest, urls.success_url, "
           "urls.failure_url, urls.callback_url FROM tollgate_payments AS payment "
           "LEFT JOIN tollgate_shop_urls AS urls ON urls.payment_id = payment.id "
           "LEFT JOIN tollgate_grants AS granted ON granted.payment_id = payment.id "
           "AND granted.revoked_at IS NULL WHERE payment.id IN (" +
           repeated("UNHEX(?)", count) + ")";
}

PaymentView read_view(const sql::ResultSet& row)
{
    const auto currency = parse_currency(text_at(row, 6));
    const auto state = parse_status(text_at(row, 7));
    if (!currency || !state) throw std::runtime_error{"a payment row that is not ours"};
    return {
        .id = PaymentId{text_at(row, 1)},
        .gateway = GatewayName{text_at(row, 2)},
        .order = OrderRef{text_at(row, 3)},
        .reference = Reference{text_at(row, 4)},
        .price = {row.getInt64(5), *currency},
        .state = *state,
        .created_at = time_at(row, 8).value_or(Instant{}),
        .checked_at = time_at(row, 9),
        .grants = {},
        .urls = {text_at(row, 13), text_at(row, 14), text_at(row, 15)},
    };
}

/// A row per grant, or one without.
void add(Views& views, const sql::ResultSet& row)
{
    auto [found, is_new] = views.try_emplace(text_at(row, 1));
    auto& view = found->second;
    if (is_new) view = read_view(row);
    auto grant = text_at(row, 10);
    if (grant.empty()) return;
    view.grants.push_back(
        {GrantId{std::move(grant)}, text_at(row, 11), TokenDigest{text_at(row, 12)}}
    );
}

Views read_views(Connection& connection, std::span<const PaymentId> ids)
{
    std::vector<std::string_view> wanted;
    for (const auto& id : ids)
        wanted.push_back(id.get());
    Views views;
    in_lists(wanted, [&](std::span<const std::string_view> list) {
        auto statement = connection.statement(view_statement(list.size()));
        for (const auto& id : list)
            statement.bytes(id);
        const auto rows = statement.query();
        while (rows->next())
            add(views, *rows);
    });
    for (auto& [id, view] : views)
        std::ranges::sort(view.grants, {}, &GrantRow::file);
    return views;
}

std::vector<std::optional<PaymentView>> find_all(Pool& pool, std::span<const PaymentId> ids)
{
    const auto views =
        pool.run([&](Connection& connection) { return read_views(connection, ids); });
    std::vector<std::optional<PaymentView>> found;
    for (const auto& id : ids) {
        const auto view = views.find(id.get());
        found.push_back(view != views.end() ? std::optional{view->second} : std::nullopt);
    }
    return found;
}

} // namespace

PaymentViews::PaymentViews(Pool& pool)
    : batches_{
          chunk_rows_max, [&pool](std::span<const PaymentId> ids) { return find_all(pool, ids); }}
{
}

} // namespace tollgate
