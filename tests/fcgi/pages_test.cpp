#include "core/crypto/digest.hpp"
#include "core/crypto/encoding.hpp"
#include "core/support/text.hpp"
#include "fcgi/pages/pages.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>

using namespace tollgate;

namespace {

Config config_of(std::string language)
{
    Config config;
    config.server.language = std::move(language);
    config.shop = {
        .name = "Chez <Awa> & \"fils\"", .url = "https://shop.example/?a=1&b=2", .profile = {}};
    return config;
}

Request request_with(std::string accept_language)
{
    Request request;
    request.method = "GET";
    if (!accept_language.empty()) {
        request.headers.emplace_back("accept-language", std::move(accept_language));
    }
    return request;
}

Page paid_page()
{
    return {
        .kind = "paid",
        .title = "paid_title",
        .text = "paid_text",
        .details =
            Page::Details{
                .amount = "1500 XOF", .order = "2026-1", .reference = "7Q2K9ZX4M1B8C3D6E5F0"},
        .downloads = {{.url = "/download/abc", .name = "book.pdf"}},
    };
}

std::size_t count(std::string_view text, std::string_view part)
{
    std::size_t found = 0;
    for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1))
        ++found;
    return found;
}

bool contains(std::string_view text, std::string_view part)
{
    return count(text, part) > 0;
}

/// What stands between the first `begin` and the `end` behind it.
std::string between(std::string_view text, std::string_view begin, std::string_view end)
{
    const auto from = text.find(begin) + begin.size();
    return std::string{text.substr(from, text.find(end, from) - from)};
}

} // namespace

BOOST_AUTO_TEST_SUITE(pages_test)

