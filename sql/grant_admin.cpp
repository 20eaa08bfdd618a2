#include "sql/grant_admin.hpp"

#include "core/settle/decide.hpp"
#include "core/support/check.hpp"
#include "sql/connection.hpp"
#include "sql/payment_rows.hpp"
#include "sql/profile.hpp"
#include "sql/trail_rows.hpp"

#include <algorithm>

namespace tollgate {
namespace {

// Served by UNIQUE KEY file (payment_id first).
const std::string sql_grants =
    "SELECT id, token_digest, file, uses, uses_max, use_ends_at, expires_at, revoked_at, "
    "created_at FROM tollgate_grants WHERE payment_id = UNHEX(?) ORDER BY file";
const std::string sql_lock_grants = sql_grants + " FOR UPDATE";

// Served by PRIMARY, as all below.
const std::string sql_lock_payment =
    "SELECT " + payment_columns + " FROM tollgate_payments WHERE id = UNHEX(?) FOR UPDATE";
// The token belongs to the id, so a new token is a new id; nothing else names a grant by it.
constexpr auto sql_reissue = "UPDATE tollgate_grants SET id = UNHEX(?), token_digest = UNHEX(?), "
                             "revoked_at = NULL WHERE id = UNHEX(?)";
constexpr auto sql_extend =
    "UPDATE tollgate_grants SET uses_max = ?, expires_at = ? WHERE id = UNHEX(?)";
constexpr auto sql_revoke = "UPDATE tollgate_grants SET revoked_at = ? WHERE id = UNHEX(?)";

std::vector<StoredGrant>
read_grants(Connection& connection, const std::string& sql, const PaymentId& payment)
{
    std::vector<StoredGrant> grants;
    const auto rows = connection.statement(sql).bytes(payment.get()).query();
    while (rows->next()) {
        grants.push_back({
            .id = GrantId{text_at(*rows, 1)},
            .digest = TokenDigest{text_at(*rows, 2)},
            .file = text_at(*rows, 3),
            .uses = rows->getInt(4),
            .uses_max = rows->getInt(5),
            .use_ends_at = time_at(*rows, 6),
            .expires_at = time_at(*rows, 7).value_or(Instant{}),
            .revoked_at = time_at(*rows, 8),
            .created_at = time_at(*rows, 9).value_or(Instant{}),
        });
    }
    return grants;
}

Grant grant_of(const GrantMaker& maker, const StoredGrant& state)
{
    return {
        .id = state.id,
        .token = maker.token_of(state.id, state.digest).value_or(DownloadToken{}),
        .digest = state.digest,
        .file = state.file,
        .uses_max = state.uses_max,
        .expires_at = state.expires_at,
    };
}

Payment lock_payment(Connection& connection, const PaymentId& id)
{
    const auto rows = connection.statement(sql_lock_payment).bytes(id.get()).query();
    check(rows->next(), "grants of a payment that does not exist");
    return read_payment(*rows);
}

std::string names_of(const std::vector<Grant>& grants)
{
    std::string names;
    for (const auto& grant : grants)
        names += (names.empty() ? "" : ", ") + grant.file;
    return names;
}

void note(
    Connection& connection,
    Payment& payment,
    const GrantOrder& order,
    const std::string& what,
    const std::vector<Grant>& grants
)
{
    const auto event =
        noted_event(payment, order.who + ": " + what + ": " + names_of(grants), order.now);
    const auto* after = &payment;
    update_payments(connection, {&after, 1}, order.now);
    insert_events(connection, {&event, 1});
}

/// `change(connection, payment, grants)` returns what it changed of the payment's grants, all of
/// which are locked; `what` it is, for the trail.
template <class Change>
std::vector<Grant> change_grants(
    const GrantServices& services, const GrantOrder& order, const char* what, Change change
)
{
    return services.pool.transact([&](Connection& connection) {
        auto payment = lock_payment(connection, order.payment);
        auto grants = read_grants(connection, sql_lock_grants, order.payment);
        std::erase_if(grants, [&](const StoredGrant& grant) {
            return !order.file.empty() && grant.file != order.file;
        });
        const std::vector<Grant> changed = change(connection, payment, grants);
        if (!changed.empty()) note(connection, payment, order, what, changed);
        return changed;
    });
}

void end_in_shop(
    Connection& connection,
    const GrantServices& services,
    const Payment& payment,
    const Grant& grant,
    Instant now
)
{
    services.profile.revoke(connection, payment, {&grant, 1}, now);
}

Grant reissue(
    Connection& connection,
    const GrantServices& services,
    const Payment& payment,
    const StoredGrant& before,
    Instant now
)
{
    auto after = services.grants.make({before.file}, now);
    after.uses_max = before.uses_max;
    after.expires_at = before.expires_at;
    connection.statement(sql_reissue)
        .bytes(after.id.get())
        .bytes(after.digest.get())
        .bytes(before.id.get())
        .update();
    if (!before.revoked_at) {
        end_in_shop(connection, services, payment, grant_of(services.grants, before), now);
    }
    services.profile.grant(connection, payment, {&after, 1}, now);
    return after;
}

} // namespace

std::string_view StoredGrant::state(Instant now) const
{
    if (revoked_at) return "revoked";
    if (expires_at <= now) return "expired";
    return uses < uses_max ? "active" : "used up";
}

std::vector<StoredGrant> grant_states(Pool& pool, const PaymentId& payment)
{
    return pool.run([&](Connection& connection) {
        return read_grants(connection, sql_grants, payment);
    });
}

std::vector<Grant> reissue_grants(const GrantServices& services, const GrantOrder& order)
{
    const auto change = [&](Connection& connection, const Payment& payment, const auto& grants) {
        std::vector<Grant> changed;
        if (!is_delivered(payment.state)) return changed;
        for (const auto& before : grants)
            changed.push_back(reissue(connection, services, payment, before, order.now));
        return changed;
    };
    return change_grants(services, order, "new download links", change);
}

std::vector<Grant> extend_grants(
    const GrantServices& services, const GrantOrder& order, const GrantExtension& extension
)
{
    const auto change = [&](Connection& connection, const Payment&, const auto& grants) {
        std::vector<Grant> changed;
        for (auto grant : grants) {
            if (grant.revoked_at) continue;
            if (extension.uses_left) grant.uses_max = grant.uses + *extension.uses_left;
            grant.expires_at = extension.expires_at.value_or(grant.expires_at);
            connection.statement(sql_extend)
                .number(grant.uses_max)
                .time(grant.expires_at)
                .bytes(grant.id.get())
                .update();
            changed.push_back(grant_of(services.grants, grant));
        }
        return changed;
    };
    return change_grants(services, order, "downloads extended", change);
}

std::vector<Grant> revoke_grants(const GrantServices& services, const GrantOrder& order)
{
    const auto change = [&](Connection& connection, const Payment& payment, const auto& grants) {
        std::vector<Grant> changed;
        for (const auto& grant : grants) {
            if (grant.revoked_at) continue;
            connection.statement(sql_revoke).time(order.now).bytes(grant.id.get()).update();
            changed.push_back(grant_of(services.grants, grant));
            end_in_shop(connection, services, payment, changed.back(), order.now);
        }
        return changed;
    };
    return change_grants(services, order, "downloads revoked", change);
}

} // namespace tollgate
