#include "core/config/setting_reader.hpp"

#include "core/support/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>

namespace tollgate {
namespace {

constexpr std::string_view file_suffix = "_file";
constexpr std::string_view variable_suffix = "_env";

std::optional<std::int64_t> integer_of(const TomlValue& value)
{
    if (const auto* number = std::get_if<std::int64_t>(&value.content)) return *number;
    // Variables are texts; in the file a number has no quotes.
    const auto* text = std::get_if<std::string>(&value.content);
    if (value.line != 0 || text == nullptr || !all_digits(*text)) return {};
    std::int64_t number = 0;
    const auto end = text->data() + text->size();
    if (std::from_chars(text->data(), end, number).ec != std::errc{}) return {};
    return number;
}

} // namespace

std::optional<std::string> read_file(const std::string& path, std::size_t bytes_max)
{
    std::ifstream file{path, std::ios::binary};
    std::string text(bytes_max + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (!file.eof() || file.bad()) return {};
    text.resize(static_cast<std::size_t>(file.gcount()));
    return text;
}

SettingReader::SettingReader(const ConfigSource& source, const TomlDocument& document)
    : source_{source}, document_{document}
{
}

std::string SettingReader::text(const Setting& setting, const TextRule& rule)
{
    known_[setting.section].insert(setting.key);
    const auto given = find(setting);
    if (!given) {
        if (setting.required) add_missing(setting, rule.allowed);
        return setting.fallback;
    }
    const auto* text = std::get_if<std::string>(&given->value.content);
    const bool is_empty = text != nullptr && text->empty();
    if (is_empty && !setting.required) return setting.fallback;
    if (text == nullptr) {
        refuse(*given, "a text, in quotes: " + rule.allowed);
        return setting.fallback;
    }
    if (is_empty || !rule.accepts(*text)) {
        refuse(*given, rule.allowed);
        return setting.fallback;
    }
    return *text;
}

std::string
SettingReader::choice(const Setting& setting, const std::vector<std::string_view>& choices)
{
    const auto is_choice = [&choices](std::string_view text) {
        return std::ranges::find(choices, text) != choices.end();
    };
    const TextRule rule{fmt::format("one of {}", fmt::join(choices, ", ")), is_choice};
    return text(setting, rule);
}

int SettingReader::integer(const Setting& setting, const IntegerRule& rule)
{
    known_[setting.section].insert(setting.key);
    const auto given = find(setting);
    if (!given) return rule.fallback;
    const auto number = integer_of(given->value);
    if (!number || *number < rule.min || *number > rule.max) {
        refuse(*given, fmt::format("a whole number from {} to {}", rule.min, rule.max));
        return rule.fallback;
    }
    return static_cast<int>(*number);
}

std::vector<std::string> SettingReader::texts(const Setting& setting, std::string_view allowed)
{
    known_[setting.section].insert(setting.key);
    const auto given = find(setting);
    if (!given) return {};
    if (given->value.line == 0) { // of the environment: separated by spaces
        const auto parts = words(std::get<std::string>(given->value.content));
        return {parts.begin(), parts.end()};
    }
    const auto* texts = std::get_if<std::vector<std::string>>(&given->value.content);
    if (texts == nullptr || texts->empty()) {
        refuse(*given, allowed);
        return {};
    }
    return *texts;
}

Secret SettingReader::secret(const Setting& setting, const TextRule& rule)
{
    known_[setting.section].insert({
        setting.key,
        setting.key + std::string{file_suffix},
        setting.key + std::string{variable_suffix},
    });
    std::vector<Given> ways;
    for (const auto suffix : {std::string_view{}, file_suffix, variable_suffix}) {
        const auto* value = in_file(setting, suffix);
        if (value != nullptr) ways.push_back({*value, fmt::format("{}{}", setting.name(), suffix)});
    }
    if (ways.size() > 1) {
        const auto what = fmt::format(
            "`{}` is given more than once; keep one of {}, {}_file and {}_env",
            setting.name(),
            setting.key,
            setting.key,
            setting.key
        );
        add_mistake(ways.back().value.line, what);
        return {};
    }
    if (in_file(setting, file_suffix) != nullptr) return secret_of_file(ways.front(), rule);
    if (in_file(setting, variable_suffix) != nullptr) return secret_of_variable(ways.front(), rule);
    return Secret{text(setting, rule)};
}

std::optional<std::string> SettingReader::variable(const std::string& name) const
{
    auto value = source_.environment(name);
    if (value && value->empty()) return {};
    return value;
}

int SettingReader::line(const Setting& setting) const
{
    const auto* value = in_file(setting);
    return value == nullptr ? 0 : value->line;
}

void SettingReader::add_mistake(int line, std::string what)
{
    mistakes_.push_back({line, std::move(what)});
}

void SettingReader::add_missing(const Setting& setting, std::string_view allowed)
{
    if (!has_file()) {
        const auto& name = setting.variable.empty() ? setting.name() : setting.variable;
        add_mistake(0, fmt::format("`{}` is required: {}", name, allowed));
        return;
    }
    const auto section = document_.find(setting.section);
    const auto hint = setting.variable.empty()
                          ? std::string{}
                          : fmt::format(" (in the environment: `{}`)", setting.variable);
    add_mistake(
        section == document_.end() ? 1 : section->second.line,
        fmt::format("`{}` is required{}: {}", setting.name(), hint, allowed)
    );
}

void SettingReader::refuse_unknown_settings(const std::string& section)
{
    const auto found = document_.find(section);
    if (found == document_.end()) return;
    const auto& known = known_[section];
    for (const auto& [key, value] : found->second.values) {
        if (known.contains(key)) continue;
        const auto what = fmt::format(
            "`{}` is no setting of [{}], which has {}", key, section, fmt::join(known, ", ")
        );
        add_mistake(value.line, what);
    }
}

std::vector<ConfigMistake> SettingReader::mistakes() const
{
    auto sorted = mistakes_;
    std::ranges::stable_sort(sorted, {}, &Mistake::line);
    std::vector<ConfigMistake> result;
    for (auto& [line, what] : sorted) {
        auto where = line == 0 ? "environment" : fmt::format("{}:{}", source_.file, line);
        result.push_back({std::move(where), std::move(what)});
    }
    return result;
}

const TomlValue* SettingReader::in_file(const Setting& setting, std::string_view suffix) const
{
    const auto section = document_.find(setting.section);
    if (section == document_.end()) return nullptr;
    const auto value = section->second.values.find(fmt::format("{}{}", setting.key, suffix));
    return value == section->second.values.end() ? nullptr : &value->second;
}

std::optional<SettingReader::Given> SettingReader::find(const Setting& setting) const
{
    if (const auto* value = in_file(setting)) return Given{*value, setting.name()};
    if (setting.variable.empty()) return {};
    auto text = variable(setting.variable);
    if (!text) return {};
    return Given{TomlValue{.line = 0, .content = std::move(*text)}, setting.variable};
}

void SettingReader::refuse(const Given& given, std::string_view allowed)
{
    add_mistake(given.value.line, fmt::format("`{}` must be {}", given.name, allowed));
}

Secret SettingReader::secret_of_file(const Given& path, const TextRule& rule)
{
    const auto* name = std::get_if<std::string>(&path.value.content);
    std::optional<std::string> text;
    if (name != nullptr && name->starts_with('/')) text = read_file(*name, secret_file_bytes_max);
    if (text && text->ends_with('\n')) text->pop_back();
    if (text && text->ends_with('\r')) text->pop_back();
    if (!text || text->empty() || !rule.accepts(*text)) {
        const auto allowed = fmt::format(
            "the absolute path of a readable file, at most {} bytes, that holds {}",
            secret_file_bytes_max,
            rule.allowed
        );
        refuse(path, allowed);
        return {};
    }
    return Secret{std::move(*text)};
}

Secret SettingReader::secret_of_variable(const Given& name, const TextRule& rule)
{
    const auto* text = std::get_if<std::string>(&name.value.content);
    std::optional<std::string> value;
    if (text != nullptr) value = variable(*text);
    if (!value || !rule.accepts(*value)) {
        refuse(name, "the name of an environment variable that is set and holds " + rule.allowed);
        return {};
    }
    return Secret{std::move(*value)};
}

} // namespace tollgate
