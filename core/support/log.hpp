// The operator's log: one logfmt line per event on standard error, written with one system call.
//
// Shape    time=2026-03-04T05:06:07.123456Z level=info event=payment.settled reference=… …
//          a value with anything but [A-Za-z0-9_./:@+-] is quoted; quotes, backslashes and bytes
//          that are not printable ASCII are escaped, so a line is a line whatever an attacker sends
// Range    log_value_bytes_max of a value, the rest cut
// Threads  any
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace tollgate {

inline constexpr std::size_t log_value_bytes_max = 500;

enum class LogLevel { debug, info, warning, error };

/// A name and a value, made text only when the line is written; it must live as long as the call.
/// There is no constructor from Secret, and none shall be added.
struct LogField {
    LogField(std::string_view field_name, std::string_view value) : name{field_name}, text{value} {}
    LogField(std::string_view field_name, const char* value) : name{field_name}, text{value} {}
    LogField(std::string_view field_name, const std::string& value) : name{field_name}, text{value}
    {
    }
    template <std::integral Number>
    LogField(std::string_view field_name, Number value)
        : name{field_name}, number{static_cast<std::int64_t>(value)}
    {
    }

    std::string_view name;
    std::string_view text{};
    std::optional<std::int64_t> number{};
};

/// debug, info, warning or error.
std::optional<LogLevel> parse_log_level(std::string_view text);

/// Lines below `level` are dropped. The default is info.
void set_log_level(LogLevel level);

void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields);
inline void log_debug(std::string_view event, std::initializer_list<LogField> fields)
{
    log(LogLevel::debug, event, fields);
}
inline void log_info(std::string_view event, std::initializer_list<LogField> fields)
{
    log(LogLevel::info, event, fields);
}
inline void log_warning(std::string_view event, std::initializer_list<LogField> fields)
{
    log(LogLevel::warning, event, fields);
}
inline void log_error(std::string_view event, std::initializer_list<LogField> fields)
{
    log(LogLevel::error, event, fields);
}

/// The line without time and level; for tests.
std::string log_line(std::string_view event, std::initializer_list<LogField> fields);

} // namespace tollgate
