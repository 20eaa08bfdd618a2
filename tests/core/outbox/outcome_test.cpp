#include "core/outbox/outcome.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

using namespace tollgate;
using namespace std::chrono_literals;

namespace {

using Reply = Expected<HttpReply, HttpError>;

constexpr Instant noon{std::chrono::sys_days{std::chrono::year{2026} / 3 / 4} + 12h};

Reply answered(int status, const std::string& retry_after = "")
{
    HttpReply reply{.status = status, .headers = {}, .body = {}};
    if (!retry_after.empty()) reply.headers.emplace_back("retry-after", retry_after);
    return reply;
}

Reply unanswered(HttpError error)
{
    return Unexpected{error};
}

} // namespace

BOOST_AUTO_TEST_SUITE(outcome_test)

BOOST_AUTO_TEST_CASE(what_counts_as_delivered)
{
    using enum Outcome::Kind;
    // clang-format off
    struct {
        const char* name;
        Reply reply;
        Outcome::Kind kind;
        const char* error;
    } const cases[] = {
        {"ok",            answered(200),                       delivered, ""},
        {"accepted",      answered(202),                       delivered, ""},
        {"no content",    answered(204),                       delivered, ""},
        {"last of 2xx",   answered(299),                       delivered, ""},
        {"informational", answered(199),                       again,     "status 199"},
        {"redirect",      answered(301),                       again,     "status 301"},
        {"see other",     answered(303),                       again,     "status 303"},
        {"bad request",   answered(400),                       again,     "status 400"},
        {"wrong secret",  answered(401),                       again,     "status 401"},
        {"not found",     answered(404),                       again,     "status 404"},
        {"gone",          answered(410),                       parked,    "status 410"},
        {"too many",      answered(429),                       again,     "status 429"},
        {"its mistake",   answered(500),                       again,     "status 500"},
        {"bad gateway",   answered(502),                       again,     "status 502"},
        {"hangs",         unanswered(HttpError::timeout),      again,     "timeout"},
        {"down",          unanswered(HttpError::connection),   again,     "connection"},
        {"endless",       unanswered(HttpError::too_large),    again,     "too_large"},
    };
    // clang-format on
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            const auto outcome = outcome_of(c.reply, {.number = 1, .ended_at = noon});
            BOOST_TEST((outcome.kind == c.kind));
            BOOST_TEST(outcome.error == c.error);
            BOOST_TEST(outcome.next_attempt_at.has_value() == (c.kind == again));
        }
    }
}

// The table of the specification, "time since start".
BOOST_AUTO_TEST_CASE(the_schedule_is_the_specifications)
{
    const std::vector<std::chrono::seconds> since_start{
        5s,
        5min + 5s,
        35min + 5s,
        2h + 35min + 5s,
        7h + 35min + 5s,
        17h + 35min + 5s,
        31h + 35min + 5s,
        51h + 35min + 5s,
        75h + 35min + 5s,
    };
    auto now = noon;
    int attempt = 1;
    for (const auto time : since_start) {
        const auto outcome = outcome_of(answered(500), {.number = attempt++, .ended_at = now});
        BOOST_REQUIRE(outcome.next_attempt_at.has_value());
        now = *outcome.next_attempt_at;
        BOOST_TEST((now == noon + time), "attempt " << attempt);
    }
    BOOST_TEST(attempt == event_attempts_max);
    const auto last = outcome_of(answered(500), {.number = attempt, .ended_at = now});
    BOOST_TEST((last.kind == Outcome::Kind::parked));
    BOOST_TEST(last.error == "status 500");
}

BOOST_AUTO_TEST_CASE(a_wait_is_up_to_a_tenth_longer)
{
    const auto wait = [](unsigned jitter) {
        const Attempt attempt{.number = 2, .ended_at = noon, .jitter = jitter};
        return *outcome_of(answered(500), attempt).next_attempt_at - noon;
    };
    BOOST_TEST((wait(0) == 5min));
    BOOST_TEST((wait(500) == 5min + 15s));
    BOOST_TEST((wait(999) == 5min + 30s - 30ms));
    BOOST_TEST((wait(1000) == 5min));
    BOOST_TEST((wait(65'535) < 5min + 30s));
}

BOOST_AUTO_TEST_CASE(a_storefront_may_ask_for_more_time)
{
    // clang-format off
    struct {
        const char* name;
        Reply reply;
        int attempt;
        Duration wait;
    } const cases[] = {
        {"longer",             answered(503, "120"),     1, 120s},
        {"too many requests",  answered(429, "60"),      1, 60s},
        {"shorter",            answered(503, "60"),      2, 5min},
        {"zero",               answered(429, "0"),       1, 5s},
        {"more than a day",    answered(503, "90000"),   1, 24h},
        {"for ever",           answered(503, "99999999999999999999"), 1, 24h},
        {"a date",             answered(503, "Wed, 04 Mar 2026 13:00:00 GMT"), 1, 5s},
        {"negative",           answered(503, "-5"),      1, 5s},
        {"where it is no wish", answered(500, "120"),    1, 5s},
    };
    // clang-format on
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            const auto outcome = outcome_of(c.reply, {.number = c.attempt, .ended_at = noon});
            BOOST_TEST((outcome.next_attempt_at == noon + c.wait));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
