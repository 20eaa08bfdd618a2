// A real server for the tests of sql/. TOLLGATE_TEST_DATABASE is the URL of a database that may be
// emptied, mysql://user:password@host:port/name; TOLLGATE_TEST_DATABASE_RESTART is a command line
// that restarts its server and returns when it answers again. tests/mysql/run.py sets both.
#pragma once

#include "core/config/addresses.hpp"
#include "core/config/config.hpp"
#include "core/support/log.hpp"
#include "sql/connection.hpp"
#include "sql/payment_rows.hpp"

#include <cppconn/resultset_metadata.h>

#include <cstddef>
#include <cstdlib>
#include <future>
#include <latch>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace tollgate {

inline std::string test_setting(const std::string& name)
{
    auto value = process_environment()(name);
    if (!value) throw std::runtime_error{name + " is not set: use tests/mysql/run.py"};
    return *std::move(value);
}

inline DatabaseConfig test_config()
{
    auto url = parse_database_url(test_setting("TOLLGATE_TEST_DATABASE"));
    if (!url) throw std::runtime_error{"TOLLGATE_TEST_DATABASE is no URL of a database"};
    return {
        .hosts = std::move(url->hosts),
        .socket = std::move(url->socket),
        .name = std::move(url->name),
        .user = std::move(url->user),
        .password = std::move(url->password),
    };
}

inline void restart_server()
{
    const auto command = test_setting("TOLLGATE_TEST_DATABASE_RESTART");
    if (std::system(command.c_str()) != 0) throw std::runtime_error{"the server did not restart"};
}

using Row = std::vector<std::string>; ///< NULL is empty

/// The database, empty at first; `pool` is for looking, tests of pools have theirs.
class TestDatabase {
public:
    TestDatabase()
    {
        set_log_level(LogLevel::error); // lost connections are what is tested
        for (const auto& row : rows("SHOW TABLES")) {
            run("SET foreign_key_checks = 0");
            run("DROP TABLE " + row.at(0));
        }
        run("SET foreign_key_checks = 1");
    }

    DatabaseConfig config = test_config();
    Pool pool{config};

    void run(const std::string& sql)
    {
        pool.run([&](Connection& connection) {
            connection.execute(sql);
            return true;
        });
    }

    std::vector<Row> rows(const std::string& sql)
    {
        return pool.run([&](Connection& connection) {
            const auto found = connection.statement(sql).query();
            const auto columns = found->getMetaData()->getColumnCount();
            std::vector<Row> result;
            while (found->next()) {
                auto& row = result.emplace_back();
                for (unsigned i = 1; i <= columns; ++i)
                    row.push_back(text_at(*found, i));
            }
            return result;
        });
    }

    /// The only value of the only row.
    std::string value(const std::string& sql)
    {
        const auto found = rows(sql);
        if (found.size() != 1 || found[0].size() != 1) throw std::runtime_error{"no value: " + sql};
        return found[0][0];
    }

    int count(const std::string& from) { return std::stoi(value("SELECT COUNT(*) FROM " + from)); }

    /// Every row of the tables, in the order of their first column.
    std::vector<Row> contents(const std::vector<std::string>& tables)
    {
        std::vector<Row> all;
        for (const auto& table : tables) {
            for (auto& row : rows("SELECT * FROM " + table + " ORDER BY 1"))
                all.push_back(std::move(row));
        }
        return all;
    }
};

/// What `work(i)` returns in `count` threads that begin at the same moment.
template <class Work>
auto together(std::size_t count, Work work)
{
    using Result = decltype(work(std::size_t{}));
    std::latch start{static_cast<std::ptrdiff_t>(count)};
    std::vector<std::future<Result>> futures;
    for (std::size_t i = 0; i < count; ++i) {
        futures.push_back(std::async(std::launch::async, [&, i] {
            start.arrive_and_wait();
            return work(i);
        }));
    }
    std::vector<Result> results;
    for (auto& future : futures)
        results.push_back(future.get());
    return results;
}

/// The server's number of the error that `work` ends with; 0 when it ends without one.
template <class Work>
int error_of(Work work)
{
    try {
        work();
        return 0;
    } catch (const sql::SQLException& error) {
        return error.getErrorCode();
    }
}

} // namespace tollgate
