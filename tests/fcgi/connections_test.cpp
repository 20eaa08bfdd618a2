#include "core/support/log.hpp"
#include "tests/fcgi/fastcgi_client.hpp"
#include "tests/fcgi/loop_server.hpp"

#include <boost/test/unit_test.hpp>
#include <sys/resource.h>

#include <memory>
#include <vector>

using namespace tollgate;
using namespace std::chrono_literals;

namespace {

using Clients = std::vector<std::unique_ptr<FastcgiClient>>;

/// Connections that had an answer and stay.
Clients kept_clients(const Server& server, std::size_t count)
{
    Clients clients;
    for (std::size_t i = 0; i < count; ++i) {
        clients.push_back(std::make_unique<FastcgiClient>(server.path()));
        BOOST_TEST(clients.back()->ask(get("/")).status == 200);
    }
    return clients;
}

/// While this lives, the process may open one file more.
class OneDescriptorLeft {
public:
    OneDescriptorLeft()
    {
        // Where a type is first seen the sanitizer needs descriptors itself: it shall have seen
        // what writes the log.
        log_info("test.scarcity", {});
        ::getrlimit(RLIMIT_NOFILE, &before_);
        const FileDescriptor next{::dup(STDERR_FILENO)};
        const rlimit scarce{static_cast<rlim_t>(next.get()) + 1, before_.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &scarce);
    }
    ~OneDescriptorLeft() { ::setrlimit(RLIMIT_NOFILE, &before_); }
    OneDescriptorLeft(const OneDescriptorLeft&) = delete;
    OneDescriptorLeft& operator=(const OneDescriptorLeft&) = delete;

private:
    rlimit before_{};
};

} // namespace

BOOST_AUTO_TEST_SUITE(connections_test)

BOOST_AUTO_TEST_CASE(kept_and_silent_connections_hold_no_thread)
{
    Server server{echo, {.listen = {}, .threads = 2}};
    const auto kept = kept_clients(server, 30);
    Clients silent;
    for (int i = 0; i < 30; ++i)
        silent.push_back(std::make_unique<FastcgiClient>(server.path()));
    BOOST_TEST(FastcgiClient{server.path()}.ask(get("/new")).body.starts_with("GET /new?"));
    for (int round = 0; round < 3; ++round) {
        for (const auto& client : kept)
            BOOST_TEST(client->ask(get("/kept")).body.starts_with("GET /kept?"));
    }
    for (const auto& client : silent)
        BOOST_TEST(client->ask(get("/late")).body.starts_with("GET /late?"));
}

BOOST_AUTO_TEST_CASE(a_request_at_work_leaves_the_other_connections_to_the_other_threads)
{
    Gate gate;
    Server server{std::ref(gate), {.listen = {}, .threads = 2}};
    const auto kept = kept_clients(server, 5);
    FastcgiClient slow{server.path()};
    slow.send_head(get("/slow"), true);
    slow.send_input({});
    gate.entered.get_future().wait();
    for (const auto& client : kept)
        BOOST_TEST(client->ask(get("/")).status == 200);
    gate.opened.set_value();
    BOOST_TEST(slow.read_answer().body == "finished");
}

BOOST_AUTO_TEST_CASE(of_too_many_connections_the_one_that_was_silent_longest_ends)
{
    Server server{echo, {.listen = {}, .threads = 1, .connections_max = 4}};
    const auto kept = kept_clients(server, 4);
    BOOST_TEST(kept[0]->ask(get("/")).status == 200); // so the second is the one
    FastcgiClient fifth{server.path()};
    BOOST_TEST(fifth.ask(get("/")).status == 200);
    BOOST_TEST(kept[1]->is_closed());
    for (const std::size_t i : {0, 2, 3})
        BOOST_TEST(kept[i]->ask(get("/")).status == 200);
    BOOST_TEST(fifth.ask(get("/")).status == 200);
    for (int i = 0; i < 20; ++i)
        BOOST_TEST(FastcgiClient{server.path()}.ask(get("/")).status == 200);
}

BOOST_AUTO_TEST_CASE(a_connection_that_never_speaks_is_closed)
{
    Server server{echo, {.listen = {}, .threads = 1, .idle_timeout = 60s, .io_timeout = 1s}};
    FastcgiClient silent{server.path()};
    FastcgiClient kept{server.path()};
    BOOST_TEST(kept.ask(get("/")).status == 200);
    BOOST_TEST(silent.is_closed());
    BOOST_TEST(kept.ask(get("/")).status == 200);
}

BOOST_AUTO_TEST_CASE(where_descriptors_lack_the_connection_that_was_silent_longest_gives_its_own)
{
    Server server{echo, {.listen = {}, .threads = 1}};
    const auto kept = kept_clients(server, 2);
    const OneDescriptorLeft scarcity; // which the client takes
    FastcgiClient late{server.path()};
    BOOST_TEST(late.ask(get("/")).status == 200);
    BOOST_TEST(kept[0]->is_closed());
    BOOST_TEST(kept[1]->ask(get("/")).status == 200);
}

BOOST_AUTO_TEST_CASE(a_stop_ends_all_that_is_silent_and_answers_what_has_come)
{
    Gate gate;
    Server server{std::ref(gate), {.listen = {}, .threads = 1}};
    const auto kept = kept_clients(server, 20);
    FastcgiClient slow{server.path()};
    slow.send_head(get("/slow"), true);
    slow.send_input({});
    gate.entered.get_future().wait();
    for (const auto& client : kept) { // waits, for the only thread is at work
        client->send_head(get("/waiting"), true);
        client->send_input({});
    }
    server.stop();
    gate.opened.set_value();
    BOOST_TEST(slow.read_answer().body == "finished");
    for (const auto& client : kept) {
        BOOST_TEST(client->read_answer().body.starts_with("GET /waiting?"));
        BOOST_TEST(client->is_closed());
    }
    BOOST_TEST(server.has_ended(soon));
}

BOOST_AUTO_TEST_SUITE_END()
