#include "sql/connection.hpp"

#include "core/crypto/encoding.hpp"
#include "core/settle/counters.hpp"
#include "core/settle/store.hpp"
#include "core/support/fail_point.hpp"
#include "core/support/log.hpp"

#include <cppconn/datatype.h>
#include <cppconn/driver.h>
#include <cppconn/resultset_metadata.h>
#include <cppconn/statement.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <iterator>
#include <random>
#include <thread>

namespace tollgate {
namespace {

using std::chrono::steady_clock;

constexpr auto isolation_variable = "tx_isolation";
/// MySQL 8 knows the variable by its newer name only.
constexpr auto isolation_variable_mysql = "transaction_isolation";
constexpr int error_unknown_variable = 1193;
/// The protocol counts whole seconds, and half of it must still be one.
constexpr int timeout_seconds_min = 2;
/// A host that is gone answers nothing at all: the next one must not wait for long.
constexpr int connect_timeout_seconds_max = 3;
constexpr std::chrono::milliseconds conflict_wait_max{16};

// A node that has lost the rest of its cluster takes connections, SET and SHOW, but not this.
constexpr auto sql_probe = "DO 0";
constexpr auto sql_is_in_cluster = "SHOW VARIABLES LIKE 'wsrep_on'";
constexpr auto sql_catch_up = "SET STATEMENT wsrep_sync_wait = 1 FOR SELECT 1";

bool is_one_of(int error, std::initializer_list<int> errors)
{
    return std::ranges::find(errors, error) != errors.end();
}

int seconds_of(std::chrono::milliseconds time)
{
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(time);
    return static_cast<int>(seconds.count());
}

/// The server gives up a lock before we give up the server: a conflict is no lost connection.
std::string session_setup(const std::string& isolation, int timeout_seconds)
{
    return "SET time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', "
           "innodb_lock_wait_timeout = " +
           std::to_string(timeout_seconds / 2) + ", " + isolation + " = 'READ-COMMITTED'";
}

[[noreturn]] void fail_as_wanted(int code)
{
    throw sql::SQLException{"wanted by TOLLGATE_FAIL_POINT", "HY000", code};
}

std::vector<std::string> addresses_of(const DatabaseConfig& config)
{
    std::vector<std::string> addresses;
    if (!config.socket.empty()) addresses.push_back("unix://" + config.socket);
    for (const auto& host : config.hosts) {
        addresses.push_back("tcp://" + host.host + ":" + std::to_string(host.port));
    }
    return addresses;
}

void pass(FailPoint point)
{
    if (const int code = database_fault(point)) fail_as_wanted(code);
}

} // namespace

Statement& Statement::text(std::string_view value)
{
    prepared_.setString(next_++, sql::SQLString{value.data(), value.size()});
    return *this;
}

Statement& Statement::bytes(std::string_view value)
{
    return text(to_hex(value));
}

Statement& Statement::bytes_or_null(std::string_view value)
{
    return text_or_null(to_hex(value));
}

Statement& Statement::text_or_null(std::string_view value)
{
    if (!value.empty()) return text(value);
    prepared_.setNull(next_++, sql::DataType::VARCHAR);
    return *this;
}

Statement& Statement::number(std::int64_t value)
{
    prepared_.setInt64(next_++, value);
    return *this;
}

Statement& Statement::number_or_null(std::optional<std::int64_t> value)
{
    if (value) return number(*value);
    prepared_.setNull(next_++, sql::DataType::BIGINT);
    return *this;
}

Statement& Statement::time(Instant value)
{
    return text(database_time(value));
}

Statement& Statement::time_or_null(std::optional<Instant> value)
{
    return text_or_null(value ? database_time(*value) : std::string{});
}

std::unique_ptr<sql::ResultSet> Statement::query()
{
    return std::unique_ptr<sql::ResultSet>{prepared_.executeQuery()};
}

std::vector<std::string> Statement::columns()
{
    std::vector<std::string> names;
    auto* const yielded = prepared_.getMetaData(); // the prepared statement's own
    for (unsigned i = 1; i <= yielded->getColumnCount(); ++i)
        names.emplace_back(yielded->getColumnLabel(i));
    return names;
}

int Statement::update()
{
    pass("database.write");
    return prepared_.executeUpdate();
}

void Statement::run()
{
    pass("database.write");
    for (bool rows = prepared_.execute(); rows; rows = prepared_.getMoreResults()) {
        const std::unique_ptr<sql::ResultSet> dropped{prepared_.getResultSet()};
    }
}

Connection::Connection(std::unique_ptr<sql::Connection> session, std::size_t host)
    : session_{std::move(session)}, host_{host}
{
}

Statement Connection::statement(const std::string& text)
{
    auto& prepared = prepared_[text];
    if (!prepared) prepared.reset(session_->prepareStatement(text));
    return Statement{*prepared};
}

void Connection::execute(const std::string& text)
{
    const std::unique_ptr<sql::Statement> statement{session_->createStatement()};
    statement->execute(text);
}

void Connection::begin()
{
    execute("START TRANSACTION");
}

void Connection::commit()
{
    if (const int code = database_fault("database.before_commit")) {
        execute("ROLLBACK"); // what the server does when it cannot commit
        fail_as_wanted(code);
    }
    execute("COMMIT");
    pass("database.after_commit");
}

bool Connection::rollback() noexcept
{
    try {
        execute("ROLLBACK");
        return true;
    } catch (const sql::SQLException&) {
        return false;
    }
}

bool Connection::catch_up()
{
    const std::unique_ptr<sql::Statement> statement{session_->createStatement()};
    using Rows = std::unique_ptr<sql::ResultSet>;
    if (!in_cluster_) {
        const Rows rows{statement->executeQuery(sql_is_in_cluster)};
        in_cluster_ = rows->next() && rows->getString(2) == "ON";
    }
    if (*in_cluster_) const Rows dropped{statement->executeQuery(sql_catch_up)};
    return *in_cluster_;
}

// 1205: waited too long for a lock; 1213: a deadlock, or another node of a cluster was faster,
// which may show at any statement and at COMMIT; 1020: the row has changed since it was read;
// 1180: COMMIT failed; 1317: interrupted, as some versions say when another node is faster.
bool is_conflict(const sql::SQLException& error)
{
    return is_one_of(error.getErrorCode(), {1205, 1213, 1020, 1180, 1317});
}

// 2002, 2003: nobody answers; 2006, 2013, 2055: it ended; 1927, 3169: killed; 4031: MySQL 8 had
// closed an idle connection; 1053: shutting down; 3032: offline; 1290, 1836: read only; 1047: this
// node of a cluster takes no statements now.
bool is_lost_connection(const sql::SQLException& error)
{
    return is_one_of(
        error.getErrorCode(),
        {2002, 2003, 2006, 2013, 2055, 1927, 3169, 4031, 1053, 3032, 1290, 1836, 1047}
    );
}

bool is_duplicate(const sql::SQLException& error)
{
    return error.getErrorCode() == 1062;
}

Pool::Pool(const DatabaseConfig& config)
    : config_{config}, addresses_{addresses_of(config)}, hosts_{addresses_.size()}
{
}

/// Two that got in each other's way do not meet again at once.
void Pool::wait_before_repeating(int tries)
{
    thread_local std::minstd_rand random{std::random_device{}()};
    const auto most = std::chrono::microseconds{conflict_wait_max} * tries;
    std::uniform_int_distribution<std::int64_t> some{0, most.count()};
    std::this_thread::sleep_for(std::chrono::microseconds{some(random)});
}

/// The database, after a connection was lost in what `began` then; not the only host, when that has
/// let the time-out pass without a word.
bool Pool::may_be_back(steady_clock::time_point began) const
{
    return addresses_.size() > 1 || steady_clock::now() - began < config_.timeout;
}

std::unique_ptr<Connection> Pool::take(Purpose purpose)
{
    {
        std::unique_lock lock{mutex_};
        const bool free = returned_.wait_for(lock, config_.timeout, [&] {
            return !idle_.empty() || open_ < config_.connections_max;
        });
        if (!free) throw StoreUnavailable{"no database connection became free"};
        if (auto connection = take_idle(purpose)) return connection;
        ++open_;
    }
    try {
        auto connection = connect();
        connection->purpose = purpose;
        return connection;
    } catch (const std::exception& error) {
        forget();
        throw StoreUnavailable{error.what()};
    }
}

/// One of the same purpose; another only when no more may be opened.
std::unique_ptr<Connection> Pool::take_idle(Purpose purpose)
{
    auto found = std::find_if(idle_.rbegin(), idle_.rend(), [&](const auto& connection) {
        return connection->purpose == purpose;
    });
    if (found == idle_.rend()) {
        if (open_ < config_.connections_max) return nullptr;
        found = idle_.rbegin();
    }
    auto connection = std::move(*found);
    idle_.erase(std::next(found).base());
    connection->purpose = purpose;
    return connection;
}

/// Closed instead, when a host that is to be preferred is back.
void Pool::give_back(std::unique_ptr<Connection> connection)
{
    const std::lock_guard lock{mutex_};
    if (hosts_.is_better_one(connection->host(), steady_clock::now())) {
        --open_;
    } else {
        idle_.push_back(std::move(connection));
    }
    returned_.notify_one();
}

void Pool::forget()
{
    const std::lock_guard lock{mutex_};
    --open_;
    returned_.notify_one();
}

void Pool::roll_back(std::unique_ptr<Connection> connection)
{
    if (connection->rollback()) {
        give_back(std::move(connection));
        return;
    }
    connection.reset();
    forget();
}

// When one connection is gone the idle ones of its host are too: the next try must not meet them
// one by one.
void Pool::after_error(std::unique_ptr<Connection> connection, const sql::SQLException& error)
{
    const auto* kind = is_conflict(error) ? "conflict" : "other";
    counters::database_errors.add({is_lost_connection(error) ? "lost" : kind});
    if (!is_lost_connection(error)) {
        roll_back(std::move(connection));
        return;
    }
    const auto host = connection->host();
    log_warning(
        "database.lost",
        {{"address", addresses_[host]}, {"code", error.getErrorCode()}, {"what", error.what()}}
    );
    connection.reset();
    std::vector<std::unique_ptr<Connection>> gone;
    const std::lock_guard lock{mutex_};
    hosts_.bad(host, steady_clock::now());
    std::erase_if(idle_, [&](auto& idle) {
        const bool same = idle->host() == host;
        if (same) gone.push_back(std::move(idle));
        return same;
    });
    open_ -= static_cast<int>(gone.size()) + 1;
    returned_.notify_all();
}

std::unique_ptr<Connection> Pool::connect()
{
    std::vector<std::size_t> hosts;
    const auto note = [&](auto change) {
        const std::lock_guard lock{mutex_};
        change(steady_clock::now());
    };
    note([&](auto now) { hosts = hosts_.to_try(now); });
    std::string why;
    for (const auto host : hosts) {
        note([&](auto now) { hosts_.trying(host, now); });
        try {
            auto connection = connect_to(host);
            note([&](auto) { hosts_.good(host); });
            return connection;
        } catch (const sql::SQLException& error) {
            why = error.what();
            log_warning("database.connect_failed", {{"address", addresses_[host]}, {"what", why}});
            note([&](auto now) { hosts_.bad(host, now); });
        }
    }
    throw StoreUnavailable{why};
}

std::unique_ptr<Connection> Pool::connect_to(std::size_t host)
{
    sql::ConnectOptionsMap options;
    options["hostName"] = sql::SQLString{addresses_[host]};
    options["userName"] = sql::SQLString{config_.user};
    const auto password = config_.password.expose();
    options["password"] = sql::SQLString{password.data(), password.size()};
    options["schema"] = sql::SQLString{config_.name};
    const int timeout_seconds = std::max(seconds_of(config_.timeout), timeout_seconds_min);
    options["OPT_CONNECT_TIMEOUT"] = std::min(timeout_seconds, connect_timeout_seconds_max);
    options["OPT_READ_TIMEOUT"] = timeout_seconds;
    options["OPT_WRITE_TIMEOUT"] = timeout_seconds;
    options["OPT_RECONNECT"] = false;
    options["OPT_CHARSET_NAME"] = sql::SQLString{"utf8mb4"};
    static sql::Driver* const driver = get_driver_instance();
    auto connection = std::make_unique<Connection>(
        std::unique_ptr<sql::Connection>{driver->connect(options)}, host
    );
    try {
        connection->execute(session_setup(isolation_variable, timeout_seconds));
    } catch (const sql::SQLException& error) {
        if (error.getErrorCode() != error_unknown_variable) throw;
        connection->execute(session_setup(isolation_variable_mysql, timeout_seconds));
    }
    connection->execute(sql_probe);
    return connection;
}

std::string repeated(std::string_view row, std::size_t count, std::string_view separator)
{
    std::string result;
    for (std::size_t i = 0; i < count; ++i) {
        if (i > 0) result += separator;
        result += row;
    }
    return result;
}

std::size_t chunk_size(std::size_t left)
{
    return std::min(std::bit_floor(left), chunk_rows_max);
}

} // namespace tollgate
