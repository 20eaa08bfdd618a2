#include "sql/orphans.hpp"

#include "sql/payment_rows.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

namespace tollgate {
namespace {

// Served by KEY received, as the one below.
constexpr auto sql_forget =
    "DELETE FROM tollgate_orphans WHERE received_at < ? ORDER BY received_at LIMIT ?";
constexpr auto sql_some =
    "SELECT id, gateway, reference, gateway_ref, received_at FROM tollgate_orphans "
    "WHERE received_at >= ? AND (received_at > ? OR id > UNHEX(?)) "
    "ORDER BY received_at, id LIMIT ?";

// Each served by PRIMARY.
constexpr auto sql_take = "DELETE FROM tollgate_orphans WHERE id = UNHEX(?)";
constexpr auto sql_give = "UPDATE tollgate_evidence SET payment_id = UNHEX(?) "
                          "WHERE id = UNHEX(?) AND payment_id IS NULL";
constexpr auto sql_make_due =
    "UPDATE tollgate_payments SET gateway_ref = COALESCE(gateway_ref, ?), "
    "check_due_at = LEAST(COALESCE(check_due_at, ?), ?) WHERE id = UNHEX(?)";

struct Orphan {
    std::string id;
    std::string gateway;
    std::string reference;
    std::string gateway_ref;
    Instant received_at{};
};

std::vector<Orphan> some_orphans(Connection& connection, const OrphanTurn& turn, Instant now)
{
    const auto begin = std::max(turn.received_at, now - orphan_age_max);
    const auto rows = connection.statement(sql_some)
                          .time(begin)
                          .time(begin)
                          .bytes(turn.id)
                          .number(static_cast<std::int64_t>(orphan_rows_max))
                          .query();
    std::vector<Orphan> orphans;
    while (rows->next()) {
        orphans.push_back({
            .id = text_at(*rows, 1),
            .gateway = text_at(*rows, 2),
            .reference = text_at(*rows, 3),
            .gateway_ref = text_at(*rows, 4),
            .received_at = time_at(*rows, 5).value_or(Instant{}),
        });
    }
    return orphans;
}

/// A notification of one gateway never speaks of another's payment.
using Name = std::pair<std::string, std::string>; ///< gateway and name
using Payments = std::map<Name, std::string>;     ///< their ids

/// By UNIQUE KEY reference or by KEY gateway_ref.
void find_payments(
    Connection& connection,
    const std::string& column,
    std::span<const std::string_view> names,
    Payments& payments
)
{
    in_lists(names, [&](std::span<const std::string_view> list) {
        auto statement = connection.statement(
            "SELECT id, gateway, " + column + " FROM tollgate_payments WHERE " + column + " IN (" +
            repeated("?", list.size()) + ")"
        );
        for (const auto& name : list)
            statement.text(name);
        const auto rows = statement.query();
        while (rows->next()) {
            payments.emplace(Name{text_at(*rows, 2), text_at(*rows, 3)}, text_at(*rows, 1));
        }
    });
}

struct Match {
    std::string payment;
    const Orphan* orphan = nullptr;
};

/// In the order in which settlements lock payments.
std::vector<Match> matches_of(Connection& connection, const std::vector<Orphan>& orphans)
{
    std::vector<std::string_view> references;
    std::vector<std::string_view> gateway_refs;
    for (const auto& orphan : orphans) {
        if (orphan.reference.empty()) {
            gateway_refs.emplace_back(orphan.gateway_ref);
        } else {
            references.emplace_back(orphan.reference);
        }
    }
    Payments payments;
    find_payments(connection, "reference", references, payments);
    find_payments(connection, "gateway_ref", gateway_refs, payments);
    std::vector<Match> matches;
    for (const auto& orphan : orphans) {
        const auto& name = orphan.reference.empty() ? orphan.gateway_ref : orphan.reference;
        const auto found = payments.find({orphan.gateway, name});
        if (found != payments.end()) matches.push_back({found->second, &orphan});
    }
    std::ranges::stable_sort(matches, {}, &Match::payment);
    return matches;
}

/// False when another process was quicker. The evidence may be another server's, which received
/// the same message at the same moment: then there is only the payment to wake.
bool give(Connection& connection, const Match& match, Instant now)
{
    const auto& orphan = *match.orphan;
    if (connection.statement(sql_take).bytes(orphan.id).update() == 0) return false;
    connection.statement(sql_give).bytes(match.payment).bytes(orphan.id).update();
    connection.statement(sql_make_due)
        .text_or_null(orphan.gateway_ref)
        .time(now)
        .time(now)
        .bytes(match.payment)
        .update();
    return true;
}

} // namespace

OrphanRow orphan_of(const Notification& one, const std::string& evidence_id)
{
    const auto& gateway_ref = one.gateway_ref.get();
    return {
        .id = evidence_id,
        .gateway = one.gateway.get(),
        .reference = one.reference.get(),
        .gateway_ref = is_gateway_ref(gateway_ref) ? gateway_ref : std::string_view{},
        .received_at = one.received_at,
    };
}

void insert_orphans(Connection& connection, std::span<const OrphanRow> rows)
{
    in_chunks(rows.size(), [&](std::size_t begin, std::size_t size) {
        auto statement = connection.statement(
            "INSERT INTO tollgate_orphans (id, gateway, reference, gateway_ref, received_at) "
            "VALUES " +
            repeated("(UNHEX(?), ?, ?, ?, ?)", size)
        );
        for (const auto& row : rows.subspan(begin, size)) {
            statement.bytes(row.id)
                .text(row.gateway)
                .text(row.reference)
                .text(row.gateway_ref)
                .time(row.received_at);
        }
        statement.update();
    });
}

OrphansMatched match_orphans_in(Connection& connection, const OrphanTurn& turn, Instant now)
{
    connection.statement(sql_forget)
        .time(now - orphan_age_max)
        .number(static_cast<std::int64_t>(orphan_rows_max))
        .update();
    const auto orphans = some_orphans(connection, turn, now);
    OrphansMatched matched;
    for (const auto& match : matches_of(connection, orphans))
        matched.payments += give(connection, match, now) ? 1 : 0;
    if (orphans.size() == orphan_rows_max) {
        matched.next = OrphanTurn{orphans.back().received_at, orphans.back().id};
    }
    return matched;
}

} // namespace tollgate
