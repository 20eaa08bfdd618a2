#include "sql/outbox_replay.hpp"

#include "core/crypto/uuid.hpp"
#include "sql/connection.hpp"
#include "sql/payment_rows.hpp"

namespace tollgate {
namespace {

/// A transaction of this size holds nobody up.
constexpr std::size_t page_rows = 500;

const std::string row_columns =
    "SELECT event.id, event.type, payment.reference, payment.order_ref, event.attempts, "
    "event.next_attempt_at, event.delivered_at, event.parked_at, event.last_error, "
    "event.created_at FROM tollgate_outbox AS event STRAIGHT_JOIN tollgate_payments AS payment "
    "ON payment.id = event.payment_id WHERE ";

// Served by KEY due, KEY parked and KEY payment; the payments by PRIMARY.
const std::string sql_pending =
    row_columns + "event.next_attempt_at IS NOT NULL ORDER BY event.next_attempt_at LIMIT ?";
const std::string sql_parked =
    row_columns + "event.parked_at IS NOT NULL ORDER BY event.parked_at LIMIT ?";
const std::string sql_of_payment =
    row_columns + "event.payment_id = UNHEX(?) ORDER BY event.number LIMIT ?";

std::vector<OutboxRow> read_rows(Statement statement)
{
    const auto rows = statement.number(static_cast<std::int64_t>(listed_events_max)).query();
    std::vector<OutboxRow> events;
    while (rows->next()) {
        events.push_back({
            .id = text_at(*rows, 1),
            .type = text_at(*rows, 2),
            .reference = Reference{text_at(*rows, 3)},
            .order = OrderRef{text_at(*rows, 4)},
            .attempts = rows->getInt(5),
            .next_attempt_at = time_at(*rows, 6),
            .delivered_at = time_at(*rows, 7),
            .parked_at = time_at(*rows, 8),
            .last_error = text_at(*rows, 9),
            .created_at = time_at(*rows, 10).value_or(Instant{}),
        });
    }
    return events;
}

// Served by PRIMARY. A lease in force stays: somebody is sending it.
std::string replay_statement(std::size_t count)
{
    return "UPDATE tollgate_outbox SET attempts = 0, next_attempt_at = ?, delivered_at = NULL, "
           "parked_at = NULL, last_error = '' WHERE id IN (" +
           repeated("UNHEX(?)", count) + ")";
}

int replay(Connection& connection, const std::vector<std::string>& ids, Instant now)
{
    const std::vector<std::string_view> wanted{ids.begin(), ids.end()};
    in_lists(wanted, [&](std::span<const std::string_view> list) {
        auto statement = connection.statement(replay_statement(list.size()));
        statement.time(now);
        for (const auto& id : list)
            statement.bytes(id);
        statement.update();
    });
    return static_cast<int>(ids.size());
}

std::vector<std::string> read_ids(Statement statement)
{
    const auto rows = statement.query();
    std::vector<std::string> ids;
    while (rows->next())
        ids.push_back(text_at(*rows, 1));
    return ids;
}

// Served by PRIMARY, KEY payment, KEY parked and PRIMARY.
constexpr auto sql_id = "SELECT id FROM tollgate_outbox WHERE id = UNHEX(?)";
constexpr auto sql_ids_of_payment =
    "SELECT id FROM tollgate_outbox WHERE payment_id = UNHEX(?) ORDER BY number";
constexpr auto sql_ids_parked =
    "SELECT id FROM tollgate_outbox WHERE parked_at IS NOT NULL ORDER BY parked_at LIMIT ?";
constexpr auto sql_ids_from =
    "SELECT id FROM tollgate_outbox WHERE id > UNHEX(?) ORDER BY id LIMIT ?";

} // namespace

std::string_view OutboxRow::state() const
{
    if (next_attempt_at) return "pending";
    return parked_at ? "parked" : "delivered";
}

std::vector<OutboxRow> pending_events(Pool& pool)
{
    return pool.run([&](Connection& connection) {
        return read_rows(connection.statement(sql_pending));
    });
}

std::vector<OutboxRow> parked_events(Pool& pool)
{
    return pool.run([&](Connection& connection) {
        return read_rows(connection.statement(sql_parked));
    });
}

std::vector<OutboxRow> events_of(Pool& pool, const PaymentId& payment)
{
    return pool.run([&](Connection& connection) {
        return read_rows(connection.statement(sql_of_payment).bytes(payment.get()));
    });
}

int replay_event(Pool& pool, const std::string& id, Instant now)
{
    return pool.transact([&](Connection& connection) {
        return replay(connection, read_ids(connection.statement(sql_id).bytes(id)), now);
    });
}

int replay_payment(Pool& pool, const PaymentId& payment, Instant now)
{
    return pool.transact([&](Connection& connection) {
        const auto ids = read_ids(connection.statement(sql_ids_of_payment).bytes(payment.get()));
        return replay(connection, ids, now);
    });
}

int replay_parked(Pool& pool, Instant now)
{
    int replayed = 0;
    while (true) {
        const int some = pool.transact([&](Connection& connection) {
            auto statement = connection.statement(sql_ids_parked);
            return replay(connection, read_ids(statement.number(page_rows)), now);
        });
        replayed += some;
        if (some < static_cast<int>(page_rows)) return replayed;
    }
}

int replay_since(Pool& pool, Instant since, Instant now)
{
    int replayed = 0;
    auto last = first_uuid_v7(since);
    while (true) {
        const auto ids = pool.run([&](Connection& connection) {
            return read_ids(connection.statement(sql_ids_from).bytes(last).number(page_rows));
        });
        if (ids.empty()) return replayed;
        replayed +=
            pool.transact([&](Connection& connection) { return replay(connection, ids, now); });
        last = ids.back();
    }
}

} // namespace tollgate
