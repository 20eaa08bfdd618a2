#include "fcgi/pages/pages.hpp"
#include "fcgi/pages/template_rules.hpp"
#include "fcgi/pages/theme.hpp"

#include <boost/test/unit_test.hpp>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>

using namespace tollgate;

namespace {

namespace fs = std::filesystem;

/// A shop's folder, which goes with the object.
class Folder {
public:
    explicit Folder(const std::map<std::string, std::string>& files)
        : path_{fs::temp_directory_path() / ("tollgate_theme_test_" + std::to_string(::getpid()))}
    {
        fs::create_directory(path_);
        for (const auto& [name, text] : files)
            std::ofstream{path_ / name, std::ios::binary} << text;
    }
    ~Folder() { fs::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    PagesConfig config() const { return {.directory = path_.string()}; }

private:
    fs::path path_;
};

/// Without the folder's path, one a line.
std::string mistakes_of(const std::map<std::string, std::string>& files)
{
    const Folder folder{files};
    const auto theme = load_theme(folder.config());
    std::string text;
    if (theme) return text;
    for (const auto& [where, what] : theme.error())
        text += where.substr(where.rfind('/') + 1) + ": " + what + "\n";
    return text;
}

std::string our_template()
{
    return load_theme({})->page;
}

std::string replaced(std::string text, std::string_view old, std::string_view by)
{
    const auto at = text.find(old);
    BOOST_REQUIRE(at != std::string::npos);
    return text.replace(at, old.size(), by);
}

} // namespace

BOOST_AUTO_TEST_SUITE(theme_test)

BOOST_AUTO_TEST_CASE(our_texts_are_complete_in_every_language)
{
    const auto theme = load_theme({});
    BOOST_TEST_REQUIRE(theme.has_value());
    BOOST_TEST(theme->texts.size() == 5U);
    const auto& english = theme->texts.find("en")->second;
    for (const auto& [language, texts] : theme->texts) {
        BOOST_TEST(texts.size() == english.size(), language);
        for (const auto& [key, text] : texts) {
            BOOST_TEST(english.contains(key), language << '.' << key);
            BOOST_TEST(!text.empty(), language << '.' << key);
            const bool translated = text != english.find(key)->second || language == "en" ||
                                    key == "direction" || key.size() <= 9;
            BOOST_TEST(translated, language << '.' << key);
        }
    }
    BOOST_TEST(theme->texts.find("ar")->second.find("direction")->second == "rtl");
}

BOOST_AUTO_TEST_CASE(our_template_follows_its_own_rules)
{
    BOOST_TEST(mistakes_of_template(our_template()).empty());
}

BOOST_AUTO_TEST_CASE(a_shop_lays_its_own_over_ours)
{
    const std::string own = replaced(our_template(), "<body>", "<body><header>Own</header>");
    const Folder folder{{
        {"page.mustache", own},
        {"theme.css", ":root{--accent:#123456}"},
        {"logo.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>"},
        {"texts.json", R"({"en": {"paid_title": "Karibu <you>"}})"},
        {"README", "is left alone"},
    }};
    const auto theme = load_theme(folder.config());
    BOOST_TEST_REQUIRE(theme.has_value());
    BOOST_TEST(theme->style.ends_with("}\n:root{--accent:#123456}"));

    Config config;
    config.server.public_url = "https://pay.example";
    config.shop.name = "Chez Awa";
    const Pages pages{config, *theme};
    Request request;
    request.headers = {{"accept-language", "en"}};
    const auto response =
        pages.render(request, {.kind = "paid", .title = "paid_title", .text = "paid_text"});
    for (const auto* part :
         {"<header>Own</header>",
          "<h1>Karibu &lt;you&gt;</h1>",
          "Thank you!",
          "--accent:#123456",
          "alt=\"Chez Awa\""}) {
        BOOST_TEST(response.body.find(part) != std::string::npos, part);
    }
    const auto policy = header(response.headers, "Content-Security-Policy");
    BOOST_TEST(policy.find("img-src 'self'") != std::string::npos);
    const auto at = response.body.find("logo-");
    const auto logo = pages.asset(response.body.substr(at, response.body.find('"', at) - at));
    BOOST_TEST(logo.status == 200);
    BOOST_TEST(logo.content_type == "image/svg+xml");
    BOOST_TEST(header(logo.headers, "Content-Security-Policy").ends_with("; sandbox"));
}

BOOST_AUTO_TEST_CASE(a_shop_adds_a_language)
{
    std::string texts;
    const auto ours = load_theme({});
    for (const auto& [key, text] : ours->texts.find("fr")->second)
        texts += (texts.empty() ? "\"" : ",\"") + key + "\": \"" + key + "\"";
    texts = replaced(texts, R"("direction": "direction")", R"("direction": "ltr")");
    const Folder folder{{{"texts.json", "{\"wo\": {" + texts + "}}"}}};
    auto config = folder.config();
    config.languages = {"wo", "fr"};
    const auto theme = load_theme(config);
    BOOST_TEST_REQUIRE(theme.has_value());
    BOOST_TEST(theme->texts.find("wo")->second.find("paid_title")->second == "paid_title");

    config.directory.clear();
    const auto without = load_theme(config);
    BOOST_TEST_REQUIRE(!without.has_value());
    BOOST_TEST(without.error().front().where == "pages.languages");
    BOOST_TEST(without.error().front().what == "`wo` has no texts");
}

BOOST_AUTO_TEST_CASE(every_mistake_names_its_file_and_its_line_or_key)
{
    const auto ours = our_template();
    const std::string png = "\x89PNG\r\n\x1a\n";
    // clang-format off
    struct {
        const char* name;
        std::map<std::string, std::string> files;
        const char* expected; // the beginning of the first mistake
    } const cases[] = {
        {"no template",       {{"page.mustache", "\n\n{{#title}}"}}, "page.mustache:3: Unclosed section \"title\""},
        {"unknown word",      {{"page.mustache", "\n{{titel}}" + ours}}, "page.mustache:2: `titel` is nothing that our pages know"},
        {"unescaped",         {{"page.mustache", replaced(ours, "{{text}}", "{{{text}}}")}}, "page.mustache:20: `text` must be escaped: {{text}}"},
        {"unescaped, other",  {{"page.mustache", "{{& order }}" + ours}}, "page.mustache:1: `order` must be escaped"},
        {"partial",           {{"page.mustache", "{{>/etc/passwd}}" + ours}}, "page.mustache:1: has no partials"},
        {"delimiter",         {{"page.mustache", "{{=<% %>=}}" + ours}}, "page.mustache:1: "},
        {"no title",          {{"page.mustache", "{{text}}"}}, "page.mustache:1: `title` is missing"},
        {"style ends",        {{"theme.css", "a{}\n\n</style><script>"}}, "theme.css:3: must not contain `</`"},
        {"style loads",       {{"theme.css", "a{}\n@IMPORT 'x'"}}, "theme.css:2: must not contain `@import`"},
        {"style loads more",  {{"theme.css", "a{b:URL(//x)}"}}, "theme.css:1: must not contain `url(`"},
        {"large style",       {{"theme.css", std::string(theme_file_bytes_max + 1, ' ')}}, "theme.css: must be readable, with at most 65536 bytes"},
        {"two logos",         {{"logo.svg", "<svg/>"}, {"logo.png", png}}, "logo.png: there is a logo.svg too"},
        {"no svg",            {{"logo.svg", "<html>"}}, "logo.svg: is no SVG image"},
        {"no png",            {{"logo.png", "GIF89a"}}, "logo.png: is no PNG image"},
        {"misspelt file",     {{"text.json", "{}"}}, "text.json: is none of page.mustache, theme.css"},
        {"no JSON",           {{"texts.json", "{\n\"en\": {\n\"paid_title\" \"x\"}}"}}, "texts.json:3: is no JSON object"},
        {"a list",            {{"texts.json", "[]"}}, "texts.json:1: is no JSON object"},
        {"no texts",          {{"texts.json", "{\"en\": \"x\"}"}}, "texts.json: `en` must be a language and an object"},
        {"no language",       {{"texts.json", "{\"../x\": {}}"}}, "texts.json: `../x` must be a language"},
        {"unknown text",      {{"texts.json", "{\"sw\": {\"titel\": \"x\"}}"}}, "texts.json: `sw.titel` is no text of our pages"},
        {"empty text",        {{"texts.json", "{\"sw\": {\"paid_title\": \" \"}}"}}, "texts.json: `sw.paid_title` must be a text, not empty"},
        {"number",            {{"texts.json", "{\"sw\": {\"paid_title\": 1}}"}}, "texts.json: `sw.paid_title` must be a text"},
        {"no direction",      {{"texts.json", "{\"sw\": {\"direction\": \"up\"}}"}}, "texts.json: `sw.direction` must be ltr or rtl"},
        {"half a language",   {{"texts.json", "{\"wo\": {\"amount\": \"x\"}}"}}, "texts.json: `wo.back` is missing"},
    };
    // clang-format on
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            const auto mistakes = mistakes_of(c.files);
            BOOST_TEST(mistakes.starts_with(c.expected), mistakes);
        }
    }
    const auto nowhere = load_theme({.directory = "/nonexistent/pages"});
    BOOST_TEST_REQUIRE(!nowhere.has_value());
    BOOST_TEST(nowhere.error().front().what == "must be a folder that this user may read");
}

BOOST_AUTO_TEST_SUITE_END()
