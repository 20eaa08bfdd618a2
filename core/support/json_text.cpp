#include "core/support/json_text.hpp"

#include <algorithm>
#include <cstddef>

namespace tollgate {
namespace {

constexpr std::string_view white_space = " \t\r\n";
constexpr std::string_view indentation = "  ";

/// Walks over a text that is known to be JSON; stays within it whatever it is.
class Walker {
public:
    explicit Walker(std::string_view text) : text_{text} {}

    std::size_t at() const { return std::min(at_, text_.size()); }
    char here() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    void step() { ++at_; }
    void skip_white() { at_ = std::min(text_.find_first_not_of(white_space, at()), text_.size()); }

    /// Over the string that begins here; returns what stands between its quotes, unread.
    std::string_view skip_string()
    {
        const auto first = ++at_;
        while (at_ < text_.size() && text_[at_] != '"')
            at_ += text_[at_] == '\\' ? 2 : 1;
        const auto last = at();
        ++at_;
        return text_.substr(std::min(first, last), last - std::min(first, last));
    }

    /// Over the value that begins here.
    void skip_value()
    {
        for (std::size_t depth = 0; at_ < text_.size();) {
            const char c = text_[at_];
            if (depth == 0 && (c == ',' || c == '}' || is_white(c))) return;
            if (c == '"') {
                skip_string();
                continue;
            }
            if (c == '{' || c == '[') ++depth;
            if (c == '}' || c == ']') --depth;
            ++at_;
        }
    }

private:
    static bool is_white(char c) { return white_space.find(c) != std::string_view::npos; }

    std::string_view text_;
    std::size_t at_ = 0;
};

void append(std::string& out, const Json& json, std::size_t level);

void begin_line(std::string& out, std::size_t level)
{
    out += '\n';
    for (std::size_t i = 0; i < level; ++i)
        out += indentation;
}

void append_array(std::string& out, const Json::Array& elements, std::size_t level)
{
    out += '[';
    for (std::size_t i = 0; i < elements.size(); ++i) {
        if (i != 0) out += ',';
        begin_line(out, level + 1);
        append(out, elements[i], level + 1);
    }
    begin_line(out, level);
    out += ']';
}

void append_object(std::string& out, const Json::Object& members, std::size_t level)
{
    out += '{';
    for (std::size_t i = 0; i < members.size(); ++i) {
        if (i != 0) out += ',';
        begin_line(out, level + 1);
        out += to_text(Json{members[i].first}) + ": ";
        append(out, members[i].second, level + 1);
    }
    begin_line(out, level);
    out += '}';
}

void append(std::string& out, const Json& json, std::size_t level)
{
    const auto* elements = json.array();
    const auto* members = json.object();
    if (elements != nullptr && !elements->empty()) return append_array(out, *elements, level);
    if (members != nullptr && !members->empty()) return append_object(out, *members, level);
    out += to_text(json);
}

} // namespace

std::string without_member(std::string_view object, std::string_view name)
{
    Walker walker{object};
    walker.skip_white();
    walker.step(); // the brace
    auto end_of_previous = walker.at();
    for (bool first = true;; first = false) {
        walker.skip_white();
        if (walker.here() == ',') {
            walker.step();
            walker.skip_white();
        }
        if (walker.here() != '"') return std::string{object};
        const auto begin = walker.at();
        const bool found = walker.skip_string() == name;
        walker.skip_white();
        walker.step(); // the colon
        walker.skip_white();
        walker.skip_value();
        const auto end = walker.at();
        if (!found) {
            end_of_previous = end;
            continue;
        }
        if (!first) {
            return std::string{object.substr(0, end_of_previous)} + std::string{object.substr(end)};
        }
        walker.skip_white();
        if (walker.here() == ',') {
            walker.step();
            walker.skip_white();
            return std::string{object.substr(0, begin)} + std::string{object.substr(walker.at())};
        }
        return std::string{object.substr(0, begin)} + std::string{object.substr(end)};
    }
}

std::string pretty_text(const Json& json)
{
    std::string out;
    append(out, json, 0);
    return out;
}

} // namespace tollgate
