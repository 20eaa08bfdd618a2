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
    if (const auto* elements = json.array()) {
        Json::Array kept;
        for (const auto& element : *elements)
            kept.push_back(selected(element, names));
        return Json{std::move(kept)};
    }
    const auto* members = json.object();
    if (members == nullptr) return json;
    Json::Object kept;
    for (const auto& [name, value] : *members) {
        if (contains(names, name)) kept.emplace_back(name, selected(value, names));
    }
    return Json{std::move(kept)};
}

Fields selected(Fields fields, std::span<const std::string_view> names)
{
    std::erase_if(fields, [names](const auto& one) { return !contains(names, one.first); });
    return fields;
}

Json redacted(const Json& json, std::span<const std::string_view> names)
{
    if (const auto* elements = json.array()) {
        Json::Array kept;
        for (const auto& element : *elements)
            kept.push_back(redacted(element, names));
        return Json{std::move(kept)};
    }
    const auto* members = json.object();
    if (members == nullptr) return json;
    Json::Object kept;
    for (const auto& [name, value] : *members) {
        const bool hide = contains(names, name);
        kept.emplace_back(name, hide ? Json{masked(value.text())} : redacted(value, names));
    }
    return Json{std::move(kept)};
}

Json without(const Json& json, std::span<const std::string_view> names)
{
    if (const auto* elements = json.array()) {
        Json::Array kept;
        for (const auto& element : *elements)
            kept.push_back(without(element, names));
        return Json{std::move(kept)};
    }
    const auto* members = json.object();
    if (members == nullptr) return json;
    Json::Object kept;
    for (const auto& [name, value] : *members) {
        if (!contains(names, name)) kept.emplace_back(name, without(value, names));
    }
    return Json{std::move(kept)};
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