BOOST_AUTO_TEST_CASE(the_language_is_what_the_browser_prefers)
{
    // clang-format off
    struct {
        const char* name;
        std::string_view accept;
        std::string_view language;
    } const cases[] = {
        {"French",                "fr",                                "fr"},
        {"English",               "en",                                "en"},
        {"regions",               "fr-CI,fr;q=0.9,en;q=0.8",           "fr"},
        {"English first",         "en-GB,en;q=0.9,fr;q=0.8",           "en"},
        {"other language first",  "de-DE,de;q=0.9,en;q=0.5,fr;q=0.3",  "en"},
        {"the greater quality",   "fr;q=0.3, en;q=0.31",               "en"},
        {"three decimals",        "fr;q=0.333, en;q=0.334",            "en"},
        {"one whole",             "fr;q=0.9, en;q=1.000",              "en"},
        {"equal: the first",      "en;q=0.5, fr;q=0.5",                "en"},
        {"capitals",              "EN-us",                             "en"},
        {"capital Q",             "fr;Q=0.1, en;Q=0.2",                "en"},
        {"white space",           " fr ; q=0.1 , en ; q=0.2 ",         "en"},
        {"refused",               "fr;q=0, en;q=0.1",                  "en"},
        {"refused in decimals",   "fr;q=0.000, en;q=0.001",            "en"},
        {"none",                  "",                                  ""},
        {"any",                   "*",                                 ""},
        {"unknown",               "de, es;q=0.5",                      ""},
        {"all refused",           "fr;q=0, en;q=0",                    ""},
        {"longer word",           "french, english",                   ""},
        {"commas",                ",,,",                               ""},
        {"unreadable quality",    "fr;q=abc, en;q=0.5",                "fr"},
        {"negative quality",      "fr;q=-1, en;q=0.5",                 "fr"},
        {"path",                  "../../en, fr",                      "fr"},
        {"tag",                   "<script>, en;q=0.1",                "en"},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            BOOST_TEST(preferred_language(c.accept, {"fr", "en"}) == c.language);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_configured_language_comes_first)
{
    BOOST_TEST(Pages{config_of("en")}.language_of(request_with("fr")) == "en");
    BOOST_TEST(Pages{config_of("fr")}.language_of(request_with("en")) == "fr");
    BOOST_TEST(Pages{config_of("auto")}.language_of(request_with("en")) == "en");
    BOOST_TEST(Pages{config_of("auto")}.language_of(request_with("de")) == "fr");
    BOOST_TEST(Pages{config_of("auto")}.language_of(request_with("")) == "fr");
}

BOOST_AUTO_TEST_CASE(a_page_speaks_one_language)
{
    const Pages pages{config_of("auto")};
    const auto french = pages.render(request_with("fr"), paid_page());
    BOOST_TEST(contains(french.body, "<html lang=\"fr\">"));
    BOOST_TEST(contains(french.body, "Paiement reçu"));
    BOOST_TEST(contains(french.body, "Télécharger"));
    BOOST_TEST(!contains(french.body, "Payment received"));

    const auto english = pages.render(request_with("en"), paid_page());
    BOOST_TEST(contains(english.body, "<html lang=\"en\">"));
    BOOST_TEST(contains(english.body, "Payment received"));
    BOOST_TEST(!contains(english.body, "Paiement"));
}

BOOST_AUTO_TEST_CASE(what_comes_from_outside_is_escaped)
{
    const Pages pages{config_of("en")};
    auto page = paid_page();
    constexpr auto evil = "\"><script>alert('1')</script>&";
    page.details = Page::Details{.amount = evil, .order = evil, .reference = evil};
    page.downloads = {{.url = evil, .name = evil}};
    page.retry_token = evil;
    page.retry_action = evil;
    const auto body = pages.render(request_with("en"), page).body;
    BOOST_TEST(!contains(body, "<script"));
    BOOST_TEST(!contains(body, "\"><"));
    BOOST_TEST(!contains(body, "'1'"));
    BOOST_TEST(count(body, "&lt;script&gt;") == 7U);
    BOOST_TEST(contains(body, "Chez &lt;Awa&gt; &amp; &quot;fils&quot;"));
    BOOST_TEST(contains(body, "href=\"https://shop.example/?a=1&amp;b=2\""));
}

BOOST_AUTO_TEST_CASE(a_page_loads_nothing_and_runs_nothing)
{
    const Pages pages{config_of("en")};
    auto page = paid_page();
    page.retry_token = "token";
    page.retry_action = "/return/retry";
    page.refresh_s = 4;
    const auto response = pages.render(request_with("en"), page);
    const auto body = lower(response.body);
    for (const auto* part :
         {"<script",
          "<img",
          "<link",
          "<iframe",
          "<object",
          "<svg",
          "src=",
          "@import",
          "url(",
          "javascript:",
          " onload=",
          " onclick=",
          " onerror="}) {
        BOOST_TEST_CONTEXT(part)
        {
            BOOST_TEST(!contains(body, part));
        }
    }
    // The only address with a host is the link back to the shop.
    BOOST_TEST(count(body, "://") == 1U);
    BOOST_TEST(contains(body, "href=\"https://shop.example/"));
}

BOOST_AUTO_TEST_CASE(the_content_policy_allows_this_style_alone)
{
    const Pages pages{config_of("en")};
    const auto response = pages.render(request_with("en"), paid_page());
    std::string policy;
    for (const auto& [name, value] : response.headers) {
        if (name == "Content-Security-Policy") policy = value;
    }
    const auto style = between(response.body, "<style>", "</style>");
    BOOST_TEST(contains(policy, "default-src 'none'"));
    BOOST_TEST(contains(policy, "style-src 'sha256-" + to_base64(sha256(style)) + "'"));
    BOOST_TEST(contains(policy, "frame-ancestors 'none'"));
    BOOST_TEST(contains(policy, "base-uri 'none'"));
    BOOST_TEST(!contains(policy, "unsafe"));
    BOOST_TEST(!contains(policy, "script-src"));
    BOOST_TEST(count(response.body, "style=") == 0U);
    BOOST_TEST(response.content_type == "text/html; charset=utf-8");
}

BOOST_AUTO_TEST_CASE(a_page_shows_what_it_is_given)
{
    const Pages pages{config_of("en")};
    const auto full = pages.render(request_with("en"), paid_page()).body;
    for (const auto* part :
         {"1500 XOF",
          "2026-1",
          "7Q2K9ZX4M1B8C3D6E5F0",
          "href=\"/download/abc\"",
          "book.pdf",
          "class=\"paid\"",
          "✓"}) {
        BOOST_TEST_CONTEXT(part)
        {
            BOOST_TEST(contains(full, part));
        }
    }
    BOOST_TEST(!contains(full, "<form"));
    BOOST_TEST(!contains(full, "http-equiv=\"refresh\""));

    const auto unknown = pages.render(
        request_with("en"),
        {.status = 404, .kind = "unknown", .title = "unknown_title", .text = "unknown_text"}
    );
    BOOST_TEST(unknown.status == 404);
    BOOST_TEST(!contains(unknown.body, "<dl>"));
    BOOST_TEST(!contains(unknown.body, "href=\"/download"));

    const auto confirming = pages.render(
        request_with("en"),
        {.kind = "confirming",
         .title = "confirming_title",
         .text = "confirming_text",
         .refresh_s = 4}
    );
    BOOST_TEST(contains(confirming.body, "<meta http-equiv=\"refresh\" content=\"4\">"));

    const auto unpaid = pages.render(
        request_with("en"),
        {
            .kind = "unpaid",
            .title = "unpaid_title",
            .text = "failed_text",
            .retry_action = "/return/retry",
            .retry_token = "abc-_",
        }
    );
    BOOST_TEST(contains(unpaid.body, "<form method=\"post\" action=\"/return/retry\">"));
    BOOST_TEST(contains(unpaid.body, "name=\"t\" value=\"abc-_\""));
}

BOOST_AUTO_TEST_CASE(without_a_shop_there_is_no_way_back)
{
    auto config = config_of("en");
    config.shop = {};
    const auto body = Pages{config}.render(request_with(""), paid_page()).body;
    BOOST_TEST(!contains(body, "class=\"shop\""));
    BOOST_TEST(!contains(body, "Back to the shop"));
}

BOOST_AUTO_TEST_CASE(both_languages_have_the_same_texts)
{
    constexpr std::array texts{
        "paid_title",
        "paid_text",
        "confirming_title",
        "confirming_text",
        "review_title",
        "review_text",
        "unpaid_title",
        "failed_text",
        "cancelled_text",
        "expired_text",
        "refunded_title",
        "refunded_text",
        "partially_refunded_text",
        "unknown_title",
        "unknown_text",
        "trouble_title",
        "trouble_text",
        "download_unknown_title",
        "download_unknown_text",
        "download_expired_title",
        "download_expired_text",
        "download_used_up_title",
        "download_used_up_text"};
    for (const auto* language : {"fr", "en"}) {
        const Pages pages{config_of(language)};
        for (const auto* text : texts) {
            const auto body =
                pages.render(request_with(""), {.kind = "review", .title = text, .text = text})
                    .body;
            BOOST_TEST(between(body, "<title>", "</title>").size() > std::size_t{10});
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
