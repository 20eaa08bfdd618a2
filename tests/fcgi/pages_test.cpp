#include "core/crypto/digest.hpp"
#include "core/crypto/encoding.hpp"
#include "core/support/text.hpp"
#include "fcgi/pages/pages.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace tollgate;

namespace {

/// Of a shop that speaks these languages.
Config config_of(std::vector<std::string> languages)
{
    Config config;
    config.server.public_url = "https://pay.example/sub";
    config.pages.languages = std::move(languages);
    config.shop = {
        .name = "Chez <Awa> & \"fils\"", .url = "https://shop.example/?a=1&b=2", .profile = {}};
    return config;
}

Pages pages_of(const Config& config)
{
    return Pages{config, *load_theme(config.pages)};
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

BOOST_AUTO_TEST_CASE(a_page_speaks_one_language)
{
    const auto pages = pages_of(config_of({"fr", "en"}));
    const auto french = pages.render(request_with("fr"), paid_page());
    BOOST_TEST(contains(french.body, "<html lang=\"fr\" dir=\"ltr\">"));
    BOOST_TEST(contains(french.body, "Paiement reçu"));
    BOOST_TEST(contains(french.body, "Télécharger"));
    BOOST_TEST(!contains(french.body, "Payment received"));

    const auto english = pages.render(request_with("en"), paid_page());
    BOOST_TEST(contains(english.body, "<html lang=\"en\" dir=\"ltr\">"));
    BOOST_TEST(contains(english.body, "Payment received"));
    BOOST_TEST(!contains(english.body, "Paiement"));
}

BOOST_AUTO_TEST_CASE(the_address_comes_first_then_the_browser_then_the_configuration)
{
    const auto pages = pages_of(config_of({"sw", "fr", "en", "ar", "bs"}));
    // clang-format off
    struct {
        const char* name;
        const char* query;
        const char* accept;
        std::string_view language;
    } const cases[] = {
        {"address",             "t=x&lang=ar",      "fr",    "ar"},
        {"address, region",     "lang=en-GB",       "fr",    "en"},
        {"address, same texts", "lang=hr",          "fr",    "bs"},
        {"browser",             "t=x",              "fr",    "fr"},
        {"browser, same texts", "",                 "sr-RS", "bs"},
        {"neither",             "",                 "de",    "sw"},
        {"unknown address",     "lang=xx",          "en",    "en"},
        {"hostile address",     "lang=../../etc",   "en",    "en"},
        {"broken address",      "lang=%zz",         "en",    "en"},
        {"first of two",        "lang=ar&lang=fr",  "en",    "ar"},
    };
    // clang-format on
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            auto request = request_with(c.accept);
            request.query = c.query;
            BOOST_TEST(pages.language_of(request) == c.language);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_page_offers_the_other_languages)
{
    const auto pages = pages_of(config_of({"fr", "en", "ar"}));
    auto request = request_with("fr");
    request.query = "t=abc&lang=fr";
    const auto body = pages.render(request, paid_page()).body;
    BOOST_TEST(contains(body, "href=\"?t=abc&amp;lang=ar\" lang=\"ar\""));
    BOOST_TEST(contains(body, "href=\"?t=abc&amp;lang=en\" lang=\"en\""));
    BOOST_TEST(!contains(body, "lang=fr"));
    request.method = "POST"; // has no address that could be opened again
    BOOST_TEST(!contains(pages.render(request, paid_page()).body, "<nav"));
    const auto only = pages_of(config_of({"en"})).render(request_with("en"), paid_page()).body;
    BOOST_TEST(!contains(only, "<nav"));
}

BOOST_AUTO_TEST_CASE(arabic_is_read_from_right_to_left)
{
    const auto pages = pages_of(config_of({"ar"}));
    const auto body = pages.render(request_with(""), paid_page()).body;
    BOOST_TEST(contains(body, "<html lang=\"ar\" dir=\"rtl\">"));
    BOOST_TEST(contains(body, "<bdi>1500 XOF</bdi>"));
}

BOOST_AUTO_TEST_CASE(what_comes_from_outside_is_escaped)
{
    const auto pages = pages_of(config_of({"en"}));
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
    const auto pages = pages_of(config_of({"en"}));
    auto page = paid_page();
    page.retry_token = "token";
    page.retry_action = "/return/retry";
    page.refresh_s = 4;
    const auto response = pages.render(request_with("en"), page);
    const auto body = lower(response.body);
    for (const auto* part :
         {"<script>",
          "<img",
          "<link",
          "<iframe",
          "<object",
          "<svg",
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
    BOOST_TEST(count(body, "src=") == 1U);
    BOOST_TEST(count(body, "<script src=\"/sub/pay/asset/page-") == 1U);
    // The only address with a host is the link back to the shop.
    BOOST_TEST(count(body, "://") == 1U);
    BOOST_TEST(contains(body, "href=\"https://shop.example/"));
}

BOOST_AUTO_TEST_CASE(the_content_policy_allows_this_style_alone)
{
    const auto pages = pages_of(config_of({"en"}));
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

std::string policy_of(const Response& response)
{
    return std::string{header(response.headers, "Content-Security-Policy")};
}

BOOST_AUTO_TEST_CASE(a_page_may_run_its_script_only_where_it_has_one)
{
    const auto pages = pages_of(config_of({"en"}));
    auto page = paid_page();
    BOOST_TEST(!contains(policy_of(pages.render(request_with("en"), page)), "-src 'self'"));
    page.refresh_s = 5;
    page.news_url = "/sub/pay/news?t=a&seen=pending";
    const auto response = pages.render(request_with("en"), page);
    BOOST_TEST(contains(policy_of(response), "script-src 'self'; connect-src 'self'"));
    BOOST_TEST(contains(response.body, "data-news=\"/sub/pay/news?t=a&amp;seen=pending\""));

    const auto name = "page-" + between(response.body, "/pay/asset/page-", "\"");
    const auto script = pages.asset(name);
    BOOST_TEST(script.status == 200);
    BOOST_TEST(script.content_type == "text/javascript; charset=utf-8");
    BOOST_TEST(contains(script.body, "fetch("));
    BOOST_TEST(contains(header(script.headers, "Cache-Control"), "immutable"));
    for (const auto* other : {"", "page.js", "page-0000000000000000.js", "../page.css", "x/y"})
        BOOST_TEST(pages.asset(other).status == 404);
}

BOOST_AUTO_TEST_CASE(the_way_to_the_shop_is_a_link_and_a_moment_later_a_redirect)
{
    const auto pages = pages_of(config_of({"en"}));
    auto page = paid_page();
    page.continue_url = "https://shop.example/thanks?a=1&b=2";
    auto request = request_with("en");
    request.query = "t=abc";
    const auto link = pages.render(request, page);
    BOOST_TEST(contains(link.body, "href=\"https://shop.example/thanks?a=1&amp;b=2\""));
    BOOST_TEST(header(link.headers, "Refresh") == "");
    BOOST_TEST(!contains(link.body, "stay=1"));

    page.continue_after_s = 10;
    const auto later = pages.render(request, page);
    BOOST_TEST(header(later.headers, "Refresh") == "10;url=https://shop.example/thanks?a=1&b=2");
    BOOST_TEST(contains(later.body, "href=\"?t=abc&amp;stay=1\""));
    BOOST_TEST(contains(later.body, "You will be taken back to the shop"));
}

BOOST_AUTO_TEST_CASE(a_page_shows_what_it_is_given)
{
    const auto pages = pages_of(config_of({"en"}));
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
    BOOST_TEST(contains(
        confirming.body, "<noscript><meta http-equiv=\"refresh\" content=\"4\"></noscript>"
    ));

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
    auto config = config_of({"en"});
    config.shop = {};
    const auto body = pages_of(config).render(request_with(""), paid_page()).body;
    BOOST_TEST(!contains(body, "class=\"shop\""));
    BOOST_TEST(!contains(body, "Back to the shop"));
}

BOOST_AUTO_TEST_SUITE_END()
