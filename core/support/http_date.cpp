#include "core/support/http_date.hpp"

#include <array>
#include <ctime>

namespace tollgate {
namespace {

constexpr const char* written_form = "%a, %d %b %Y %H:%M:%S GMT";
constexpr std::array read_forms{written_form, "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"};
constexpr std::size_t text_bytes_max = 64;

} // namespace

std::string http_date(std::chrono::sys_seconds time)
{
    const auto seconds = std::chrono::system_clock::to_time_t(time);
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    std::array<char, text_bytes_max> text{};
    const auto length = std::strftime(text.data(), text.size(), written_form, &parts);
    return {text.data(), length};
}

std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text)
{
    if (text.size() > text_bytes_max) return {};
    const std::string terminated{text};
    for (const auto* form : read_forms) {
        std::tm parts{};
        const char* end = ::strptime(terminated.c_str(), form, &parts);
        if (end != terminated.c_str() + terminated.size()) continue;
        return std::chrono::sys_seconds{std::chrono::seconds{::timegm(&parts)}};
    }
    return {};
}

} // namespace tollgate
