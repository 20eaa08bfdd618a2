#include "sql/trail_rows.hpp"

#include <algorithm>

namespace tollgate {
namespace {

constexpr std::size_t evidence_body_bytes_max = 8192;
constexpr std::size_t evidence_reference_bytes_max = 64;

/// A message may claim to be about anything; what is no reference is kept in a form that fits.
std::string kept_reference(std::string_view claimed)
{
    std::string text{claimed.substr(0, evidence_reference_bytes_max)};
    std::ranges::replace_if(
        text, [](char c) { return c < ' ' || c > '~'; }, '?'
    );
    return text;
}

} // namespace

void insert_evidence(Connection& connection, std::span<const EvidenceRow> rows)
{
    in_chunks(rows.size(), [&](std::size_t begin, std::size_t size) {
        auto statement = connection.statement(
            "INSERT INTO tollgate_evidence (id, payment_id, kind, gateway, reference, digest, "
            "proof, body, received_at, last_at) VALUES " +
            repeated("(UNHEX(?), UNHEX(?), ?, ?, ?, UNHEX(?), ?, ?, ?, ?)", size) +
            " ON DUPLICATE KEY UPDATE last_at = VALUES(last_at)"
        );
        for (const auto& row : rows.subspan(begin, size)) {
            statement.bytes(row.id)
                .bytes_or_null(row.payment_id)
                .text(row.kind)
                .text(row.gateway)
                .text(kept_reference(row.reference))
                .bytes(row.digest)
                .text(code(row.proof))
                .text(row.body.substr(0, evidence_body_bytes_max))
                .time(row.received_at)
                .time(row.received_at);
        }
        statement.update();
    });
}

void insert_events(Connection& connection, std::span<const Event> events)
{
    in_chunks(events.size(), [&](std::size_t begin, std::size_t size) {
        auto statement = connection.statement(
            "INSERT INTO tollgate_events (id, payment_id, number, from_status, to_status, cause, "
            "evidence_id, hash, created_at) VALUES " +
            repeated("(UNHEX(?), UNHEX(?), ?, ?, ?, ?, UNHEX(?), UNHEX(?), ?)", size)
        );
        for (const auto& event : events.subspan(begin, size)) {
            statement.bytes(event.id)
                .bytes(event.payment.get())
                .number(event.number)
                .text(event.from)
                .text(event.to)
                .text(event.cause)
                .bytes_or_null(event.evidence_id)
                .bytes(event.hash)
                .time(event.created_at);
        }
        statement.update();
    });
}

} // namespace tollgate
