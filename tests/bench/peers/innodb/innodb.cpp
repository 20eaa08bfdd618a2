// tollgate-bench-innodb: writes rows like those of tollgate_evidence as fast as the database takes
// them: 64 rows with one INSERT and one commit, on two connections. The ceiling of the database.
//
//   tollgate-bench-innodb --socket mariadb.sock --name shop --user shop --password ... --rows 20000
#include "core/crypto/random.hpp"
#include "core/support/clock.hpp"

#include <CLI/CLI.hpp>
#include <cppconn/connection.h>
#include <cppconn/driver.h>
#include <cppconn/prepared_statement.h>
#include <cppconn/statement.h>
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace tollgate::bench {
namespace {

constexpr int rows_per_commit = 64;
constexpr int connections = 2;
constexpr std::size_t digest_bytes = 32;
constexpr std::size_t body_bytes = 400; ///< of a notification of CinetPay

constexpr auto sql_create =
    "CREATE TABLE innodb_ceiling (id BINARY(16) NOT NULL PRIMARY KEY, payment_id BINARY(16) NULL, "
    "kind VARCHAR(16) NOT NULL, digest BINARY(32) NOT NULL, body VARBINARY(8192) NOT NULL, "
    "received_at DATETIME(6) NOT NULL, UNIQUE KEY digest (digest), KEY payment (payment_id)) "
    "ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin";

struct Options {
    std::string socket;
    std::string name;
    std::string user;
    std::string password;
    int rows = 20'000;
};

std::unique_ptr<sql::Connection> connect(const Options& options)
{
    sql::ConnectOptionsMap properties;
    properties["hostName"] = "unix://" + options.socket;
    properties["userName"] = options.user;
    properties["password"] = options.password;
    properties["schema"] = options.name;
    return std::unique_ptr<sql::Connection>{get_driver_instance()->connect(properties)};
}

std::string insert_statement()
{
    std::string text = "INSERT INTO innodb_ceiling (id, payment_id, kind, digest, body, "
                       "received_at) VALUES (?, ?, ?, ?, ?, ?)";
    for (int row = 1; row < rows_per_commit; ++row)
        text += ", (?, ?, ?, ?, ?, ?)";
    return text;
}

void write_rows(sql::Connection& connection, int commits)
{
    connection.setAutoCommit(false);
    const std::unique_ptr<sql::PreparedStatement> insert{
        connection.prepareStatement(insert_statement())};
    const std::string body(body_bytes, 'b');
    for (int commit = 0; commit < commits; ++commit) {
        const auto now = system_clock().now();
        for (unsigned row = 0, next = 1; row < rows_per_commit; ++row) {
            insert->setString(next++, random_uuid_v7(now));
            insert->setString(next++, random_uuid_v7(now));
            insert->setString(next++, "notification");
            insert->setString(next++, random_bytes(digest_bytes));
            insert->setString(next++, body);
            insert->setString(next++, "2026-01-15 10:00:00.000000");
        }
        insert->executeUpdate();
        connection.commit();
    }
}

void run(const Options& options)
{
    std::vector<std::unique_ptr<sql::Connection>> sessions;
    for (int i = 0; i < connections; ++i)
        sessions.push_back(connect(options));
    const std::unique_ptr<sql::Statement> statement{sessions.front()->createStatement()};
    statement->execute(sql_create);

    const int commits = std::max(1, options.rows / rows_per_commit / connections);
    const auto start = std::chrono::steady_clock::now();
    std::vector<std::jthread> threads;
    for (const auto& session : sessions)
        threads.emplace_back([&] { write_rows(*session, commits); });
    threads.clear(); // joins them
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
    const int rows = commits * rows_per_commit * connections;
    fmt::print("{{\"rows\": {}, \"per_second\": {:.0f}}}\n", rows, rows / time.count());
}

} // namespace
} // namespace tollgate::bench

int main(int argc, char** argv)
{
    CLI::App app{"Multi-row commits to InnoDB, as fast as they go"};
    tollgate::bench::Options options;
    app.add_option("--socket", options.socket)->required();
    app.add_option("--name", options.name)->required();
    app.add_option("--user", options.user)->required();
    app.add_option("--password", options.password)->required();
    app.add_option("--rows", options.rows)->check(CLI::Range(1, 10'000'000));
    CLI11_PARSE(app, argc, argv);
    try {
        tollgate::bench::run(options);
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "tollgate-bench-innodb: %s\n", error.what());
        return 1;
    }
}
