#include "sql/host_order.hpp"

#include <boost/test/unit_test.hpp>

using namespace tollgate;
using namespace std::chrono_literals;

namespace {

const HostOrder::Time start = HostOrder::Time{} + 1000h;
using Hosts = std::vector<std::size_t>;

} // namespace

BOOST_AUTO_TEST_SUITE(host_order_test)

BOOST_AUTO_TEST_CASE(hosts_are_tried_in_the_order_of_the_configuration)
{
    HostOrder hosts{3};
    BOOST_TEST(hosts.to_try(start) == (Hosts{0, 1, 2}));
    BOOST_TEST(!hosts.is_better_one(0, start));
    BOOST_TEST(hosts.is_better_one(1, start));
}

BOOST_AUTO_TEST_CASE(one_that_failed_comes_last_while_it_rests)
{
    HostOrder hosts{3};
    hosts.bad(0, start);
    BOOST_TEST(hosts.to_try(start + 1s) == (Hosts{1, 2, 0}));
    BOOST_TEST(!hosts.is_better_one(1, start + 1s));
    hosts.bad(1, start + 1s);
    BOOST_TEST(hosts.to_try(start + 2s) == (Hosts{2, 0, 1}));
    hosts.bad(2, start + 2s);
    BOOST_TEST(hosts.to_try(start + 3s) == (Hosts{0, 1, 2}));
}

BOOST_AUTO_TEST_CASE(one_caller_tries_a_host_whose_rest_is_over)
{
    HostOrder hosts{2};
    hosts.bad(0, start);
    const auto rested = start + host_rest;
    BOOST_TEST(hosts.is_better_one(1, rested));
    BOOST_TEST(hosts.to_try(rested) == (Hosts{0, 1}));
    hosts.trying(0, rested);
    BOOST_TEST(hosts.to_try(rested) == (Hosts{1, 0}));
    BOOST_TEST(!hosts.is_better_one(1, rested));
    hosts.good(0);
    BOOST_TEST(hosts.to_try(rested) == (Hosts{0, 1}));
    BOOST_TEST(hosts.is_better_one(1, rested));
}

BOOST_AUTO_TEST_CASE(a_good_host_does_not_rest_while_it_is_tried)
{
    HostOrder hosts{2};
    hosts.trying(0, start);
    BOOST_TEST(hosts.to_try(start) == (Hosts{0, 1}));
}

BOOST_AUTO_TEST_SUITE_END()
