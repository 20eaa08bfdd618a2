#include "core/support/clock.hpp"

#include "core/support/text.hpp"

#include <fmt/compile.h>

#include <algorithm>

namespace tollgate {
namespace {

class SystemClock final : public Clock {
public:
    Instant now() const override
    {
        return std::chrono::floor<Duration>(std::chrono::system_clock::now());
    }
};

/// `2026-03-04 05:06:07` with `between` in the middle. A settlement writes a dozen of them.
std::string second_text(std::chrono::sys_seconds second, char between)
{
    const auto day = std::chrono::floor<std::chrono::days>(second);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss time{second - day};
    return fmt::format(
        FMT_COMPILE("{:04}-{:02}-{:02}{}{:02}:{:02}:{:02}"),
        static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()),
        static_cast<unsigned>(date.day()),
        between,
        time.hours().count(),
        time.minutes().count(),
        time.seconds().count()
    );
}

/// Digits stand wherever `shape` has a 0; every other character is as in `shape`.
bool has_shape(std::string_view text, std::string_view shape)
{
    return std::ranges::equal(text, shape, [](char c, char wanted) {
        return wanted == '0' ? is_digit(c) : c == wanted;
    });
}

/// The value of at most nine digits.
int number(std::string_view digits)
{
    int value = 0;
    for (const char c : digits)
        value = value * 10 + (c - '0');
    return value;
}

/// `.123456` and shorter, or nothing at all.
std::optional<std::chrono::microseconds> parse_fraction(std::string_view text)
{
    constexpr std::size_t decimals = 6;
    if (text.empty()) return std::chrono::microseconds{0};
    if (text.front() != '.' || text.size() > decimals + 1) return std::nullopt;
    std::string digits{text.substr(1)};
    if (!all_digits(digits)) return std::nullopt;
    digits.resize(decimals, '0');
    return std::chrono::microseconds{number(digits)};
}

} // namespace

const Clock& system_clock()
{
    static const SystemClock clock;
    return clock;
}

std::string database_time(Instant instant)
{
    const auto second = std::chrono::floor<std::chrono::seconds>(instant);
    return fmt::format(
        FMT_COMPILE("{}.{:06}"), second_text(second, ' '), (instant - second).count()
    );
}

std::optional<Instant> parse_database_time(std::string_view text)
{
    constexpr std::string_view shape = "0000-00-00 00:00:00";
    if (!has_shape(text.substr(0, shape.size()), shape)) return std::nullopt;
    const std::chrono::year_month_day date{
        std::chrono::year{number(text.substr(0, 4))},
        std::chrono::month{static_cast<unsigned>(number(text.substr(5, 2)))},
        std::chrono::day{static_cast<unsigned>(number(text.substr(8, 2)))},
    };
    const std::chrono::hours hours{number(text.substr(11, 2))};
    const std::chrono::minutes minutes{number(text.substr(14, 2))};
    const std::chrono::seconds seconds{number(text.substr(17, 2))};
    const auto fraction = parse_fraction(text.substr(shape.size()));
    if (!date.ok() || !fraction) return std::nullopt;
    if (hours.count() > 23 || minutes.count() > 59 || seconds.count() > 59) return std::nullopt;
    return std::chrono::sys_days{date} + hours + minutes + seconds + *fraction;
}

std::string iso_time(Instant instant)
{
    const auto second = std::chrono::floor<std::chrono::seconds>(instant);
    return second_text(second, 'T') + 'Z';
}

} // namespace tollgate
