#include "core/config/toml_document.hpp"

#include "core/support/text.hpp"

// The shared library is built to throw; here, in the one file that knows toml++, it is compiled in
// and returns its errors.
#undef TOML_HEADER_ONLY
#undef TOML_SHARED_LIB
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

namespace tollgate {
namespace {

int line_of(const toml::node& node)
{
    return static_cast<int>(node.source().begin.line);
}

TomlValue value_of(const toml::node& node)
{
    TomlValue value{.line = line_of(node), .content = {}};
    if (const auto* text = node.as_string()) value.content = text->get();
    if (const auto* number = node.as_integer()) value.content = number->get();
    if (const auto* list = node.as_array(); list != nullptr && !list->is_array_of_tables()) {
        std::vector<std::string> texts;
        std::vector<int> lines;
        for (const auto& item : *list) {
            const auto* text = item.as_string();
            if (text == nullptr) return value;
            texts.push_back(text->get());
            lines.push_back(line_of(item));
        }
        value.content = std::move(texts);
        value.item_lines = std::move(lines);
    }
    return value;
}

// A table that only holds other tables is their common prefix, not a section that was written.
void add_section(TomlDocument& document, const std::string& name, const toml::table& table)
{
    TomlSection section{.line = line_of(table), .values = {}};
    bool is_prefix = !table.empty();
    for (const auto& [key, node] : table) {
        const std::string key_text{key.str()};
        if (const auto* inner = node.as_table()) {
            add_section(document, name.empty() ? key_text : name + '.' + key_text, *inner);
        } else {
            section.values.emplace(key_text, value_of(node));
            is_prefix = false;
        }
    }
    const bool is_empty_file = name.empty() && section.values.empty();
    if (!is_prefix && !is_empty_file) document.emplace(name, std::move(section));
}

// toml++ describes an error as `Error while parsing <what>: <reason>`, and the reason may quote
// the file.
TomlMistake mistake_of(const toml::parse_error& error)
{
    const auto description = error.description();
    const auto begin = error.source().begin;
    const int line = static_cast<int>(begin.line);
    if (description.find("redefine") != std::string_view::npos) {
        return {line, "this section or setting is given twice; each may stand only once"};
    }
    const std::string context = lower(description.substr(0, description.find(':')));
    return {
        line,
        "this is not TOML (column " + std::to_string(begin.column) + ", " + context +
            "); a line is [section] or name = value, a text stands in quotes",
    };
}

} // namespace

Expected<TomlDocument, TomlMistake> parse_toml(std::string_view text)
{
    const auto result = toml::parse(text);
    if (!result) return Unexpected{mistake_of(result.error())};
    TomlDocument document;
    add_section(document, "", result.table());
    return document;
}

} // namespace tollgate
