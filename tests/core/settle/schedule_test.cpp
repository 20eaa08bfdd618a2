#include "core/settle/schedule.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <vector>

using namespace tollgate;
using namespace std::chrono_literals;

namespace {

constexpr Instant created_at{std::chrono::sys_days{std::chrono::year{2026} / 3 / 4}};

/// When a payment that stays as it is is asked, as seconds after `begin`.
std::vector<std::int64_t> times_asked(CheckHistory history, Instant begin)
{
    std::vector<std::int64_t> times;
    history.now = begin;
    while (const auto next = next_check(history)) {
        history.now = *next;
        const auto after = std::chrono::duration_cast<std::chrono::seconds>(*next - begin);
        times.push_back(after.count());
    }
    return times;
}

// After 15 s, six times 10 s, 1, 2, 5, 10, 30 min, 1, 2, 6 h, then daily.
const std::vector<std::int64_t> first_steps{
    15,
    25,
    35,
    45,
    55,
    65,
    75,
    135,
    255,
    555,
    1155,
    2955,
    6555,
    13755,
    35355,
    121755,
    208155,
};
constexpr std::int64_t days_30 = 30 * 24 * 3600;

void check_begins_with_first_steps(const std::vector<std::int64_t>& times)
{
    BOOST_TEST_REQUIRE(times.size() > first_steps.size());
    const auto count = static_cast<std::ptrdiff_t>(first_steps.size());
    const std::vector<std::int64_t> begin{times.begin(), times.begin() + count};
    BOOST_TEST(begin == first_steps, boost::test_tools::per_element());
    BOOST_TEST(times.back() >= days_30);
    BOOST_TEST(times.back() < days_30 + 24 * 3600);
}

} // namespace

BOOST_AUTO_TEST_SUITE(schedule_test)

BOOST_AUTO_TEST_CASE(open_payments_are_asked_soon_then_seldom_then_no_more)
{
    for (const auto status : {Status::pending, Status::processing}) {
        check_begins_with_first_steps(
            times_asked({.status = status, .created_at = created_at}, created_at)
        );
    }
}

// A customer who reloads his page, or a late process, must not make the next question a day away.
BOOST_AUTO_TEST_CASE(the_times_do_not_depend_on_who_else_asked)
{
    // clang-format off
    struct {
        const char* name;
        Duration age;
        Duration next;
    } const cases[] = {
        {"at its creation",        0s,               15s},
        {"by the return page",     3s,               15s},
        {"just before it is due",  14s,              25s},
        {"when due",               15s,              25s},
        {"a little late",          17s,              25s},
        {"so late that it counts", 21s,              35s},
        {"after an hour's outage", 1h,               6555s},
        {"on the last step",       35355s,           35355s + 24h},
        {"just after",             35355s + 1us,     35355s + 24h},
        {"on the second day",      35355s + 24h,     35355s + 48h},
        {"a little late then",     35355s + 24h + 2s, 35355s + 48h},
        {"between days",           35355s + 30h,     35355s + 48h},
    };
    // clang-format on
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            const auto next = next_check({
                .status = Status::pending,
                .created_at = created_at,
                .now = created_at + c.age,
            });
            BOOST_REQUIRE(next.has_value());
            BOOST_TEST((*next - created_at == c.next));
        }
    }
}

BOOST_AUTO_TEST_CASE(one_question_is_exactly_at_the_expiry)
{
    for (const auto hours : {1, 7, 100, 720}) {
        const auto expires_at = created_at + std::chrono::hours{hours};
        const auto times = times_asked(
            {.status = Status::pending, .created_at = created_at, .expires_at = expires_at},
            created_at
        );
        BOOST_TEST((std::ranges::count(times, std::int64_t{3600} * hours) == 1));
        BOOST_TEST(times.back() >= days_30);
    }
}

BOOST_AUTO_TEST_CASE(what_got_no_answer_is_asked_again_like_what_is_new)
{
    for (const auto status : {Status::pending, Status::failed, Status::review, Status::paid}) {
        for (const auto age : {0h, 100h, 24h * 200}) {
            const auto since = created_at + age;
            check_begins_with_first_steps(times_asked(
                {.status = status, .created_at = created_at, .unanswered_since = since}, since
            ));
        }
    }
}

BOOST_AUTO_TEST_CASE(unpaid_ends_are_asked_until_they_are_two_days_old)
{
    // Ended after 5 minutes: asked again 1, then 6, then twice 24 hours later.
    const std::vector<std::int64_t> expected{3600, 25200, 111600, 198000};
    for (const auto status : {Status::failed, Status::cancelled, Status::expired}) {
        BOOST_TEST(
            times_asked({.status = status, .created_at = created_at}, created_at + 5min) ==
                expected,
            boost::test_tools::per_element()
        );
    }
}

BOOST_AUTO_TEST_CASE(what_is_next)
{
    using enum Status;
    // clang-format off
    struct {
        const char* name;
        Status status;
        Duration age;
        std::optional<Duration> wait;
    } const cases[] = {
        // name                   status              age             wait
        {"nearly 30 days",        pending,            720h - 1us,     35355s + 1us},
        {"30 days",               pending,            720h,           {}},
        {"failed at once",        failed,             0h,             1h},
        {"failed after 1 h",      failed,             1h,             6h},
        {"failed after 6 h",      failed,             6h,             24h},
        {"failed after two days", failed,             48h,            {}},
        {"paid",                  paid,               0h,             {}},
        {"review",                review,             0h,             1h},
        {"disputed",              disputed,           0h,             {}},
        {"partially refunded",    partially_refunded, 0h,             {}},
        {"refunded",              refunded,           0h,             {}},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            const auto now = created_at + c.age;
            const auto next =
                next_check({.status = c.status, .created_at = created_at, .now = now});
            BOOST_REQUIRE(next.has_value() == c.wait.has_value());
            if (next) BOOST_TEST((*next - now == *c.wait));
        }
    }
}

BOOST_AUTO_TEST_CASE(the_end_of_a_refund_is_asked_for_often_then_daily_then_no_more)
{
    const auto since = created_at + 24h * 50;
    const auto times = times_asked(
        {.status = Status::paid, .created_at = created_at, .refund_since = since}, since
    );
    const auto within = [&](std::int64_t begin, std::int64_t end) {
        return std::ranges::count_if(times, [=](auto time) { return begin < time && time <= end; });
    };
    BOOST_TEST(times.front() == 600);
    BOOST_TEST(within(0, 3 * 3600) == 18);
    BOOST_TEST(within(3 * 3600, 24 * 3600) == 21);
    BOOST_TEST(within(24 * 3600, days_30) == 29);
    BOOST_TEST(times.back() == days_30);
}

BOOST_AUTO_TEST_SUITE_END()
