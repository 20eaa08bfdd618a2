#include "fcgi/pages/theme.hpp"

#include "core/config/setting_reader.hpp"
#include "core/support/check.hpp"
#include "core/support/embedded.hpp"
#include "core/support/json.hpp"
#include "core/support/text.hpp"
#include "fcgi/pages/template_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

namespace tollgate {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view reference_language = "en"; ///< the texts of ours that a language needs
constexpr std::size_t text_bytes_max = 1000;
constexpr std::array file_names{"page.mustache", "theme.css", "logo.svg", "logo.png", "texts.json"};
constexpr std::array file_endings{".mustache", ".css", ".svg", ".png", ".json"};
constexpr std::string_view png_signature = "\x89PNG\r\n\x1a\n";

std::string_view embedded(std::string_view path)
{
    for (const auto& file : embedded_pages()) {
        if (file.path == path) return file.text;
    }
    impossible("an embedded page is missing");
}

std::map<std::string, Texts, std::less<>> our_texts()
{
    const auto json = parse_json(embedded("fcgi/pages/texts.json"));
    check(json && json->object() != nullptr, "texts.json is no JSON object");
    std::map<std::string, Texts, std::less<>> texts;
    for (const auto& [language, members] : *json->object()) {
        for (const auto& [key, text] : *members.object())
            texts[language][key] = text.text();
    }
    return texts;
}

/// `bs`, `pt-br`: as a browser names it, in lower case.
bool is_language(std::string_view text)
{
    const bool plain =
        std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; });
    return plain && text.size() >= 2 && text.size() <= 16;
}

/// Puts a shop's files over ours, and notes what is wrong with them.
class ThemeReader {
public:
    explicit ThemeReader(const PagesConfig& config) : config_{config} {}

    Theme read();
    std::vector<ConfigMistake> take_mistakes() { return std::move(mistakes_); }

private:
    std::string path(std::string_view name) const { return fmt::format("{}/{}", folder(), name); }
    const std::string& folder() const { return config_.directory; }
    void object(std::string where, std::string what)
    {
        mistakes_.push_back({std::move(where), std::move(what)});
    }
    void object(std::string_view file, std::size_t line, std::string what)
    {
        object(fmt::format("{}:{}", path(file), line), std::move(what));
    }

    void refuse_unknown_files();
    std::optional<std::string> file(std::string_view name, std::size_t bytes_max);
    void read_template(Theme& theme);
    void read_style(Theme& theme);
    void read_logo(Theme& theme);
    void read_texts(Theme& theme);
    void read_language(Theme& theme, const std::string& language, const Json& members);
    void object_to_texts(const Theme& theme);

    const PagesConfig& config_;
    std::vector<ConfigMistake> mistakes_;
};

Theme ThemeReader::read()
{
    Theme theme{
        .page = std::string{embedded("fcgi/pages/page.mustache")},
        .style = std::string{embedded("fcgi/pages/page.css")},
        .script = std::string{embedded("fcgi/pages/page.js")},
        .logo = {},
        .texts = our_texts(),
        .languages = config_.languages,
    };
    if (!folder().empty()) {
        refuse_unknown_files();
        read_template(theme);
        read_style(theme);
        read_logo(theme);
        read_texts(theme);
    }
    object_to_texts(theme);
    return theme;
}

// A misspelt name must not be silently ignored; what is no part of a theme may lie there.
void ThemeReader::refuse_unknown_files()
{
    std::error_code error;
    for (const auto& entry : fs::directory_iterator{folder(), error}) {
        const auto name = entry.path().filename().string();
        const bool meant = std::ranges::count(file_endings, entry.path().extension()) > 0;
        if (!meant || std::ranges::count(file_names, name) > 0) continue;
        object(path(name), fmt::format("is none of {}", fmt::join(file_names, ", ")));
    }
    if (error) object(folder(), "must be a folder that this user may read");
}

/// Nothing when it is not there, or cannot be used.
std::optional<std::string> ThemeReader::file(std::string_view name, std::size_t bytes_max)
{
    std::error_code error;
    if (!fs::exists(path(name), error)) return {};
    auto bytes = read_file(path(name), bytes_max);
    if (!bytes) {
        object(path(name), fmt::format("must be readable, with at most {} bytes", bytes_max));
    }
    return bytes;
}

