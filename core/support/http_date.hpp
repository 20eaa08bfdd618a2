// Times as HTTP writes them.
//
// Unit     whole seconds, UTC
// Shape    written: `Sun, 06 Nov 1994 08:49:37 GMT`; read: also the two older forms, as the
//          standard wants
// Source   RFC 9110, 5.6.7
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace tollgate {

std::string http_date(std::chrono::sys_seconds time);
/// Nothing when it is none.
std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text);

} // namespace tollgate
