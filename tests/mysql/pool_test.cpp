#include "core/settle/store.hpp"
#include "tests/mysql/test_database.hpp"

#include <arpa/inet.h>
#include <boost/test/unit_test.hpp>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <set>

using namespace tollgate;
using namespace std::chrono_literals;

namespace {

constexpr int error_out_of_sync = 2014;

std::string session_of(Connection& connection)
{
    const auto rows = connection.statement("SELECT CONNECTION_ID()").query();
    return rows->next() ? text_at(*rows, 1) : std::string{};
}

std::string session_of(Pool& pool)
{
    return pool.run([](Connection& connection) { return session_of(connection); });
}

/// The sessions of `count` connections of `pool`, in use at the same time.
std::vector<std::string> sessions_of(Pool& pool, std::size_t count)
{
    std::latch all{static_cast<std::ptrdiff_t>(count)};
    return together(count, [&](std::size_t) {
        bool first = true;
        try {
            return pool.run([&](Connection& connection) {
                if (std::exchange(first, false)) all.arrive_and_wait();
                return session_of(connection);
            });
        } catch (...) {
            if (first) all.count_down(); // who gets no connection keeps nobody waiting
            throw;
        }
    });
}

/// A port of this machine that is taken.
class TakenPort {
public:
    TakenPort()
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* const generic = reinterpret_cast<sockaddr*>(&address);
        BOOST_REQUIRE(bind(socket_, generic, size) == 0);
        BOOST_REQUIRE(getsockname(socket_, generic, &size) == 0);
        host.port = ntohs(address.sin_port);
    }
    TakenPort(const TakenPort&) = delete;
    TakenPort& operator=(const TakenPort&) = delete;
    ~TakenPort() { close(socket_); }

    DatabaseHost host{.host = "127.0.0.1", .port = 0};

protected:
    int socket_ = socket(AF_INET, SOCK_STREAM, 0);
};

/// Refuses everyone.
using RefusingPort = TakenPort;

/// Takes connections and never says a word, as the port of a server that hangs.
struct SilentPort : TakenPort {
    SilentPort() { BOOST_REQUIRE(listen(socket_, SOMAXCONN) == 0); }
};

struct Letters : TestDatabase {
    Letters() { run("CREATE TABLE letters (id INT AUTO_INCREMENT PRIMARY KEY, letter CHAR(1))"); }