void ThemeReader::read_template(Theme& theme)
{
    auto text = file("page.mustache", theme_file_bytes_max);
    if (!text) return;
    for (auto& [line, what] : mistakes_of_template(*text))
        object("page.mustache", line, std::move(what));
    theme.page = *std::move(text);
}

// It stands in the page itself, so it must not end there; and a page loads nothing from elsewhere.
void ThemeReader::read_style(Theme& theme)
{
    const auto text = file("theme.css", theme_file_bytes_max);
    if (!text) return;
    const auto small = lower(*text);
    for (const std::string_view part : {"</", "<!--", "@import", "url("}) {
        const auto at = small.find(part);
        if (at == std::string::npos) continue;
        object("theme.css", line_at(small, at), fmt::format("must not contain `{}`", part));
    }
    theme.style.append("\n").append(*text);
}

void ThemeReader::read_logo(Theme& theme)
{
    auto svg = file("logo.svg", logo_bytes_max);
    auto png = file("logo.png", logo_bytes_max);
    if (svg && png) object(path("logo.png"), "there is a logo.svg too: keep one of them");
    if (svg && svg->find("<svg") == std::string::npos) object(path("logo.svg"), "is no SVG image");
    if (png && !png->starts_with(png_signature)) object(path("logo.png"), "is no PNG image");
    if (svg) {
        theme.logo = Logo{"svg", *std::move(svg)};
    } else if (png) {
        theme.logo = Logo{"png", *std::move(png)};
    }
}

void ThemeReader::read_texts(Theme& theme)
{
    const auto text = file("texts.json", theme_file_bytes_max);
    if (!text) return;
    const auto json = parse_json(*text);
    if (!json || json->object() == nullptr) {
        const auto line = line_at(*text, json ? 0 : json_error_offset(*text));
        object("texts.json", line, "is no JSON object (UTF-8, no name twice)");
        return;
    }
    for (const auto& [language, members] : *json->object())
        read_language(theme, language, members);
}

void ThemeReader::read_language(Theme& theme, const std::string& language, const Json& members)
{
    const auto where = path("texts.json");
    if (!is_language(language) || members.object() == nullptr) {
        object(where, fmt::format("`{}` must be a language and an object of texts", language));
        return;
    }
    const auto& known = theme.texts.find(reference_language)->second;
    for (const auto& [key, text] : *members.object()) {
        const auto* words = text.string();
        if (!known.contains(key)) {
            object(where, fmt::format("`{}.{}` is no text of our pages", language, key));
        } else if (words == nullptr || trim(*words).empty() || words->size() > text_bytes_max) {
            const auto what = fmt::format("a text, not empty, of at most {} bytes", text_bytes_max);
            object(where, fmt::format("`{}.{}` must be {}", language, key, what));
        } else {
            theme.texts[language][key] = *words;
        }
    }
}

void ThemeReader::object_to_texts(const Theme& theme)
{
    const auto where = folder().empty() ? "texts.json" : path("texts.json");
    const auto& needed = theme.texts.find(reference_language)->second;
    for (const auto& [language, texts] : theme.texts) {
        for (const auto& [key, text] : needed) {
            if (!texts.contains(key))
                object(where, fmt::format("`{}.{}` is missing", language, key));
        }
        const auto direction = texts.find("direction");
        if (direction != texts.end() && !is_one_of(direction->second, {"ltr", "rtl"})) {
            object(where, fmt::format("`{}.direction` must be ltr or rtl", language));
        }
    }
    for (const auto& language : theme.languages) {
        if (theme.texts.contains(language)) continue;
        object("pages.languages", fmt::format("`{}` has no texts", language));
    }
}

} // namespace

Expected<Theme, std::vector<ConfigMistake>> load_theme(const PagesConfig& config)
{
    ThemeReader reader{config};
    auto theme = reader.read();
    auto mistakes = reader.take_mistakes();
    if (!mistakes.empty()) return Unexpected{std::move(mistakes)};
    return theme;
}

} // namespace tollgate
