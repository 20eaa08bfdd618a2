// UUIDs that follow from a name, for interfaces that want one of version 4 as an idempotency key:
// who repeats a request does not need to have kept it.
//
// Shape    36 characters, lower case
// Source   RFC 9562; the 122 bits that it leaves free are of SHA-256(purpose ‖ 0x00 ‖ name)
#pragma once

#include <string>
#include <string_view>

namespace tollgate {

/// The same for the same name, another one for another purpose, which is a literal.
std::string derived_uuid_v4(std::string_view purpose, std::string_view name);

} // namespace tollgate
