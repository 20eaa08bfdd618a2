#include "core/support/log_limit.hpp"

#include <boost/test/unit_test.hpp>

using namespace tollgate;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(log_limit_test)

BOOST_AUTO_TEST_CASE(so_many_lines_a_second_are_written_and_the_rest_is_counted)
{
    const Instant noon{std::chrono::hours{500'000}};
    constexpr std::size_t none = 1'000;
    struct {
        const char* name;
        Instant now;
        std::size_t left_out; ///< `none`: not to be written
    } const cases[] = {
        {"first", noon, 0},
        {"second", noon + 1ms, 0},
        {"over the limit", noon + 2ms, none},
        {"still", noon + 999ms, none},
        {"next second tells the rest", noon + 1s, 2},
        {"only once", noon + 1s, 0},
        {"over the limit again", noon + 1s, none},
        {"the clock was set back", noon, 1},
    };
    LogLimit limit{2};
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            BOOST_TEST(limit.admit(c.now).value_or(none) == c.left_out);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
