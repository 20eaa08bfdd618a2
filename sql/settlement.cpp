#include "sql/settlement.hpp"

#include "core/support/fail_point.hpp"
#include "core/support/log.hpp"
#include "sql/outbox.hpp"
#include "sql/payment_rows.hpp"
#include "sql/trail_rows.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace tollgate {
namespace {

std::string payments_for_update(std::size_t count)
{
    return "SELECT " + payment_columns + " FROM tollgate_payments WHERE id IN (" +
           repeated("UNHEX(?)", count) + ") ORDER BY id FOR UPDATE";
}

/// Locks in the order of the primary key, whoever settles what, so settlements do not deadlock.
std::vector<Payment> lock_payments(Connection& connection, std::span<const Asked> asked)
{
    std::vector<std::string_view> ids;
    for (const auto& one : asked)
        ids.push_back(one.payment.get());
    std::ranges::sort(ids);
    std::vector<Payment> payments;
    in_lists(ids, [&](std::span<const std::string_view> list) {
        auto statement = connection.statement(payments_for_update(list.size()));
        for (const auto& id : list)
            statement.bytes(id);
        const auto rows = statement.query();
        while (rows->next())
            payments.push_back(read_payment(*rows));
    });
    return payments;
}

void write_grants(Connection& connection, std::span<const Decision> decisions, Instant now)
{
    std::vector<std::pair<const Payment*, const Grant*>> rows;
    for (const auto& decision : decisions) {
        for (const auto& grant : decision.grants)
            rows.emplace_back(&decision.after, &grant);
    }
    in_chunks(rows.size(), [&](std::size_t begin, std::size_t size) {
        auto statement = connection.statement(
            "INSERT INTO tollgate_grants (id, token_digest, payment_id, file, uses_max, "
            "expires_at, created_at) VALUES " +
            repeated("(UNHEX(?), UNHEX(?), UNHEX(?), ?, ?, ?, ?)", size)
        );
        for (const auto& [payment, grant] : std::span{rows}.subspan(begin, size)) {
            statement.bytes(grant->id.get())
                .bytes(grant->digest.get())
                .bytes(payment->id.get())
                .text(grant->file)
                .number(grant->uses_max)
                .time(grant->expires_at)
                .time(now);
        }
        statement.update();
    });
}

// Served by UNIQUE KEY file (payment_id first), as the one below.
constexpr auto sql_grants_in_force = "SELECT id, file, token_digest FROM tollgate_grants "
                                     "WHERE payment_id = UNHEX(?) AND revoked_at IS NULL";
constexpr auto sql_revoke_grants = "UPDATE tollgate_grants SET revoked_at = ? "
                                   "WHERE payment_id = UNHEX(?) AND revoked_at IS NULL";

std::vector<Grant>
grants_in_force(Connection& connection, const GrantMaker& grants, const PaymentId& payment)
{
    std::vector<Grant> found;
    const auto rows = connection.statement(sql_grants_in_force).bytes(payment.get()).query();
    while (rows->next()) {
        Grant grant;
        grant.id = GrantId{text_at(*rows, 1)};
        grant.file = text_at(*rows, 2);
        // Empty when its key is gone: then the shop's row stays, with a link that is dead.
        const TokenDigest digest{text_at(*rows, 3)};
        grant.token = grants.token_of(grant.id, digest).value_or(DownloadToken{});
        found.push_back(std::move(grant));
    }
    return found;
}

/// The shop may hold the links in its own table, so its profile hears which ones end.
void revoke_grants(
    Connection& connection, const SettlementServices& services, const Payment& payment, Instant now
)
{
    const auto revoked = grants_in_force(connection, services.rules.grants, payment.id);
    connection.statement(sql_revoke_grants).time(now).bytes(payment.id.get()).update();
    services.profile.revoke(connection, payment, revoked, now);
}

// Served by PRIMARY, then UNIQUE KEY attempt (merchant and order_ref first); forced, for KEY list
// has the merchant, too, and would read all that he ever sold.
std::string paid_before_statement(std::size_t count)
{
    return "SELECT DISTINCT payment.id FROM tollgate_payments AS payment JOIN tollgate_payments AS "
           "other FORCE INDEX (attempt) ON other.merchant = payment.merchant "
           "AND other.order_ref = payment.order_ref "
           "AND other.id <> payment.id AND other.status IN ('paid', 'partially_refunded') "
           "WHERE payment.id IN (" +
           repeated("UNHEX(?)", count) + ")";
}

constexpr auto sql_flag_paid_twice = "UPDATE tollgate_payments SET paid_twice = 1, "
                                     "attention = 'paid_twice', attention_seen = 0 "
                                     "WHERE id = UNHEX(?)";

/// A customer who paid an order twice, say by a late success of an attempt that had failed, must
/// not go unnoticed: the operator owes him one payment.
void flag_paid_twice(Connection& connection, std::span<Decision> decisions)
{
    std::vector<std::string_view> delivered;
    for (const auto& decision : decisions) {
        if (decision.status_changed && is_delivered(decision.after.state)) {
            delivered.push_back(decision.after.id.get());
        }
    }
    std::unordered_set<std::string> twice;
    in_lists(delivered, [&](std::span<const std::string_view> list) {
        auto statement = connection.statement(paid_before_statement(list.size()));
        for (const auto& id : list)
            statement.bytes(id);
        const auto rows = statement.query();
        while (rows->next())
            twice.insert(text_at(*rows, 1));
    });
    for (auto& decision : decisions) {
        const auto& id = decision.after.id;
        if (!twice.contains(id.get())) continue;
        connection.statement(sql_flag_paid_twice).bytes(id.get()).update();
        decision.after.paid_twice = decision.attention_changed = true;
        log_warning("payment.paid_twice", {{"payment", id_text(id)}});
    }
}

void write_evidence(Connection& connection, std::span<const Decision> decisions, Instant now)
{
    std::vector<EvidenceRow> rows;
    for (const auto& decision : decisions) {
        if (!decision.evidence) continue;
        rows.push_back({
            .id = decision.evidence->id,
            .payment_id = decision.evidence->payment.get(),
            .kind = code(decision.evidence->source),
            .gateway = decision.after.gateway.get(),
            .reference = decision.after.reference.get(),
            .digest = decision.evidence->digest,
            .proof = Proof::none,
            .body = decision.evidence->record,
            .received_at = now,
        });
    }
    insert_evidence(connection, rows);
}

void write_payments(Connection& connection, std::span<const Decision> decisions, Instant now)
{
    std::vector<const Payment*> payments;
    payments.reserve(decisions.size());
    for (const auto& decision : decisions)
        payments.push_back(&decision.after);
    update_payments(connection, payments, now);
}

// Written set-wise, a few statements for the whole batch.
void write_decisions(
    Connection& connection,
    const SettlementServices& services,
    std::span<Decision> decisions,
    Instant now
)
{
    write_evidence(connection, decisions, now);
    fail_point("settle.evidence_written");
    write_payments(connection, decisions, now);
    fail_point("settle.payments_written");
    flag_paid_twice(connection, decisions);
    write_grants(connection, decisions, now);
    fail_point("settle.grants_written");
    std::vector<Event> events;
    for (const auto& decision : decisions) {
        if (decision.event) events.push_back(*decision.event);
        if (decision.revoke) revoke_grants(connection, services, decision.after, now);
    }
    insert_events(connection, events);
    services.profile.carry_out(connection, decisions, now);
    fail_point("settle.profile_run");
    insert_outbox(connection, services.events, decisions, now);
}

// Served by PRIMARY.
const std::string sql_lock_payment =
    "SELECT " + payment_columns + " FROM tollgate_payments WHERE id = UNHEX(?) FOR UPDATE";

} // namespace

