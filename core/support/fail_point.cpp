#include "core/support/fail_point.hpp"

#include "core/support/check.hpp"
#include "core/support/log.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <optional>
#include <stdexcept>
#include <string>

namespace tollgate {
namespace {

struct Order {
    std::size_t point = fail_points.size();
    long first = 1;
    long last = 1;
    int code = 0; ///< 0: die
};

Order order; // written before there are threads
std::atomic<long> times_reached{0};

template <class Number>
std::optional<Number> positive(std::string_view text)
{
    Number value{};
    const auto* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || stop != end || value <= 0) return {};
    return value;
}

/// What follows the last `mark` of `text`, which loses it; nothing when there is no mark.
std::optional<std::string_view> cut_off(std::string_view& text, char mark)
{
    const auto place = text.rfind(mark);
    if (place == std::string_view::npos) return {};
    const auto tail = text.substr(place + 1);
    text = text.substr(0, place);
    return tail;
}

std::optional<Order> parse(std::string_view text)
{
    const auto code = cut_off(text, '=');
    auto times = cut_off(text, ':');
    const auto named = std::ranges::find(fail_points, text, &NamedFailPoint::name);
    if (named == fail_points.end() || (code && !named->database)) return {};
    const auto last = times ? cut_off(*times, '-') : std::nullopt;
    if (last && !code) return {};

    const auto first_time = positive<long>(times.value_or("1"));
    const auto last_time = last ? positive<long>(*last) : first_time;
    const auto error = code ? positive<int>(*code) : 0;
    if (!first_time || !last_time || *last_time < *first_time || !error) return {};
    return Order{
        .point = static_cast<std::size_t>(named - fail_points.begin()),
        .first = *first_time,
        .last = *last_time,
        .code = *error,
    };
}

} // namespace

std::atomic<std::size_t> armed_fail_point{fail_points.size()};

void arm_fail_point(std::string_view text)
{
    const auto parsed = text.empty() ? Order{} : parse(text);
    if (!parsed) {
        throw std::invalid_argument{"TOLLGATE_FAIL_POINT: cannot be done: " + std::string{text}};
    }
    order = *parsed;
    times_reached = 0;
    armed_fail_point = order.point;
}

int reach_armed_fail_point()
{
    const auto time = ++times_reached;
    if (time < order.first || time > order.last) return 0;
    if (order.code != 0) return order.code;
    log_error("fail_point.reached", {{"name", fail_points[order.point].name}, {"time", time}});
    ::kill(::getpid(), SIGKILL);
    impossible("a life after SIGKILL");
}

} // namespace tollgate
