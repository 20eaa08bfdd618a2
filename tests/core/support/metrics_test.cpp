#include "core/support/metrics.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

using namespace tollgate;

namespace {

std::string text_of(const Counter& counter)
{
    MetricsText text;
    counter.write(text);
    return text.text();
}

} // namespace

BOOST_AUTO_TEST_SUITE(metrics_test)

BOOST_AUTO_TEST_CASE(a_counter_has_a_series_per_combination)
{
    Counter counter{"seen_total", "What was seen.", {"kind", "how"}};
    BOOST_TEST(text_of(counter) == "# HELP seen_total What was seen.\n# TYPE seen_total counter\n");
    counter.add({"a", "x"});
    counter.add({"b", "x"});
    counter.add({"a", "x"});
    BOOST_TEST(
        text_of(counter) ==
        "# HELP seen_total What was seen.\n# TYPE seen_total counter\n"
        "seen_total{kind=\"a\",how=\"x\"} 2\nseen_total{kind=\"b\",how=\"x\"} 1\n"
    );
}

BOOST_AUTO_TEST_CASE(a_gauge_may_have_no_label)
{
    MetricsText text;
    text.begin("due", MetricsText::Type::gauge, "How many.");
    text.sample({}, 7);
    text.sample({{"why", "say \"a\\b\"\nor"}}, -1);
    BOOST_TEST(
        text.text() ==
        "# HELP due How many.\n# TYPE due gauge\ndue 7\ndue{why=\"say \\\"a\\\\b\\\" or\"} -1\n"
    );
}

BOOST_AUTO_TEST_CASE(there_is_an_end_to_series)
{
    Counter counter{"seen_total", "What was seen.", {"kind"}};
    for (std::size_t i = 0; i < counter_series_max + 5; ++i)
        counter.add({std::to_string(i)});
    const auto text = text_of(counter);
    BOOST_TEST(text.ends_with("seen_total{kind=\"other\"} 5\n"));
    BOOST_TEST(std::ranges::count(text, '\n') == counter_series_max + 3);
}

BOOST_AUTO_TEST_CASE(nothing_is_lost_between_threads)
{
    constexpr int threads = 8;
    constexpr int times = 5'000;
    Counter counter{"seen_total", "What was seen.", {"kind"}};
    {
        std::vector<std::jthread> adders;
        for (int i = 0; i < threads; ++i) {
            adders.emplace_back([&] {
                for (int n = 0; n < times; ++n)
                    counter.add({n % 2 == 0 ? "even" : "odd"});
            });
        }
    }
    const auto text = text_of(counter);
    BOOST_TEST(text.find("{kind=\"even\"} 20000\n") != std::string::npos);
    BOOST_TEST(text.find("{kind=\"odd\"} 20000\n") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
