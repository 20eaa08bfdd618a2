#include "fcgi/pages/pages.hpp"

#include "core/crypto/digest.hpp"
#include "core/crypto/encoding.hpp"
#include "core/support/embedded.hpp"
#include "core/support/json.hpp"
#include "core/support/text.hpp"

#include <kainjow/mustache.hpp>

#include <algorithm>
#include <array>

namespace tollgate {
namespace {

namespace mustache = kainjow::mustache;

constexpr int quality_full = 1000;
constexpr std::size_t quality_decimals_max = 3;

std::string_view embedded(std::string_view path)
{
    for (const auto& file : embedded_pages()) {
        if (file.path == path) return file.text;
    }
    impossible("an embedded page is missing");
}

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

std::string_view mark_of(std::string_view kind)
{
    if (is_one_of(kind, {"paid", "ordered"})) return "✓";
    if (kind == "unpaid") return "✕";
    if (kind == "confirming") return "";
    if (kind == "pay") return "→";
    return kind == "unknown" ? "?" : "!";
}

/// `text_of` finds the text of a key.
template <class TextOf>
void set_form(mustache::data& data, const Page::Form& form, TextOf text_of)
{
    mustache::data inputs{mustache::data::type::list};
    for (const auto& input : form.inputs) {
        mustache::data item;
        item.set("name", input.name);
        item.set("label", text_of(input.label));
        item.set("type", input.type);
        item.set("value", input.value);
        inputs.push_back(item);
    }
    mustache::data buttons{mustache::data::type::list};
    for (const auto& button : form.buttons) {
        mustache::data item;
        item.set("value", button.value);
        item.set("label", button.label.empty() ? text_of("pay") : button.label);
        buttons.push_back(item);
    }
    data.set("form_action", form.action);
    data.set("inputs", inputs);
    data.set("buttons", buttons);
}

} // namespace

std::string
preferred_language(std::string_view accept_language, const std::vector<std::string>& known)
{
    std::string best;
    int best_quality = 0;
    while (!accept_language.empty()) {
        const auto comma = accept_language.find(',');
        const auto item = accept_language.substr(0, comma);
        accept_language.remove_prefix(
            comma == std::string_view::npos ? accept_language.size() : comma + 1
        );
        const auto semicolon = item.find(';');
        const auto tag = lower(trim(item.substr(0, semicolon)));
        const auto language = tag.substr(0, tag.find('-'));
        const int wish = semicolon == std::string_view::npos ? quality_full
                                                             : quality(item.substr(semicolon + 1));
        if (wish > best_quality && std::ranges::find(known, language) != known.end()) {
            best = language;
            best_quality = wish;
        }
    }
    return best;
}

/// The template, parsed, and by language what it says to everybody. Rendering only reads both as
/// long as no page has a lambda or a partial, so all threads share them.
struct Pages::Parsed {
    mustache::mustache page_template{std::string{embedded("fcgi/pages/page.mustache")}};
    std::map<std::string, mustache::data, std::less<>> standing;
};

Pages::Pages(const Config& config)
    : configured_language_{config.server.language}, parsed_{std::make_unique<Parsed>()}
{
    check(parsed_->page_template.is_valid(), "page.mustache is no template");
    const auto texts = parse_json(embedded("fcgi/pages/texts.json"));
    check(texts && texts->object() != nullptr, "texts.json is no JSON object");
    const auto style = embedded("fcgi/pages/page.css");
    for (const auto& [language, members] : *texts->object()) {
        languages_.push_back(language);
        for (const auto& [key, text] : *members.object())
            texts_[language][key] = text.text();

        auto& standing = parsed_->standing[language];
        standing.set("language", language);
        standing.set("style", std::string{style});
        for (const auto* label :
             {"amount", "order", "reference", "download", "retry", "refresh", "back"}) {
            standing.set("label_" + std::string{label}, text_of(language, label));
        }
        if (!config.shop.name.empty()) standing.set("shop_name", config.shop.name);
        if (!config.shop.url.empty()) standing.set("shop_url", config.shop.url);
    }
    // form-action names schemes only: trying again ends in a redirect to the gateway's page.
    content_policy_ = "default-src 'none'; style-src 'sha256-" + to_base64(sha256(style)) +
                      "'; form-action https: http:; base-uri 'none'; frame-ancestors 'none'";
}

Pages::~Pages() = default;

const std::string& Pages::text_of(std::string_view language, std::string_view key) const
{
    const auto& texts = texts_.find(language)->second;
    const auto found = texts.find(key);
    check(found != texts.end(), "a page names a text that does not exist");
    return found->second;
}

std::string Pages::language_of(const Request& request) const
{
    if (configured_language_ != "auto") return configured_language_;
    const auto wish = preferred_language(header(request.headers, "accept-language"), languages_);
    return wish.empty() ? std::string{language_default} : wish;
}

Response Pages::render(const Request& request, const Page& page) const
{
    const auto language = language_of(request);
    mustache::data data;
    data.set("kind", std::string{page.kind});
    data.set("mark", std::string{mark_of(page.kind)});
    data.set("title", text_of(language, page.title));
    data.set("text", text_of(language, page.text));
    if (page.refresh_s > 0) data.set("refresh_s", std::to_string(page.refresh_s));
    if (page.details) {
        data.set("has_payment", mustache::data{true});
        data.set("amount", page.details->amount);
        data.set("order", page.details->order);
        if (!page.details->reference.empty()) data.set("reference", page.details->reference);
    }
    mustache::data downloads{mustache::data::type::list};
    for (const auto& download : page.downloads) {
        mustache::data item;
        item.set("url", download.url);
        item.set("name", download.name);
        downloads.push_back(item);
    }
    data.set("downloads", downloads);
    if (page.form) {
        set_form(data, *page.form, [&](std::string_view key) { return text_of(language, key); });
    }
    if (!page.retry_token.empty()) {
        data.set("retry_token", page.retry_token);
        data.set("retry_action", page.retry_action);
    }

    mustache::context<std::string> context{&parsed_->standing.find(language)->second};
    context.push(&data); // looked in first
    Response response;
    response.status = page.status;
    response.content_type = "text/html; charset=utf-8";
    response.body = parsed_->page_template.render(context);
    response.headers = {
        {"Content-Security-Policy", content_policy_},
        {"Content-Language", language},
        {"Vary", "Accept-Language"},
        {"Referrer-Policy", "no-referrer"},
    };
    return response;
}

} // namespace tollgate