    static int add(Connection& connection, const char* letter)
    {
        return connection.statement("INSERT INTO letters (letter) VALUES (?)")
            .text(letter)
            .update();
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(pool_test)

BOOST_FIXTURE_TEST_CASE(a_killed_session_is_replaced_and_its_work_repeated, Letters)
{
    Pool other{config};
    std::vector<std::string> sessions;
    const int added = other.transact([&](Connection& connection) {
        sessions.push_back(session_of(connection));
        add(connection, "a");
        if (sessions.size() == 1) run("KILL " + sessions[0]);
        return add(connection, "b");
    });
    BOOST_TEST(added == 1);
    BOOST_REQUIRE(sessions.size() == 2U);
    BOOST_TEST(sessions[0] != sessions[1]);
    BOOST_TEST(count("letters") == 2);
}

BOOST_FIXTURE_TEST_CASE(a_session_that_died_before_its_commit_did_nothing, Letters)
{
    Pool other{config};
    int tries = 0;
    other.transact([&](Connection& connection) {
        add(connection, "a");
        if (++tries == 1) run("KILL " + session_of(connection));
        return true;
    });
    BOOST_TEST(tries == 2);
    BOOST_TEST(count("letters") == 1);
}

BOOST_FIXTURE_TEST_CASE(idle_sessions_that_died_are_not_met_one_by_one, TestDatabase)
{
    auto settings = test_config();
    settings.connections_max = transaction_tries_max + 4;
    Pool other{settings};
    const auto size = static_cast<std::size_t>(settings.connections_max);
    for (const auto& session : sessions_of(other, size))
        run("KILL " + session);
    BOOST_TEST(!session_of(other).empty());
    // None of the places was lost either.
    const auto again = sessions_of(other, size);
    BOOST_TEST((std::set<std::string>{again.begin(), again.end()}.size() == size));
}

BOOST_FIXTURE_TEST_CASE(a_restart_of_the_server_is_survived, Letters)
{
    int tries = 0;
    pool.transact([&](Connection& connection) {
        add(connection, "a");
        if (++tries == 1) restart_server();
        return add(connection, "b");
    });
    BOOST_TEST(tries == 2);
    BOOST_TEST(count("letters") == 2);
    restart_server();
    BOOST_TEST(count("letters") == 2);
}

BOOST_AUTO_TEST_CASE(the_next_host_is_tried_when_one_refuses)
{
    const RefusingPort refusing;
    auto settings = test_config();
    settings.hosts.insert(settings.hosts.begin(), refusing.host);
    settings.hosts.push_back(refusing.host);
    Pool pool{settings};
    BOOST_TEST(!session_of(pool).empty());
    // From then on the one that answered is the first to be tried.
    const auto sessions = sessions_of(pool, 3);
    BOOST_TEST((std::set<std::string>{sessions.begin(), sessions.end()}.size() == 3U));
}

BOOST_AUTO_TEST_CASE(a_host_that_hangs_delays_nobody_for_long)
{
    const SilentPort silent;
    auto settings = test_config();
    settings.hosts.insert(settings.hosts.begin(), silent.host);
    Pool pool{settings};
    const auto begin = std::chrono::steady_clock::now();
    BOOST_TEST(!session_of(pool).empty());
    const auto first = std::chrono::steady_clock::now();
    BOOST_TEST((first - begin < settings.timeout / 2));
    // While it rests nobody tries it.
    sessions_of(pool, 3);
    BOOST_TEST((std::chrono::steady_clock::now() - first < 1s));
}

BOOST_AUTO_TEST_CASE(the_only_host_is_not_asked_again_after_a_time_out)
{
    auto settings = test_config();
    settings.timeout = 2s;
    for (const std::size_t hosts : {1, 2}) {
        settings.hosts.resize(hosts, settings.hosts.front());
        Pool pool{settings};
        int tries = 0;
        const auto slow = [&](Connection& connection) {
            connection.execute(++tries == 1 ? "DO SLEEP(20)" : "DO 0");
            return true;
        };
        if (hosts == 1) {
            BOOST_CHECK_THROW(pool.run(slow), StoreUnavailable);
        } else {
            pool.run(slow);
        }
        BOOST_TEST(tries == static_cast<int>(hosts));
    }
}

BOOST_AUTO_TEST_CASE(a_failed_connection_takes_no_place_of_the_pool)
{
    const RefusingPort refusing;
    auto nobody = test_config();
    nobody.hosts = {refusing.host, refusing.host};
    auto denied = test_config();
    denied.password = Secret{"wrong"};
    for (auto* settings : {&nobody, &denied}) {
        settings->connections_max = 2;
        Pool pool{*settings};
        for (int i = 0; i < 5; ++i)
            BOOST_CHECK_EXCEPTION(session_of(pool), StoreUnavailable, [](const auto& error) {
                return std::string_view{error.what()} != "no database connection became free";
            });
    }
}

BOOST_AUTO_TEST_CASE(many_threads_share_few_connections)
{
    auto settings = test_config();
    settings.connections_max = 3;
    Pool pool{settings};
    std::atomic<int> in_use = 0;
    std::atomic<int> most = 0;
    const auto sessions = together(24, [&](std::size_t) {
        std::set<std::string> mine;
        for (int i = 0; i < 20; ++i) {
            mine.insert(pool.run([&](Connection& connection) {
                const int now = ++in_use;
                for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
                }
                auto session = session_of(connection);
                --in_use;
                return session;
            }));
        }
        return mine;
    });
    std::set<std::string> all;
    for (const auto& some : sessions)
        all.insert(some.begin(), some.end());
    BOOST_TEST(all.size() <= 3U);
    BOOST_TEST(most <= 3);
}

BOOST_FIXTURE_TEST_CASE(a_connection_that_cannot_roll_back_is_closed, Letters)
{
    auto settings = test_config();
    settings.connections_max = 1;
    Pool other{settings};
    const auto before = session_of(other);
    // A result that nobody fetched: the session takes no statement any more, not even ROLLBACK.
    const int error = error_of([&] {
        other.transact([](Connection& connection) {
            add(connection, "a");
            connection.execute("SELECT letter FROM letters");
            return add(connection, "b");
        });
    });
    BOOST_TEST(error == error_out_of_sync);
    BOOST_TEST(session_of(other) != before);
    other.transact([](Connection& connection) { return add(connection, "c"); });
    BOOST_TEST(value("SELECT GROUP_CONCAT(letter) FROM letters") == "c");
}

BOOST_AUTO_TEST_CASE(who_gets_no_connection_in_time_is_told)
{
    auto settings = test_config();
    settings.connections_max = 1;
    settings.timeout = 100ms;
    Pool pool{settings};
    pool.run([&](Connection&) {
        BOOST_CHECK_EXCEPTION(session_of(pool), StoreUnavailable, [](const auto& error) {
            return std::string_view{error.what()} == "no database connection became free";
        });
        return true;
    });
    BOOST_TEST(!session_of(pool).empty());
}

BOOST_AUTO_TEST_SUITE_END()
