#include "core/support/expected.hpp"

#include <boost/test/unit_test.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <string>

using namespace tollgate;

namespace {

enum class Mistake { first, second };

Expected<std::string, Mistake> text_or(bool good)
{
    if (!good) return Unexpected{Mistake::second};
    return std::string{"good"};
}

/// Whether `act` ends the process as a failed check() does.
template <class Act>
bool aborts(Act act)
{
    const pid_t child = ::fork();
    BOOST_REQUIRE(child >= 0);
    if (child == 0) {
        ::close(STDERR_FILENO); // its last words are expected
        std::signal(SIGABRT, SIG_DFL);
        act();
        ::_exit(0);
    }
    int status = 0;
    BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

} // namespace

BOOST_AUTO_TEST_SUITE(expected_test)

BOOST_AUTO_TEST_CASE(a_value_is_there_or_the_reason_is)
{
    const auto good = text_or(true);
    BOOST_TEST(good.has_value());
    BOOST_TEST(static_cast<bool>(good));
    BOOST_TEST(*good == "good");
    BOOST_TEST(good.value() == "good");
    BOOST_TEST(good->size() == 4u);

    const auto bad = text_or(false);
    BOOST_TEST(!bad.has_value());
    BOOST_TEST(!static_cast<bool>(bad));
    BOOST_TEST((bad.error() == Mistake::second));
}

BOOST_AUTO_TEST_CASE(value_and_error_may_be_of_one_type)
{
    const Expected<int, int> value{1};
    const Expected<int, int> error{Unexpected{1}};
    BOOST_TEST(value.has_value());
    BOOST_TEST(!error.has_value());
    BOOST_TEST(error.error() == 1);
}

BOOST_AUTO_TEST_CASE(a_value_can_be_changed_and_moved_out)
{
    auto text = text_or(true);
    *text += "!";
    text->append("?");
    BOOST_TEST(text.value() == "good!?");

    Expected<std::unique_ptr<int>, Mistake> owner{std::make_unique<int>(7)};
    const std::unique_ptr<int> taken = *std::move(owner);
    BOOST_TEST(*taken == 7);
}

BOOST_AUTO_TEST_CASE(asking_for_what_is_not_there_stops_the_process)
{
    BOOST_TEST(aborts([] { static_cast<void>(text_or(false).value()); }));
    BOOST_TEST(aborts([] { static_cast<void>(text_or(false)->size()); }));
    BOOST_TEST(aborts([] { static_cast<void>(text_or(true).error()); }));
    BOOST_TEST(!aborts([] { static_cast<void>(text_or(true).value()); }));
}

BOOST_AUTO_TEST_SUITE_END()
