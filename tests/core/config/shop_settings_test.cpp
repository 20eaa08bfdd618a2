#include "core/config/config.hpp"
#include "tests/core/config/loading.hpp"

#include <boost/test/unit_test.hpp>

using namespace tollgate;
using namespace tollgate::loading;

namespace {

const GatewaySpec gateways[] = {{"acmepay", {}}};

const std::string minimal = "[server]\npublic_url = \"https://pay.example\"\n"
                            "key = \"0123456789abcdef0123456789abcdef\"\n"
                            "[database]\nname = \"shop\"\nuser = \"me\"\n[gateway.acmepay]\n";

Expected<Config, Mistakes> load(const std::string& more)
{
    const TemporaryFile file{minimal + more, "shop.toml"};
    return load_config({file.path(), environment_of({}), gateways});
}

} // namespace

BOOST_AUTO_TEST_SUITE(shop_settings_test)

BOOST_AUTO_TEST_CASE(a_customer_sees_our_page_unless_the_shop_says_otherwise)
{
    const auto plain = load("");
    BOOST_TEST_REQUIRE(mistakes_of(plain) == "");
    BOOST_TEST((plain->shop.show_result == ShowResult::page));
    BOOST_TEST(plain->pages.languages.front() == "fr");

    const auto given = load(
        "[shop]\nreturn = 'page_then_redirect'\nresult_secret = '0123456789abcdef0123456789abcdef'"
        "\nsuccess_url = 'https://shop.example/thanks'\n[pages]\nlanguages = ['sw', 'en']\n"
    );
    BOOST_TEST_REQUIRE(mistakes_of(given) == "");
    BOOST_TEST((given->shop.show_result == ShowResult::page_then_redirect));
    BOOST_TEST(given->shop.success_url == "https://shop.example/thanks");
    BOOST_TEST(given->pages.languages.size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_list_of_the_environment_is_separated_by_spaces)
{
    const TemporaryFile file{minimal, "shop.toml"};
    const auto loaded =
        load_config({file.path(), environment_of({{"TOLLGATE_LANGUAGES", " sw  en "}}), gateways});
    BOOST_TEST_REQUIRE(mistakes_of(loaded) == "");
    BOOST_TEST((loaded->pages.languages == std::vector<std::string>{"sw", "en"}));
}

BOOST_AUTO_TEST_CASE(every_mistake_names_its_line_and_what_is_allowed)
{
    // clang-format off
    struct {
        const char* name;
        const char* text;
        std::string_view expected; // the beginning of the only mistake
    } const cases[] = {
        {"no way to return",  "[shop]\nreturn = 'shop'\n",          "9: `shop.return` must be one of page, redirect, page_then_redirect\n"},
        {"no result secret",  "[shop]\nreturn = 'redirect'\n",      "8: `shop.result_secret` is required (in the environment: `TOLLGATE_RESULT_SECRET`): a text of at least 32"},
        {"short secret",      "[shop]\nresult_secret = 'x'\n",      "9: `shop.result_secret` must be a text of at least 32"},
        {"path",              "[shop]\nfailure_url = '/sorry'\n",   "9: `shop.failure_url` must be an http or https address"},
        {"script",            "[shop]\nsuccess_url = 'javascript:alert(1)'\n", "9: `shop.success_url` must be an http or https address"},
        {"languages: text",   "[pages]\nlanguages = 'fr'\n",        "9: `pages.languages` must be a list of different languages"},
        {"languages: none",   "[pages]\nlanguages = []\n",          "9: `pages.languages` must be a list of different languages"},
        {"languages: twice",  "[pages]\nlanguages = ['fr', 'fr']\n", "9: `pages.languages` must be a list of different languages"},
        {"relative folder",   "[pages]\ndirectory = 'pages'\n",     "9: `pages.directory` must be an absolute path"},
        {"unknown setting",   "[pages]\nfolder = '/pages'\n",       "9: `folder` is no setting of [pages], which has directory, languages"},
    };
    // clang-format on
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            const auto mistakes = mistakes_of(load(c.text));
            BOOST_TEST(mistakes.starts_with(c.expected), mistakes);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
