#include "core/net/public_address.hpp"

#include <arpa/inet.h>
#include <boost/test/unit_test.hpp>
#include <sys/un.h>

#include <cstring>

using namespace tollgate;

namespace {

bool is_public(const char* text)
{
    sockaddr_storage storage{};
    auto* const generic = reinterpret_cast<sockaddr*>(&storage);
    if (std::strchr(text, ':') != nullptr) {
        auto* const ip = reinterpret_cast<sockaddr_in6*>(&storage);
        ip->sin6_family = AF_INET6;
        BOOST_REQUIRE(inet_pton(AF_INET6, text, &ip->sin6_addr) == 1);
    } else {
        auto* const ip = reinterpret_cast<sockaddr_in*>(&storage);
        ip->sin_family = AF_INET;
        BOOST_REQUIRE(inet_pton(AF_INET, text, &ip->sin_addr) == 1);
    }
    return is_public_address(*generic);
}

} // namespace

BOOST_AUTO_TEST_SUITE(public_address_test)

BOOST_AUTO_TEST_CASE(only_what_anybody_can_reach_is_public)
{
    // clang-format off
    struct {
        const char* address;
        bool expected;
    } const cases[] = {
        {"1.1.1.1",          true},
        {"9.255.255.255",    true},
        {"11.0.0.0",         true},
        {"100.63.255.255",   true},
        {"100.128.0.0",      true},
        {"126.255.255.255",  true},
        {"128.0.0.0",        true},
        {"169.253.255.255",  true},
        {"169.255.0.0",      true},
        {"172.15.255.255",   true},
        {"172.32.0.0",       true},
        {"192.0.1.1",        true},
        {"192.167.255.255",  true},
        {"192.169.0.0",      true},
        {"198.17.255.255",   true},
        {"198.20.0.0",       true},
        {"223.255.255.255",  true},
        {"2001:4860:4860::8888", true},
        {"2606:4700::1111",  true},
        {"2a00::1",          true},
        {"2001:db7::1",      true},
        {"2001:200::1",      true},

        {"0.0.0.0",          false},
        {"0.1.2.3",          false},
        {"10.0.0.1",         false},
        {"10.255.255.255",   false},
        {"100.64.0.0",       false},
        {"100.127.255.255",  false},
        {"127.0.0.1",        false},
        {"127.255.255.255",  false},
        {"169.254.169.254",  false},
        {"172.16.0.1",       false},
        {"172.31.255.255",   false},
        {"192.0.0.1",        false},
        {"192.0.2.1",        false},
        {"192.88.99.1",      false},
        {"192.168.0.1",      false},
        {"192.168.255.255",  false},
        {"198.18.0.1",       false},
        {"198.19.255.255",   false},
        {"198.51.100.1",     false},
        {"203.0.113.1",      false},
        {"224.0.0.1",        false},
        {"240.0.0.1",        false},
        {"255.255.255.255",  false},
        {"::",               false},
        {"::1",              false},
        {"::ffff:127.0.0.1", false},
        {"::ffff:1.1.1.1",   false},
        {"::127.0.0.1",      false},
        {"64:ff9b::7f00:1",  false},
        {"100::1",           false},
        {"2001::1",          false},
        {"2001:1ff::1",      false},
        {"2001:db8::1",      false},
        {"2002:7f00:1::1",   false},
        {"3fff::1",          false},
        {"3fff:fff::1",      false},
        {"4000::1",          false},
        {"fc00::1",          false},
        {"fd00:ec2::254",    false},
        {"fe80::1",          false},
        {"fec0::1",          false},
        {"ff02::1",          false},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.address)
        {
            BOOST_TEST(is_public(c.address) == c.expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_internet_address_is_not_public)
{
    sockaddr_un local{};
    local.sun_family = AF_UNIX;
    BOOST_TEST(!is_public_address(reinterpret_cast<const sockaddr&>(local)));
}

BOOST_AUTO_TEST_SUITE_END()
