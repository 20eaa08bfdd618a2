#include "core/settle/schedule.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

using namespace tollgate;
using namespace std::chrono_literals;

namespace {

constexpr Instant created_at{std::chrono::sys_days{std::chrono::year{2026} / 3 / 4}};

/// When a payment that stays in `status` is asked, as seconds after `begin`.
std::vector<std::int64_t> times_asked(Status status, int checks, Instant begin)
{
    std::vector<std::int64_t> times;
    auto now = begin;
    while (const auto next = next_check({status, checks, created_at, now})) {
        now = *next;
        times.push_back(std::chrono::duration_cast<std::chrono::seconds>(now - begin).count());
        ++checks;
    }
    return times;
}

} // namespace

BOOST_AUTO_TEST_SUITE(schedule_test)

BOOST_AUTO_TEST_CASE(open_payments_are_asked_soon_then_seldom_then_no_more)
{
    const std::vector<std::int64_t> first{
        15,
        25,
        35,
        45,
        55,
        65,
        75, // after 15 s, then six times 10 s
        135,
        255,
        555,
        1155,
        2955, // 1, 2, 5, 10, 30 min
        6555,
        13755,
        35355, // 1, 2, 6 h
        121755,
        208155, // daily
    };
    for (const auto status : {Status::pending, Status::processing}) {
        const auto times = times_asked(status, 0, created_at);
        BOOST_TEST_REQUIRE(times.size() > first.size());
        const std::vector<std::int64_t> begin(
            times.begin(), times.begin() + static_cast<std::ptrdiff_t>(first.size())
        );
        BOOST_TEST(begin == first, boost::test_tools::per_element());
        const std::int64_t days_30 = 30 * 24 * 3600;
        BOOST_TEST(times.back() >= days_30);
        BOOST_TEST(times.back() < days_30 + 24 * 3600);
    }
}

BOOST_AUTO_TEST_CASE(unpaid_ends_are_asked_until_they_are_two_days_old)
{
    // Ended after 5 minutes: asked again 1, then 6, then twice 24 hours later.
    const std::vector<std::int64_t> expected{3600, 25200, 111600, 198000};
    for (const auto status : {Status::failed, Status::cancelled, Status::expired}) {
        BOOST_TEST(
            times_asked(status, 3, created_at + 5min) == expected, boost::test_tools::per_element()
        );
    }
}

BOOST_AUTO_TEST_CASE(what_is_next)
{
    using enum Status;
    // clang-format off
    struct {
        const char* name;
        CheckHistory history;
        std::optional<Duration> wait;
    } const cases[] = {
        // name                     status, checks, created, now, unanswered           wait
        {"opened",                  {pending, 0, created_at, created_at},              15s},
        {"asked once",              {pending, 1, created_at, created_at + 15s},        10s},
        {"asked often",             {processing, 90, created_at, created_at + 20min},  24h},
        {"nearly 30 days",          {pending, 40, created_at, created_at + 720h - 1us}, 24h},
        {"30 days",                 {pending, 40, created_at, created_at + 720h},      {}},
        {"failed at once",          {failed, 1, created_at, created_at},               1h},
        {"failed after 1 h",        {failed, 9, created_at, created_at + 1h},          6h},
        {"failed after 6 h",        {failed, 9, created_at, created_at + 6h},          24h},
        {"failed after two days",   {failed, 9, created_at, created_at + 48h},         {}},
        {"paid",                    {paid, 1, created_at, created_at},                 {}},
        {"review",                  {review, 1, created_at, created_at},               1h},
        {"disputed",                {disputed, 1, created_at, created_at},             {}},
        {"partially refunded",      {partially_refunded, 1, created_at, created_at},   {}},
        {"refunded",                {refunded, 1, created_at, created_at},             {}},
        {"pending, no answer",      {pending, 1, created_at, created_at, true},        10s},
        {"paid, no answer",         {paid, 2, created_at, created_at, true},           10s},
        {"review, no answer",       {review, 7, created_at, created_at, true},         60s},
        {"failed long ago, none",   {failed, 9, created_at, created_at + 60h, true},   5min},
        {"30 days without one",     {paid, 40, created_at, created_at + 720h, true},   {}},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            const auto next = next_check(c.history);
            BOOST_REQUIRE(next.has_value() == c.wait.has_value());
            if (next) BOOST_TEST((*next - c.history.now == *c.wait));
        }
    }
}

BOOST_AUTO_TEST_CASE(while_a_refund_is_under_way_its_end_is_asked_for)
{
    using enum Status;
    for (const auto status : {pending, failed, review, paid, disputed, partially_refunded}) {
        for (const auto age : {0s, 3600s, 400 * 24 * 3600s}) {
            for (const bool unanswered : {false, true}) {
                const auto now = created_at + age;
                const auto next = next_check({
                    .status = status,
                    .checks = 99,
                    .created_at = created_at,
                    .now = now,
                    .unanswered = unanswered,
                    .refund_under_way = true,
                });
                BOOST_REQUIRE(next.has_value());
                BOOST_TEST((*next - now == 10min));
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
