#include "core/support/fail_point.hpp"

#include <boost/test/unit_test.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <set>
#include <stdexcept>
#include <vector>

using namespace tollgate;

namespace {

struct Disarmed {
    ~Disarmed() { arm_fail_point(""); }
};

/// How a child process ends that comes by `settle.locked` so many times.
int ending_of_child(const char* armed, int times)
{
    const auto child = ::fork();
    BOOST_REQUIRE(child >= 0);
    if (child == 0) {
        arm_fail_point(armed);
        for (int i = 0; i < times; ++i)
            fail_point("settle.locked");
        ::_exit(0);
    }
    int status = 0;
    BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

} // namespace

BOOST_AUTO_TEST_SUITE(fail_point_test)

BOOST_AUTO_TEST_CASE(unarmed_points_do_nothing)
{
    fail_point("settle.locked");
    BOOST_TEST(database_fault("database.write") == 0);
}

BOOST_AUTO_TEST_CASE(the_process_dies_at_the_wanted_time)
{
    BOOST_TEST(ending_of_child("settle.locked", 1) == SIGKILL);
    BOOST_TEST(ending_of_child("settle.locked:3", 2) == 0);
    BOOST_TEST(ending_of_child("settle.locked:3", 3) == SIGKILL);
    BOOST_TEST(ending_of_child("settle.before_commit", 3) == 0);
    BOOST_TEST(ending_of_child("", 3) == 0);
}

BOOST_AUTO_TEST_CASE(the_database_fails_from_the_first_to_the_last_time)
{
    const Disarmed afterwards;
    arm_fail_point("database.write:2-3=1114");
    std::vector<int> codes;
    for (int i = 0; i < 5; ++i)
        codes.push_back(database_fault("database.write"));
    BOOST_TEST(codes == (std::vector<int>{0, 1114, 1114, 0, 0}), boost::test_tools::per_element());
    BOOST_TEST(database_fault("database.before_commit") == 0);

    arm_fail_point("database.before_commit=1021");
    BOOST_TEST(database_fault("database.before_commit") == 1021);
    BOOST_TEST(database_fault("database.before_commit") == 0);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_done_is_refused_at_the_start)
{
    const Disarmed afterwards;
    for (const auto* text :
         {"settle",
          "settle.locked ",
          "SETTLE.LOCKED",
          ":1",
          "settle.locked:",
          "settle.locked:0",
          "settle.locked:-1",
          "settle.locked:x",
          "settle.locked:1x",
          "settle.locked:99999999999999999999",
          "settle.locked:1-2",
          "settle.locked=1114",
          "database.write=",
          "database.write=0",
          "database.write:3-2=1114",
          "database.write:1-=1114"}) {
        BOOST_TEST_CONTEXT(text)
        {
            BOOST_CHECK_THROW(arm_fail_point(text), std::invalid_argument);
        }
    }
}

BOOST_AUTO_TEST_CASE(every_point_has_a_name_of_its_own)
{
    std::set<std::string_view> names;
    for (const auto& point : fail_points)
        BOOST_TEST(names.insert(point.name).second, point.name);
}

BOOST_AUTO_TEST_SUITE_END()
