// A TOML file as sections of values that know their line. Nothing but texts, lists of texts and
// whole numbers is ever asked for, so everything else is kept as "something else".
//
// Errors   TomlMistake: the first place that is not TOML. It never repeats what stands there,
//          which may be a secret.
// Source   https://toml.io/en/v1.0.0
#pragma once

#include "core/support/expected.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tollgate {

struct TomlValue {
    int line = 0;
    /// monostate: a value of another type
    std::variant<std::monostate, std::string, std::int64_t, std::vector<std::string>> content;
    std::vector<int> item_lines{}; ///< of a list of texts
};

struct TomlSection {
    int line = 0;
    std::map<std::string, TomlValue, std::less<>> values;
};

/// By dotted name, `gateway.cinetpay`. Values before the first section are in the section "".
using TomlDocument = std::map<std::string, TomlSection, std::less<>>;

struct TomlMistake {
    int line;
    std::string what;
};

Expected<TomlDocument, TomlMistake> parse_toml(std::string_view text);

} // namespace tollgate
