#include "sql/api_keys.hpp"

#include "core/crypto/digest.hpp"
#include "core/crypto/random.hpp"
#include "sql/connection.hpp"

namespace tollgate {
namespace {

constexpr std::size_t key_length = 40;

constexpr auto sql_add = "INSERT INTO tollgate_api_keys (id, digest, merchant, name, created_at) "
                         "VALUES (UNHEX(?), UNHEX(?), ?, ?, ?)";
constexpr auto sql_list = "SELECT name, merchant, created_at, revoked_at IS NOT NULL "
                          "FROM tollgate_api_keys ORDER BY created_at, id";
constexpr auto sql_revoke =
    "UPDATE tollgate_api_keys SET revoked_at = ? WHERE name = ? AND revoked_at IS NULL";
// Served by UNIQUE KEY digest.
constexpr auto sql_find =
    "SELECT merchant, name FROM tollgate_api_keys WHERE digest = UNHEX(?) AND revoked_at IS NULL";

} // namespace

std::string add_api_key(Pool& pool, const Merchant& merchant, const std::string& name, Instant now)
{
    auto key = "tg_" + random_alphanumeric(key_length);
    const auto id = random_uuid_v7(now);
    pool.run([&](Connection& connection) {
        return connection.statement(sql_add)
            .bytes(id)
            .bytes(sha256(key))
            .text(merchant.get())
            .text(name)
            .time(now)
            .update();
    });
    return key;
}

std::vector<ApiKey> api_keys(Pool& pool)
{
    return pool.run([](Connection& connection) {
        std::vector<ApiKey> keys;
        const auto rows = connection.statement(sql_list).query();
        while (rows->next()) {
            keys.push_back({
                .name = rows->getString(1),
                .merchant = Merchant{rows->getString(2)},
                .created_at =
                    parse_database_time(std::string{rows->getString(3)}).value_or(Instant{}),
                .revoked = rows->getInt(4) != 0,
            });
        }
        return keys;
    });
}

int revoke_api_keys(Pool& pool, const std::string& name, Instant now)
{
    return pool.run([&](Connection& connection) {
        return connection.statement(sql_revoke).time(now).text(name).update();
    });
}

std::optional<KeyOwner> owner_of_key(Pool& pool, const std::string& digest)
{
    return pool.run([&](Connection& connection) -> std::optional<KeyOwner> {
        const auto rows = connection.statement(sql_find).bytes(digest).query();
        if (!rows->next()) return {};
        return KeyOwner{Merchant{rows->getString(1)}, rows->getString(2)};
    });
}

} // namespace tollgate
