#include "core/support/url.hpp"

#include <boost/test/unit_test.hpp>

using namespace tollgate;
using namespace std::string_view_literals;

BOOST_AUTO_TEST_SUITE(url_test)

BOOST_AUTO_TEST_CASE(parse_form_decodes_strictly)
{
    // clang-format off
    struct {
        const char* name;
        std::string text;
        std::optional<Fields> fields;
    } const cases[] = {
        // name                      text                    fields
        {"nothing",                  "",                     Fields{}},
        {"one",                      "a=1",                  Fields{{"a", "1"}}},
        {"order is kept",            "b=2&a=1",              Fields{{"b", "2"}, {"a", "1"}}},
        {"a name twice",             "a=1&a=2",              Fields{{"a", "1"}, {"a", "2"}}},
        {"plus is a space",          "a+b=c+d",              Fields{{"a b", "c d"}}},
        {"escaped plus",             "a=1%2B1",              Fields{{"a", "1+1"}}},
        {"escaped separators",       "a%3D=%26",             Fields{{"a=", "&"}}},
        {"escapes of either case",   "a=%c3%A9",             Fields{{"a", "é"}}},
        {"equals sign in the value", "a=b=c",                Fields{{"a", "b=c"}}},
        {"no equals sign",           "a&b=",                 Fields{{"a", ""}, {"b", ""}}},
        {"no name",                  "=x",                   Fields{{"", "x"}}},
        {"empty pairs",              "&&a=1&",               Fields{{"a", "1"}}},
        {"escaped once only",        "a=%2541",              Fields{{"a", "%41"}}},
        {"escaped NUL",              "a=%00",                Fields{{"a", std::string(1, '\0')}}},
        {"cut escape",               "a=%4",                 {}},
        {"bare percent",             "a=100%",               {}},
        {"wrong digit",              "a=%4g",                {}},
        {"sign for a digit",         "a=%+1",                {}},
        {"wrong escape in a name",   "%zz=1",                {}},
        {"escape across fields",     "a=%4&1=b",             {}},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            BOOST_TEST((parse_form(c.text) == c.fields));
        }
    }
}

BOOST_AUTO_TEST_CASE(parse_form_limits_the_number_of_fields)
{
    std::string text;
    for (std::size_t i = 0; i < form_fields_max; ++i)
        text += "a=1&";
    const auto most = parse_form(text);
    BOOST_REQUIRE(most.has_value());
    BOOST_TEST(most->size() == form_fields_max);
    BOOST_TEST(!parse_form(text + "a=1").has_value());
}

BOOST_AUTO_TEST_CASE(field_is_the_first_of_its_name)
{
    const Fields fields{{"a", "1"}, {"b", ""}, {"a", "2"}};
    BOOST_TEST(field(fields, "a") == "1");
    BOOST_TEST(field(fields, "b") == "");
    BOOST_TEST(field(fields, "A") == "");
    BOOST_TEST(has_field(fields, "b"));
    BOOST_TEST(!has_field(fields, "c"));
}

BOOST_AUTO_TEST_CASE(to_form_is_read_back_by_parse_form)
{
    std::string every_byte;
    for (int byte = 0; byte < 256; ++byte)
        every_byte += static_cast<char>(byte);
    const Fields fields{{"a b", "c&d=e"}, {"", "100%"}, {"é", every_byte}, {"empty", ""}};
    const auto again = parse_form(to_form(fields));
    BOOST_REQUIRE(again.has_value());
    BOOST_TEST((*again == fields));
    BOOST_TEST(to_form({{"a b", "1+1=2&~*-._é"}}) == "a+b=1%2B1%3D2%26%7E*-._%C3%A9");
    BOOST_TEST(to_form({}) == "");
}

BOOST_AUTO_TEST_CASE(percent_encode_leaves_only_the_unreserved)
{
    BOOST_TEST(percent_encode("AZaz09-._~") == "AZaz09-._~");
    BOOST_TEST(percent_encode(" +/?#&=%\"") == "%20%2B%2F%3F%23%26%3D%25%22");
    BOOST_TEST(percent_encode("é\x7f\0"sv) == "%C3%A9%7F%00");
}

BOOST_AUTO_TEST_CASE(percent_decode_leaves_a_plus_alone)
{
    BOOST_TEST((percent_decode("a+b%20c") == "a+b c"));
    BOOST_TEST((percent_decode("") == ""));
    BOOST_TEST((percent_decode("%2e%2E%2f") == "../"));
    for (const auto* wrong : {"%", "%2", "a%2", "%g0", "%0g", "%%", "% 1", "%-1"}) {
        BOOST_TEST_CONTEXT(wrong)
        {
            BOOST_TEST(!percent_decode(wrong).has_value());
        }
    }
}

