#include "core/downloads/range.hpp"

#include "core/support/text.hpp"

#include <algorithm>
#include <charconv>

namespace tollgate {
namespace {

struct Spec {
    std::optional<std::int64_t> first;
    std::optional<std::int64_t> last;
};

bool read_number(std::string_view text, std::optional<std::int64_t>& number)
{
    if (text.empty()) return true;
    if (!all_digits(text)) return false;
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return false;
    number = value;
    return true;
}

/// The one range of `bytes=first-last`; nothing when there are several or it cannot be read.
std::optional<Spec> one_spec(std::string_view range)
{
    constexpr std::string_view unit = "bytes=";
    if (!lower(range.substr(0, unit.size())).starts_with(unit)) return {};
    const auto set = trim(range.substr(unit.size()));
    const auto dash = set.find('-');
    if (dash == std::string_view::npos) return {};
    Spec spec;
    if (!read_number(set.substr(0, dash), spec.first)) return {};
    if (!read_number(set.substr(dash + 1), spec.last)) return {};
    if (!spec.first && !spec.last) return {};
    if (spec.first && spec.last && *spec.last < *spec.first) return {};
    return spec;
}

} // namespace

ByteRange byte_range(std::string_view range, std::int64_t file_bytes)
{
    const ByteRange whole{ByteRange::Kind::whole, 0, file_bytes};
    const ByteRange none{ByteRange::Kind::unsatisfiable, 0, 0};
    const auto spec = one_spec(range);
    if (!spec) return whole;
    if (!spec->first) {
        const auto length = std::min(*spec->last, file_bytes);
        if (length == 0) return none;
        return {ByteRange::Kind::part, file_bytes - length, length};
    }
    if (*spec->first >= file_bytes) return none;
    const auto last = std::min(spec->last.value_or(file_bytes - 1), file_bytes - 1);
    return {ByteRange::Kind::part, *spec->first, last - *spec->first + 1};
}

bool begins_download(std::string_view range)
{
    const auto spec = one_spec(range);
    return !spec || !spec->first || *spec->first == 0;
}

} // namespace tollgate