RefundBegun begin_refund_in(Connection& connection, const RefundOrder& order)
{
    const auto rows = connection.statement(sql_lock_payment).bytes(order.payment.get()).query();
    check(rows->next(), "a refund of a payment that does not exist");
    auto decision = decide_refund(read_payment(*rows), order);
    if (decision.event) {
        const auto* after = &decision.after;
        update_payments(connection, {&after, 1}, order.now);
        insert_events(connection, {&*decision.event, 1});
    }
    return {decision.kind, std::move(decision.after)};
}

std::vector<Settled> settle_in(
    Connection& connection,
    const SettlementServices& services,
    std::span<const Asked> asked,
    Instant now
)
{
    std::unordered_map<std::string_view, const Asked*> answers;
    for (const auto& one : asked) {
        check(answers.emplace(one.payment.get(), &one).second, "two answers about one payment");
    }
    std::vector<Decision> decisions;
    std::vector<Settled> settled;
    for (const auto& before : lock_payments(connection, asked)) {
        const auto& answer = *answers.at(before.id.get());
        decisions.push_back(decide(before, answer, services.rules, now));
        const auto after = decisions.back().after.state;
        settled.push_back({before.id, before.state, after, before.gateway});
    }
    fail_point("settle.locked");
    write_decisions(connection, services, decisions, now);
    fail_point("settle.before_commit");
    return settled;
}

} // namespace tollgate
