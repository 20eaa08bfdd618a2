// What the command line says to one twin: `--set cinetpay.secret=…`.
//
// Errors   std::invalid_argument, so that a misspelt name never passes unnoticed
// Threads  one; the twins read it while they are made
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::twins {

class TwinSettings {
public:
    /// Each is `gateway.name=value`.
    explicit TwinSettings(const std::vector<std::string>& assignments);

    /// The value given for `name` (`cinetpay.secret`), otherwise `fallback`.
    std::string take(std::string_view name, std::string_view fallback);
    /// Throws when something was given that no twin has taken.
    void require_all_taken() const;

private:
    struct Setting {
        std::string value;
        bool taken = false;
    };
    std::map<std::string, Setting, std::less<>> settings_;
};

} // namespace tollgate::twins
