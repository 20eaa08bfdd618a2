#include "fcgi/pages/languages.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>

using namespace tollgate;

BOOST_AUTO_TEST_SUITE(languages_test)

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

BOOST_AUTO_TEST_CASE(a_language_serves_its_regions_and_its_neighbours)
{
    const std::vector<std::string> ours{"fr", "en", "ar", "sw", "bs"};
    // clang-format off
    struct {
        std::string_view tag;
        std::string_view language;
    } const cases[] = {
        {"fr-CI", "fr"}, {"ar-TN", "ar"},      {"sw-TZ", "sw"},      {"bs-Latn-BA", "bs"},
        {"sr", "bs"},    {"sr-Latn-RS", "bs"}, {"sr-Cyrl-RS", "bs"}, {"hr-HR", "bs"},
        {"SH", "bs"},    {"cnr-ME", "bs"},     {"sl", ""},           {"mk", ""},
        {"-", ""},       {"", ""},             {"fr_CI", ""},        {"bsx", ""},
    };
    // clang-format on
    for (const auto& c : cases)
        BOOST_TEST(known_language(c.tag, ours) == c.language, c.tag);
    BOOST_TEST(known_language("hr-HR", {"hr", "bs"}) == "hr"); // a shop that has its own texts
    BOOST_TEST(known_language("pt-BR", {"pt-br", "pt"}) == "pt-br");
    BOOST_TEST(known_language("sr", {"fr", "en"}) == "");
}

BOOST_AUTO_TEST_CASE(a_long_list_of_wishes_is_not_read_to_its_end)
{
    std::string wishes;
    for (std::size_t i = 0; i < accept_items_max; ++i)
        wishes += "de;q=0.5,";
    BOOST_TEST(preferred_language(wishes + "en", {"fr", "en"}) == "");
    BOOST_TEST(preferred_language("en," + wishes, {"fr", "en"}) == "en");
}

BOOST_AUTO_TEST_CASE(a_gateway_hears_french_or_english)
{
    for (const auto* french : {"fr", "ar"})
        BOOST_TEST(gateway_language(french) == "fr");
    for (const auto* english : {"en", "sw", "bs", "xx"})
        BOOST_TEST(gateway_language(english) == "en");
}

BOOST_AUTO_TEST_SUITE_END()
