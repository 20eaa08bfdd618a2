#include "sql/outbox.hpp"

#include "core/outbox/line.hpp"
#include "core/outbox/outbox_event.hpp"
#include "sql/connection.hpp"
#include "sql/payment_rows.hpp"
#include "sql/shop_urls.hpp"

#include <algorithm>
#include <unordered_map>

namespace tollgate {
namespace {

// ---------------------------------------------------------------------------------------- to send

/// Payments with an event due, and how many rows named them.
struct DuePayments {
    std::vector<std::string> ids;
    std::size_t rows = 0;
};

// Served by KEY due. Who is being sent, or stands behind another, is due when that may have ended.
constexpr auto sql_due_payments = "SELECT payment_id FROM tollgate_outbox "
                                  "WHERE next_attempt_at <= ? ORDER BY next_attempt_at LIMIT ?";

DuePayments due_payments(Connection& connection, const EventLease& lease)
{
    const auto rows = connection.statement(sql_due_payments)
                          .time(lease.now)
                          .number(static_cast<std::int64_t>(lease.events_max))
                          .query();
    DuePayments due;
    while (rows->next()) {
        due.ids.push_back(text_at(*rows, 1));
        ++due.rows;
    }
    std::ranges::sort(due.ids); // the order in which lines are locked
    const auto repeated_ids = std::ranges::unique(due.ids);
    due.ids.erase(repeated_ids.begin(), repeated_ids.end());
    return due;
}

/// An event that is not delivered yet, with what its turn depends on.
struct WaitingRow {
    LeasedEvent event;
    WaitingEvent waiting;
};

using Line = std::vector<WaitingRow>;

// Served by KEY payment: by KEY due it would lock the lines of everybody. Locked, so that two
// senders decide about a line one after the other.
std::string lines_statement(std::size_t count)
{
    return "SELECT id, payment_id, number, type, payload, attempts, next_attempt_at, lease_until "
           "FROM tollgate_outbox FORCE INDEX (payment) WHERE payment_id IN (" +
           repeated("UNHEX(?)", count) +
           ") AND next_attempt_at IS NOT NULL ORDER BY payment_id, number FOR UPDATE";
}

std::vector<Line> lock_lines(Connection& connection, std::span<const std::string> payments)
{
    const std::vector<std::string_view> wanted{payments.begin(), payments.end()};
    std::vector<Line> lines;
    in_lists(wanted, [&](std::span<const std::string_view> list) {
        auto statement = connection.statement(lines_statement(list.size()));
        for (const auto& id : list)
            statement.bytes(id);
        const auto rows = statement.query();
        while (rows->next()) {
            PaymentId payment{text_at(*rows, 2)};
            const bool another = lines.empty() || lines.back().front().event.payment != payment;
            if (another) lines.emplace_back();
            lines.back().push_back({
                .event =
                    {.id = text_at(*rows, 1),
                     .payment = std::move(payment),
                     .number = rows->getInt(3),
                     .type = text_at(*rows, 4),
                     .payload = text_at(*rows, 5),
                     .attempts = rows->getInt(6)},
                .waiting =
                    {.next_attempt_at = time_at(*rows, 7).value_or(Instant{}),
                     .lease_until = time_at(*rows, 8)},
            });
        }
    });
    return lines;
}

// Served by PRIMARY, as the two below.
std::string lease_statement(std::size_t count)
{
    return "UPDATE tollgate_outbox SET lease_owner = ?, lease_until = ?, next_attempt_at = ? "
           "WHERE id IN (" +
           repeated("UNHEX(?)", count) + ")";
}

void lease_events(
    Connection& connection, const EventLease& lease, std::span<const LeasedEvent> events
)
{
    in_chunks(events.size(), [&](std::size_t begin, std::size_t size) {
        auto statement = connection.statement(lease_statement(size));
        statement.text(lease.owner).time(lease.until).time(lease.until);
        for (const auto& event : events.subspan(begin, size))
            statement.bytes(event.id);
        statement.update();
    });
}

constexpr auto sql_put_off = "UPDATE tollgate_outbox SET next_attempt_at = ? WHERE id = UNHEX(?)";

/// Who is due and has to wait leaves the index of what is due, so that nothing hides behind him.
void put_off_others(Connection& connection, const Line& line, const Turn& turn, Instant now)
{
    for (std::size_t i = turn.first ? 1 : 0; i < line.size(); ++i) {
        if (line[i].waiting.next_attempt_at > now) continue;
        connection.statement(sql_put_off).time(turn.others_until).bytes(line[i].event.id).update();
    }
}

void add_callback_urls(Connection& connection, std::span<LeasedEvent> events)
{
    std::vector<std::string_view> payments;
    for (const auto& event : events)
        payments.push_back(event.payment.get());
    const auto urls = callback_urls(connection, payments);
    for (auto& event : events) {
        const auto found = urls.find(event.payment.get());
        if (found != urls.end()) event.callback_url = found->second;
    }
}

std::vector<LeasedEvent>
lease_first_in_line(Connection& connection, const EventLease& lease, const DuePayments& due)
{
    std::vector<LeasedEvent> events;
    for (auto& line : lock_lines(connection, due.ids)) {
        std::vector<WaitingEvent> waiting;
        for (const auto& row : line)
            waiting.push_back(row.waiting);
        const auto turn = turn_of(waiting, lease.now, lease.until);
        put_off_others(connection, line, turn, lease.now);
        if (turn.first) events.push_back(std::move(line.front().event));
    }
    lease_events(connection, lease, events);
    add_callback_urls(connection, events);
    return events;
}

// ------------------------------------------------------------------------------------------- sent

// Served by PRIMARY, as the two below. Delivered is a fact, whoever has the lease by now.
std::string delivered_statement(std::size_t count)
{
    return "UPDATE tollgate_outbox SET delivered_at = ?, next_attempt_at = NULL, parked_at = NULL, "
           "attempts = attempts + 1, last_error = '', lease_owner = NULL, lease_until = NULL "
           "WHERE id IN (" +
           repeated("UNHEX(?)", count) + ")";
}

constexpr auto sql_record_failure =
    "UPDATE tollgate_outbox SET next_attempt_at = ?, parked_at = ?, attempts = attempts + 1, "
    "last_error = ?, lease_owner = NULL, lease_until = NULL "
    "WHERE id = UNHEX(?) AND lease_owner = ?";

void record_delivered(
    Connection& connection, std::span<const Attempted* const> delivered, Instant now
)
{
    in_chunks(delivered.size(), [&](std::size_t begin, std::size_t size) {
        auto statement = connection.statement(delivered_statement(size));
        statement.time(now);
        for (const auto* one : delivered.subspan(begin, size))
            statement.bytes(one->event.id);
        statement.update();
    });
}

void record_failure(
    Connection& connection, const Attempted& attempt, const std::string& owner, Instant now
)
{
    const auto& outcome = attempt.outcome;
    const bool parked = outcome.kind == Outcome::Kind::parked;
    connection.statement(sql_record_failure)
        .time_or_null(outcome.next_attempt_at)
        .time_or_null(parked ? std::optional{now} : std::nullopt)
        .text(outcome.error)
        .bytes(attempt.event.id)
        .text(owner)
        .update();
}

// Served by KEY payment, as above.
std::string next_in_line_statement(std::size_t count)
{
    return "UPDATE tollgate_outbox FORCE INDEX (payment) SET next_attempt_at = ? "
           "WHERE payment_id IN (" +
           repeated("UNHEX(?)", count) + ") AND next_attempt_at > ? AND attempts = 0";
}

/// Those who stood behind an event that has left its line.
std::size_t
wake_next_in_line(Connection& connection, std::span<const Attempted* const> left, Instant now)
{
    std::vector<std::string_view> payments;
    for (const auto* one : left)
        payments.push_back(one->event.payment.get());
    std::size_t woken = 0;
    in_lists(payments, [&](std::span<const std::string_view> list) {
        auto statement = connection.statement(next_in_line_statement(list.size()));
        statement.time(now);
        for (const auto& id : list)
            statement.bytes(id);
        woken += static_cast<std::size_t>(statement.time(now).update());
    });
    return woken;
}

std::vector<OutboxEvent> events_of(std::span<const Decision> decisions)
{
    std::vector<OutboxEvent> events;
    for (const auto& decision : decisions) {
        if (auto event = outbox_event(decision)) events.push_back(*std::move(event));
    }
    return events;
}

/// Where only payments with an address of their own are told of.
void leave_those_with_callback(Connection& connection, std::vector<OutboxEvent>& events)
{
    std::vector<std::string_view> payments;
    for (const auto& event : events)
        payments.push_back(event.payment.get());
    const auto urls = callback_urls(connection, payments);
    std::erase_if(events, [&](const auto& event) { return !urls.contains(event.payment.get()); });
}

} // namespace

void insert_outbox(
    Connection& connection, EventScope scope, std::span<const Decision> decisions, Instant now
)
{
    if (scope == EventScope::none) return;
    auto events = events_of(decisions);
    if (scope == EventScope::with_callback) leave_those_with_callback(connection, events);
    in_chunks(events.size(), [&](std::size_t begin, std::size_t size) {
        auto statement = connection.statement(
            "INSERT INTO tollgate_outbox (id, payment_id, number, type, payload, next_attempt_at, "
            "created_at) VALUES " +
            repeated("(UNHEX(?), UNHEX(?), ?, ?, ?, ?, ?)", size)
        );
        for (const auto& event : std::span{events}.subspan(begin, size)) {
            statement.bytes(event.id)
                .bytes(event.payment.get())
                .number(event.number)
                .text(event.type)
                .text(event.payload)
                .time(now)
                .time(event.created_at);
        }
        statement.update();
    });
}

TakenEvents MysqlOutbox::take_due(const EventLease& lease)
{
    return pool_.run([&](Connection& connection) -> TakenEvents {
        const auto due = due_payments(connection, lease);
        if (due.ids.empty()) return {};
        connection.begin();
        auto events = lease_first_in_line(connection, lease, due);
        connection.commit();
        return {.events = std::move(events), .more = due.rows == lease.events_max};
    });
}

std::size_t
MysqlOutbox::record(std::span<const Attempted> attempts, const std::string& owner, Instant now)
{
    return pool_.transact([&](Connection& connection) {
        std::vector<const Attempted*> delivered;
        std::vector<const Attempted*> left;
        for (const auto& one : attempts) {
            const auto kind = one.outcome.kind;
            if (kind == Outcome::Kind::delivered) {
                delivered.push_back(&one);
            } else {
                record_failure(connection, one, owner, now);
            }
            if (kind != Outcome::Kind::again) left.push_back(&one);
        }
        record_delivered(connection, delivered, now);
        return wake_next_in_line(connection, left, now);
    });
}

} // namespace tollgate
