#include "core/downloads/range.hpp"

#include "core/support/text.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace tollgate {
namespace {

/// `first-last`, `first-` or `-length`.
struct Spec {
    std::optional<std::int64_t> first;
    std::optional<std::int64_t> last;
};

std::string_view without_spaces(std::string_view text)
{
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    return text.substr(0, text.find_last_not_of(' ') + 1);
}

/// False when there is something, but no number of 63 bits.
bool read_number(std::string_view text, std::optional<std::int64_t>& number)
{
    if (text.empty()) return true;
    if (!all_digits(text)) return false;
    std::int64_t value = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc{}) {
        return false;
    }
    number = value;
    return true;
}

std::optional<Spec> read_spec(std::string_view text)
{
    const auto dash = text.find('-');
    if (dash == std::string_view::npos) return {};
    Spec spec;
    if (!read_number(without_spaces(text.substr(0, dash)), spec.first)) return {};
    const auto last = text.substr(dash + 1);
    if (!read_number(without_spaces(last), spec.last)) return {};
    if (!spec.first && (!spec.last || last.starts_with(' '))) return {};
    return spec;
}

/// Its length is 0 or less when there is no such part.
ByteRange part_of(const Spec& spec, std::int64_t file_bytes)
{
    if (!spec.first) {
        const auto length = std::min(*spec.last, file_bytes);
        return {file_bytes - length, length};
    }
    const auto last = std::min(spec.last.value_or(file_bytes - 1), file_bytes - 1);
    return {*spec.first, last - *spec.first + 1};
}

RangeChoice choose(std::string_view set, std::int64_t file_bytes)
{
    using enum RangeChoice::Kind;
    RangeChoice choice{.kind = parts};
    std::int64_t left = file_bytes;
    while (true) {
        const auto comma = set.find(',');
        const auto spec = read_spec(set.substr(0, comma));
        if (!spec) return {unsatisfiable};
        const auto part = part_of(*spec, file_bytes);
        if (part.length > 0) {
            if (choice.parts.size() == ranges_max) return {whole};
            choice.parts.push_back(part);
            left -= part.length;
        } else if (part.offset == 0) {
            return {whole}; // of an empty file
        }
        if (comma == std::string_view::npos) break;
        set.remove_prefix(comma + 1);
    }
    if (choice.parts.empty()) return {unsatisfiable};
    if (left < 0) return {whole};
    return choice;
}

} // namespace

RangeChoice choose_ranges(std::string_view range, std::int64_t file_bytes)
{
    constexpr std::string_view unit = "bytes=";
    const bool known = range.size() > unit.size() && lower(range.substr(0, unit.size())) == unit;
    return known ? choose(range.substr(unit.size()), file_bytes) : RangeChoice{};
}

bool has_first_byte(const RangeChoice& choice)
{
    if (choice.kind != RangeChoice::Kind::parts) return choice.kind == RangeChoice::Kind::whole;
    return std::ranges::any_of(choice.parts, [](const auto& part) { return part.offset == 0; });
}

} // namespace tollgate
