#include "fcgi/pages/pages.hpp"

#include "core/crypto/digest.hpp"
#include "core/crypto/encoding.hpp"
#include "core/support/text.hpp"
#include "fcgi/pages/languages.hpp"

#include <kainjow/mustache.hpp>

#include <algorithm>

namespace tollgate {
namespace {

namespace mustache = kainjow::mustache;

constexpr std::string_view asset_path = "/pay/asset/";
constexpr std::size_t asset_digest_bytes = 8; ///< of its name

std::string_view mark_of(std::string_view kind)
{
    if (is_one_of(kind, {"paid", "ordered"})) return "✓";
    if (kind == "unpaid") return "✕";
    if (kind == "confirming") return "";
    if (kind == "pay") return "→";
    return kind == "unknown" ? "?" : "!";
}

std::string path_of(std::string_view public_url)
{
    const auto host = public_url.find("://");
    if (host == std::string_view::npos) return {};
    const auto path = public_url.find('/', host + 3);
    return std::string{public_url.substr(std::min(path, public_url.size()))};
}

/// The same address, with `name=value` instead of what it says of `name`; from `?` on.
std::string query_with(const Request& request, std::string_view name, std::string_view value)
{
    auto fields = parse_form(request.query).value_or(Fields{});
    std::erase_if(fields, [&](const auto& one) { return one.first == name; });
    fields.emplace_back(name, value);
    return "?" + to_form(fields);
}

void add_payment(mustache::data& data, const Page::Details& details)
{
    data.set("has_payment", mustache::data{true});
    data.set("amount", details.amount);
    data.set("order", details.order);
    if (!details.reference.empty()) data.set("reference", details.reference);
}

/// `text_of` finds the text of a key.
template <class TextOf>
void add_form(mustache::data& data, const Page::Form& form, TextOf text_of)
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

void add_ways_on(mustache::data& data, const Request& request, const Page& page)
{
    mustache::data downloads{mustache::data::type::list};
    for (const auto& download : page.downloads) {
        mustache::data item;
        item.set("url", download.url);
        item.set("name", download.name);
        downloads.push_back(item);
    }
    data.set("downloads", downloads);
    if (!page.retry_token.empty()) {
        data.set("retry_token", page.retry_token);
        data.set("retry_action", page.retry_action);
    }
    if (page.refresh_s > 0) {
        data.set("refresh_s", std::to_string(page.refresh_s));
        data.set("news_url", page.news_url);
    }
    if (!page.continue_url.empty()) data.set("continue_url", page.continue_url);
    if (page.continue_after_s > 0) data.set("stay_url", query_with(request, "stay", "1"));
}

} // namespace

/// The template, parsed, and by language what it says to everybody. Rendering only reads both as
/// long as no page has a lambda or a partial, so all threads share them.
struct Pages::Parsed {
    explicit Parsed(const std::string& text) : page_template{text} {}

