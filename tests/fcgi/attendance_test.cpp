#include "core/support/waiting.hpp"
#include "fcgi/attendance.hpp"

#include <boost/test/unit_test.hpp>
#include <sys/eventfd.h>

#include <future>

using namespace tollgate;
using namespace std::chrono_literals;

namespace {

constexpr auto long_enough = 30s;

/// Comes with a seat of its own, in a thread of its own.
std::future<void> come(Attendance& attendance)
{
    return std::async(std::launch::async, [&] {
        Attendance::Seat seat{attendance};
        attendance.come(seat);
    });
}

bool has_come(const std::future<void>& thread)
{
    return thread.wait_for(long_enough) == std::future_status::ready;
}

} // namespace

BOOST_AUTO_TEST_SUITE(attendance_test)

BOOST_AUTO_TEST_CASE(as_many_attend_as_may)
{
    Attendance attendance{2};
    BOOST_TEST(has_come(come(attendance)));
    BOOST_TEST(has_come(come(attendance)));
    auto third = come(attendance);
    BOOST_TEST((third.wait_for(50ms) == std::future_status::timeout));
    attendance.end();
    BOOST_TEST(has_come(third));
}

BOOST_AUTO_TEST_CASE(who_waits_makes_place_at_once)
{
    Attendance attendance{1};
    Attendance::Seat seat{attendance};
    attendance.come(seat);
    attendance.go(seat);
    auto other = come(attendance);
    {
        const Waiting waiting; // nobody watches
        BOOST_TEST(has_come(other));
    }
}

BOOST_AUTO_TEST_CASE(who_is_kept_at_his_request_makes_place)
{
    Attendance attendance{1};
    Attendance::Seat seat{attendance};
    attendance.come(seat);
    attendance.go(seat);
    auto other = come(attendance);
    const FileDescriptor stop{::eventfd(0, EFD_CLOEXEC)};
    while (other.wait_for(0s) != std::future_status::ready)
        BOOST_TEST_REQUIRE(attendance.watch(stop.get(), 20ms));
}

BOOST_AUTO_TEST_CASE(who_is_too_many_steps_back)
{
    Attendance attendance{1};
    Attendance::Seat seat{attendance};
    attendance.come(seat);
    attendance.go(seat);
    {
        const Waiting waiting;
        BOOST_TEST(has_come(come(attendance))); // and waits for a request
    }
    BOOST_TEST(!attendance.is_quiet());
    auto again = std::async(std::launch::async, [&] { attendance.come(seat); });
    BOOST_TEST((again.wait_for(50ms) == std::future_status::timeout));
    BOOST_TEST(attendance.is_quiet());
    attendance.end();
    again.get();
}

BOOST_AUTO_TEST_CASE(a_stop_ends_the_watch)
{
    Attendance attendance{1};
    const FileDescriptor stop{::eventfd(1, EFD_CLOEXEC)};
    BOOST_TEST(!attendance.watch(stop.get(), long_enough));
}

BOOST_AUTO_TEST_SUITE_END()