BOOST_AUTO_TEST_CASE(with_query_adds_one_pair)
{
    // clang-format off
    struct {
        const char* name;
        const char* base;
        const char* url;
    } const cases[] = {
        {"no query",              "https://s/p",       "https://s/p?a%20b=1%262"},
        {"a query",               "https://s/p?x=1",   "https://s/p?x=1&a%20b=1%262"},
        {"empty query",           "https://s/p?",      "https://s/p?a%20b=1%262"},
        {"unfinished query",      "https://s/p?x=1&",  "https://s/p?x=1&a%20b=1%262"},
        {"fragment",              "https://s/p#top",   "https://s/p?a%20b=1%262#top"},
        {"query in the fragment", "https://s/p#a?b",   "https://s/p?a%20b=1%262#a?b"},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            BOOST_TEST(with_query(c.base, "a b", "1&2") == c.url);
        }
    }
}

BOOST_AUTO_TEST_CASE(is_http_url_wants_a_host_and_nothing_hidden)
{
    // clang-format off
    struct {
        const char* name;
        std::string_view text;
        bool accepted;
    } const cases[] = {
        {"https",                 "https://shop.example/thanks?order=7"sv, true},
        {"http",                  "http://shop.example"sv,                 true},
        {"upper case",            "HTTPS://SHOP.EXAMPLE/"sv,               true},
        {"query without a path",  "https://shop.example?a=1"sv,            true},
        {"port",                  "http://localhost:8080/x"sv,             true},
        {"IPv4",                  "http://127.0.0.1/"sv,                   true},
        {"IPv6",                  "http://[::1]/"sv,                       true},
        {"IPv6 and port",         "http://[2001:db8::1]:8080/"sv,          true},
        {"at sign in the path",   "https://shop.example/@me"sv,            true},
        {"colon in the path",     "https://shop.example/a:b"sv,            true},

        {"empty",                 ""sv,                                    false},
        {"scheme only",           "https"sv,                               false},
        {"no host",               "https://"sv,                            false},
        {"path for a host",       "https:///etc/passwd"sv,                 false},
        {"port for a host",       "https://:443/"sv,                       false},
        {"one slash",             "https:/shop.example"sv,                 false},
        {"no scheme",             "//shop.example/"sv,                     false},
        {"javascript",            "javascript://shop.example/%0aalert"sv,  false},
        {"file",                  "file://shop.example/x"sv,               false},
        {"longer scheme",         "xhttps://shop.example/"sv,              false},
        {"leading space",         " https://shop.example/"sv,              false},
        {"user",                  "https://shop.example@evil.example/"sv,  false},
        {"user and password",     "https://a:b@evil.example/"sv,           false},
        {"user before a query",   "https://shop.example@evil.example?x"sv, false},
        {"backslash",             "https://evil.example\\@shop.example"sv, false},
        {"fragment",              "https://shop.example/#x"sv,             false},
        {"space",                 "https://shop.example/a b"sv,            false},
        {"line end",              "https://shop.example/\r\nset-cookie:a"sv, false},
        {"tabulator",             "ht\ttps://shop.example/"sv,             false},
        {"NUL",                   "https://shop.example/\0"sv,             false},
        {"DEL",                   "https://shop.example/\x7f"sv,           false},
        {"not ASCII",             "https://shop.example/é"sv,              false},
        {"quote",                 "https://shop.example/\"onload="sv,      false},
        {"markup",                "https://shop.example/<b>"sv,            false},
        {"escape in the host",    "https://shop%2eexample/"sv,             false},
        {"empty port",            "https://shop.example:/"sv,              false},
        {"port zero",             "https://shop.example:0/"sv,             false},
        {"port too great",        "https://shop.example:65536/"sv,         false},
        {"two ports",             "https://shop.example:1:2/"sv,           false},
        {"unfinished IPv6",       "http://[::1/"sv,                        false},
        {"empty IPv6",            "http://[]/"sv,                          false},
        {"text after IPv6",       "http://[::1]x/"sv,                      false},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            BOOST_TEST(is_http_url(c.text) == c.accepted);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_host_of_an_address_is_what_stands_between_scheme_and_port)
{
    // clang-format off
    struct {
        std::string_view url;
        std::string_view host;
        bool loopback;
    } const cases[] = {
        {"https://shop.example",          "shop.example",   false},
        {"https://shop.example:8443/a:b", "shop.example",   false},
        {"http://localhost?a",            "localhost",      true},
        {"http://LOCALHOST:80/",          "LOCALHOST",      true},
        {"http://127.0.0.1:8000/",        "127.0.0.1",      true},
        {"http://127.255.255.254",        "127.255.255.254", true},
        {"http://[::1]:8000/",            "::1",            true},
        {"http://[::1]",                  "::1",            true},
        {"http://[2001:db8::1]/",         "2001:db8::1",    false},
        {"http://128.0.0.1/",             "128.0.0.1",      false},
        {"http://127.0.0.1.example/",     "127.0.0.1.example", false},
        {"http://127.example/",           "127.example",    false},
        {"http://127.0.0/",               "127.0.0",        false},
        {"http://127.0.0.1./",            "127.0.0.1.",     false},
        {"http://localhost./",            "localhost.",     false},
    };
    // clang-format on

    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.url)
        {
            BOOST_REQUIRE(is_http_url(c.url));
            BOOST_TEST(host_of(c.url) == c.host);
            BOOST_TEST(is_loopback_host(host_of(c.url)) == c.loopback);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
