#include "core/config/config.hpp"

#include <cstdlib>
#include <filesystem>

namespace tollgate {
namespace {

constexpr auto usual_file = "/etc/tollgate/tollgate.toml";

} // namespace

Environment process_environment()
{
    return [](const std::string& name) -> std::optional<std::string> {
        const char* value = std::getenv(name.c_str());
        if (value == nullptr) return {};
        return value;
    };
}

std::string config_path(const std::string& option, const Environment& environment)
{
    if (!option.empty()) return option;
    const auto named = environment("TOLLGATE_CONFIG");
    if (named && !named->empty()) return *named;
    std::error_code error;
    return std::filesystem::exists(usual_file, error) ? usual_file : "";
}

} // namespace tollgate
