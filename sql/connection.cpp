#include "sql/connection.hpp"

#include "core/crypto/encoding.hpp"
#include "core/settle/counters.hpp"
#include "core/settle/store.hpp"
#include "core/support/fail_point.hpp"
#include "core/support/log.hpp"

#include <cppconn/datatype.h>
#include <cppconn/driver.h>
#include <cppconn/statement.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <iterator>
#include <stdexcept>

namespace tollgate {
namespace {

constexpr auto isolation_variable = "tx_isolation";
/// MySQL 8 knows the variable by its newer name only.
constexpr auto isolation_variable_mysql = "transaction_isolation";
constexpr int error_unknown_variable = 1193;
/// The protocol counts whole seconds, and half of it must still be one.
constexpr int timeout_seconds_min = 2;

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

Connection::Connection(std::unique_ptr<sql::Connection> session) : session_{std::move(session)} {}

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

bool is_conflict(const sql::SQLException& error)
{
    return is_one_of(error.getErrorCode(), {1205, 1213});
}

// 1047: this node of a cluster takes no statements now; 1053: shutting down; 1927: killed;
// 4031: MySQL 8 had closed an idle connection.
bool is_lost_connection(const sql::SQLException& error)
{
    return is_one_of(error.getErrorCode(), {2002, 2003, 2006, 2013, 2055, 1047, 1053, 1927, 4031});
}

bool is_duplicate(const sql::SQLException& error)
{
    return error.getErrorCode() == 1062;
}

Pool::Pool(const DatabaseConfig& config) : config_{config}
{
    if (!config.socket.empty()) addresses_.push_back("unix://" + config.socket);
    for (const auto& host : config.hosts) {
        addresses_.push_back("tcp://" + host.host + ":" + std::to_string(host.port));
    }
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

void Pool::give_back(std::unique_ptr<Connection> connection)
{
    const std::lock_guard lock{mutex_};
    idle_.push_back(std::move(connection));
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

// When one connection is gone the idle ones are too: the next try must not meet them one by one.
void Pool::after_error(std::unique_ptr<Connection> connection, const sql::SQLException& error)
{
    const auto* kind = is_conflict(error) ? "conflict" : "other";
    counters::database_errors.add({is_lost_connection(error) ? "lost" : kind});
    if (!is_lost_connection(error)) {
        roll_back(std::move(connection));
        return;
    }
    log_warning("database.lost", {{"code", error.getErrorCode()}, {"what", error.what()}});
    connection.reset();
    std::vector<std::unique_ptr<Connection>> gone;
    const std::lock_guard lock{mutex_};
    gone.swap(idle_);
    open_ -= static_cast<int>(gone.size()) + 1;
    returned_.notify_all();
}

std::unique_ptr<Connection> Pool::connect()
{
    std::size_t first = 0;
    {
        const std::lock_guard lock{mutex_};
        first = address_;
    }
    for (std::size_t tried = 0;; ++tried) {
        const auto index = (first + tried) % addresses_.size();
        try {
            auto connection = connect_to(addresses_[index]);
            const std::lock_guard lock{mutex_};
            address_ = index;
            return connection;
        } catch (const sql::SQLException& error) {
            log_warning(
                "database.connect_failed", {{"address", addresses_[index]}, {"what", error.what()}}
            );
            if (tried + 1 == addresses_.size()) throw;
        }
    }
}

std::unique_ptr<Connection> Pool::connect_to(const std::string& address)
{
    sql::ConnectOptionsMap options;
    options["hostName"] = sql::SQLString{address};
    options["userName"] = sql::SQLString{config_.user};
    const auto password = config_.password.expose();
    options["password"] = sql::SQLString{password.data(), password.size()};
    options["schema"] = sql::SQLString{config_.name};
    const int timeout_seconds = std::max(seconds_of(config_.timeout), timeout_seconds_min);
    options["OPT_CONNECT_TIMEOUT"] = timeout_seconds;
    options["OPT_READ_TIMEOUT"] = timeout_seconds;
    options["OPT_WRITE_TIMEOUT"] = timeout_seconds;
    options["OPT_RECONNECT"] = false;
    options["OPT_CHARSET_NAME"] = sql::SQLString{"utf8mb4"};
    static sql::Driver* const driver = get_driver_instance();
    auto connection =
        std::make_unique<Connection>(std::unique_ptr<sql::Connection>{driver->connect(options)});
    try {
        connection->execute(session_setup(isolation_variable, timeout_seconds));
    } catch (const sql::SQLException& error) {
        if (error.getErrorCode() != error_unknown_variable) throw;
        connection->execute(session_setup(isolation_variable_mysql, timeout_seconds));
    }
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
