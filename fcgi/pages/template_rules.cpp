#include "fcgi/pages/template_rules.hpp"

#include "core/support/text.hpp"

#include <fmt/format.h>
#include <kainjow/mustache.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace tollgate {
namespace {

using std::string_view;

constexpr std::array needed_words{
    string_view{"title"},
    string_view{"text"},
    string_view{"style"},
    string_view{"refresh_s"},
    string_view{"script_url"},
    string_view{"news_url"},
    string_view{"downloads"},
    string_view{"url"},
    string_view{"name"},
    string_view{"retry_action"},
    string_view{"retry_token"},
    string_view{"continue_url"},
    string_view{"stay_url"},
    string_view{"form_action"},
    string_view{"inputs"},
    string_view{"buttons"},
    string_view{"label"},
    string_view{"value"},
};
constexpr std::array other_words{
    string_view{"type"},
    string_view{"language"},
    string_view{"direction"},
    string_view{"kind"},
    string_view{"mark"},
    string_view{"wait"},
    string_view{"has_payment"},
    string_view{"amount"},
    string_view{"order"},
    string_view{"reference"},
    string_view{"shop_name"},
    string_view{"shop_url"},
    string_view{"logo_url"},
    string_view{"has_languages"},
    string_view{"languages"},
    string_view{"code"},
    string_view{"language_url"},
    string_view{"label_amount"},
    string_view{"label_order"},
    string_view{"label_reference"},
    string_view{"label_download"},
    string_view{"label_retry"},
    string_view{"label_refresh"},
    string_view{"label_back"},
    string_view{"label_continue"},
    string_view{"label_stay"},
    string_view{"label_redirect_text"},
    string_view{"label_language"},
};

constexpr auto has(const auto& words, string_view word)
{
    return std::ranges::find(words, word) != words.end();
}

/// `{{…}}` at `offset`: its sign, if it has one, and its word.
struct Tag {
    std::size_t offset = 0;
    char sign = 0; ///< `#`, `^`, `/`, `!`, `&`, `>`, `=`, or `{` of `{{{…}}}`
    string_view word;
};

std::vector<Tag> tags_of(string_view text)
{
    std::vector<Tag> tags;
    for (auto at = text.find("{{"); at != string_view::npos; at = text.find("{{", at)) {
        const auto end = text.find("}}", at);
        if (end == string_view::npos) break; // the parser says so
        auto inside = trim(text.substr(at + 2, end - at - 2));
        Tag tag{.offset = at, .sign = 0, .word = inside};
        if (!inside.empty() && string_view{"#^/!&>={"}.find(inside[0]) != string_view::npos) {
            tag.sign = inside[0];
            tag.word = trim(inside.substr(1));
        }
        tags.push_back(tag);
        at = end + 2;
    }
    return tags;
}

/// Empty when there is nothing to object to.
std::string objection(const Tag& tag)
{
    if (tag.sign == '!') return {};
    if (tag.sign == '>' || tag.sign == '=') return "has no partials and no other delimiters";
    if ((tag.sign == '{' || tag.sign == '&') && tag.word != "style") {
        return fmt::format("`{}` must be escaped: {{{{{}}}}}", tag.word, tag.word);
    }
    if (has(needed_words, tag.word) || has(other_words, tag.word)) return {};
    return fmt::format("`{}` is nothing that our pages know; see docs/pages.md", tag.word);
}

/// The parser ends its message with ` at ` and an offset.
TemplateMistake mistake_of_parser(string_view text, string_view message)
{
    const auto number = message.substr(std::min(message.rfind(' ') + 1, message.size()));
    std::size_t offset = 0;
    std::from_chars(number.data(), number.data() + number.size(), offset);
    const auto what = message.substr(0, message.rfind(" at "));
    return {.line = line_at(text, offset), .what = std::string{what}};
}

} // namespace

std::size_t line_at(string_view text, std::size_t offset)
{
    const auto before = text.substr(0, offset);
    return 1 + static_cast<std::size_t>(std::ranges::count(before, '\n'));
}

std::vector<TemplateMistake> mistakes_of_template(string_view text)
{
    std::vector<TemplateMistake> mistakes;
    const kainjow::mustache::mustache parsed{std::string{text}};
    if (!parsed.is_valid()) mistakes.push_back(mistake_of_parser(text, parsed.error_message()));
    const auto tags = tags_of(text);
    for (const auto& tag : tags) {
        auto what = objection(tag);
        if (!what.empty()) mistakes.push_back({line_at(text, tag.offset), std::move(what)});
    }
    for (const auto word : needed_words) {
        if (std::ranges::find(tags, word, &Tag::word) != tags.end()) continue;
        mistakes.push_back(
            {1, fmt::format("`{}` is missing: some customers could not go on without it", word)}
        );
    }
    return mistakes;
}

} // namespace tollgate
