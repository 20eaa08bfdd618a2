#include "sql/attention.hpp"

#include "sql/payment_rows.hpp"

#include <stdexcept>

namespace tollgate {
namespace {

// Served by KEY attention; the event by UNIQUE KEY payment of tollgate_events.
std::string rows_statement(bool all)
{
    return "SELECT " + payment_columns +
           ", attention, COALESCE((SELECT MAX(created_at) FROM tollgate_events AS event WHERE "
           "event.payment_id = payment.id AND event.number = payment.events), updated_at) "
           "FROM tollgate_payments AS payment WHERE attention > ''" +
           (all ? "" : " AND attention_seen = 0") + " ORDER BY attention, id LIMIT ?";
}

// Served by UNIQUE KEY reference, as the one below.
constexpr auto sql_word = "SELECT attention FROM tollgate_payments WHERE reference = ?";
constexpr auto sql_deal_with = "UPDATE tollgate_payments SET attention_seen = 1 "
                               "WHERE reference = ? AND attention = ?";

Attention read_attention(const std::string& text)
{
    const auto attention = parse_attention(text);
    if (!attention) throw std::runtime_error{"the attention column holds no word of ours"};
    return *attention;
}

} // namespace

std::vector<AttentionRow> attention_rows(Pool& pool, const AttentionWish& wish)
{
    return pool.run([&](Connection& connection) {
        const auto rows = connection.statement(rows_statement(wish.all))
                              .number(static_cast<std::int64_t>(wish.rows_max))
                              .query();
        std::vector<AttentionRow> found;
        while (rows->next()) {
            found.push_back({
                .payment = read_payment(*rows),
                .attention = read_attention(text_at(*rows, payment_columns_count + 1)),
                .since = time_at(*rows, payment_columns_count + 2).value_or(Instant{}),
            });
        }
        return found;
    });
}

std::optional<Attention> deal_with(Pool& pool, const Reference& reference)
{
    return pool.run([&](Connection& connection) -> std::optional<Attention> {
        const auto rows = connection.statement(sql_word).text(reference.get()).query();
        const auto word = rows->next() ? text_at(*rows, 1) : std::string{};
        if (word.empty()) return {};
        connection.statement(sql_deal_with).text(reference.get()).text(word).update();
        return read_attention(word);
    });
}

} // namespace tollgate
