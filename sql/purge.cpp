#include "sql/purge.hpp"

#include "core/crypto/random.hpp"
#include "sql/payment_rows.hpp"

namespace tollgate {
namespace {

constexpr std::int64_t batch_rows = 1000;
constexpr std::size_t id_bytes = 16;

/// One table: `from` names it `old`; each `?` of `condition` is the time before which a row is old.
struct Sweep {
    std::string table;
    std::string from;
    std::string condition;
    int times = 1;
};

// Served by PRIMARY of the table, and PRIMARY of the payments.
const Sweep sweep_evidence{
    .table = "tollgate_evidence",
    .from = "tollgate_evidence AS old LEFT JOIN tollgate_payments AS payment "
            "ON payment.id = old.payment_id",
    .condition = "old.last_at < ? AND (payment.id IS NULL OR (payment.updated_at < ? "
                 "AND (payment.paid_at IS NULL OR payment.paid_at < ?) "
                 "AND payment.status IN ('paid', 'failed', 'cancelled', 'expired', 'refunded', "
                 "'partially_refunded') "
                 "AND payment.disputed = 0 AND payment.conflict = 0 "
                 "AND payment.refund_id IS NULL AND payment.check_due_at IS NULL "
                 "AND (payment.attention = '' OR payment.attention_seen = 1)))",
    .times = 3,
};

// Served by PRIMARY, as the one below.
const Sweep sweep_orphans{
    .table = "tollgate_orphans",
    .from = "tollgate_orphans AS old",
    .condition = "old.received_at < ?",
};

const Sweep sweep_outbox{
    .table = "tollgate_outbox",
    .from = "tollgate_outbox AS old",
    .condition = "old.delivered_at < ?",
};

/// The smallest id that a row of that time may have.
std::string first_id_of(Instant time)
{
    auto id = random_uuid_v7(time);
    constexpr std::size_t time_bytes = 6;
    id.replace(time_bytes, id_bytes - time_bytes, id_bytes - time_bytes, '\0');
    return id;
}

/// Where the batch after `begin` ends: an id that is no longer part of it.
std::string end_of_batch(
    Connection& connection, const Sweep& sweep, const std::string& begin, const std::string& end
)
{
    const auto rows = connection
                          .statement(
                              "SELECT id FROM " + sweep.table +
                              " WHERE id >= UNHEX(?) AND id < UNHEX(?) ORDER BY id LIMIT 1 OFFSET ?"
                          )
                          .bytes(begin)
                          .bytes(end)
                          .number(batch_rows)
                          .query();
    return rows->next() ? text_at(*rows, 1) : end;
}

struct Batch {
    std::string end;
    std::int64_t removed = 0;
};

class Sweeper {
public:
    Sweeper(Pool& pool, const Sweep& sweep, Instant before, bool dry_run)
        : pool_{pool}, sweep_{sweep}, before_{before}, dry_run_{dry_run}, end_{first_id_of(before)}
    {
    }

    std::int64_t run()
    {
        std::int64_t removed = 0;
        for (std::string begin(id_bytes, '\0'); begin < end_;) {
            auto batch = pool_.transact([&](Connection& connection) {
                return run_batch(connection, begin);
            });
            removed += batch.removed;
            begin = std::move(batch.end);
        }
        return removed;
    }

private:
    Batch run_batch(Connection& connection, const std::string& begin)
    {
        auto end = end_of_batch(connection, sweep_, begin, end_);
        const auto what = " FROM " + sweep_.from +
                          " WHERE old.id >= UNHEX(?) AND old.id < UNHEX(?) AND " + sweep_.condition;
        auto statement = connection.statement((dry_run_ ? "SELECT COUNT(*)" : "DELETE old") + what);
        statement.bytes(begin).bytes(end);
        for (int i = 0; i < sweep_.times; ++i)
            statement.time(before_);
        if (!dry_run_) return {std::move(end), statement.update()};
        const auto rows = statement.query();
        return {std::move(end), rows->next() ? rows->getInt64(1) : 0};
    }

    Pool& pool_;
    const Sweep& sweep_;
    Instant before_;
    bool dry_run_;
    std::string end_;
};

// Served by KEY created, as the one below.
constexpr auto sql_forget_requests =
    "DELETE FROM tollgate_idempotency WHERE created_at < ? ORDER BY created_at LIMIT ?";
constexpr auto sql_count_requests =
    "SELECT COUNT(*) FROM tollgate_idempotency WHERE created_at < ?";

std::int64_t forget_requests(Pool& pool, Instant before, bool dry_run)
{
    if (dry_run) {
        return pool.run([&](Connection& connection) {
            const auto rows = connection.statement(sql_count_requests).time(before).query();
            return rows->next() ? rows->getInt64(1) : 0;
        });
    }
    std::int64_t removed = 0;
    for (std::int64_t batch = batch_rows; batch == batch_rows; removed += batch) {
        batch = pool.run([&](Connection& connection) -> std::int64_t {
            return connection.statement(sql_forget_requests)
                .time(before)
                .number(batch_rows)
                .update();
        });
    }
    return removed;
}

} // namespace

Purged purge(Pool& pool, const PurgeOrder& order)
{
    const auto sweep = [&](const Sweep& table, std::chrono::days age) {
        return Sweeper{pool, table, order.now - age, order.dry_run}.run();
    };
    return {
        .evidence = sweep(sweep_evidence, order.evidence_age),
        .orphans = sweep(sweep_orphans, order.evidence_age),
        .events = sweep(sweep_outbox, order.events_age),
        .requests = forget_requests(pool, order.now - order.requests_age, order.dry_run),
    };
}

} // namespace tollgate
