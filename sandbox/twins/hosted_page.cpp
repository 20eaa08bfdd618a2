#include "sandbox/twins/hosted_page.hpp"

#include "sandbox/twins/announce.hpp"
#include "sandbox/twins/wire.hpp"

#include <algorithm>
#include <string>

namespace tollgate::twins {
namespace {

constexpr std::string_view style = R"(
:root{color-scheme:light dark;--page:#eef2f6;--card:#fff;--ink:#14202b;--soft:#5b6b7a;
--line:#d9e1e8}
@media(prefers-color-scheme:dark){:root{--page:#10171d;--card:#1a242d;--ink:#eef3f7;--soft:#9fb0bf;
--line:#2c3a46}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
.sandbox{background:repeating-linear-gradient(-45deg,#ffd54a 0 14px,#ffcb21 14px 28px);
color:#3a2c00;padding:.6rem 1rem;text-align:center;font-weight:600}
main{max-width:26rem;margin:0 auto;padding:1.25rem 1rem 3rem}
.card{background:var(--card);border:1px solid var(--line);border-radius:16px;padding:1.5rem}
h1{margin:0;font-size:1rem;font-weight:600;color:var(--soft)}
.amount{margin:.25rem 0 .5rem;font-size:2.25rem;font-weight:700;letter-spacing:-.02em}
.what{margin:0 0 1.5rem;overflow-wrap:anywhere}
form{display:grid;gap:.75rem}
button{width:100%;min-height:3rem;padding:.6rem 1rem;border-radius:12px;border:1px solid
var(--line);background:transparent;color:var(--ink);font:inherit;font-weight:600;cursor:pointer}
button:focus-visible{outline:3px solid #4c9ffe;outline-offset:2px}
.approve{background:#12805c;border-color:#12805c;color:#fff}
.decline{border-color:#c23b3b;color:#c23b3b}
small{display:block;margin-top:1.25rem;color:var(--soft);overflow-wrap:anywhere}
@media(prefers-color-scheme:dark){.decline{color:#ff8a8a}}
)";

struct Words {
    std::string_view language;
    std::string_view sandbox;
    std::string_view title;
    std::string_view approve;
    std::string_view decline;
    std::string_view pending;
    std::string_view silent;
    std::string_view decided;
    std::string_view back;
    std::string_view reference;
    std::string_view phone;
    std::string_view no_prompt;
};

constexpr Words english{
    .language = "en",
    .sandbox = "Sandbox: no real money moves here",
    .title = "Amount to pay",
    .approve = "Approve the payment",
    .decline = "Decline it",
    .pending = "Leave it pending",
    .silent = "Pay, but never notify the shop",
    .decided = "This payment is closed.",
    .back = "Back to the shop",
    .reference = "Reference",
    .phone = "The customer's phone",
    .no_prompt = "No payment waits to be confirmed.",
};
constexpr Words french{
    .language = "fr",
    .sandbox = "Bac à sable : aucun argent réel ne circule ici",
    .title = "Montant à payer",
    .approve = "Accepter le paiement",
    .decline = "Le refuser",
    .pending = "Le laisser en attente",
    .silent = "Payer, sans jamais prévenir la boutique",
    .decided = "Ce paiement est clos.",
    .back = "Retour à la boutique",
    .reference = "Référence",
    .phone = "Le téléphone du client",
    .no_prompt = "Aucun paiement n'attend de confirmation.",
};

const Words& words_for(const Transaction& transaction)
{
    return transaction.language == "fr" ? french : english;
}

std::string escaped(std::string_view text)
{
    std::string result;
    for (const char c : text) {
        switch (c) {
        case '&': result += "&amp;"; break;
        case '<': result += "&lt;"; break;
        case '>': result += "&gt;"; break;
        case '"': result += "&quot;"; break;
        case '\'': result += "&#39;"; break;
        default: result += c;
        }
    }
    return result;
}

/// `1 234 567.50`, with spaces that do not break.
std::string grouped(Money money)
{
    std::string text = major_text(money);
    const auto whole = static_cast<int>(std::min(text.find('.'), text.size()));
    for (auto place = whole - 3; place > 0; place -= 3) {
        text.insert(static_cast<std::size_t>(place), "&#8239;");
    }
    return text;
}

std::string page(const Twin& twin, const Words& words, std::string_view content)
{
    std::string html = "<!doctype html><html lang=\"";
    html.append(words.language).append("\"><head><meta charset=\"utf-8\">");
    html += "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">";
    html += "<meta name=\"robots\" content=\"noindex\"><link rel=\"icon\" href=\"data:,\">";
    html += "<title>" + twin.name() + " sandbox</title>";
    html.append("<style>").append(style).append("</style></head><body><div class=\"sandbox\">");
    html.append(twin.name()).append(" · ").append(words.sandbox);
    html.append("</div><main><div class=\"card\">").append(content);
    return html + "</div></main></body></html>\n";
}

std::string summary(const Transaction& transaction, const Words& words)
{
    std::string html = "<h1>";
    html.append(words.title).append("</h1><p class=\"amount\">").append(grouped(transaction.price));
    html += "&nbsp;" + std::string{code(transaction.price.currency)} + "</p><p class=\"what\">";
    return html + escaped(transaction.description) + "</p>";
}

std::string button(std::string_view choice, std::string_view label)
{
    std::string html = "<button name=\"choice\" value=\"";
    html.append(choice).append("\" class=\"").append(choice).append("\">");
    return html.append(label).append("</button>");
}

std::string footer(const Transaction& transaction, const Words& words)
{
    return "<small>" + std::string{words.reference} + " " + escaped(transaction.reference) +
           "</small>";
}

/// A link, or a POST to the shop's site, which carries none of its SameSite=Lax cookies.
std::string link_back(const WayBack& back, const Words& words)
{
    if (back.url.empty()) return {};
    if (back.method != "post") {
        return "<p><a href=\"" + escaped(back.url) + "\">" + std::string{words.back} + "</a></p>";
    }
    std::string html = "<form id=\"back\" method=\"post\" action=\"" + escaped(back.url) + "\">";
    for (const auto& [name, value] : back.fields) {
        html += "<input type=\"hidden\" name=\"" + escaped(name) + "\" value=\"";
        html += escaped(value) + "\">";
    }
    return html + "<button class=\"approve\">" + std::string{words.back} + "</button></form>";
}

Response send_back(const Twin& twin, const Transaction& transaction)
{
    const auto& words = words_for(transaction);
    const auto back = twin.way_back(transaction);
    if (back.method == "get" && !back.url.empty()) {
        auto response = text_response(303, "");
        response.headers.emplace_back("Location", back.url);
        return response;
    }
    auto html = summary(transaction, words);
    if (back.url.empty()) {
        html.append("<p>").append(words.decided).append("</p>");
    } else {
        html += link_back(back, words);
        html += "<script>document.getElementById('back').submit()</script>";
    }
    return html_response(page(twin, words, html + footer(transaction, words)));
}

struct Choice {
    State state{};
    bool silent = false;
};

std::optional<Choice> choice_of(const Request& request)
{
    const auto form = parse_form(request.body);
    if (!form) return std::nullopt;
    const auto word = field(*form, "choice");
    if (word == "silent") return Choice{.state = State::paid, .silent = true};
    const auto state = parse_decision(word);
    if (!state) return std::nullopt;
    return Choice{.state = *state};
}

Response unknown_payment()
{
    return text_response(404, "no such payment\n");
}

} // namespace

Response show_phone(const Twin& twin, const Request&, std::string_view)
{
    constexpr std::size_t prompts_max = 20;
    std::string prompts;
    for (const auto& transaction : twin.ledger().newest(prompts_max)) {
        if (is_final(transaction.state)) continue;
        prompts += "<p><a href=\"" + escaped(twin.payment_url(transaction)) + "\">";
        prompts += grouped(transaction.price) + "&nbsp;";
        prompts.append(code(transaction.price.currency)).append("</a> ");
        prompts += escaped(transaction.description) + "</p>";
    }
    if (prompts.empty()) prompts.append("<p>").append(english.no_prompt).append("</p>");
    std::string html = "<h1>";
    return html_response(
        page(twin, english, html.append(english.phone).append("</h1>").append(prompts))
    );
}

Response show_payment_page(const Twin& twin, const Request&, std::string_view token)
{
    const auto transaction = twin.ledger().find_by_token(std::string{token});
    if (!transaction) return unknown_payment();
    const auto& words = words_for(*transaction);
    auto html = summary(*transaction, words);
    if (is_final(transaction->state)) {
        html.append("<p>").append(words.decided).append("</p>");
        html += link_back(twin.way_back(*transaction), words);
    } else {
        html += "<form method=\"post\">" + button("approve", words.approve);
        html += button("decline", words.decline) + button("pending", words.pending);
        html += button("silent", words.silent) + "</form>";
    }
    return html_response(page(twin, words, html + footer(*transaction, words)));
}

Response choose_on_payment_page(const Twin& twin, const Request& request, std::string_view token)
{
    const auto known = twin.ledger().find_by_token(std::string{token});
    if (!known) return unknown_payment();
    const auto choice = choice_of(request);
    if (!choice) return text_response(400, "wrong choice\n");
    const auto decided = twin.ledger().decide(
        known->reference, {.state = choice->state, .at = twin.now(), .only_if_open = true}
    );
    if (!decided) return send_back(twin, *known);
    auto behaviour = *twin.ledger().behaviour_of(decided->reference);
    if (choice->silent) behaviour.notify = NotifyManner::never;
    announce(twin, *decided, behaviour, Patience::but_not_for_delay);
    // The answer to a notification may have said where the browser is to go.
    return send_back(twin, twin.ledger().find(decided->reference).value_or(*decided));
}

} // namespace tollgate::twins
