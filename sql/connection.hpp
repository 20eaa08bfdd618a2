// Connections to the MySQL server: the only door to Connector/C++.
//
// A session is UTC, utf8mb4, strict, READ COMMITTED; autocommit is on, so a lone SELECT holds no
// snapshot, and a transaction is explicit.
//
// Errors   StoreUnavailable when no connection of the pool became free within the configured
//          timeout, or no host takes one; otherwise sql::SQLException. A conflict repeats the whole
//          transaction after a moment, a lost connection repeats it on a fresh one (all our
//          transactions may run twice); at most transaction_tries_max times altogether, and not on
//          the only host after it has taken the time-out: whoever waits has waited enough. Where
//          several hosts are configured, one that lost a connection is left for the next one
//          (HostOrder)
// Threads  Pool: any; a Connection: one at a time
#pragma once

#include "core/config/config.hpp"
#include "core/settle/store.hpp"
#include "core/support/clock.hpp"
#include "sql/host_order.hpp"

#include <cppconn/connection.h>
#include <cppconn/exception.h>
#include <cppconn/prepared_statement.h>
#include <cppconn/resultset.h>

#include <algorithm>
#include <bit>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tollgate {

inline constexpr int transaction_tries_max = 8;

/// A prepared statement about to be executed: parameters in order, then run.
class Statement {
public:
    explicit Statement(sql::PreparedStatement& prepared) : prepared_{prepared} {}

    Statement& text(std::string_view value);
    /// For a placeholder written `UNHEX(?)`: binary columns are never subject to a character set.
    Statement& bytes(std::string_view value);
    /// NULL when empty.
    Statement& bytes_or_null(std::string_view value);
    Statement& text_or_null(std::string_view value);
    Statement& number(std::int64_t value);
    Statement& number_or_null(std::optional<std::int64_t> value);
    Statement& time(Instant value);
    Statement& time_or_null(std::optional<Instant> value);

    std::unique_ptr<sql::ResultSet> query();
    /// Names of the columns that it yields, without running it.
    std::vector<std::string> columns();
    /// Rows changed.
    int update();
    /// For a statement that may be anything; its results are dropped.
    void run();

private:
    sql::PreparedStatement& prepared_;
    unsigned next_ = 1;
};

/// What a connection was last used for. Statements are prepared per connection, so the work that
/// has many of them comes back to the same ones.
enum class Purpose { any, intake, settlement };

class Connection {
public:
    /// `host` is where it leads.
    Connection(std::unique_ptr<sql::Connection> session, std::size_t host);

    /// Prepared once per connection and text.
    Statement statement(const std::string& text);
    /// For statements that take no parameters, such as DDL.
    void execute(const std::string& text);
    void begin();
    void commit();
    /// False: it did not work, and this connection must not be used again.
    [[nodiscard]] bool rollback() noexcept;
    /// Waits until all that other nodes of a cluster have committed is visible here. False: the
    /// server is no node of one, and there was nothing to wait for. Outside of transactions.
    bool catch_up();

    std::size_t host() const { return host_; }

    Purpose purpose = Purpose::any;

private:
    std::unique_ptr<sql::Connection> session_;
    std::size_t host_;
    std::optional<bool> in_cluster_; ///< once it was asked
    std::unordered_map<std::string, std::unique_ptr<sql::PreparedStatement>> prepared_;
};

/// Another transaction was faster: ours is rolled back and may be repeated.
bool is_conflict(const sql::SQLException& error);
/// The connection is gone, or its server takes no work now.
bool is_lost_connection(const sql::SQLException& error);
bool is_duplicate(const sql::SQLException& error);

class Pool {
public:
    explicit Pool(const DatabaseConfig& config);

    /// Runs `work(Connection&)` on a connection of its own, without a transaction; repeated when
    /// the connection was lost.
    template <class Work>
    auto run(Work work, Purpose purpose = Purpose::any)
    {
        return repeat([&](Connection& connection) { return work(connection); }, purpose);
    }

    /// The same inside one transaction.
    template <class Work>
    auto transact(Work work, Purpose purpose = Purpose::any)
    {
        return repeat(
            [&](Connection& connection) {
                connection.begin();
                auto result = work(connection);
                connection.commit();
                return result;
            },
            purpose
        );
    }

private:
    template <class Work>
    auto repeat(Work work, Purpose purpose)
    {
        for (int tries = 1;; ++tries) {
            auto connection = take(purpose);
            const auto began = std::chrono::steady_clock::now();
            try {
                auto result = work(*connection);
                give_back(std::move(connection));
                return result;
            } catch (const sql::SQLException& error) {
                after_error(std::move(connection), error);
                const bool lost = is_lost_connection(error);
                const bool again = lost ? may_be_back(began) : is_conflict(error);
                if (again && tries < transaction_tries_max) {
                    if (!lost) wait_before_repeating(tries);
                    continue;
                }
                if (lost) throw StoreUnavailable{error.what()};
                throw;
            } catch (...) {
                roll_back(std::move(connection));
                throw;
            }
        }
    }

    static void wait_before_repeating(int tries);
    bool may_be_back(std::chrono::steady_clock::time_point began) const;
    std::unique_ptr<Connection> take(Purpose purpose);
    std::unique_ptr<Connection> take_idle(Purpose purpose);
    void give_back(std::unique_ptr<Connection> connection);
    void forget();
    /// Gives the connection back without its transaction, or closes it.
    void roll_back(std::unique_ptr<Connection> connection);
    void after_error(std::unique_ptr<Connection> connection, const sql::SQLException& error);
    std::unique_ptr<Connection> connect();
    std::unique_ptr<Connection> connect_to(std::size_t host);

    const DatabaseConfig& config_;
    std::vector<std::string> addresses_; ///< of the hosts, as the connector wants them
    HostOrder hosts_;                    ///< guarded by mutex_, as all below
    std::vector<std::unique_ptr<Connection>> idle_;
    int open_ = 0; ///< connections in use or idle
    std::mutex mutex_;
    std::condition_variable returned_;
};

/// `row` `count` times: "(?, ?), (?, ?)".
std::string repeated(std::string_view row, std::size_t count, std::string_view separator = ", ");

/// What one statement takes at most.
inline constexpr std::size_t chunk_rows_max = 32;

/// How many of `left` rows one statement takes: a power of two. Every size is prepared once per
/// connection and its parameters stay in memory, so there are few.
std::size_t chunk_size(std::size_t left);

/// Calls `work(begin, size)` for chunks of `count` rows.
template <class Work>
void in_chunks(std::size_t count, Work work)
{
    for (std::size_t begin = 0; begin < count;) {
        const auto size = chunk_size(count - begin);
        work(begin, size);
        begin += size;
    }
}

/// Calls `work(list)` for lists of at most chunk_rows_max of the values, each filled up to a power
/// of two by repeating its last value, which an IN does not mind: six sizes are all that is
/// prepared.
template <class Work>
void in_lists(std::span<const std::string_view> values, Work work)
{
    while (!values.empty()) {
        const auto size = std::min(values.size(), chunk_rows_max);
        std::vector<std::string_view> list{
            values.begin(), values.begin() + static_cast<std::ptrdiff_t>(size)};
        list.resize(std::bit_ceil(size), list.back());
        work(list);
        values = values.subspan(size);
    }
}

} // namespace tollgate
