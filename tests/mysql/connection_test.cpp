#include "core/crypto/encoding.hpp"
#include "tests/mysql/test_database.hpp"

#include <boost/test/unit_test.hpp>

using namespace tollgate;
using namespace std::chrono_literals;

namespace {

constexpr int error_duplicate = 1062;
constexpr int error_too_long = 1406;
constexpr int error_lock_wait = 1205;
constexpr int error_deadlock = 1213;

/// A table of counters, 1 and 2.
struct Counters : TestDatabase {
    Counters()
    {
        run("CREATE TABLE counters (id INT PRIMARY KEY, n INT NOT NULL)");
        run("INSERT INTO counters VALUES (1, 0), (2, 0)");
    }

    static int add(Connection& connection, int id)
    {
        return connection.statement("UPDATE counters SET n = n + 1 WHERE id = ?")
            .number(id)
            .update();
    }

    int n(int id)
    {
        return std::stoi(value("SELECT n FROM counters WHERE id = " + std::to_string(id)));
    }
};

std::string all_bytes()
{
    std::string bytes;
    for (int i = 0; i < 256; ++i)
        bytes += static_cast<char>(i);
    return bytes;
}

} // namespace

BOOST_AUTO_TEST_SUITE(connection_test)

BOOST_FIXTURE_TEST_CASE(a_session_is_as_the_header_says, TestDatabase)
{
    struct {
        const char* variable;
        const char* value;
    } const cases[] = {
        {"time_zone", "+00:00"},
        {"sql_mode", "STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION"},
        {"tx_isolation", "READ-COMMITTED"},
        {"autocommit", "1"},
        {"character_set_client", "utf8mb4"},
        {"character_set_connection", "utf8mb4"},
        {"character_set_results", "utf8mb4"},
        {"innodb_lock_wait_timeout", "5"}, // below the 10 s after which we give up the server
    };
    BOOST_TEST(value("SELECT @@global.time_zone") != "+00:00");
    for (const auto& c : cases) {
        BOOST_TEST(value(std::string{"SELECT @@"} + c.variable) == c.value, c.variable);
    }
}

