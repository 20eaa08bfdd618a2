#include "fcgi/pages/languages.hpp"

#include "core/support/text.hpp"

#include <algorithm>

namespace tollgate {
namespace {

constexpr int quality_full = 1000;
constexpr std::size_t quality_decimals_max = 3;

/// `q=0.8` in thousandths; 1000 when absent or unreadable.
int quality(std::string_view parameter)
{
    parameter = trim(parameter);
    if (parameter.size() < 3 || lower(parameter.substr(0, 2)) != "q=") return quality_full;
    if (parameter[2] != '0') return quality_full;
    auto decimals = std::string{parameter.substr(std::min<std::size_t>(4, parameter.size()))};
    decimals.resize(quality_decimals_max, '0');
    return all_digits(decimals) ? std::stoi(decimals) : quality_full;
}

} // namespace

std::string known_language(std::string_view tag, const std::vector<std::string>& known)
{
    const auto wish = lower(trim(tag));
    const auto is_known = [&](std::string_view name) {
        return std::ranges::find(known, name) != known.end();
    };
    for (auto name = wish; !name.empty();) {
        if (is_known(name)) return name;
        const auto dash = name.rfind('-');
        name.resize(dash == std::string::npos ? 0 : dash);
    }
    const auto first = wish.substr(0, wish.find('-'));
    const bool same_texts = is_one_of(first, {"sr", "hr", "sh", "cnr"});
    return same_texts && is_known("bs") ? "bs" : "";
}

std::string
preferred_language(std::string_view accept_language, const std::vector<std::string>& known)
{
    std::string best;
    int best_quality = 0;
    for (std::size_t i = 0; i < accept_items_max && !accept_language.empty(); ++i) {
        const auto length = std::min(accept_language.find(','), accept_language.size());
        const auto item = accept_language.substr(0, length);
        accept_language.remove_prefix(std::min(length + 1, accept_language.size()));
        const auto semicolon = item.find(';');
        const int wish = semicolon == std::string_view::npos ? quality_full
                                                             : quality(item.substr(semicolon + 1));
        if (wish <= best_quality) continue;
        const auto language = known_language(item.substr(0, semicolon), known);
        if (language.empty()) continue;
        best = language;
        best_quality = wish;
    }
    return best;
}

std::string gateway_language(std::string_view language)
{
    // Who reads Arabic and pays here mostly lives where French is the second language.
    return is_one_of(language, {"fr", "ar"}) ? "fr" : "en";
}

} // namespace tollgate
