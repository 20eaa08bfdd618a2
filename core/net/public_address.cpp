#include "core/net/public_address.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace tollgate {
namespace {

struct Ipv4Block {
    std::uint32_t address;
    int length; ///< of the prefix, in bits
};

constexpr std::uint32_t ipv4(unsigned a, unsigned b, unsigned c = 0, unsigned d = 0)
{
    return (a << 24U) | (b << 16U) | (c << 8U) | d;
}

constexpr std::array ipv4_special{
    Ipv4Block{ipv4(0, 0), 8},         // this network
    Ipv4Block{ipv4(10, 0), 8},        // private
    Ipv4Block{ipv4(100, 64), 10},     // shared by a provider's customers
    Ipv4Block{ipv4(127, 0), 8},       // the machine itself
    Ipv4Block{ipv4(169, 254), 16},    // link-local, metadata services
    Ipv4Block{ipv4(172, 16), 12},     // private
    Ipv4Block{ipv4(192, 0, 0), 24},   // protocols
    Ipv4Block{ipv4(192, 0, 2), 24},   // documentation
    Ipv4Block{ipv4(192, 88, 99), 24}, // 6to4 relays
    Ipv4Block{ipv4(192, 168), 16},    // private
    Ipv4Block{ipv4(198, 18), 15},     // benchmarks
    Ipv4Block{ipv4(198, 51, 100), 24},
    Ipv4Block{ipv4(203, 0, 113), 24},
    Ipv4Block{ipv4(224, 0), 3}, // multicast, reserved, broadcast
};

bool is_public(std::uint32_t address)
{
    return std::ranges::none_of(ipv4_special, [&](const Ipv4Block& block) {
        return (address ^ block.address) >> static_cast<unsigned>(32 - block.length) == 0;
    });
}

struct Ipv6Block {
    std::array<std::uint8_t, 4> prefix;
    int length;
};

/// Of 2000::/3; all else is not global unicast.
constexpr std::array ipv6_special{
    Ipv6Block{{0x20, 0x01, 0x00, 0x00}, 23}, // protocols, Teredo among them
    Ipv6Block{{0x20, 0x01, 0x0d, 0xb8}, 32}, // documentation
    Ipv6Block{{0x20, 0x02, 0x00, 0x00}, 16}, // 6to4: an IPv4 address inside
    Ipv6Block{{0x3f, 0xff, 0x00, 0x00}, 20}, // documentation
};

std::uint32_t first_bits(const std::uint8_t* bytes)
{
    return ipv4(bytes[0], bytes[1], bytes[2], bytes[3]);
}

bool is_public(const in6_addr& address)
{
    const auto first = first_bits(address.s6_addr);
    if (first >> 29U != 1) return false;
    return std::ranges::none_of(ipv6_special, [&](const Ipv6Block& block) {
        return (first ^ first_bits(block.prefix.data())) >>
                   static_cast<unsigned>(32 - block.length) ==
               0;
    });
}

} // namespace

bool is_public_address(const sockaddr& address)
{
    if (address.sa_family == AF_INET) {
        sockaddr_in ip{};
        std::memcpy(&ip, &address, sizeof ip);
        return is_public(ntohl(ip.sin_addr.s_addr));
    }
    if (address.sa_family == AF_INET6) {
        sockaddr_in6 ip{};
        std::memcpy(&ip, &address, sizeof ip);
        return is_public(ip.sin6_addr);
    }
    return false;
}

} // namespace tollgate