BOOST_AUTO_TEST_CASE(a_lock_is_given_up_before_the_server_is)
{
    struct {
        std::chrono::milliseconds timeout;
        const char* lock_wait_seconds;
    } const cases[] = {{100ms, "1"}, {1000ms, "1"}, {2500ms, "1"}, {60'000ms, "30"}};
    for (const auto& c : cases) {
        auto config = test_config();
        config.timeout = c.timeout;
        Pool pool{config};
        const auto seconds = pool.run([](Connection& connection) {
            const auto rows = connection.statement("SELECT @@innodb_lock_wait_timeout").query();
            return rows->next() ? text_at(*rows, 1) : std::string{};
        });
        BOOST_TEST(seconds == c.lock_wait_seconds);
    }
}

BOOST_FIXTURE_TEST_CASE(what_does_not_fit_is_refused_not_cut, TestDatabase)
{
    run("CREATE TABLE words (word VARCHAR(3) CHARACTER SET utf8mb4)");
    BOOST_TEST(error_of([&] { run("INSERT INTO words VALUES ('four')"); }) == error_too_long);
    BOOST_TEST(count("words") == 0);
}

BOOST_FIXTURE_TEST_CASE(every_byte_comes_back, TestDatabase)
{
    run("CREATE TABLE ids (id BINARY(16) PRIMARY KEY, bytes VARBINARY(300) NOT NULL, "
        "maybe BINARY(16) NULL)");
    const auto bytes = all_bytes();
    for (std::size_t i = 0; i < bytes.size(); i += 16) {
        const auto id = bytes.substr(i, 16);
        pool.run([&](Connection& connection) {
            return connection.statement("INSERT INTO ids VALUES (UNHEX(?), UNHEX(?), UNHEX(?))")
                .bytes(id)
                .bytes(bytes)
                .bytes_or_null({})
                .update();
        });
        const auto row = pool.run([&](Connection& connection) {
            const auto rows =
                connection.statement("SELECT id, bytes, maybe FROM ids WHERE id = UNHEX(?)")
                    .bytes(id)
                    .query();
            BOOST_REQUIRE(rows->next());
            BOOST_TEST(rows->isNull(3));
            return Row{text_at(*rows, 1), text_at(*rows, 2)};
        });
        BOOST_TEST(to_hex(row[0]) == to_hex(id));
        BOOST_TEST(to_hex(row[1]) == to_hex(bytes));
    }
    BOOST_TEST(count("ids") == 16);
}

BOOST_FIXTURE_TEST_CASE(texts_numbers_and_times_come_back, TestDatabase)
{
    run("CREATE TABLE rounds (word VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, "
        "number BIGINT, time DATETIME(6))");
    using namespace std::string_literals;
    const std::string words[] = {
        "plain",
        "😀 Kouamé, Abidjan — 1 500 FCFA ✓",
        "it's \"quoted\" \\ `so`",
        "%_;--",
        "a\0b"s,
        " x"};
    for (const auto& word : words) {
        for (const auto number : {INT64_MIN, std::int64_t{-1}, std::int64_t{0}, INT64_MAX}) {
            for (const auto fraction : {0us, 1us, 1000us, 999'999us}) {
                const Instant time =
                    std::chrono::sys_days{std::chrono::year{2026} / 3 / 4} + 5h + fraction;
                run("DELETE FROM rounds");
                pool.run([&](Connection& connection) {
                    return connection.statement("INSERT INTO rounds VALUES (?, ?, ?)")
                        .text(word)
                        .number(number)
                        .time(time)
                        .update();
                });
                const auto row = rows("SELECT word, number, time FROM rounds").at(0);
                BOOST_TEST(row[0] == word);
                BOOST_TEST(row[1] == std::to_string(number));
                BOOST_TEST((parse_database_time(row[2]) == time), row[2]);
            }
        }
    }
}

BOOST_FIXTURE_TEST_CASE(nothing_becomes_null, TestDatabase)
{
    run("CREATE TABLE nothing (a VARCHAR(9), b BIGINT, c DATETIME(6), d BINARY(16))");
    pool.run([](Connection& connection) {
        return connection.statement("INSERT INTO nothing VALUES (?, ?, ?, UNHEX(?))")
            .text_or_null({})
            .number_or_null({})
            .time_or_null({})
            .bytes_or_null({})
            .update();
    });
    BOOST_TEST(count("nothing WHERE a IS NULL AND b IS NULL AND c IS NULL AND d IS NULL") == 1);
}

BOOST_FIXTURE_TEST_CASE(a_transaction_is_all_or_nothing, Counters)
{
    const auto fail = [&](auto error) {
        return pool.transact([&](Connection& connection) -> int {
            add(connection, 1);
            throw error;
        });
    };
    BOOST_CHECK_THROW(fail(std::runtime_error{"ours"}), std::runtime_error);
    BOOST_CHECK_THROW(fail(sql::SQLException{"theirs", "42000", 1064}), sql::SQLException);
    BOOST_TEST(n(1) == 0);
    // The connection went back without an open transaction.
    pool.run([](Connection& connection) { return add(connection, 1); });
    BOOST_TEST(Pool{config}.run([](Connection& connection) { return add(connection, 1); }) == 1);
    BOOST_TEST(n(1) == 2);
}

BOOST_FIXTURE_TEST_CASE(a_deadlock_is_repeated_and_both_succeed, Counters)
{
    std::latch both_hold_one{2};
    std::atomic<int> deadlocks = 0;
    const auto tries = together(2, [&](std::size_t i) {
        int count = 0;
        return pool.transact([&](Connection& connection) {
            const int own = i == 0 ? 1 : 2;
            add(connection, own);
            if (++count == 1) both_hold_one.arrive_and_wait();
            const int error = error_of([&] { add(connection, 3 - own); });
            if (error == error_deadlock) ++deadlocks;
            if (error != 0) throw sql::SQLException{"again", "40001", error};
            return count;
        });
    });
    BOOST_TEST(deadlocks == 1);
    BOOST_TEST(tries[0] + tries[1] == 3);
    BOOST_TEST(n(1) == 2);
    BOOST_TEST(n(2) == 2);
}

BOOST_FIXTURE_TEST_CASE(a_lock_that_is_not_given_is_repeated, Counters)
{
    std::latch locked{1};
    std::latch refused{1};
    int first_error = 0;
    const auto tries = together(2, [&](std::size_t i) {
        int count = 0;
        return pool.transact([&](Connection& connection) {
            if (i == 0) {
                add(connection, 1);
                locked.count_down();
                refused.wait();
                return 0;
            }
            locked.wait();
            if (++count == 1) { // does not wait for the lock; the next try waits for the commit
                connection.execute("SET innodb_lock_wait_timeout = 0");
                first_error = error_of([&] { add(connection, 1); });
                connection.execute("SET innodb_lock_wait_timeout = 5");
                refused.count_down();
                throw sql::SQLException{"again", "HY000", first_error};
            }
            add(connection, 1);
            return count;
        });
    });
    BOOST_TEST(first_error == error_lock_wait);
    BOOST_TEST(tries[1] == 2);
    BOOST_TEST(n(1) == 2);
}

BOOST_FIXTURE_TEST_CASE(a_conflict_is_repeated_a_bounded_number_of_times, Counters)
{
    Pool other{config};
    int count = 0;
    pool.transact([&](Connection& holder) {
        add(holder, 1);
        const int error = error_of([&] {
            other.transact([&](Connection& connection) {
                ++count;
                connection.execute("SET innodb_lock_wait_timeout = 0");
                return add(connection, 1);
            });
        });
        BOOST_TEST(error == error_lock_wait);
        return true;
    });
    BOOST_TEST(count == transaction_tries_max);
    BOOST_TEST(n(1) == 1);
}

BOOST_FIXTURE_TEST_CASE(what_would_fail_again_is_not_repeated, Counters)
{
    int count = 0;
    const int error = error_of([&] {
        pool.transact([&](Connection& connection) {
            ++count;
            return connection.statement("INSERT INTO counters VALUES (1, 7)").update();
        });
    });
    BOOST_TEST(error == error_duplicate);
    BOOST_TEST(count == 1);
}

BOOST_AUTO_TEST_CASE(batches_come_in_few_sizes)
{
    BOOST_TEST(repeated("(?)", 0) == "");
    BOOST_TEST(repeated("(?)", 1) == "(?)");
    BOOST_TEST(repeated("(?, ?)", 3) == "(?, ?), (?, ?), (?, ?)");
    struct {
        std::size_t count;
        std::vector<std::size_t> sizes;
    } const cases[] = {
        {0, {}},
        {1, {1}},
        {7, {4, 2, 1}},
        {11, {8, 2, 1}},
        {15, {8, 4, 2, 1}},
        {16, {16}},
        {63, {32, 16, 8, 4, 2, 1}},
        {64, {32, 32}},
    };
    for (const auto& c : cases) {
        std::vector<std::size_t> sizes;
        std::size_t next = 0;
        in_chunks(c.count, [&](std::size_t begin, std::size_t size) {
            BOOST_TEST(begin == next);
            next += size;
            sizes.push_back(size);
        });
        BOOST_TEST(next == c.count);
        BOOST_TEST(sizes == c.sizes, boost::test_tools::per_element());
    }
}

BOOST_AUTO_TEST_SUITE_END()
