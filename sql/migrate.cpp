#include "sql/migrate.hpp"

#include "core/crypto/digest.hpp"
#include "core/support/embedded.hpp"
#include "core/support/text.hpp"
#include "sql/connection.hpp"
#include "sql/sql_text.hpp"

#include <algorithm>
#include <charconv>

namespace tollgate {
namespace {

constexpr auto sql_create_table =
    "CREATE TABLE IF NOT EXISTS tollgate_migrations (number INT NOT NULL, name VARCHAR(100) NOT "
    "NULL, "
    "digest BINARY(32) NOT NULL, applied_at DATETIME(6) NOT NULL, PRIMARY KEY (number)) "
    "ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin";
constexpr auto sql_has_table =
    "SELECT COUNT(*) FROM information_schema.tables "
    "WHERE table_schema = DATABASE() AND table_name = 'tollgate_migrations'";
constexpr auto sql_newest = "SELECT COALESCE(MAX(number), 0) FROM tollgate_migrations";
constexpr auto sql_digest = "SELECT digest FROM tollgate_migrations WHERE number = ?";
constexpr auto sql_record = "INSERT IGNORE INTO tollgate_migrations "
                            "(number, name, digest, applied_at) VALUES (?, ?, UNHEX(?), ?)";

struct Migration {
    int number = 0;
    std::string name; ///< `0001_init`
    std::string_view text;
};

std::vector<Migration> all_migrations()
{
    constexpr std::string_view folder = "sql/migrations/";
    std::vector<Migration> migrations;
    for (const auto& file : embedded_sql()) {
        if (!file.path.starts_with(folder)) continue;
        auto name = file.path.substr(folder.size());
        name.remove_suffix(std::string_view{".sql"}.size());
        int number = 0;
        std::from_chars(name.data(), name.data() + name.find('_'), number);
        migrations.push_back({number, std::string{name}, file.text});
    }
    std::ranges::sort(migrations, {}, &Migration::number);
    return migrations;
}

std::optional<std::string> digest_of(Connection& connection, int number)
{
    const auto rows = connection.statement(sql_digest).number(number).query();
    if (!rows->next()) return {};
    return std::string{rows->getString(1)};
}

/// An ALTER that was carried out before the program that ran it died finds its work done.
void execute(Connection& connection, const std::string& statement)
{
    constexpr int duplicate_column = 1060;
    constexpr int duplicate_key_name = 1061;
    try {
        connection.execute(statement);
    } catch (const sql::SQLException& error) {
        const auto code = error.getErrorCode();
        if (code != duplicate_column && code != duplicate_key_name) throw;
    }
}

bool apply(Connection& connection, const Migration& migration, Instant now)
{
    const auto digest = sha256(migration.text);
    if (const auto applied = digest_of(connection, migration.number)) {
        if (*applied == digest) return false;
        throw SchemaError{
            "migration " + migration.name + " was applied in another form than this program has"};
    }
    for (const auto& statement : split_statements(migration.text))
        execute(connection, statement);
    connection.statement(sql_record)
        .number(migration.number)
        .text(migration.name)
        .bytes(digest)
        .time(now)
        .update();
    return true;
}

} // namespace

std::vector<std::string> split_statements(std::string_view text)
{
    std::vector<std::string> statements;
    std::string current;
    Quotes quotes;
    const auto finish = [&] {
        if (!trim(current).empty()) statements.emplace_back(trim(current));
        current.clear();
    };
    for (const char c : without_comments(text)) {
        if (quotes.cover(c) || c != ';') {
            current += c;
        } else {
            finish();
        }
    }
    finish();
    return statements;
}

int newest_migration()
{
    return all_migrations().back().number;
}

int applied_migration(Pool& pool)
{
    return pool.run([](Connection& connection) {
        const auto tables = connection.statement(sql_has_table).query();
        if (!tables->next() || tables->getInt(1) == 0) return 0;
        const auto rows = connection.statement(sql_newest).query();
        return rows->next() ? rows->getInt(1) : 0;
    });
}

std::vector<std::string> migrate(Pool& pool, Instant now)
{
    const auto present = applied_migration(pool);
    if (present > newest_migration()) {
        throw SchemaError{
            "the database has migration " + std::to_string(present) + ", this program knows only " +
            std::to_string(newest_migration()) + ": install a newer Tollgate"};
    }
    return pool.run([now](Connection& connection) {
        connection.execute(sql_create_table);
        std::vector<std::string> applied;
        for (const auto& migration : all_migrations()) {
            if (apply(connection, migration, now)) applied.push_back(migration.name);
        }
        return applied;
    });
}

} // namespace tollgate
