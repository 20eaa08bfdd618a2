#include "core/support/json.hpp"

#include "core/support/check.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>

namespace tollgate {
namespace {

/// An array or object whose end has not come yet.
struct Container {
    bool is_object = false;
    std::string next_name; ///< of the member whose value comes next
    Json::Object members;
    Json::Array elements;
};

bool has_repeated_name(const Json::Object& members)
{
    std::vector<std::string_view> names;
    names.reserve(members.size());
    for (const auto& member : members)
        names.emplace_back(member.first);
    std::ranges::sort(names);
    return std::ranges::adjacent_find(names) != names.end();
}

/// Receives what nlohmann reads. Returning false stops the reading.
class Builder final : public nlohmann::json_sax<nlohmann::json> {
public:
    bool null() override { return put(Json{}); }
    bool boolean(bool value) override { return put(Json{value}); }
    bool string(std::string& value) override { return put(Json{std::move(value)}); }
    bool binary(binary_t&) override { return false; } // no JSON text has it

    // nlohmann tells the spelling of fractions, exponents and whole numbers beyond 64 bits only.
    // The others have one spelling each but for zero, and what reads a zero as signed is `-0`.
    bool number_integer(number_integer_t value) override
    {
        return put(Json::Number{value == 0 ? "-0" : std::to_string(value)});
    }
    bool number_unsigned(number_unsigned_t value) override
    {
        return put(Json::Number{std::to_string(value)});
    }
    bool number_float(number_float_t, const std::string& spelling) override
    {
        return put(Json::Number{spelling});
    }

    bool start_array(std::size_t) override { return open(false); }
    bool start_object(std::size_t) override { return open(true); }
    bool key(std::string& name) override
    {
        open_.back().next_name = std::move(name);
        return true;
    }
    bool end_array() override
    {
        Json array{std::move(open_.back().elements)};
        open_.pop_back();
        return put(std::move(array));
    }
    bool end_object() override
    {
        if (has_repeated_name(open_.back().members)) return false;
        Json object{std::move(open_.back().members)};
        open_.pop_back();
        return put(std::move(object));
    }

    bool
    parse_error(std::size_t position, const std::string&, const nlohmann::json::exception&) override
    {
        error_offset_ = position;
        return false;
    }

    std::size_t error_offset() const { return error_offset_; }
    Json take() { return std::move(result_); }

private:
    bool open(bool is_object)
    {
        if (open_.size() == json_depth_max) return false;
        open_.push_back({.is_object = is_object, .next_name = {}, .members = {}, .elements = {}});
        return true;
    }
    bool put(Json value)
    {
        if (open_.empty()) {
            result_ = std::move(value);
        } else if (open_.back().is_object) {
            open_.back().members.emplace_back(std::move(open_.back().next_name), std::move(value));
        } else {
            open_.back().elements.push_back(std::move(value));
        }
        return true;
    }

    std::vector<Container> open_;
    Json result_;
    std::size_t error_offset_ = 0;
};

void append_string(std::string& out, std::string_view text)
{
    out += '"';
    for (const char c : text) {
        switch (c) {
        case '"': out += "\\\""; break;
        case '\\': out += "\\\\"; break;
        case '\b': out += "\\b"; break;
        case '\f': out += "\\f"; break;
        case '\n': out += "\\n"; break;
        case '\r': out += "\\r"; break;
        case '\t': out += "\\t"; break;
        default:
            if (static_cast<unsigned char>(c) < 0x20) {
                fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
            } else {
                out += c;
            }
        }
    }
    out += '"';
}

void append(std::string& out, const Json& json);

void append_array(std::string& out, const Json::Array& elements)
{
    out += '[';
    for (std::size_t i = 0; i < elements.size(); ++i) {
        if (i != 0) out += ',';
        append(out, elements[i]);
    }
    out += ']';
}

void append_object(std::string& out, const Json::Object& members)
{
    out += '{';
    for (std::size_t i = 0; i < members.size(); ++i) {
        if (i != 0) out += ',';
        append_string(out, members[i].first);
        out += ':';
        append(out, members[i].second);
    }
    out += '}';
}

void append(std::string& out, const Json& json)
{
    if (const auto* text = json.string()) return append_string(out, *text);
    if (const auto* elements = json.array()) return append_array(out, *elements);
    if (const auto* members = json.object()) return append_object(out, *members);
    if (const auto* number = json.number()) {
        out += number->text;
    } else if (const auto* truth = json.boolean()) {
        out += *truth ? "true" : "false";
    } else {
        out += "null";
    }
}

} // namespace

const Json* Json::find(std::string_view name) const
{
    const Object* members = object();
    if (members == nullptr) return nullptr;
    const auto found = std::ranges::find(*members, name, &Member::first);
    return found == members->end() ? nullptr : &found->second;
}

std::string Json::text() const
{
    if (const auto* text = string()) return *text;
    if (const auto* spelled = number()) return spelled->text;
    return {};
}

std::string Json::text(std::string_view name) const
{
    const Json* member = find(name);
    return member == nullptr ? std::string{} : member->text();
}

void Json::add(std::string name, Json value)
{
    auto* members = std::get_if<Object>(&value_);
    check(members != nullptr, "only an object has members");
    members->emplace_back(std::move(name), std::move(value));
}

std::optional<Json> parse_json(std::string_view text)
{
    if (text.size() > json_bytes_max) return std::nullopt;
    // nlohmann takes a NUL for the end of the text, and would accept whatever follows it.
    if (text.find('\0') != std::string_view::npos) return std::nullopt;
    Builder builder;
    if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) return std::nullopt;
    return builder.take();
}

std::size_t json_error_offset(std::string_view text)
{
    Builder builder;
    nlohmann::json::sax_parse(text.begin(), text.end(), &builder);
    return builder.error_offset();
}

Json rewritten(const Json& json, const std::function<void(Json::Object&)>& change)
{
    if (const auto* elements = json.array()) {
        Json::Array copies;
        for (const auto& element : *elements)
            copies.push_back(rewritten(element, change));
        return Json{std::move(copies)};
    }
    if (const auto* members = json.object()) {
        Json::Object copies;
        for (const auto& [name, value] : *members)
            copies.emplace_back(name, rewritten(value, change));
        change(copies);
        return Json{std::move(copies)};
    }
    return json;
}

std::string to_text(const Json& json)
{
    std::string out;
    append(out, json);
    return out;
}

} // namespace tollgate
