#include "sql/api_keys.hpp"

#include "core/crypto/digest.hpp"
#include "core/crypto/random.hpp"
#include "core/support/log.hpp"
#include "sql/connection.hpp"
#include "sql/payment_rows.hpp"

#include <stdexcept>

namespace tollgate {
namespace {

constexpr std::size_t key_length = 40;
constexpr std::chrono::hours use_interval{1};

constexpr auto sql_add = "INSERT INTO tollgate_api_keys "
                         "(id, digest, merchant, name, scopes, created_at) "
                         "VALUES (UNHEX(?), UNHEX(?), ?, ?, ?, ?)";
// A table of a few rows, read by people.
const std::string key_columns =
    "name, merchant, scopes, created_at, expires_at, last_used_at, revoked_at";
const std::string sql_list =
    "SELECT " + key_columns + " FROM tollgate_api_keys ORDER BY created_at, id";
const std::string sql_working = "SELECT " + key_columns +
                                " FROM tollgate_api_keys WHERE merchant = ? AND name = ? AND "
                                "revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?) "
                                "ORDER BY created_at DESC, id DESC LIMIT 1 FOR UPDATE";
constexpr auto sql_end = "UPDATE tollgate_api_keys SET expires_at = ? WHERE merchant = ? AND "
                         "name = ? AND revoked_at IS NULL AND "
                         "(expires_at IS NULL OR expires_at > ?)";
constexpr auto sql_revoke =
    "UPDATE tollgate_api_keys SET revoked_at = ? WHERE name = ? AND revoked_at IS NULL";

// Served by UNIQUE KEY digest.
constexpr auto sql_find =
    "SELECT id, merchant, name, scopes, last_used_at FROM tollgate_api_keys "
    "WHERE digest = UNHEX(?) AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)";
// Served by PRIMARY.
constexpr auto sql_note_use = "UPDATE tollgate_api_keys SET last_used_at = ? WHERE id = UNHEX(?) "
                              "AND (last_used_at IS NULL OR last_used_at < ?)";

/// A scope that only a newer program knows gives nothing here.
Scopes read_scopes(std::string_view text)
{
    return parse_scopes(text).value_or(Scopes{});
}

ApiKey read_key(const sql::ResultSet& row)
{
    return {
        .name = text_at(row, 1),
        .merchant = Merchant{text_at(row, 2)},
        .scopes = read_scopes(text_at(row, 3)),
        .created_at = time_at(row, 4).value_or(Instant{}),
        .expires_at = time_at(row, 5),
        .last_used_at = time_at(row, 6),
        .revoked_at = time_at(row, 7),
    };
}

std::string insert_key(Connection& connection, const NewKey& key, Instant now)
{
    auto secret = "tg_" + random_alphanumeric(key_length);
    connection.statement(sql_add)
        .bytes(random_uuid_v7(now))
        .bytes(sha256(secret))
        .text(key.merchant.get())
        .text(key.name)
        .text(text_of(key.scopes))
        .time(now)
        .update();
    return secret;
}

/// What was not noted is noted an hour later: no request fails because of it.
void note_use(Pool& pool, const std::string& id, Instant now)
{
    try {
        pool.run([&](Connection& connection) {
            return connection.statement(sql_note_use)
                .time(now)
                .bytes(id)
                .time(now - use_interval)
                .update();
        });
    } catch (const std::exception& error) {
        log_warning("key.use_not_noted", {{"what", error.what()}});
    }
}

} // namespace

std::string_view ApiKey::state(Instant now) const
{
    if (revoked_at) return "revoked";
    if (!expires_at) return "active";
    return *expires_at > now ? "ending" : "expired";
}

std::string add_api_key(Pool& pool, const NewKey& key, Instant now)
{
    return pool.transact([&](Connection& connection) { return insert_key(connection, key, now); });
}

std::vector<ApiKey> api_keys(Pool& pool)
{
    return pool.run([](Connection& connection) {
        std::vector<ApiKey> keys;
        const auto rows = connection.statement(sql_list).query();
        while (rows->next())
            keys.push_back(read_key(*rows));
        return keys;
    });
}

std::optional<std::string> rotate_api_key(Pool& pool, const Rotation& rotation)
{
    return pool.transact([&](Connection& connection) -> std::optional<std::string> {
        const auto rows = connection.statement(sql_working)
                              .text(rotation.merchant.get())
                              .text(rotation.name)
                              .time(rotation.now)
                              .query();
        if (!rows->next()) return {};
        const auto old = read_key(*rows);
        connection.statement(sql_end)
            .time(rotation.until)
            .text(rotation.merchant.get())
            .text(rotation.name)
            .time(rotation.until)
            .update();
        return insert_key(connection, {old.merchant, old.name, old.scopes}, rotation.now);
    });
}

int revoke_api_keys(Pool& pool, const std::string& name, Instant now)
{
    return pool.run([&](Connection& connection) {
        return connection.statement(sql_revoke).time(now).text(name).update();
    });
}

std::optional<KeyOwner> KeyRing::owner_of(std::string_view key, Instant now)
{
    struct Found {
        KeyOwner owner;
        std::optional<Instant> last_used_at;
    };
    const auto found = pool_.run([&](Connection& connection) -> std::optional<Found> {
        const auto rows = connection.statement(sql_find).bytes(sha256(key)).time(now).query();
        if (!rows->next()) return {};
        return Found{
            {text_at(*rows, 1),
             Merchant{text_at(*rows, 2)},
             text_at(*rows, 3),
             read_scopes(text_at(*rows, 4))},
            time_at(*rows, 5)};
    });
    if (!found) return {};
    const bool stale = !found->last_used_at || *found->last_used_at < now - use_interval;
    if (stale && is_first_use(found->owner.id, now)) note_use(pool_, found->owner.id, now);
    return found->owner;
}

bool KeyRing::is_first_use(const std::string& id, Instant now)
{
    const std::lock_guard lock{mutex_};
    const auto [noted, first] = noted_.try_emplace(id, now);
    if (!first && noted->second >= now - use_interval) return false;
    noted->second = now;
    return true;
}

} // namespace tollgate
