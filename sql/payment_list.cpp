#include "sql/payment_list.hpp"

#include "core/crypto/uuid.hpp"
#include "sql/connection.hpp"
#include "sql/payment_rows.hpp"

#include <algorithm>
#include <unordered_map>

namespace tollgate {
namespace {

constexpr std::size_t id_bytes = 16;

const std::string columns = "SELECT id, status, gateway FROM tollgate_payments ";
const std::string look = columns + "WHERE merchant = ? ";
const std::string page = "AND id >= UNHEX(?) AND id < UNHEX(?) ORDER BY id DESC LIMIT ?";
// Served by KEY list, which must be said: where most payments are one merchant's, the optimizer walks
// along PRIMARY, and past everybody else's for the others.
const std::string sql_look = columns + "FORCE INDEX (list) WHERE merchant = ? " + page;
// Served by UNIQUE KEY attempt: an order has few payments.
const std::string sql_look_at_order = look + "AND order_ref = ? " + page;
// Served by UNIQUE KEY reference: there is one at most.
const std::string sql_look_at_reference = look + "AND reference = ? " + page;

/// What decides whether a payment is on the page.
struct Look {
    PaymentId id;
    std::string status;
    std::string gateway;
};

/// `from` of them, and below `to`.
struct IdRange {
    std::string from = std::string(id_bytes, '\0');
    std::string to = std::string(id_bytes, '\xff');
};

IdRange range_of(const PaymentFilter& filter)
{
    IdRange range;
    if (filter.created_from) range.from = first_uuid_v7(*filter.created_from);
    if (filter.created_to) range.to = first_uuid_v7(*filter.created_to);
    if (filter.after) range.to = std::min(range.to, filter.after->get());
    return range;
}

Statement statement_of(Connection& connection, const PaymentFilter& filter)
{
    const auto& merchant = filter.merchant.get();
    if (!filter.reference.empty()) {
        auto statement = connection.statement(sql_look_at_reference);
        statement.text(merchant).text(filter.reference.get());
        return statement;
    }
    if (!filter.order.empty()) {
        auto statement = connection.statement(sql_look_at_order);
        statement.text(merchant).text(filter.order.get());
        return statement;
    }
    auto statement = connection.statement(sql_look);
    statement.text(merchant);
    return statement;
}

bool is_wanted(const Look& one, const PaymentFilter& filter)
{
    const auto has_status = [&](Status status) { return one.status == code(status); };
    return (filter.gateway.empty() || one.gateway == filter.gateway.get()) &&
           (filter.statuses.empty() || std::ranges::any_of(filter.statuses, has_status));
}

/// The ids of a page, and where it ended.
struct PageIds {
    std::vector<PaymentId> ids;
    std::optional<PaymentId> next;
};

PageIds page_ids(Connection& connection, const PaymentFilter& filter)
{
    const auto range = range_of(filter);
    const bool selects = !filter.statuses.empty() || !filter.gateway.empty();
    const auto looks_max = selects ? list_looks_max : filter.rows_max;
    auto statement = statement_of(connection, filter);
    const auto rows = statement.bytes(range.from)
                          .bytes(range.to)
                          .number(static_cast<std::int64_t>(looks_max) + 1)
                          .query();
    PageIds found;
    std::optional<PaymentId> last;
    for (std::size_t looked = 0; rows->next(); ++looked) {
        if (looked == looks_max || found.ids.size() == filter.rows_max) {
            found.next = last;
            break;
        }
        const Look one{PaymentId{text_at(*rows, 1)}, text_at(*rows, 2), text_at(*rows, 3)};
        if (is_wanted(one, filter)) found.ids.push_back(one.id);
        last = one.id;
    }
    return found;
}

// Served by PRIMARY.
std::string read_statement(std::size_t count)
{
    return "SELECT " + payment_columns + " FROM tollgate_payments WHERE id IN (" +
           repeated("UNHEX(?)", count) + ")";
}

std::vector<Payment> read_in_order(Connection& connection, std::span<const PaymentId> ids)
{
    std::vector<std::string_view> wanted;
    for (const auto& id : ids)
        wanted.push_back(id.get());
    std::unordered_map<std::string, Payment> read;
    in_lists(wanted, [&](std::span<const std::string_view> list) {
        auto statement = connection.statement(read_statement(list.size()));
        for (const auto& id : list)
            statement.bytes(id);
        const auto rows = statement.query();
        while (rows->next()) {
            auto payment = read_payment(*rows);
            auto id = payment.id.get();
            read.insert_or_assign(std::move(id), std::move(payment));
        }
    });
    std::vector<Payment> payments;
    for (const auto& id : ids) {
        const auto found = read.find(id.get());
        if (found != read.end()) payments.push_back(std::move(found->second));
    }
    return payments;
}

} // namespace

PaymentPage list_payments(Pool& pool, const PaymentFilter& filter)
{
    check(filter.rows_max > 0 && filter.rows_max <= listed_max, "a page of a wrong size");
    return pool.run([&](Connection& connection) {
        auto found = page_ids(connection, filter);
        return PaymentPage{read_in_order(connection, found.ids), std::move(found.next)};
    });
}

} // namespace tollgate
