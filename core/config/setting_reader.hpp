// Reads settings one by one from the file, or else from the environment. A mistake is noted and the
// fallback returned, so that one run finds every mistake.
//
// Errors   A mistake names the setting and what is allowed, and never repeats what was given: it
//          may be a secret, or a secret in the wrong place.
#pragma once

#include "core/config/config.hpp"
#include "core/config/toml_document.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate {

inline constexpr std::size_t config_file_bytes_max = 1'048'576;
inline constexpr std::size_t secret_file_bytes_max = 65'536;

/// The whole file, if it can be read and has at most `bytes_max` bytes.
std::optional<std::string> read_file(const std::string& path, std::size_t bytes_max);

struct Setting {
    std::string section;
    std::string key;
    std::string variable{}; ///< its name in the environment; empty: it has none
    std::string fallback{};
    bool required = false;

    std::string name() const { return section + '.' + key; }
};

/// What a text must be; `allowed` completes "… must be …".
struct TextRule {
    std::string allowed;
    std::function<bool(std::string_view)> accepts;
};

struct IntegerRule {
    int min;
    int max;
    int fallback;
};

class SettingReader {
public:
    /// What `source` refers to and `document` must live as long as the reader.
    SettingReader(const ConfigSource& source, const TomlDocument& document);

    /// An empty text counts as none.
    std::string text(const Setting& setting, const TextRule& rule);
    std::string choice(const Setting& setting, const std::vector<std::string_view>& choices);
    int integer(const Setting& setting, const IntegerRule& rule);
    /// A list of at least one text, in the environment separated by spaces; empty when there is none.
    std::vector<std::string> texts(const Setting& setting, std::string_view allowed);
    /// Given as `<key>`, `<key>_file` or `<key>_env`; empty when there is none.
    Secret secret(const Setting& setting, const TextRule& rule);

    /// An environment variable that is set and not empty.
    std::optional<std::string> variable(const std::string& name) const;
    bool has_file() const { return !source_.file.empty(); }
    bool has_section(std::string_view name) const { return document_.contains(name); }
    /// Line of the setting in the file, otherwise 0.
    int line(const Setting& setting) const;
    const TomlDocument& document() const { return document_; }

    /// Line 0 means the environment.
    void add_mistake(int line, std::string what);
    void add_missing(const Setting& setting, std::string_view allowed);
    /// A mistake for every setting of `section` that no call above asked for.
    void refuse_unknown_settings(const std::string& section);
    bool has_mistakes() const { return !mistakes_.empty(); }
    /// In the order of the file, those of the environment first.
    std::vector<ConfigMistake> mistakes() const;

private:
    struct Given {
        TomlValue value;
        std::string name;
    };
    struct Mistake {
        int line;
        std::string what;
    };

    const TomlValue* in_file(const Setting& setting, std::string_view suffix = {}) const;
    std::optional<Given> find(const Setting& setting) const;
    void refuse(const Given& given, std::string_view allowed);
    Secret secret_of_file(const Given& path, const TextRule& rule);
    Secret secret_of_variable(const Given& name, const TextRule& rule);

    const ConfigSource& source_;
    const TomlDocument& document_;
    std::map<std::string, std::set<std::string>> known_; ///< section -> the settings asked for
    std::vector<Mistake> mistakes_;
};

} // namespace tollgate
