#include "sql/idempotency.hpp"

#include "sql/connection.hpp"
#include "sql/payment_rows.hpp"

namespace tollgate {
namespace {

constexpr int tries_max = 8;

constexpr auto sql_claim = "INSERT INTO tollgate_idempotency "
                           "(merchant, digest, request, created_at) "
                           "VALUES (?, UNHEX(?), UNHEX(?), ?)";
// Served by PRIMARY; those below by it or, as well, by KEY created. `created_at` says whose claim it
// is.
constexpr auto sql_read = "SELECT request, answer, created_at FROM tollgate_idempotency "
                          "WHERE merchant = ? AND digest = UNHEX(?)";
constexpr auto sql_take_over =
    "UPDATE tollgate_idempotency SET created_at = ? WHERE merchant = ? AND digest = UNHEX(?) "
    "AND created_at = ? AND answer IS NULL";
constexpr auto sql_answer =
    "UPDATE tollgate_idempotency SET answer = UNHEX(?) WHERE merchant = ? AND digest = UNHEX(?) "
    "AND created_at = ? AND answer IS NULL";
constexpr auto sql_release = "DELETE FROM tollgate_idempotency WHERE merchant = ? AND "
                             "digest = UNHEX(?) AND created_at = ? AND answer IS NULL";

bool claim(Connection& connection, const RepeatableRequest& request, Instant now)
{
    try {
        connection.statement(sql_claim)
            .text(request.merchant.get())
            .bytes(request.key)
            .bytes(request.content)
            .time(now)
            .update();
        return true;
    } catch (const sql::SQLException& error) {
        if (!is_duplicate(error)) throw;
        return false;
    }
}

bool take_over(Connection& connection, const RepeatableRequest& request, Instant from, Instant now)
{
    return connection.statement(sql_take_over)
               .time(now)
               .text(request.merchant.get())
               .bytes(request.key)
               .time(from)
               .update() == 1;
}

/// Nothing when the row has just gone or changed hands.
std::optional<Repetition>
repetition_of(Connection& connection, const RepeatableRequest& request, Instant now)
{
    using Kind = Repetition::Kind;
    const auto rows =
        connection.statement(sql_read).text(request.merchant.get()).bytes(request.key).query();
    if (!rows->next()) return {};
    if (text_at(*rows, 1) != request.content) return Repetition{.kind = Kind::other_request};
    if (auto answer = text_at(*rows, 2); !answer.empty()) {
        return Repetition{.kind = Kind::answered, .answer = std::move(answer)};
    }
    const auto claimed_at = time_at(*rows, 3).value_or(Instant{});
    if (now - claimed_at < idempotency_takeover) return Repetition{.kind = Kind::under_way};
    if (!take_over(connection, request, claimed_at, now)) return {};
    return Repetition{.kind = Kind::first, .claimed = Claimed{request, now, true}};
}

} // namespace

Repetition Idempotency::begin(const RepeatableRequest& request, Instant now)
{
    for (int tries = 0; tries < tries_max; ++tries) {
        // No transaction: each statement stands for itself.
        auto repetition = pool_.run([&](Connection& connection) -> std::optional<Repetition> {
            if (claim(connection, request, now)) {
                return Repetition{
                    .kind = Repetition::Kind::first, .claimed = Claimed{request, now, false}};
            }
            return repetition_of(connection, request, now);
        });
        if (repetition) return *std::move(repetition);
    }
    return {.kind = Repetition::Kind::under_way};
}

void Idempotency::answer(const Claimed& claimed, std::string_view answer)
{
    if (answer.size() > idempotency_answer_bytes_max) return;
    pool_.run([&](Connection& connection) {
        return connection.statement(sql_answer)
            .bytes(answer)
            .text(claimed.request.merchant.get())
            .bytes(claimed.request.key)
            .time(claimed.at)
            .update();
    });
}

void Idempotency::release(const Claimed& claimed)
{
    pool_.run([&](Connection& connection) {
        return connection.statement(sql_release)
            .text(claimed.request.merchant.get())
            .bytes(claimed.request.key)
            .time(claimed.at)
            .update();
    });
}

} // namespace tollgate
