#include "sql/mysql_store.hpp"

#include "core/crypto/random.hpp"
#include "core/settle/counters.hpp"
#include "core/settle/receipt.hpp"
#include "core/settle/schedule.hpp"
#include "core/support/fail_point.hpp"
#include "sql/connection.hpp"
#include "sql/migrate.hpp"
#include "sql/orphans.hpp"
#include "sql/payment_rows.hpp"
#include "sql/settlement.hpp"
#include "sql/shop_urls.hpp"
#include "sql/trail_rows.hpp"

#include <algorithm>
#include <map>
#include <stdexcept>
#include <unordered_map>
#include <unordered_set>

namespace tollgate {
namespace {

constexpr int insert_tries_max = 8;

// ---------------------------------------------------------------------------------------- opening

// Served by UNIQUE KEY attempt.
const std::string sql_payments_of_order =
    "SELECT " + payment_columns +
    " FROM tollgate_payments WHERE merchant = ? AND order_ref = ? ORDER BY attempt DESC";

constexpr auto sql_record_opened = "UPDATE tollgate_payments SET "
                                   "gateway_ref = COALESCE(?, gateway_ref), payment_url = ?, "
                                   "updated_at = ? WHERE id = UNHEX(?)";

/// A customer may still pay this one, or has paid it.
bool occupies_order(const Payment& payment, Instant now)
{
    if (is_unpaid_end(payment.state)) return false;
    const bool never_reached_a_customer =
        payment.state == Status::pending && payment.payment_url.empty();
    return !never_reached_a_customer || now < payment.opening_until;
}

/// Nothing when another caller took the attempt first.
std::optional<Insertion> try_insert(Connection& connection, Payment payment, const ShopUrls& urls)
{
    const auto rows = connection.statement(sql_payments_of_order)
                          .text(payment.merchant.get())
                          .text(payment.order.get())
                          .query();
    payment.attempt = 1;
    while (rows->next()) {
        auto other = read_payment(*rows);
        // Ours already: the connection was lost after the commit, and this is the repetition.
        if (other.id == payment.id) return Insertion{true, std::move(other)};
        if (occupies_order(other, payment.created_at)) return Insertion{false, std::move(other)};
        payment.attempt = std::max(payment.attempt, other.attempt + 1);
    }
    const auto event = creation_event(payment);
    try {
        insert_payment(connection, payment);
    } catch (const sql::SQLException& error) {
        if (!is_duplicate(error)) throw;
        return {};
    }
    insert_shop_urls(connection, payment.id, urls);
    insert_events(connection, {&event, 1});
    return Insertion{true, std::move(payment)};
}

// ----------------------------------------------------------------------------------------- intake

/// Served by UNIQUE KEY digest.
std::unordered_set<std::string>
stored_digests(Connection& connection, std::span<const Notification> notifications)
{
    std::vector<std::string_view> wanted;
    for (const auto& one : notifications)
        wanted.push_back(one.digest);
    std::unordered_set<std::string> digests;
    in_lists(wanted, [&](std::span<const std::string_view> list) {
        auto statement = connection.statement(
            "SELECT digest FROM tollgate_evidence WHERE digest IN (" +
            repeated("UNHEX(?)", list.size()) + ")"
        );
        for (const auto& digest : list)
            statement.bytes(digest);
        const auto rows = statement.query();
        while (rows->next())
            digests.insert(text_at(*rows, 1));
    });
    return digests;
}

/// A notification of one gateway never speaks of another's payment.
std::string key_of(const GatewayName& gateway, std::string_view name)
{
    return gateway.get() + ' ' + std::string{name};
}

const std::string known_columns = "SELECT id, gateway, reference, gateway_ref, amount_minor, "
                                  "currency, status, check_due_at, messages, paid_currency, " +
                                  refund_columns + " FROM tollgate_payments WHERE ";

KnownPayment read_known(const sql::ResultSet& row)
{
    const auto currency = parse_currency(text_at(row, 6));
    const auto state = parse_status(text_at(row, 7));
    if (!currency || !state) throw std::runtime_error{"a payment row that is not ours"};
    return {
        .payment =
            {
                .id = PaymentId{text_at(row, 1)},
                .gateway = GatewayName{text_at(row, 2)},
                .reference = Reference{text_at(row, 3)},
                .gateway_ref = GatewayRef{text_at(row, 4)},
                .price = {row.getInt64(5), *currency},
                .refund = read_refund(row, 11, parse_currency(text_at(row, 10))),
                .messages = row.getInt(9),
            },
        .state = *state,
        .check_due_at = time_at(row, 8),
    };
}

/// By reference (UNIQUE KEY reference) or by the gateway's own name (KEY gateway_ref).
void find_known(
    Connection& connection,
    std::string_view column,
    std::span<const std::string_view> names,
    std::unordered_map<std::string, KnownPayment>& payments
)
{
    in_lists(names, [&](std::span<const std::string_view> list) {
        auto statement = connection.statement(
            known_columns + std::string{column} + " IN (" + repeated("?", list.size()) + ")"
        );
        for (const auto& name : list)
            statement.text(name);
        const auto rows = statement.query();
        while (rows->next()) {
            auto known = read_known(*rows);
            const auto& payment = known.payment;
            const bool by_reference = column == "reference";
            const auto& name = by_reference ? payment.reference.get() : payment.gateway_ref.get();
            const auto key = key_of(payment.gateway, name);
            payments.insert_or_assign(key, std::move(known));
        }
    });
}

/// By key_of() their gateway and what the messages name them by.
std::unordered_map<std::string, KnownPayment>
known_payments(Connection& connection, std::span<const Notification> notifications)
{
    std::vector<std::string_view> references;
    std::vector<std::string_view> gateway_refs;
    for (const auto& one : notifications)
        (one.reference.empty() ? gateway_refs : references).push_back(name_in(one));
    std::unordered_map<std::string, KnownPayment> payments;
    find_known(connection, "gateway_ref", gateway_refs, payments);
    find_known(connection, "reference", references, payments);
    return payments;
}

/// One that was opened at another node of a cluster a moment ago may not be visible here yet.
bool names_unknown(
    std::span<const Notification> notifications,
    const std::unordered_map<std::string, KnownPayment>& payments
)
{
    return std::ranges::any_of(notifications, [&](const auto& one) {
        return !payments.contains(key_of(one.gateway, name_in(one)));
    });
}

/// Served by PRIMARY. Decided by the row as it is then, for a settlement may have come between: the
/// message is counted and its payment due, whatever was read before.
void make_due(Connection& connection, std::span<const PaymentId> payments, Instant due)
{
    std::vector<std::string_view> wanted;
    for (const auto& id : payments)
        wanted.push_back(id.get());
    in_lists(wanted, [&](std::span<const std::string_view> list) {
        auto statement = connection.statement(
            "UPDATE tollgate_payments SET messages = messages + 1, "
            "check_due_at = IF(check_due_at <= ?, check_due_at, ?) WHERE id IN (" +
            repeated("UNHEX(?)", list.size()) + ")"
        );
        statement.time(due).time(due);
        for (const auto& id : list)
            statement.bytes(id);
        statement.update();
    });
}

/// What a batch of notifications writes, and what is to be asked.
struct Writes {
    std::vector<EvidenceRow> evidence;
    std::vector<OrphanRow> orphans;
    std::vector<PaymentId> due;
    std::vector<std::pair<PaymentId, GatewayRef>> named;
    std::vector<Received> received;

