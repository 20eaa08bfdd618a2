#include "sql/census.hpp"

#include "sql/payment_rows.hpp"

namespace tollgate {
namespace {

// Each of these is answered by the index alone, and reads census_count_max entries at most.
// Served by KEY attention.
constexpr auto sql_attention =
    "SELECT attention, COUNT(*) FROM (SELECT attention FROM tollgate_payments "
    "WHERE attention > '' AND attention_seen = 0 LIMIT ?) AS some GROUP BY attention";
// Served by KEY due.
constexpr auto sql_payments_due =
    "SELECT COUNT(*), MIN(check_due_at) FROM (SELECT check_due_at FROM tollgate_payments "
    "WHERE check_due_at <= ? ORDER BY check_due_at LIMIT ?) AS some";
// Served by KEY received.
constexpr auto sql_orphans =
    "SELECT COUNT(*) FROM (SELECT received_at FROM tollgate_orphans LIMIT ?) AS some";
// Served by KEY due.
constexpr auto sql_events_waiting =
    "SELECT COUNT(*), MIN(next_attempt_at) FROM (SELECT next_attempt_at FROM tollgate_outbox "
    "WHERE next_attempt_at IS NOT NULL ORDER BY next_attempt_at LIMIT ?) AS some";
// Served by KEY parked.
constexpr auto sql_events_parked = "SELECT COUNT(*) FROM (SELECT parked_at FROM tollgate_outbox "
                                   "WHERE parked_at IS NOT NULL LIMIT ?) AS some";

void count_payments(Connection& connection, Census& census, Instant now)
{
    const auto words = connection.statement(sql_attention).number(census_count_max).query();
    while (words->next()) {
        const auto word = parse_attention(text_at(*words, 1));
        if (word) census.attention[*word] = words->getInt64(2);
    }
    const auto due =
        connection.statement(sql_payments_due).time(now).number(census_count_max).query();
    if (due->next()) {
        census.payments_due = due->getInt64(1);
        census.oldest_payment_due = time_at(*due, 2);
    }
    const auto orphans = connection.statement(sql_orphans).number(census_count_max).query();
    if (orphans->next()) census.orphans = orphans->getInt64(1);
}

void count_events(Connection& connection, Census& census)
{
    const auto waiting = connection.statement(sql_events_waiting).number(census_count_max).query();
    if (waiting->next()) {
        census.events_waiting = waiting->getInt64(1);
        census.oldest_event_due = time_at(*waiting, 2);
    }
    const auto parked = connection.statement(sql_events_parked).number(census_count_max).query();
    if (parked->next()) census.events_parked = parked->getInt64(1);
}

} // namespace

Census take_census(Pool& pool, Instant now)
{
    return pool.run([&](Connection& connection) {
        Census census;
        count_payments(connection, census, now);
        count_events(connection, census);
        return census;
    });
}

} // namespace tollgate
