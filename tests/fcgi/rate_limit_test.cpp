#include "fcgi/rate_limit.hpp"

#include <boost/test/unit_test.hpp>

#include <thread>
#include <vector>

using namespace tollgate;
using namespace std::chrono_literals;

namespace {

const Instant noon = std::chrono::sys_days{std::chrono::year{2026} / 3 / 4} + 12h;

/// How many of `tries` at that moment may go on.
int allowed(RateLimit& limit, Instant now, int tries, const std::string& key = "a")
{
    int count = 0;
    for (int i = 0; i < tries; ++i)
        count += limit.wait_of(key, now) == 0s ? 1 : 0;
    return count;
}

} // namespace

BOOST_AUTO_TEST_SUITE(rate_limit_test)

BOOST_AUTO_TEST_CASE(a_burst_is_ten_seconds_worth_and_at_least_ten)
{
    struct {
        int per_minute;
        int burst;
    } const cases[] = {{1, 10}, {6, 10}, {60, 10}, {120, 20}, {600, 100}, {1'000'000, 166'666}};
    for (const auto& c : cases) {
        RateLimit limit{c.per_minute};
        BOOST_TEST(allowed(limit, noon, c.burst + 5) == c.burst, c.per_minute);
    }
}

BOOST_AUTO_TEST_CASE(then_one_is_allowed_at_a_time)
{
    RateLimit limit{60};
    BOOST_TEST(allowed(limit, noon, 10) == 10);
    BOOST_TEST((limit.wait_of("a", noon) == 1s));
    BOOST_TEST((limit.wait_of("a", noon + 999ms) == 1s)); // rounded up: who waits may go on
    BOOST_TEST((limit.wait_of("a", noon + 1s) == 0s));
    BOOST_TEST((limit.wait_of("a", noon + 1s) == 1s));
    BOOST_TEST(allowed(limit, noon + 4s, 10) == 3);
}

BOOST_AUTO_TEST_CASE(who_is_refused_is_not_put_off_by_it)
{
    RateLimit limit{6};
    BOOST_TEST(allowed(limit, noon, 1000) == 10);
    BOOST_TEST((limit.wait_of("a", noon) == 10s));
    BOOST_TEST((limit.wait_of("a", noon + 10s) == 0s));
}

BOOST_AUTO_TEST_CASE(a_bucket_does_not_overflow)
{
    RateLimit limit{60};
    BOOST_TEST(allowed(limit, noon, 10) == 10);
    BOOST_TEST(allowed(limit, noon + 24h, 100) == 10);
}

BOOST_AUTO_TEST_CASE(every_key_has_a_bucket_of_its_own)
{
    RateLimit limit{60};
    BOOST_TEST(allowed(limit, noon, 20, "a") == 10);
    BOOST_TEST(allowed(limit, noon, 20, "b") == 10);
}

BOOST_AUTO_TEST_CASE(a_clock_that_goes_back_locks_nobody_out)
{
    RateLimit limit{60};
    BOOST_TEST(allowed(limit, noon, 10) == 10);
    BOOST_TEST((limit.wait_of("a", noon - 5s) == 6s));
}

BOOST_AUTO_TEST_CASE(threads_share_a_bucket)
{
    RateLimit limit{600};
    std::atomic<int> count = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] { count += allowed(limit, noon, 100); });
    for (auto& thread : threads)
        thread.join();
    BOOST_TEST(count == 100);
}

BOOST_AUTO_TEST_SUITE_END()
