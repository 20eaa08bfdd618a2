// Assertions for our own mistakes, never for input: a failed one stops the process, and the
// supervisor starts it again; whatever was not committed is asked again.
#pragma once

#include <string_view>

namespace tollgate {

/// Prints `what` and aborts.
[[noreturn]] void impossible(std::string_view what);

/// Aborts unless `condition` holds.
inline void check(bool condition, std::string_view what)
{
    if (!condition) impossible(what);
}

} // namespace tollgate
