// JSON in the one form that JavaScript gives it, so that two parties sign the same bytes.
//
// Shape    members in the order of the UTF-16 code units of their names, at every depth; numbers as
//          ECMAScript writes them: `1000.00` and `1e3` are `1000`; to_text() gives the bytes
// Range    numbers are 0, or 1e-6 to below 1e21 with at most 15 significant digits: such a decimal
//          passes through a binary fraction of 64 bits and back unchanged
// Errors   nothing when a number is outside that range
// Source   RFC 8785, JSON Canonicalization Scheme
#pragma once

#include "core/support/json.hpp"

#include <optional>

namespace tollgate {

std::optional<Json> canonical(const Json& json);

} // namespace tollgate