    bool writes_nothing() const { return evidence.empty() && due.empty() && named.empty(); }
};

/// Served by PRIMARY. Locks in the order of settlements, so that two kinds of changes to several
/// payments do not wait for each other in a circle.
void lock_payments(Connection& connection, const Writes& writes)
{
    std::vector<std::string_view> wanted;
    for (const auto& id : writes.due)
        wanted.push_back(id.get());
    for (const auto& [id, gateway_ref] : writes.named)
        wanted.push_back(id.get());
    std::ranges::sort(wanted);
    in_lists(wanted, [&](std::span<const std::string_view> list) {
        auto statement = connection.statement(
            "SELECT id FROM tollgate_payments WHERE id IN (" + repeated("UNHEX(?)", list.size()) +
            ") ORDER BY id FOR UPDATE"
        );
        for (const auto& id : list)
            statement.bytes(id);
        statement.query();
    });
}

// Served by PRIMARY; a condition on gateway_ref would make it a question of that index.
constexpr auto sql_name_payment = "UPDATE tollgate_payments SET "
                                  "gateway_ref = COALESCE(gateway_ref, ?) WHERE id = UNHEX(?)";

/// The answer to the opening was lost, and with it how the gateway calls the payment.
void name_payments(
    Connection& connection, std::span<const std::pair<PaymentId, GatewayRef>> payments
)
{
    for (const auto& [id, gateway_ref] : payments) {
        connection.statement(sql_name_payment).text(gateway_ref.get()).bytes(id.get()).update();
    }
}

EvidenceRow evidence_of(const Notification& one, const KnownPayment* known)
{
    return {
        .id = random_uuid_v7(one.received_at),
        .payment_id = known != nullptr ? known->payment.id.get() : std::string{},
        .kind = "notification",
        .gateway = one.gateway.get(),
        .reference = name_in(one),
        .digest = one.digest,
        .proof = one.proof,
        .body = one.record,
        .received_at = one.received_at,
    };
}

Writes read_batch(Connection& connection, std::span<const Notification> notifications)
{
    auto stored = stored_digests(connection, notifications);
    auto payments = known_payments(connection, notifications);
    if (names_unknown(notifications, payments) && connection.catch_up()) {
        payments = known_payments(connection, notifications);
    }
    Writes writes;
    for (const auto& one : notifications) {
        const auto found = payments.find(key_of(one.gateway, name_in(one)));
        const auto* known = found != payments.end() ? &found->second : nullptr;
        auto receipt = read_notification(one, known, !stored.insert(one.digest).second);
        if (receipt.received.kept) writes.evidence.push_back(evidence_of(one, known));
        if (receipt.orphan) writes.orphans.push_back(orphan_of(one, writes.evidence.back().id));
        if (receipt.due) writes.due.push_back(known->payment.id);
        if (receipt.names_payment) {
            writes.named.emplace_back(known->payment.id, receipt.received.payment->gateway_ref);
        }
        writes.received.push_back(std::move(receipt.received));
    }
    std::ranges::sort(writes.due); // the order in which settlements lock
    const auto twice = std::ranges::unique(writes.due);
    writes.due.erase(twice.begin(), twice.end());
    return writes;
}

// ------------------------------------------------------------------------------------- reconciler

/// Due and not leased; times that only a wrong clock can have written bind nobody.
const std::string is_free = "(check_due_at <= ? OR check_due_at > ?) "
                            "AND (lease_until IS NULL OR lease_until < ? OR lease_until > ?)";

Statement& add_is_free(Statement& statement, Instant now)
{
    return statement.time(now).time(now + check_wait_max).time(now).time(now + lease_lasts_max);
}

// Served by KEY due.
const std::string sql_find_due =
    "SELECT id FROM tollgate_payments WHERE " + is_free + " ORDER BY check_due_at LIMIT ?";

/// A compare-and-set: of two reconcilers that found the same row, one changes it.
std::string lease_statement(std::size_t count)
{
    return "UPDATE tollgate_payments SET lease_owner = ?, lease_until = ? WHERE id IN (" +
           repeated("UNHEX(?)", count) + ") AND " + is_free;
}

std::string leased_statement(std::size_t count)
{
    return "SELECT " + payment_columns + " FROM tollgate_payments WHERE id IN (" +
           repeated("UNHEX(?)", count) + ") AND lease_owner = ?";
}

std::vector<PaymentRef>
lease_payments(Connection& connection, const Lease& lease, std::span<const std::string> ids)
{
    auto update = connection.statement(lease_statement(ids.size()));
    update.text(lease.owner).time(lease.until);
    for (const auto& id : ids)
        update.bytes(id);
    add_is_free(update, lease.now).update();

    auto select = connection.statement(leased_statement(ids.size()));
    for (const auto& id : ids)
        select.bytes(id);
    const auto rows = select.text(lease.owner).query();
    std::vector<PaymentRef> payments;
    while (rows->next())
        payments.push_back(read_payment(*rows).ref());
    return payments;
}

// ------------------------------------------------------------------------------------------- reads

// Served by UNIQUE KEY file (payment_id first).
constexpr auto sql_grants_of = "SELECT id, file, token_digest FROM tollgate_grants "
                               "WHERE payment_id = UNHEX(?) AND revoked_at IS NULL ORDER BY file";

// Served by KEY payment.
constexpr auto sql_last_answer =
    "SELECT body FROM tollgate_evidence WHERE payment_id = UNHEX(?) AND kind = 'check' "
    "ORDER BY last_at DESC, id DESC LIMIT 1";

std::optional<Payment> first_payment(Statement statement)
{
    const auto rows = statement.query();
    if (!rows->next()) return {};
    return read_payment(*rows);
}

/// `statement()` asks by a name that somebody was given: what is not visible here was perhaps
/// opened at another node of a cluster a moment ago.
template <class MakeStatement>
std::optional<Payment> first_known_payment(Connection& connection, MakeStatement statement)
{
    auto payment = first_payment(statement());
    if (!payment && connection.catch_up()) payment = first_payment(statement());
    return payment;
}

} // namespace

Insertion MysqlStore::insert(const Payment& payment, const ShopUrls& urls)
{
    // Each round that loses the race finds a newer attempt; what never finds one is no race.
    for (int tries = 0; tries < insert_tries_max; ++tries) {
        auto insertion = services_.pool.transact([&](Connection& connection) {
            return try_insert(connection, payment, urls);
        });
        if (insertion) return *std::move(insertion);
    }
    throw std::runtime_error{"the id or the reference of a new payment exists already"};
}

ShopUrls MysqlStore::urls_of(const PaymentId& id)
{
    return services_.pool.run([&](Connection& connection) { return read_shop_urls(connection, id); }
    );
}

void MysqlStore::record_opened(const PaymentId& id, const Opened& opened, Instant now)
{
    services_.pool.run([&](Connection& connection) {
        return connection.statement(sql_record_opened)
            .text_or_null(opened.gateway_ref.get())
            .text(opened.payment_url)
            .time(now)
            .bytes(id.get())
            .update();
    });
}

std::optional<Payment> MysqlStore::find(const PaymentId& id)
{
    static const auto sql =
        "SELECT " + payment_columns + " FROM tollgate_payments WHERE id = UNHEX(?)";
    return services_.pool.run([&](Connection& connection) {
        return first_known_payment(connection, [&] {
            return connection.statement(sql).bytes(id.get());
        });
    });
}

std::optional<Payment> MysqlStore::find(const Reference& reference)
{
    static const auto sql =
        "SELECT " + payment_columns + " FROM tollgate_payments WHERE reference = ?";
    return services_.pool.run([&](Connection& connection) {
        return first_known_payment(connection, [&] {
            return connection.statement(sql).text(reference.get());
        });
    });
}

std::optional<Payment> MysqlStore::find(const Merchant& merchant, const OrderRef& order)
{
    return services_.pool.run([&](Connection& connection) {
        return first_payment(
            connection.statement(sql_payments_of_order).text(merchant.get()).text(order.get())
        );
    });
}

std::vector<GrantRow> MysqlStore::grants_of(const PaymentId& id)
{
    return services_.pool.run([&](Connection& connection) {
        std::vector<GrantRow> grants;
        const auto rows = connection.statement(sql_grants_of).bytes(id.get()).query();
        while (rows->next())
            grants.push_back(
                {GrantId{text_at(*rows, 1)}, text_at(*rows, 2), TokenDigest{text_at(*rows, 3)}}
            );
        return grants;
    });
}

std::string MysqlStore::last_answer(const PaymentId& id)
{
    return services_.pool.run([&](Connection& connection) {
        const auto rows = connection.statement(sql_last_answer).bytes(id.get()).query();
        return rows->next() ? text_at(*rows, 1) : std::string{};
    });
}

std::vector<Received> MysqlStore::receive(std::span<const Notification> notifications)
{
    check(!notifications.empty(), "a batch of nothing");
    const auto due = notifications.front().received_at + check_grace;
    return services_.pool.run(
        [&](Connection& connection) {
            auto writes = read_batch(connection, notifications);
            if (writes.writes_nothing()) return std::move(writes.received);
            connection.begin();
            insert_evidence(connection, writes.evidence);
            insert_orphans(connection, writes.orphans);
            if (!writes.named.empty()) lock_payments(connection, writes);
            make_due(connection, writes.due, due);
            name_payments(connection, writes.named);
            fail_point("intake.before_commit");
            connection.commit();
            return std::move(writes.received);
        },
        Purpose::intake
    );
}

RefundBegun MysqlStore::begin_refund(const RefundOrder& order)
{
    return services_.pool.transact([&](Connection& connection) {
        return begin_refund_in(connection, order);
    });
}

std::vector<Settled> MysqlStore::settle(std::span<const Asked> asked, Instant now)
{
    const SettlementServices services{services_.profile, services_.rules, services_.events};
    auto settled = services_.pool.transact(
        [&](Connection& connection) { return settle_in(connection, services, asked, now); },
        Purpose::settlement
    );
    fail_point("settle.after_commit");
    counters::count(settled);
    const bool changed =
        std::ranges::any_of(settled, [](const Settled& one) { return one.before != one.after; });
    if (changed && services_.on_changed) services_.on_changed(settled);
    return settled;
}

std::vector<PaymentRef> MysqlStore::take_due(const Lease& lease)
{
    // One transaction: what a conflict makes us repeat must not leave leases behind.
    return services_.pool.transact([&](Connection& connection) {
        std::vector<std::string> ids;
        auto find = connection.statement(sql_find_due);
        const auto rows = add_is_free(find, lease.now)
                              .number(static_cast<std::int64_t>(lease.payments_max))
                              .query();
        while (rows->next())
            ids.push_back(text_at(*rows, 1));
        std::vector<PaymentRef> payments;
        in_chunks(ids.size(), [&](std::size_t begin, std::size_t size) {
            auto some = lease_payments(connection, lease, std::span{ids}.subspan(begin, size));
            std::ranges::move(some, std::back_inserter(payments));
        });
        return payments;
    });
}

OrphansMatched MysqlStore::match_orphans(const OrphanTurn& turn, Instant now)
{
    return services_.pool.transact([&](Connection& connection) {
        return match_orphans_in(connection, turn, now);
    });
}

void MysqlStore::check_ready()
{
    const auto applied = applied_migration(services_.pool);
    if (applied == newest_migration()) return;
    throw SchemaError{
        "the database has migration " + std::to_string(applied) + ", this program needs " +
        std::to_string(newest_migration()) + ": run `tollgate migrate`"};
}

} // namespace tollgate
