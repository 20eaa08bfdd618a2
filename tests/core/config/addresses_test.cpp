#include "core/config/addresses.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace tollgate;

namespace {

/// `["h:1", "i:3306"]`
std::string text_of(const std::vector<DatabaseHost>& hosts)
{
    std::string text = "[";
    for (const auto& [host, port] : hosts)
        text += (text == "[" ? "\"" : ", \"") + host + ":" + std::to_string(port) + "\"";
    return text + "]";
}

} // namespace

BOOST_AUTO_TEST_SUITE(addresses_test)

BOOST_AUTO_TEST_CASE(database_urls)
{
    // clang-format off
    struct {
        const char* name;
        const char* url;
        const char* expected; // hosts socket user password name, or empty: refused
    } const cases[] = {
        {"everything",         "mysql://u:p@h:1/n",            "[\"h:1\"]  u p n"},
        {"usual port",         "mysql://u:p@h/n",              "[\"h:3306\"]  u p n"},
        {"no password",        "mysql://u@h/n",                "[\"h:3306\"]  u  n"},
        {"escapes",            "mysql://u%2F:p%3A%40%25+@h/n%20", "[\"h:3306\"]  u/ p:@%+ n "},
        {"at sign, colon",     "mysql://u:p@:p@h/n",           "[\"h:3306\"]  u p@:p n"},
        {"socket",             "mysql://u:p@/n?socket=/run/m.sock", "[] /run/m.sock u p n"},
        {"socket, localhost",  "mysql://u:p@localhost/n?socket=%2Frun%2Fm", "[] /run/m u p n"},
        {"socket and host",    "mysql://u:p@h/n?socket=/run/m", ""},
        {"relative socket",    "mysql://u:p@/n?socket=m",      ""},
        {"other parameter",    "mysql://u:p@h/n?ssl-mode=REQUIRED", ""},
        {"two parameters",     "mysql://u:p@/n?socket=/a&x=y", ""},
        {"no host",            "mysql://u:p@/n",               ""},
        {"no user",            "mysql://h/n",                  ""},
        {"empty user",         "mysql://:p@h/n",               ""},
        {"no name",            "mysql://u:p@h/",               ""},
        {"nothing after host", "mysql://u:p@h",                ""},
        {"two names",          "mysql://u:p@h/n/m",            ""},
        {"port 0",             "mysql://u:p@h:0/n",            ""},
        {"port too high",      "mysql://u:p@h:65536/n",        ""},
        {"port is text",       "mysql://u:p@h:x/n",            ""},
        {"empty port",         "mysql://u:p@h:/n",             ""},
        {"broken escape",      "mysql://u:hidden%zz@h/n",      ""},
        {"raw slash",          "mysql://u:hidden/p@h/n",       ""},
        {"host with a space",  "mysql://u:p@h h/n",            ""},
        {"postgres",           "postgres://u:hidden@h/n",      ""},
        {"no scheme",          "u:hidden@h/n",                 ""},
    };
    // clang-format on
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            const auto url = parse_database_url(c.url);
            BOOST_TEST_REQUIRE(url.has_value() == (*c.expected != '\0'));
            if (!url) continue;
            BOOST_TEST(
                text_of(url->hosts) + " " + url->socket + " " + url->user + " " +
                    std::string{url->password.expose()} + " " + url->name ==
                c.expected
            );
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