    mustache::mustache page_template;
    std::map<std::string, mustache::data, std::less<>> standing;
};

Pages::Pages(const Config& config, const Theme& theme)
    : base_path_{path_of(config.server.public_url)}, languages_{theme.languages},
      texts_{theme.texts}, parsed_{std::make_unique<Parsed>(theme.page)}
{
    check(parsed_->page_template.is_valid(), "page.mustache is no template");
    check(!languages_.empty(), "pages without a language");
    script_url_ = add_asset("page", "js", {"text/javascript; charset=utf-8", theme.script});
    if (theme.logo) {
        const auto type = theme.logo->ending == "svg" ? "image/svg+xml" : "image/png";
        logo_url_ = add_asset("logo", theme.logo->ending, {type, theme.logo->bytes});
    }
    style_policy_ = "default-src 'none'; style-src 'sha256-" + to_base64(sha256(theme.style)) + "'";
    for (const auto& language : languages_)
        prepare(config, theme, language);
}

Pages::~Pages() = default;

std::string Pages::add_asset(std::string_view base, std::string_view ending, Asset asset)
{
    const auto digest = to_hex(sha256(asset.bytes).substr(0, asset_digest_bytes));
    const auto name = std::string{base} + "-" + digest + "." + std::string{ending};
    assets_.emplace(name, std::move(asset));
    return base_path_ + std::string{asset_path} + name;
}

void Pages::prepare(const Config& config, const Theme& theme, const std::string& language)
{
    auto& standing = parsed_->standing[language];
    standing.set("language", language);
    standing.set("direction", text_of(language, "direction"));
    standing.set("style", theme.style);
    standing.set("script_url", script_url_);
    if (!logo_url_.empty()) standing.set("logo_url", logo_url_);
    for (const auto* label :
         {"amount",
          "order",
          "reference",
          "download",
          "retry",
          "refresh",
          "back",
          "continue",
          "stay",
          "redirect_text",
          "language"}) {
        standing.set("label_" + std::string{label}, text_of(language, label));
    }
    if (!config.shop.name.empty()) standing.set("shop_name", config.shop.name);
    if (!config.shop.url.empty()) standing.set("shop_url", config.shop.url);
}

const std::string& Pages::text_of(std::string_view language, std::string_view key) const
{
    const auto& texts = texts_.find(language)->second;
    const auto found = texts.find(key);
    check(found != texts.end(), "a page names a text that does not exist");
    return found->second;
}

std::string Pages::language_of(const Request& request) const
{
    if (request.query.find("lang=") != std::string::npos) {
        const auto fields = parse_form(request.query).value_or(Fields{});
        auto chosen = known_language(field(fields, "lang"), languages_);
        if (!chosen.empty()) return chosen;
    }
    auto wish = preferred_language(header(request.headers, "accept-language"), languages_);
    return wish.empty() ? language_default() : wish;
}

// What a page does not have, it may not load either. form-action names schemes only: trying again
// ends in a redirect to the gateway's page.
std::string Pages::policy_of(const Page& page) const
{
    auto policy = style_policy_;
    if (page.refresh_s > 0) policy += "; script-src 'self'; connect-src 'self'";
    if (!logo_url_.empty()) policy += "; img-src 'self'";
    return policy + "; form-action https: http:; base-uri 'none'; frame-ancestors 'none'";
}

Response Pages::render(const Request& request, const Page& page) const
{
    const auto language = language_of(request);
    mustache::data data;
    data.set("kind", std::string{page.kind});
    data.set("mark", std::string{mark_of(page.kind)});
    data.set("title", text_of(language, page.title));
    data.set("text", text_of(language, page.text));
    if (!page.wait.empty()) data.set("wait", text_of(language, page.wait));
    if (page.details) add_payment(data, *page.details);
    if (page.form) {
        add_form(data, *page.form, [&](std::string_view key) { return text_of(language, key); });
    }
    add_ways_on(data, request, page);
    // A page that answers a form has no address of its own under which it could speak otherwise.
    if (request.method != "POST" && languages_.size() > 1) {
        mustache::data others{mustache::data::type::list};
        for (const auto& other : languages_) {
            if (other == language) continue;
            mustache::data item;
            item.set("code", other);
            item.set("name", text_of(other, "language_name"));
            item.set("language_url", query_with(request, "lang", other));
            others.push_back(item);
        }
        data.set("has_languages", mustache::data{true});
        data.set("languages", others);
    }

    mustache::context<std::string> context{&parsed_->standing.find(language)->second};
    context.push(&data); // looked in first
    Response response;
    response.status = page.status;
    response.content_type = "text/html; charset=utf-8";
    response.body = parsed_->page_template.render(context);
    response.headers = {
        {"Content-Security-Policy", policy_of(page)},
        {"Content-Language", language},
        {"Vary", "Accept-Language"},
        {"Referrer-Policy", "no-referrer"},
    };
    // By a header, for it works without scripts and without a word in the template.
    if (page.continue_after_s > 0) {
        response.headers.emplace_back(
            "Refresh", std::to_string(page.continue_after_s) + ";url=" + page.continue_url
        );
    }
    return response;
}

Response Pages::asset(std::string_view name) const
{
    Response response;
    const auto found = assets_.find(name);
    if (found == assets_.end()) {
        response.status = 404;
        response.body = "not found\n";
        return response;
    }
    response.content_type = found->second.type;
    response.body = found->second.bytes;
    response.headers = {
        {"Cache-Control", "public, max-age=31536000, immutable"},
        // A picture that is opened by itself may be a document with scripts.
        {"Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox"},
    };
    return response;
}

} // namespace tollgate
