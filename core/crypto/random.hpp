// Unpredictable bytes and the ids made of them.
//
// Errors   std::runtime_error when the system has no randomness
// Threads  any
#pragma once

#include "core/support/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace tollgate {

std::string random_bytes(std::size_t count);
/// A number from 0 to `below` - 1; `below` is not 0.
std::uint32_t random_below(std::uint32_t below);
/// `length` characters of [A-Z0-9], each equally likely (5.17 bits each).
std::string random_alphanumeric(std::size_t length);
/// 16 bytes of a UUID version 7 (RFC 9562): 48 bits of `now` in milliseconds, then random bits.
std::string random_uuid_v7(Instant now);

} // namespace tollgate
