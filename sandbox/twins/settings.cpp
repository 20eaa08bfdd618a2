#include "sandbox/twins/settings.hpp"

#include <stdexcept>

namespace tollgate::twins {

TwinSettings::TwinSettings(const std::vector<std::string>& assignments)
{
    for (const auto& assignment : assignments) {
        const auto equals = assignment.find('=');
        if (equals == std::string::npos || equals == 0) {
            throw std::invalid_argument{"not gateway.name=value: " + assignment};
        }
        settings_[assignment.substr(0, equals)].value = assignment.substr(equals + 1);
    }
}

std::string TwinSettings::take(std::string_view name, std::string_view fallback)
{
    const auto found = settings_.find(name);
    if (found == settings_.end()) return std::string{fallback};
    found->second.taken = true;
    return found->second.value;
}

void TwinSettings::require_all_taken() const
{
    for (const auto& [name, setting] : settings_) {
        if (!setting.taken) throw std::invalid_argument{"no twin has a setting " + name};
    }
}

} // namespace tollgate::twins
