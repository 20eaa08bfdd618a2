// What our pages look like and what they say: template, style, script, logo and texts. Ours, with
// those of a shop over them; read once, at start.
//
// Shape    files of the folder `pages.directory`, all optional:
//          page.mustache        instead of our template
//          theme.css            after our style, so that it need only say what is different
//          logo.svg, logo.png   one of them
//          texts.json           {"fr": {"paid_title": "…"}}: single texts, or a whole language
// Range    theme_file_bytes_max, logo_bytes_max
// Errors   every mistake with its file and its line or its key
#pragma once

#include "core/config/config.hpp"
#include "core/support/expected.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate {

inline constexpr std::size_t theme_file_bytes_max = std::size_t{64} * 1024;
inline constexpr std::size_t logo_bytes_max = std::size_t{256} * 1024;

using Texts = std::map<std::string, std::string, std::less<>>; ///< by key

struct Logo {
    std::string_view ending; ///< `svg` or `png`
    std::string bytes;
};

struct Theme {
    std::string page; ///< a template, see template_rules.hpp
    std::string style;
    std::string script;
    std::optional<Logo> logo;
    /// By language; each has every text. The first of `languages` is for who prefers none of them.
    std::map<std::string, Texts, std::less<>> texts;
    std::vector<std::string> languages;
};

Expected<Theme, std::vector<ConfigMistake>> load_theme(const PagesConfig& config);

} // namespace tollgate
