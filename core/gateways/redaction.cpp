#include "core/gateways/redaction.hpp"

#include <algorithm>

namespace tollgate {
namespace {

bool contains(std::span<const std::string_view> names, std::string_view name)
{
    return std::ranges::find(names, name) != names.end();
}

std::string masked(std::string text)
{
    if (text.size() <= characters_kept) return text;
    std::fill(text.begin(), text.end() - static_cast<std::ptrdiff_t>(characters_kept), '*');
    return text;
}

} // namespace

Json selected(const Json& json, std::span<const std::string_view> names)
{
    return rewritten(json, [names](Json::Object& members) {
        std::erase_if(members, [names](const auto& one) { return !contains(names, one.first); });
    });
}

Fields selected(Fields fields, std::span<const std::string_view> names)
{
    std::erase_if(fields, [names](const auto& one) { return !contains(names, one.first); });
    return fields;
}

Json redacted(const Json& json, std::span<const std::string_view> names)
{
    return rewritten(json, [names](Json::Object& members) {
        for (auto& [name, value] : members) {
            if (contains(names, name)) value = masked(value.text());
        }
    });
}

Json without(const Json& json, std::span<const std::string_view> names)
{
    return rewritten(json, [names](Json::Object& members) {
        std::erase_if(members, [names](const auto& one) { return contains(names, one.first); });
    });
}

std::string redacted_form(const Fields& fields, std::span<const std::string_view> names)
{
    auto kept = fields;
    for (auto& [name, value] : kept) {
        if (contains(names, name)) value = masked(std::move(value));
    }
    return to_form(kept);
}

} // namespace tollgate
