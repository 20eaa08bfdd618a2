#include "core/payments/shop_urls.hpp"

#include <boost/test/unit_test.hpp>

using namespace tollgate;
using namespace std::string_literals;

BOOST_AUTO_TEST_SUITE(shop_urls_test)

BOOST_AUTO_TEST_CASE(an_address_of_a_shop_is_https_or_stays_where_it_does_no_harm)
{
    const auto longest = "https://shop.example/" + std::string(shop_url_bytes_max - 21, 'a');
    // clang-format off
    struct {
        const char* name;
        std::string url;
        bool production;
        bool sandbox;
    } const cases[] = {
        // name                    url                                        production sandbox
        {"https",                  "https://shop.example/thanks?order=1",     true,  true},
        {"host alone",             "https://shop.example",                    true,  true},
        {"port",                   "https://shop.example:8443/",              true,  true},
        {"capitals",               "HTTPS://Shop.Example/",                   true,  true},
        {"as long as may be",      longest,                                   true,  true},
        {"http",                   "http://shop.example/thanks",              false, true},
        {"http, the machine",      "http://localhost:8000/thanks",            true,  true},
        {"http, its IPv4",         "http://127.0.0.1:8000/",                  true,  true},
        {"http, its IPv6",         "http://[::1]:8000/",                      true,  true},
        {"http, like its name",    "http://localhost.shop.example/",          false, true},
        {"http, like its IPv4",    "http://127.0.0.1.shop.example/",          false, true},
        {"http, its IPv4 short",   "http://127.1/",                           false, true},
        {"http, another IPv6",     "http://[::2]/",                           false, true},
        {"http, private",          "http://192.168.0.7/",                     false, true},
        {"too long",               longest + "a",                             false, false},
        {"empty",                  "",                                        false, false},
        {"no scheme",              "shop.example/thanks",                     false, false},
        {"relative",               "/thanks",                                 false, false},
        {"another scheme",         "ftp://shop.example/",                     false, false},
        {"javascript",             "javascript:alert(1)",                     false, false},
        {"no host",                "https:///thanks",                         false, false},
        {"user",                   "https://user@shop.example/",              false, false},
        {"user and password",      "https://user:pw@shop.example/",           false, false},
        {"fragment",               "https://shop.example/#thanks",            false, false},
        {"white space",            "https://shop.example/a b",                false, false},
        {"line end",               "https://shop.example/\r\nset-cookie: a",  false, false},
        {"NUL",                    "https://shop.example/\0a"s,               false, false},
        {"backslash",              "https://shop.example\\@evil.example/",    false, false},
        {"beyond ASCII",           "https://sh\xc3\xb6p.example/",            false, false},
        {"port 0",                 "https://shop.example:0/",                 false, false},
    };
    // clang-format on
    BOOST_REQUIRE(longest.size() == shop_url_bytes_max);

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            BOOST_TEST(objection_to_shop_url(c.url, false).empty() == c.production);
            BOOST_TEST(objection_to_shop_url(c.url, true).empty() == c.sandbox);
        }
    }
}

BOOST_AUTO_TEST_CASE(an_objection_completes_the_name_of_the_field)
{
    for (const auto* url : {"", "http://shop.example/", "https://user@shop.example/"})
        BOOST_TEST(objection_to_shop_url(url, false).starts_with("must "));
}

BOOST_AUTO_TEST_SUITE_END()
