#include "core/support/log.hpp"

#include "core/support/check.hpp"
#include "core/support/clock.hpp"
#include "core/support/text.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <iterator>

namespace tollgate {
namespace {

std::atomic<LogLevel> lowest_level{LogLevel::info};

std::string_view name_of(LogLevel level)
{
    switch (level) {
    case LogLevel::debug: return "debug";
    case LogLevel::info: return "info";
    case LogLevel::warning: return "warning";
    case LogLevel::error: return "error";
    }
    impossible("log level");
}

bool is_bare(char c)
{
    return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') ||
           std::string_view{"_./:@+-"}.find(c) != std::string_view::npos;
}

// Bytes beyond ASCII are escaped too: some of them are control characters to some terminals, and a
// cut may have torn a character.
void append_quoted(std::string& out, std::string_view text)
{
    out += '"';
    for (const char c : text) {
        switch (c) {
        case '"': out += "\\\""; break;
        case '\\': out += "\\\\"; break;
        case '\n': out += "\\n"; break;
        case '\r': out += "\\r"; break;
        case '\t': out += "\\t"; break;
        default:
            if (c >= ' ' && c < '\x7f') {
                out += c;
            } else {
                const auto byte = static_cast<unsigned char>(c);
                fmt::format_to(std::back_inserter(out), "\\x{:02x}", byte);
            }
        }
    }
    out += '"';
}

void append_value(std::string& out, std::string_view text)
{
    text = text.substr(0, log_value_bytes_max);
    if (!text.empty() && std::ranges::all_of(text, is_bare)) {
        out += text;
    } else {
        append_quoted(out, text);
    }
}

/// `2026-03-04T05:06:07.123456Z`
std::string log_time(Instant instant)
{
    std::string text = database_time(instant);
    std::ranges::replace(text, ' ', 'T');
    return text + 'Z';
}

} // namespace

std::optional<LogLevel> parse_log_level(std::string_view text)
{
    for (const auto level : {LogLevel::debug, LogLevel::info, LogLevel::warning, LogLevel::error}) {
        if (name_of(level) == text) return level;
    }
    return {};
}

void set_log_level(LogLevel level)
{
    lowest_level = level;
}

std::string log_line(std::string_view event, std::initializer_list<LogField> fields)
{
    std::string line = "event=";
    append_value(line, event);
    for (const auto& field : fields) {
        line += ' ';
        line += field.name;
        line += '=';
        if (field.number) {
            line += std::to_string(*field.number);
        } else {
            append_value(line, field.text);
        }
    }
    return line;
}

void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields)
{
    if (level < lowest_level.load()) return;
    const auto line = fmt::format(
        "time={} level={} {}\n",
        log_time(system_clock().now()),
        name_of(level),
        log_line(event, fields)
    );
    // A log that cannot be written has nobody to tell it to.
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

} // namespace tollgate
