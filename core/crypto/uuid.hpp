// UUIDs as text, and two kinds that are computed: one that follows from a name, for interfaces that
// want a version 4 as an idempotency key (who repeats a request does not need to have kept it), and
// the lower end of those of version 7 that are made from a time on (random.hpp makes them).
//
// Shape    bytes: 16; text: 36 characters, lower case, `0190f3c2-7b1e-7c3a-9f00-0123456789ab`
// Source   RFC 9562; the 122 bits that it leaves free in a version 4 are of
//          SHA-256(purpose ‖ 0x00 ‖ name)
#pragma once

#include "core/support/clock.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace tollgate {

std::string uuid_text(std::string_view bytes);
/// Either case.
std::optional<std::string> parse_uuid(std::string_view text);

/// The same for the same name, another one for another purpose, which is a literal.
std::string derived_uuid_v4(std::string_view purpose, std::string_view name);

/// Bytes that no UUID version 7 of `time` or later is below, and none of an earlier millisecond
/// above: the ids of a table are searched by time without an index for it.
std::string first_uuid_v7(Instant time);

} // namespace tollgate
