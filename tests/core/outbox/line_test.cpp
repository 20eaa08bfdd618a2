#include "core/outbox/line.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

using namespace tollgate;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(line_test)

BOOST_AUTO_TEST_CASE(one_at_a_time_and_in_order)
{
    constexpr Instant now{std::chrono::sys_days{std::chrono::year{2026} / 3 / 4} + 12h};
    constexpr auto lease_until = now + 45s;
    constexpr auto before = now - 1s;
    constexpr auto later = now + 5min;
    constexpr auto in_force = now + 10s;
    // clang-format off
    struct {
        const char* name;
        std::vector<WaitingEvent> line;
        bool first;
        Instant others_until;
    } const cases[] = {
        {"alone and due",             {{before}},                            true,  lease_until},
        {"due this moment",           {{now}},                               true,  lease_until},
        {"not due",                   {{later}},                             false, later},
        {"one behind it",             {{before}, {before}},                  true,  lease_until},
        {"behind one that waits",     {{later}, {before}},                   false, later},
        {"being sent",                {{in_force, in_force}},                false, in_force},
        {"behind one being sent",     {{in_force, in_force}, {before}},      false, in_force},
        {"replayed while a later one is being sent", {{before}, {in_force, in_force}}, false, in_force},
        {"replayed while it is being sent", {{before, in_force}},            false, in_force},
        {"the lease ends now",        {{before, now}},                       false, now},
        {"its sender died",           {{before, before}},                    true,  lease_until},
        {"a later one's sender died", {{before}, {before, before}},          true,  lease_until},
    };
    // clang-format on
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            const auto turn = turn_of(c.line, now, lease_until);
            BOOST_TEST(turn.first == c.first);
            BOOST_TEST((turn.others_until == c.others_until));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
