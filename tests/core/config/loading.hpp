// What the tests of the configuration share: files and environments that do not outlive them, and
// mistakes as text.
#pragma once

#include "core/config/config.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tollgate::loading {

using Variables = std::map<std::string, std::string>;
using Mistakes = std::vector<ConfigMistake>;

// A file that exists as long as the object does.
class TemporaryFile {
public:
    explicit TemporaryFile(const std::string& text, const std::string& name = "tollgate.toml")
        : path_{
              std::filesystem::temp_directory_path() /
              ("tollgate_config_test_" + std::to_string(::getpid()) + "_" + name)}
    {
        std::ofstream{path_, std::ios::binary} << text;
    }
    ~TemporaryFile() { std::filesystem::remove(path_); }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;

    std::string path() const { return path_.string(); }

private:
    std::filesystem::path path_;
};

inline Environment environment_of(const Variables& variables)
{
    return [variables](const std::string& name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        if (found == variables.end()) return {};
        return found->second;
    };
}

inline Variables with(Variables variables, const Variables& more)
{
    for (const auto& [name, value] : more)
        variables[name] = value;
    return variables;
}

// One mistake a line, `12: what`, `environment: what`; without the file's path.
inline std::string text_of(const Mistakes& mistakes)
{
    std::string text;
    for (const auto& mistake : mistakes) {
        const auto line = mistake.where.substr(mistake.where.rfind(':') + 1);
        text += line + ": " + mistake.what + '\n';
    }
    return text;
}

inline std::string mistakes_of(const Expected<Config, Mistakes>& loaded)
{
    return loaded ? "" : text_of(loaded.error());
}

} // namespace tollgate::loading
