#include "core/settle/waiting_room.hpp"

#include <boost/test/unit_test.hpp>

#include <future>
#include <vector>

using namespace tollgate;
using namespace std::chrono_literals;

namespace {

constexpr auto forever = 60s; // longer than any test lasts

PaymentId payment(char name)
{
    return PaymentId{std::string(16, name)};
}

Settled settled(char name, Status before, Status after)
{
    return {.payment = payment(name), .before = before, .after = after, .gateway = {}};
}

/// Waits in a thread of its own; the result is there when it has ended.
std::future<void> wait_in(WaitingRoom::Place& place)
{
    return std::async(std::launch::async, [&] {
        place.wait_until(WaitingRoom::Time::clock::now() + forever);
    });
}

} // namespace

BOOST_AUTO_TEST_SUITE(waiting_room_test)

BOOST_AUTO_TEST_CASE(there_are_so_many_places_and_those_who_leave_make_room)
{
    WaitingRoom room{2};
    auto first = room.take(payment('a'));
    {
        const auto second = room.take(payment('a'));
        BOOST_TEST(second.has_value());
        BOOST_TEST(!room.take(payment('b')).has_value());
    }
    BOOST_TEST(room.take(payment('b')).has_value());
    BOOST_TEST(!WaitingRoom{0}.take(payment('a')).has_value());
}

BOOST_AUTO_TEST_CASE(whose_payment_changes_is_called)
{
    WaitingRoom room{2};
    auto mine = room.take(payment('a'));
    const auto theirs = room.take(payment('b'));
    auto waiting = wait_in(*mine);
    const std::vector others{
        settled('b', Status::pending, Status::paid),
        settled('a', Status::pending, Status::pending),
    };
    room.announce(others);
    BOOST_TEST((waiting.wait_for(20ms) == std::future_status::timeout));
    const std::vector change{settled('a', Status::pending, Status::failed)};
    room.announce(change);
    BOOST_TEST((waiting.wait_for(forever) == std::future_status::ready));
}

BOOST_AUTO_TEST_CASE(a_change_between_coming_and_waiting_is_not_missed)
{
    WaitingRoom room{1};
    auto place = room.take(payment('a'));
    const std::vector change{settled('a', Status::pending, Status::paid)};
    room.announce(change);
    BOOST_TEST((wait_in(*place).wait_for(forever) == std::future_status::ready));
}

BOOST_AUTO_TEST_CASE(nobody_waits_longer_than_he_wants)
{
    WaitingRoom room{1};
    auto place = room.take(payment('a'));
    place->wait_until(WaitingRoom::Time::clock::now() + 1ms);
}

BOOST_AUTO_TEST_CASE(a_house_that_closes_sends_everybody_home)
{
    WaitingRoom room{2};
    auto place = room.take(payment('a'));
    auto waiting = wait_in(*place);
    room.close();
    BOOST_TEST((waiting.wait_for(forever) == std::future_status::ready));
    BOOST_TEST(!room.take(payment('b')).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
