// The operator's log: one logfmt line per event on standard error, written with one system call.
//
// Shape    time=2026-03-04T05:06:07.123456Z level=info event=payment.settled reference=… …
//          a value with anything but [A-Za-z0-9_./:@+-] is quoted; quotes, backslashes and bytes
//          that are not printable ASCII are escaped, so a line is a line whatever an attacker sends
// Range    log_value_bytes_max of a value, the rest cut
// Threads  any
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace tollgate {

inline constexpr std::size_t log_value_bytes_max = 500;

enum class LogLevel { debug, info, warning, error };

/// A name and a value. There is no constructor from Secret, and none shall be added.
struct LogField {
    LogField(std::string_view field_name, std::string_view text) : name{field_name}, value{text} {}
    LogField(std::string_view field_name, const char* text) : name{field_name}, value{text} {}
    LogField(std::string_view field_name, const std::string& text) : name{field_name}, value{text}
    {
    }
    LogField(std::string_view field_name, std::int64_t number)
        : name{field_name}, value{std::to_string(number)}
    {
    }
    LogField(std::string_view field_name, std::size_t number)
        : name{field_name}, value{std::to_string(number)}
    {
    }
    LogField(std::string_view field_name, int number)
        : name{field_name}, value{std::to_string(number)}
    {
    }

    std::string_view name;
    std::string value;
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
