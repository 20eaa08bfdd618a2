#include "core/crypto/random.hpp"

#include <openssl/rand.h>

#include <stdexcept>
#include <string_view>

namespace tollgate {

std::string random_bytes(std::size_t count)
{
    std::string out(count, '\0');
    auto* data = reinterpret_cast<unsigned char*>(out.data());
    if (RAND_bytes(data, static_cast<int>(count)) != 1) {
        throw std::runtime_error{"the system has no randomness"};
    }
    return out;
}

std::uint32_t random_below(std::uint32_t below)
{
    std::uint64_t number = 0; // 64 bits: what a remainder of 32 prefers cannot be noticed
    for (const char byte : random_bytes(sizeof number))
        number = number << 8 | static_cast<unsigned char>(byte);
    return static_cast<std::uint32_t>(number % below);
}

std::string random_alphanumeric(std::size_t length)
{
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    // The greatest multiple of the alphabet's size in a byte: beyond it the first characters would
    // come more often than the others.
    constexpr std::size_t fair_values = 256 / alphabet.size() * alphabet.size();
    std::string out;
    out.reserve(length);
    while (out.size() < length) {
        for (const char c : random_bytes(length - out.size())) {
            const auto byte = static_cast<unsigned char>(c);
            if (byte < fair_values) out += alphabet[byte % alphabet.size()];
        }
    }
    return out;
}

std::string random_uuid_v7(Instant now)
{
    const auto since_epoch = now.time_since_epoch();
    const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(since_epoch).count();
    auto uuid = random_bytes(16);
    for (std::size_t i = 0; i < 6; ++i) {
        uuid[i] = static_cast<char>(milliseconds >> (40 - 8 * i) & 0xff);
    }
    uuid[6] = static_cast<char>((uuid[6] & 0x0f) | 0x70); // version 7
    uuid[8] = static_cast<char>((uuid[8] & 0x3f) | 0x80); // variant of RFC 9562
    return uuid;
}

} // namespace tollgate
