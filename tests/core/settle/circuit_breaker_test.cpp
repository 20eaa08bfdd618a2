#include "core/settle/circuit_breaker.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

using namespace tollgate;
using namespace std::chrono_literals;

namespace {

using State = CircuitBreaker::State;
using Outcome = CircuitBreaker::Outcome;
using Change = CircuitBreaker::Change;

/// A breaker with its clock, and with dice that always fall as a test says.
struct Bench {
    CircuitBreaker::Pass pass()
    {
        const auto pass = breaker.admit(now);
        BOOST_REQUIRE(pass.has_value());
        return *pass;
    }

    Change outage(std::chrono::milliseconds retry_after = 0ms)
    {
        return breaker.report(pass(), Outcome::outage, now, retry_after);
    }

    void open()
    {
        for (int i = 1; i < failures_to_open; ++i)
            BOOST_TEST((outage() == Change::none));
        BOOST_TEST((outage() == Change::opened));
    }

    /// How long from now until a probe is admitted.
    std::chrono::milliseconds wait()
    {
        auto waited = 0ms;
        while (!breaker.admits(now + waited))
            waited += 1ms;
        return waited;
    }

    bool dice_high = true;
    CircuitBreaker breaker{[this](std::uint32_t below) { return dice_high ? below - 1 : 0; }};
    CircuitBreaker::Time now{1h};
};

} // namespace

BOOST_AUTO_TEST_SUITE(circuit_breaker_test)

BOOST_AUTO_TEST_CASE(outages_in_a_row_open_it)
{
    Bench bench;
    bench.open();
    BOOST_TEST((bench.breaker.state() == State::open));
    BOOST_TEST(!bench.breaker.admit(bench.now));
}

BOOST_AUTO_TEST_CASE(an_answer_among_them_begins_the_row_again)
{
    Bench bench;
    for (int i = 0; i < 10 * failures_to_open; ++i) {
        const bool answers = i % failures_to_open == 0;
        const auto outcome = answers ? Outcome::answered : Outcome::outage;
        BOOST_TEST((bench.breaker.report(bench.pass(), outcome, bench.now) == Change::none));
    }
    BOOST_TEST((bench.breaker.state() == State::closed));
}

BOOST_AUTO_TEST_CASE(what_was_not_sent_says_nothing)
{
    Bench bench;
    for (int i = 0; i < 10 * failures_to_open; ++i)
        bench.breaker.report(bench.pass(), Outcome::unknown, bench.now);
    BOOST_TEST((bench.breaker.state() == State::closed));
}

BOOST_AUTO_TEST_CASE(one_probe_at_a_time)
{
    Bench bench;
    bench.open();
    bench.now += probe_wait_min;
    const auto probe = bench.pass();
    BOOST_TEST((bench.breaker.state() == State::half_open));
    BOOST_TEST(!bench.breaker.admit(bench.now + 24h));
    BOOST_TEST(!bench.breaker.admit_urgent(bench.now + 24h));
    BOOST_TEST((bench.breaker.report(probe, Outcome::answered, bench.now) == Change::closed));
    for (int i = 0; i < 100; ++i)
        bench.pass();
}

BOOST_AUTO_TEST_CASE(a_probe_that_could_not_be_sent_lets_another_one_pass)
{
    Bench bench;
    bench.open();
    bench.now += probe_wait_min;
    bench.breaker.report(bench.pass(), Outcome::unknown, bench.now);
    bench.pass();
}

BOOST_AUTO_TEST_CASE(the_wait_doubles_up_to_its_limit)
{
    for (const bool high : {true, false}) {
        Bench bench;
        bench.dice_high = high;
        bench.open();
        std::vector<std::int64_t> waits;
        for (int i = 0; i < 9; ++i) {
            const auto wait = bench.wait();
            waits.push_back((high ? wait : 2 * wait).count());
            bench.now += wait;
            bench.outage();
        }
        const std::vector<std::int64_t> steps{
            1'000, 2'000, 4'000, 8'000, 16'000, 32'000, 60'000, 60'000, 60'000};
        BOOST_TEST(waits == steps, boost::test_tools::per_element());
    }
}

BOOST_AUTO_TEST_CASE(an_answer_makes_the_wait_short_again)
{
    Bench bench;
    bench.open();
    for (int i = 0; i < 5; ++i) {
        bench.now += bench.wait();
        bench.outage();
    }
    bench.now += bench.wait();
    bench.breaker.report(bench.pass(), Outcome::answered, bench.now);
    bench.open();
    BOOST_TEST((bench.wait() == probe_wait_min));
}

BOOST_AUTO_TEST_CASE(a_gateway_may_ask_for_more_time_within_reason)
{
    // clang-format off
    struct {
        const char* name;
        std::chrono::milliseconds retry_after;
        std::chrono::milliseconds wait;
    } const cases[] = {
        {"nothing",      0ms,                              1s},
        {"less",         10ms,                             1s},
        {"more",         30s,                              30s},
        {"far too much", std::chrono::hours{24 * 365},     retry_after_max},
        {"in the past",  -5s,                              1s},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            Bench bench;
            for (int i = 0; i < failures_to_open; ++i)
                bench.outage(c.retry_after);
            BOOST_TEST((bench.wait() == c.wait));
            BOOST_TEST(!bench.breaker.admit_urgent(bench.now + c.wait - 1ms));
        }
    }
}

BOOST_AUTO_TEST_CASE(what_a_customer_waits_for_is_the_probe_earlier)
{
    Bench bench;
    bench.open();
    for (int i = 0; i < 5; ++i) {
        bench.now += bench.wait();
        bench.outage();
    }
    BOOST_TEST((bench.wait() > 10 * probe_wait_min));
    BOOST_TEST(!bench.breaker.admit_urgent(bench.now));
    bench.now += probe_wait_min;
    BOOST_TEST(!bench.breaker.admit(bench.now));
    BOOST_TEST(bench.breaker.admit_urgent(bench.now).has_value());
    BOOST_TEST(!bench.breaker.admit_urgent(bench.now)); // and there is one
}

// Two hundred questions to a gateway that hangs end long after it was given up.
BOOST_AUTO_TEST_CASE(what_began_before_it_opened_says_nothing_new)
{
    Bench bench;
    std::vector<CircuitBreaker::Pass> late(200, bench.pass());
    bench.open();
    const auto wait = bench.wait();
    for (int i = 0; i < 100; ++i)
        BOOST_TEST((bench.breaker.report(late[0], Outcome::outage, bench.now) == Change::none));
    BOOST_TEST((bench.wait() == wait));
    bench.now += wait;
    const auto probe = bench.pass();
    bench.breaker.report(late[0], Outcome::outage, bench.now);
    BOOST_TEST((bench.breaker.state() == State::half_open)); // the probe is still out
    // But an answer is an answer.
    BOOST_TEST((bench.breaker.report(late[0], Outcome::answered, bench.now) == Change::closed));
    BOOST_TEST((bench.breaker.report(probe, Outcome::outage, bench.now) == Change::none));
    BOOST_TEST((bench.breaker.state() == State::closed));
}

BOOST_AUTO_TEST_SUITE_END()
