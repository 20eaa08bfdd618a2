#include "core/downloads/conditions.hpp"

#include "core/support/http_date.hpp"
#include "core/support/text.hpp"

#include <algorithm>
#include <array>

namespace tollgate {
namespace {

enum class Comparison { strong, weak };

/// Whether a list of tags, or `*`, names the file.
bool names(std::string_view list, const Validators& file, Comparison comparison)
{
    if (trim(list) == "*") return true;
    while (true) {
        list.remove_prefix(std::min(list.find_first_not_of(" \t,"), list.size()));
        const bool weak = list.starts_with("W/");
        if (weak) list.remove_prefix(2);
        if (!list.starts_with('"')) return false;
        const auto end = list.find('"', 1);
        if (end == std::string_view::npos) return false;
        const bool same = list.substr(0, end + 1) == file.tag;
        if (same && (!weak || comparison == Comparison::weak)) return true;
        list.remove_prefix(end + 1);
    }
}

} // namespace

// The order of section 13.2.2: a date counts only where no tag is given, and only if it is one.
Condition condition_of(const Headers& headers, const Validators& file)
{
    if (const auto match = header(headers, "if-match"); !match.empty()) {
        if (!names(match, file, Comparison::strong)) return Condition::failed;
    } else if (const auto date = parse_http_date(header(headers, "if-unmodified-since"))) {
        if (file.modified > *date) return Condition::failed;
    }
    if (const auto match = header(headers, "if-none-match"); !match.empty()) {
        if (names(match, file, Comparison::weak)) return Condition::not_modified;
    } else if (const auto date = parse_http_date(header(headers, "if-modified-since"))) {
        if (file.modified <= *date) return Condition::not_modified;
    }
    return Condition::met;
}

bool is_conditional(const Headers& headers)
{
    constexpr std::array<std::string_view, 4> conditions{
        "if-match", "if-unmodified-since", "if-none-match", "if-modified-since"};
    return std::ranges::any_of(conditions, [&](std::string_view name) {
        return !header(headers, name).empty();
    });
}

bool range_counts(const Headers& headers, const Validators& file)
{
    const auto condition = header(headers, "if-range");
    return condition.empty() || condition == file.tag ||
           parse_http_date(condition) == file.modified;
}

} // namespace tollgate
