#include "core/config/config.hpp"
#include "core/crypto/encoding.hpp"
#include "core/crypto/hmac.hpp"
#include "tests/core/config/loading.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

using namespace tollgate;
using namespace tollgate::loading;

namespace {

// clang-format off
const SettingSpec cinetpay_settings[] = {
    {"api_key",    SettingKind::secret, true,  ""},
    {"site_id",    SettingKind::text,   true,  ""},
    {"secret",     SettingKind::secret, true,  ""},
    {"api_url",    SettingKind::url,    false, "https://api-checkout.cinetpay.com"},
    {"notify_url", SettingKind::url,    false, ""},
    {"return_url", SettingKind::url,    false, ""},
    {"channels",   SettingKind::text,   false, "ALL"},
};
const SettingSpec acmepay_settings[] = {
    {"token",      SettingKind::secret, false, ""},
    {"notify_url", SettingKind::url,    false, ""},
    {"region",     SettingKind::text,   false, "west"},
};
// clang-format on

const GatewaySpec gateways[] = {{"cinetpay", cinetpay_settings}, {"acmepay", acmepay_settings}};

const std::string good_key(32, 'k');

Expected<Config, Mistakes> load_file(const std::string& path, const Variables& variables = {})
{
    return load_config({path, environment_of(variables), gateways});
}

Expected<Config, Mistakes> load_text(const std::string& text, const Variables& variables = {})
{
    const TemporaryFile file{text};
    return load_file(file.path(), variables);
}

std::string contents(const std::string& name)
{
    std::ifstream file{std::string{TOLLGATE_SOURCE_DIR} + "/" + name};
    BOOST_REQUIRE(file.good());
    return {std::istreambuf_iterator<char>{file}, {}};
}

// Every section once, nothing but what is required; a test appends or replaces.
const std::string minimal_server = "[server]\npublic_url = \"https://pay.example\"\n";
const std::string minimal_database = "[database]\nname = \"shop\"\nuser = \"me\"\n";
const std::string minimal_gateway =
    "[gateway.cinetpay]\napi_key = \"a\"\nsite_id = \"1\"\nsecret = \"s\"\n";
const std::string minimal = minimal_server + minimal_database + minimal_gateway;

const Variables cinetpay_shop{
    {"CINETPAY_API_KEY", "api-key"},
    {"CINETPAY_SITE_ID", "445160"},
    {"CINETPAY_SECRET", "secret"},
    {"CINETPAY_NOTIFY_URL", "https://pay.example:8443/payment/callback/"},
    {"DATABASE_URL", "mysql://me:p%40ss@db:3307/shop"},
};

std::string server(const std::string& line)
{
    return minimal_server + line + "\n" + minimal_database + minimal_gateway;
}

std::string database(const std::string& lines)
{
    return minimal_server + minimal_gateway + "[database]\n" + lines + "\n";
}

std::string gateway(const std::string& lines)
{
    return minimal_server + minimal_database + "[gateway.cinetpay]\n" + lines + "\n";
}

std::string hosts_of(const Config& config)
{
    std::string text = "[";
    for (const auto& [host, port] : config.database.hosts) {
        text += (text == "[" ? "\"" : ", \"") + host + ":" + std::to_string(port) + "\"";
    }
    return text + "]";
}

std::string languages_of(const Config& config)
{
    return fmt::format("{}", fmt::join(config.pages.languages, " "));
}

std::string return_of(const Config& config)
{
    constexpr std::array words{"page", "redirect", "page_then_redirect"};
    return words.at(static_cast<std::size_t>(config.shop.show_result));
}

std::string count(std::chrono::milliseconds duration)
{
    return std::to_string(duration.count());
}

std::string count(std::chrono::seconds duration)
{
    return std::to_string(duration.count());
}

std::string count(std::chrono::hours duration)
{
    return std::to_string(duration.count());
}

using Read = std::function<std::string(const Config&)>;

// Every setting that docs/configuration.md has, as docs/configuration.md would write it.
const std::map<std::string, Read> readers{
    {"server.environment",
     [](const Config& c) { return c.server.sandbox ? "sandbox" : "production"; }},
    {"server.public_url", [](const Config& c) { return c.server.public_url; }},
    {"server.listen", [](const Config& c) { return c.server.listen; }},
    {"server.threads", [](const Config& c) { return std::to_string(c.server.threads); }},
    {"server.key", [](const Config& c) { return std::string{c.server.key.expose()}; }},
    {"server.previous_key",
     [](const Config& c) { return std::string{c.server.previous_key.expose()}; }},
    {"server.log_level", [](const Config& c) { return c.log_level; }},
    {"database.hosts", hosts_of},
    {"database.socket", [](const Config& c) { return c.database.socket; }},
    {"database.name", [](const Config& c) { return c.database.name; }},
    {"database.user", [](const Config& c) { return c.database.user; }},
    {"database.password",
     [](const Config& c) { return std::string{c.database.password.expose()}; }},
    {"database.connections_max",
     [](const Config& c) { return std::to_string(c.database.connections_max); }},
    {"database.timeout_ms", [](const Config& c) { return count(c.database.timeout); }},
    {"shop.name", [](const Config& c) { return c.shop.name; }},
    {"shop.url", [](const Config& c) { return c.shop.url; }},
    {"shop.profile", [](const Config& c) { return c.shop.profile; }},
    {"shop.table_prefix", [](const Config& c) { return c.shop.table_prefix; }},
    {"shop.checkout_secret",
     [](const Config& c) { return std::string{c.shop.checkout_secret.expose()}; }},
    {"shop.previous_checkout_secret",
     [](const Config& c) { return std::string{c.shop.previous_checkout_secret.expose()}; }},
    {"shop.files", [](const Config& c) { return fmt::format("{}", fmt::join(c.shop.files, ",")); }},
    {"shop.merchant", [](const Config& c) { return c.shop.merchant; }},
    {"shop.return", return_of},
    {"shop.success_url", [](const Config& c) { return c.shop.success_url; }},
    {"shop.failure_url", [](const Config& c) { return c.shop.failure_url; }},
    {"shop.result_secret",
     [](const Config& c) { return std::string{c.shop.result_secret.expose()}; }},
    {"pages.directory", [](const Config& c) { return c.pages.directory; }},
    {"pages.languages", languages_of},
    {"downloads.directory", [](const Config& c) { return c.downloads.directory; }},
    {"downloads.delivery",
     [](const Config& c) {
         switch (c.downloads.delivery) {
         case Delivery::stream: return "stream";
         case Delivery::x_accel: return "x-accel";
         case Delivery::x_sendfile: return "x-sendfile";
         }
         return "";
     }},
    {"downloads.x_accel_prefix", [](const Config& c) { return c.downloads.x_accel_prefix; }},
    {"downloads.uses_max", [](const Config& c) { return std::to_string(c.downloads.uses_max); }},
    {"downloads.expires_after_s", [](const Config& c) { return count(c.downloads.expires_after); }},
    {"downloads.use_lasts_s", [](const Config& c) { return count(c.downloads.use_lasts); }},
    {"check.connect_timeout_ms", [](const Config& c) { return count(c.check.connect_timeout); }},
    {"check.timeout_ms", [](const Config& c) { return count(c.check.timeout); }},
    {"check.return_wait_ms", [](const Config& c) { return count(c.check.return_wait); }},
    {"check.in_flight_max", [](const Config& c) { return std::to_string(c.check.in_flight_max); }},
    {"events.url", [](const Config& c) { return c.events.url; }},
    {"events.secret", [](const Config& c) { return std::string{c.events.secret.expose()}; }},
    {"events.previous_secret",
     [](const Config& c) { return std::string{c.events.previous_secret.expose()}; }},
    {"events.timeout_ms", [](const Config& c) { return count(c.events.timeout); }},
    {"events.in_flight_max",
     [](const Config& c) { return std::to_string(c.events.in_flight_max); }},
    {"check.expires_after_h", [](const Config& c) { return count(c.check.expires_after); }},
    {"check.gateway_in_flight_max",
     [](const Config& c) { return std::to_string(c.check.gateway_in_flight_max); }},
    {"retention.evidence_days",
     [](const Config& c) { return std::to_string(c.retention.evidence.count()); }},
    {"retention.events_days",
     [](const Config& c) { return std::to_string(c.retention.events.count()); }},
    {"retention.requests_days",
     [](const Config& c) { return std::to_string(c.retention.requests.count()); }},
    {"events.callbacks",
     [](const Config& c) { return c.events.private_callbacks ? "anywhere" : "public"; }},
    {"api.requests_per_minute",
     [](const Config& c) { return std::to_string(c.api.requests_per_minute); }},
};

// A row of the table in docs/configuration.md about one setting.
struct Row {
    std::string name;
    std::string variable;
    std::string literal; ///< the default, when it is a number or stands in backquotes
    bool empty;          ///< the default is nothing
    std::string meaning;

    std::string section() const { return name.substr(0, name.find('.')); }
    std::string key() const { return name.substr(name.find('.') + 1); }
};

std::vector<Row> documented_rows()
{
    const std::regex form{
        "\\| `([a-z_]+\\.[a-z_]+)` \\| (?:`([A-Z_]+)`)? ?\\| (.*?) ?\\| (.*?) ?\\|"};
    const std::regex literal{"(\\d+)|`([^`]*)`"};
    std::vector<Row> rows;
    std::istringstream lines{contents("docs/configuration.md")};
    for (std::string line; std::getline(lines, line);) {
        std::smatch row;
        if (!std::regex_match(line, row, form)) continue;
        const std::string fallback = row[3];
        std::smatch value;
        const bool is_literal = std::regex_match(fallback, value, literal);
        rows.push_back({
            row[1],
            row[2],
            is_literal ? value[1].str() + value[2].str() : "",
            fallback.starts_with("empty") || fallback.empty(),
            row[4],
        });
    }
    return rows;
}

// The names of example settings, `server.listen`, those in comments included when asked for.
std::set<std::string> example_names(bool with_comments)
{
    const std::regex section_form{"\\[(.+)\\]"};
    const std::regex setting_form{"([a-z_]+) = .*"};
    const std::regex comment_form{"#.* ([a-z_]+) = .*"};
    std::set<std::string> names;
    std::string section;
    std::istringstream lines{contents("docs/tollgate.example.toml")};
    for (std::string line; std::getline(lines, line);) {
        std::smatch found;
        if (std::regex_match(line, found, section_form)) {
            section = found[1];
        } else if (std::regex_match(line, found, setting_form) ||
                   (with_comments && std::regex_match(line, found, comment_form))) {
            names.insert(section + "." + found[1].str());
        }
    }
    return names;
}

} // namespace

BOOST_AUTO_TEST_SUITE(config_test)

BOOST_AUTO_TEST_CASE(the_example_file_has_every_documented_setting_and_no_other)
{
    const auto rows = documented_rows();
    BOOST_TEST(rows.size() == readers.size());
    const auto all = example_names(true);
    auto undocumented = example_names(false);
    for (const auto& row : rows) {
        BOOST_TEST(readers.contains(row.name), row.name << " is unknown here");
        BOOST_TEST(all.contains(row.name), row.name << " is missing in the example");
        undocumented.erase(row.name);
    }
    for (const auto& spec : cinetpay_settings) {
        const auto name = "gateway.cinetpay." + std::string{spec.name};
        BOOST_TEST(undocumented.erase(name) == 1U, name << " is missing in the example");
    }
    BOOST_TEST(undocumented.empty());
}

BOOST_AUTO_TEST_CASE(the_example_file_loads_and_shows_the_documented_defaults)
{
    const auto example =
        load_file(std::string{TOLLGATE_SOURCE_DIR} + "/docs/tollgate.example.toml");
    BOOST_TEST_REQUIRE(mistakes_of(example) == "");
    const auto smallest = load_text(minimal);
    BOOST_TEST_REQUIRE(mistakes_of(smallest) == "");
    for (const auto& row : documented_rows()) {
        BOOST_TEST_CONTEXT(row.name)
        {
            const auto& read = readers.at(row.name);
            if (!row.literal.empty()) {
                BOOST_TEST(read(*example) == row.literal);
                BOOST_TEST(read(*smallest) == row.literal);
            } else if (row.empty) {
                BOOST_TEST(read(*smallest) == "");
            }
        }
    }
    const auto& cinetpay = example->gateways.at(0);
    for (const auto& spec : cinetpay_settings) {
        if (spec.fallback.empty()) continue;
        BOOST_TEST(cinetpay.text(spec.name) == spec.fallback);
        BOOST_TEST(smallest->gateways.at(0).text(spec.name) == spec.fallback);
    }
    BOOST_TEST(example->server.public_url == "https://pay.shop.example");
    BOOST_TEST(cinetpay.text("site_id") == "445160");
}

BOOST_AUTO_TEST_CASE(documented_ranges_are_the_real_ones)
{
    const std::regex range{"(\\d+) to (\\d+)"};
    int ranges = 0;
    for (const auto& row : documented_rows()) {
        std::smatch found;
        if (!std::regex_search(row.meaning, found, range)) continue;
        ++ranges;
        const long least = std::stol(found[1]);
        const long most = std::stol(found[2]);
        const auto load = [&](long value) {
            const auto line = row.key() + " = " + std::to_string(value) + "\n";
            const auto header = "[" + row.section() + "]\n";
            const auto at = minimal.find(header);
            if (at == std::string::npos) return load_text(minimal + header + line);
            return load_text(std::string{minimal}.insert(at + header.size(), line));
        };
        BOOST_TEST_CONTEXT(row.name)
        {
            for (const long good : {least, most}) {
                const auto loaded = load(good);
                BOOST_TEST_REQUIRE(mistakes_of(loaded) == "");
                BOOST_TEST(readers.at(row.name)(*loaded) == std::to_string(good));
            }
            const auto allowed = "`" + row.name + "` must be a whole number from " +
                                 found[1].str() + " to " + found[2].str() + "\n";
            BOOST_TEST(mistakes_of(load(least - 1)).ends_with(allowed));
            BOOST_TEST(mistakes_of(load(most + 1)).ends_with(allowed));
        }
    }
    BOOST_TEST(ranges == 18);
}

BOOST_AUTO_TEST_CASE(a_sandbox_calls_any_address_unless_told_otherwise)
{
    const auto anywhere = [](const std::string& more, const Variables& variables = {}) {
        return load_text(minimal + more, variables).value().events.private_callbacks;
    };
    const Variables sandbox{{"PAYMENT_ENVIRONMENT", "sandbox"}};
    BOOST_TEST(!anywhere(""));
    BOOST_TEST(anywhere("[events]\ncallbacks='anywhere'"));
    BOOST_TEST(anywhere("", sandbox));
    BOOST_TEST(!anywhere("[events]\ncallbacks='public'", sandbox));
}

BOOST_AUTO_TEST_CASE(documented_variables_are_read_and_yield_to_the_file)
{
    const std::map<std::string, std::string> values{
        {"server.environment", "sandbox"},
        {"server.public_url", "https://other.example"},
        {"server.listen", "127.0.0.1:9000"},
        {"server.threads", "7"},
        {"server.key", std::string(40, 'x')},
        {"server.previous_key", std::string(40, 'y')},
        {"server.log_level", "debug"},
        {"shop.name", "Shop"},
        {"shop.url", "https://shop.example/"},
        {"shop.profile", "django_store"},
        {"shop.table_prefix", "shop_"},
        {"shop.checkout_secret", std::string(32, 'c')},
        {"shop.previous_checkout_secret", std::string(32, 'p')},
        {"shop.merchant", "other"},
        {"shop.return", "redirect"},
        {"shop.success_url", "https://other.example/thanks"},
        {"shop.failure_url", "https://other.example/sorry"},
        {"shop.result_secret", std::string(32, 'y')},
        {"pages.directory", "/srv/pages"},
        {"pages.languages", "en fr"},
        {"downloads.directory", "/srv/files"},
        {"events.url", "https://other.example/events"},
        {"events.secret", "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcY"},
        {"events.previous_secret", "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcZ"},
    };
    std::set<std::string> seen;
    const auto file = load_file(std::string{TOLLGATE_SOURCE_DIR} + "/docs/tollgate.example.toml");
    for (const auto& row : documented_rows()) {
        if (row.variable.empty()) continue;
        BOOST_TEST_CONTEXT(row.name)
        {
            seen.insert(row.name);
            BOOST_REQUIRE(values.contains(row.name));
            Variables variable{{row.variable, values.at(row.name)}};
            if (row.name == "events.url") {
                variable["TOLLGATE_EVENTS_SECRET"] = values.at("events.secret");
            }
            if (row.name == "shop.return") {
                variable["TOLLGATE_RESULT_SECRET"] = values.at("shop.result_secret");
            }
            const auto alone =
                load_config({"", environment_of(with(cinetpay_shop, variable)), gateways});
            BOOST_TEST_REQUIRE(mistakes_of(alone) == "");
            BOOST_TEST(readers.at(row.name)(*alone) == values.at(row.name));
            if (readers.at(row.name)(*file).empty()) continue; // only named there, in a comment
            const auto both = load_file(
                std::string{TOLLGATE_SOURCE_DIR} + "/docs/tollgate.example.toml", variable
            );
            BOOST_TEST_REQUIRE(mistakes_of(both) == "");
            BOOST_TEST(readers.at(row.name)(*both) == readers.at(row.name)(*file));
        }
    }
    BOOST_TEST(seen.size() == values.size());
}

BOOST_AUTO_TEST_CASE(every_shipped_profile_is_a_choice)
{
    const std::filesystem::path folder{std::string{TOLLGATE_SOURCE_DIR} + "/sql/profiles"};
    for (const auto& entry : std::filesystem::directory_iterator{folder}) {
        if (entry.path().extension() != ".toml") continue;
        const auto name = entry.path().stem().string();
        BOOST_TEST(mistakes_of(load_text(minimal + "[shop]\nprofile = \"" + name + "\"")) == "");
    }
    BOOST_TEST(mistakes_of(load_text(minimal + "[shop]\nprofile = \"./own.toml\"")) == "");
}

BOOST_AUTO_TEST_CASE(the_variables_of_a_cinetpay_shop_suffice)
{
    const auto loaded = load_config({"", environment_of(cinetpay_shop), gateways});
    BOOST_TEST_REQUIRE(mistakes_of(loaded) == "");
    BOOST_TEST(loaded->server.public_url == "https://pay.example:8443");
    BOOST_TEST(hosts_of(*loaded) == "[\"db:3307\"]");
    BOOST_TEST(loaded->database.user == "me");
    BOOST_TEST(loaded->database.password.expose() == "p@ss");
    BOOST_TEST(loaded->database.name == "shop");
    BOOST_TEST_REQUIRE(loaded->gateways.size() == 1U);
    const auto& gateway_settings = loaded->gateways[0];
    BOOST_TEST(gateway_settings.gateway == "cinetpay");
    BOOST_TEST(gateway_settings.secret("api_key") == "api-key");
    BOOST_TEST(gateway_settings.text("site_id") == "445160");
    BOOST_TEST(gateway_settings.text("channels") == "ALL");
    BOOST_TEST(gateway_settings.text("return_url") == "");
    BOOST_TEST(gateway_settings.secret("no such setting") == "");
}

BOOST_AUTO_TEST_CASE(public_url_is_derived_from_notify_urls_that_agree)
{
    const auto variables = with(cinetpay_shop, {{"ACMEPAY_TOKEN", "t"}});
    const auto load = [&](const std::string& notify_url) {
        const auto all = with(variables, {{"ACMEPAY_NOTIFY_URL", notify_url}});
        return load_config({"", environment_of(all), gateways});
    };
    const auto agreed = load("https://pay.example:8443/notify/acmepay?a=b");
    BOOST_TEST_REQUIRE(mistakes_of(agreed) == "");
    BOOST_TEST(agreed->server.public_url == "https://pay.example:8443");
    BOOST_TEST(agreed->gateways.size() == 2U);
    BOOST_TEST(
        mistakes_of(load("https://other.example/")) ==
        "environment: `TOLLGATE_PUBLIC_URL` is required: an http or https address such as "
        "https://pay.shop.example, without user, query and fragment\n"
    );
}

BOOST_AUTO_TEST_CASE(the_key_is_derived_from_the_gateways_secrets)
{
    const auto loaded = load_text(minimal + "[gateway.acmepay]\ntoken = \"t\"\n");
    BOOST_TEST_REQUIRE(mistakes_of(loaded) == "");
    const std::string material = "cinetpay.api_key=a\ncinetpay.secret=s\nacmepay.token=t\n";
    BOOST_TEST(loaded->server.key.expose() == to_hex(hmac_sha256(material, "tollgate server key")));

    const auto without_secret = minimal_server + minimal_database + "[gateway.acmepay]\n";
    BOOST_TEST(
        mistakes_of(load_text(without_secret)) ==
        "1: `server.key` is required (in the environment: `TOLLGATE_KEY`): a text of at least 32 "
        "characters\n"
    );
}

BOOST_AUTO_TEST_CASE(a_secret_comes_by_value_from_a_file_or_from_a_variable)
{
    const TemporaryFile line_end{good_key + "\n", "key"};
    const TemporaryFile windows_line_end{good_key + "\r\n", "windows_key"};
    const TemporaryFile bare{good_key, "bare_key"};
    const std::string lines[] = {
        "key = '" + good_key + "'",
        "key_file = '" + line_end.path() + "'",
        "key_file = '" + windows_line_end.path() + "'",
        "key_file = '" + bare.path() + "'",
        "key_env = 'MY_KEY'",
    };
    for (const auto& line : lines) {
        // What the file gives, in whatever way, wins over TOLLGATE_KEY.
        const Variables variables{{"MY_KEY", good_key}, {"TOLLGATE_KEY", std::string(32, 'x')}};
        const auto loaded = load_text(server(line), variables);
        BOOST_TEST_REQUIRE(mistakes_of(loaded) == "");
        BOOST_TEST(loaded->server.key.expose() == good_key);
    }
}

BOOST_AUTO_TEST_CASE(a_database_url_that_is_none_is_not_repeated)
{
    const Variables url{{"TOLLGATE_DATABASE_URL", "mysql://u:hidden/p@h/n"}};
    const auto loaded = load_config({"", environment_of(with(cinetpay_shop, url)), gateways});
    BOOST_REQUIRE(!loaded);
    BOOST_TEST(loaded.error().size() == 1U);
    const auto text = mistakes_of(loaded);
    BOOST_TEST(text.starts_with("environment: `TOLLGATE_DATABASE_URL` must be mysql:"));
    BOOST_TEST(text.find("hidden") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_database_section_wins_over_the_url_setting_by_setting)
{
    const Variables url{{"DATABASE_URL", "mysql://u:p@h:1/n"}};
    const auto some = load_text(database("socket = '/run/m.sock'\nname = 'other'"), url);
    BOOST_TEST_REQUIRE(mistakes_of(some) == "");
    BOOST_TEST(some->database.socket == "/run/m.sock");
    BOOST_TEST(some->database.hosts.empty());
    BOOST_TEST(some->database.name == "other");
    BOOST_TEST(some->database.user == "u");
    BOOST_TEST(some->database.password.expose() == "p");

    const auto none = load_text(minimal_server + minimal_gateway, url);
    BOOST_TEST_REQUIRE(mistakes_of(none) == "");
    BOOST_TEST(hosts_of(*none) == "[\"h:1\"]");

    // The shop's own variable may name what we cannot use; ours may not.
    const std::string postgres = "postgres://u:p@h/n";
    BOOST_TEST(mistakes_of(load_text(minimal, {{"DATABASE_URL", postgres}})) == "");
    BOOST_TEST(mistakes_of(load_text(minimal, {{"TOLLGATE_DATABASE_URL", postgres}})) != "");
    BOOST_TEST(
        mistakes_of(load_text(minimal_server + minimal_gateway, {{"DATABASE_URL", postgres}})) != ""
    );
}

BOOST_AUTO_TEST_CASE(good_settings)
{
    // clang-format off
    struct {
        const char* name;
        std::string text;
        const char* setting;
        const char* expected;
    } const cases[] = {
        {"unix socket",      server("listen = '/run/t.sock'"),    "server.listen", "/run/t.sock"},
        {"address",          server("listen = '127.0.0.1:9000'"), "server.listen", "127.0.0.1:9000"},
        {"empty is none",    server("listen = ''"),               "server.listen", ""},
        {"number in hex",    server("threads = 0x10"),            "server.threads", "16"},
        {"two hosts",        database("name='n'\nuser='u'\nhosts=['a','b:1']"), "database.hosts", "[\"a:3306\", \"b:1\"]"},
        {"socket",           database("name='n'\nuser='u'\nsocket='/m'"), "database.hosts", "[]"},
        {"empty directory",  minimal + "[downloads]\ndirectory=''", "downloads.directory", ""},
        {"x-accel",          minimal + "[downloads]\ndelivery='x-accel'", "downloads.delivery", "x-accel"},
        {"dotted keys",      "server.threads = 5\n" + minimal_database + minimal_gateway + "notify_url = 'https://a.example/n'", "server.threads", "5"},
        {"final slash",      "server.public_url = 'https://a.example/'\n" + minimal_database + minimal_gateway, "server.public_url", "https://a.example"},
        {"with a path",      "server.public_url = 'http://a.example/pay/'\n" + minimal_database + minimal_gateway, "server.public_url", "http://a.example/pay"},
    };
    // clang-format on
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            const auto loaded = load_text(c.text);
            BOOST_TEST_REQUIRE(mistakes_of(loaded) == "");
            BOOST_TEST(readers.at(c.setting)(*loaded) == c.expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(mistakes_name_the_line_and_what_is_allowed)
{
    const TemporaryFile short_key{"hidden\n", "short_key"};
    const TemporaryFile empty_file{"\n", "empty"};
    const TemporaryFile large_file{std::string(65'537, 'x'), "large"};
    const auto key_file = [](const std::string& path) {
        return server("key_file = '" + path + "'");
    };
    const std::string readable =
        "3: `server.key_file` must be the absolute path of a readable file";
    const std::string variable = "3: `server.key_env` must be the name of an environment variable";
    const std::string listen = "3: `server.listen` must be the path of a unix socket";
    const std::string hosts = "8: `database.hosts` must be a list of different hosts";
    const std::string required = " is required (in the environment: `CINETPAY_";
    // clang-format off
    struct {
        const char* name;
        std::string text;
        std::string expected; // the beginning of the only mistake
    } const cases[] = {
        {"no section",         "[sever]\n" + minimal,           "1: [sever] is no section; there are [server], [database]"},
        {"stray setting",      "threads = 4\n" + minimal,       "1: `threads` is not in a section; there are [server]"},
        {"section as a list",  minimal + "[[check]]\n",         "10: `check` is not in a section"},
        {"unknown setting",    server("thread = 4"),            "3: `thread` is no setting of [server], which has environment, key, key_env, key_file, listen,"},
        {"section in section", minimal + "[server.tls]\n",      "10: [server.tls] is no section"},
        {"number as text",     server("threads = '4'"),         "3: `server.threads` must be a whole number from 1 to 512"},
        {"fraction",           server("threads = 4.0"),         "3: `server.threads` must be a whole number from 1 to 512"},
        {"text as number",     server("log_level = 4"),         "3: `server.log_level` must be a text, in quotes: one of debug, info, warning, error"},
        {"no environment",     server("environment = 'live'"),  "3: `server.environment` must be one of production, sandbox\n"},
        {"no log level",       server("log_level = 'all'"),     "3: `server.log_level` must be one of debug, info, warning, error\n"},
        {"listen: port only",  server("listen = ':9000'"),      listen},
        {"listen: no port",    server("listen = '127.0.0.1'"),  listen},
        {"listen: bad port",   server("listen = '127.0.0.1:99999'"), listen},
        {"listen: relative",   server("listen = 'run/t.sock'"), listen},
        {"listen: too long",   server("listen = '/" + std::string(107, 'x') + "'"), listen},
        {"short key",          server("key = 'hidden'"),        "3: `server.key` must be a text of at least 32 characters\n"},
        {"key is a list",      server("key = ['hidden']"),      "3: `server.key` must be a text, in quotes"},
        {"two keys",           server("key = 'hidden'\nkey_env = 'MY_KEY'"), "4: `server.key` is given more than once; keep one of key, key_file and key_env\n"},
        {"two other keys",     server("key_file = '/hidden'\nkey_env = 'MY_KEY'"), "4: `server.key` is given more than once"},
        {"no key file",        key_file("/nonexistent/hidden"), readable},
        {"relative key file",  key_file("hidden"),              readable},
        {"key file: folder",   key_file("/"),                   readable},
        {"key file: empty",    key_file(empty_file.path()),     readable},
        {"key file: short",    key_file(short_key.path()),      readable},
        {"key file: large",    key_file(large_file.path()),     readable},
        {"key file: number",   server("key_file = 1"),          readable},
        {"unset variable",     server("key_env = 'hidden'"),    variable},
        {"empty variable",     server("key_env = 'EMPTY'"),     variable},
        {"short variable",     server("key_env = 'SHORT'"),     variable},
        {"no variable",        server("key_env = ''"),          variable},
        {"no public_url",      "[server]\n" + minimal_database + minimal_gateway, "1: `server.public_url` is required (in the environment: `TOLLGATE_PUBLIC_URL`): an http"},
        {"no [server]",        minimal_database + minimal_gateway, "1: `server.public_url` is required"},
        {"public_url: scheme", "[server]\npublic_url='ftp://a'\n" + minimal_database + minimal_gateway, "2: `server.public_url` must be an http or https address"},
        {"public_url: query",  "[server]\npublic_url='http://a/?b'\n" + minimal_database + minimal_gateway, "2: `server.public_url` must be an http or https address"},
        {"public_url: user",   "[server]\npublic_url='http://u:hidden@a/'\n" + minimal_database + minimal_gateway, "2: `server.public_url` must be an http or https address"},
        {"no [database]",      minimal_server + minimal_gateway, "1: the database is missing: add a section [database], or `TOLLGATE_DATABASE_URL`"},
        {"no name",            database("user = 'u'"),          "7: `database.name` is required: one line of text"},
        {"empty user",         database("name = 'n'\nuser = ''"), "9: `database.user` must be one line of text, not empty"},
        {"hosts: text",        database("hosts = 'a'\nname='n'\nuser='u'"), hosts},
        {"hosts: empty",       database("hosts = []\nname='n'\nuser='u'"), hosts},
        {"hosts: numbers",     database("hosts = [1]\nname='n'\nuser='u'"), hosts},
        {"hosts: bad port",    database("hosts = ['a:0']\nname='n'\nuser='u'"), hosts},
        {"hosts: no host",     database("hosts = [':3306']\nname='n'\nuser='u'"), hosts},
        {"hosts: twice",       database("hosts = ['a', 'b', 'a:3306']\nname='n'\nuser='u'"), hosts},
        {"hosts and socket",   database("hosts = ['a']\nsocket='/m'\nname='n'\nuser='u'"), "9: `database.hosts` and `database.socket` exclude each other"},
        {"relative socket",    database("socket='m'\nname='n'\nuser='u'"), "8: `database.socket` must be the path of a unix socket"},
        {"shop url",           minimal + "[shop]\nurl='shop.example'", "11: `shop.url` must be an http or https address"},
        {"shop name",          minimal + "[shop]\nname='''a\nb'''", "11: `shop.name` must be one line of text"},
        {"profile",            minimal + "[shop]\nprofile='other'", "11: `shop.profile` must be native, django_store, woocommerce_hpos, woocommerce_posts, or the path of a profile"},
        {"table prefix",       minimal + "[shop]\ntable_prefix='wp-'", "11: `shop.table_prefix` must be 1 to 32 letters of A-Z a-z, digits and _"},
        {"directory",          minimal + "[downloads]\ndirectory='files'", "11: `downloads.directory` must be an absolute path"},
        {"delivery",           minimal + "[downloads]\ndelivery='x_accel'", "11: `downloads.delivery` must be one of stream, x-accel"},
        {"prefix",             minimal + "[downloads]\nx_accel_prefix='/files'", "11: `downloads.x_accel_prefix` must be a path of the web server"},
        {"events: no secret",  minimal + "[events]\nurl='https://shop.example/events'", "10: `events.secret` is required (in the environment: `TOLLGATE_EVENTS_SECRET`): whsec_ and the base64 of 24 to 64 random bytes\n"},
        {"events: secret",     minimal + "[events]\nsecret='whsec_hidden'", "11: `events.secret` must be whsec_ and the base64 of 24 to 64 random bytes\n"},
        {"events: its secret", minimal + "[events]\nurl='https://shop.example/events'\nsecret='hidden'", "12: `events.secret` must be whsec_ and"},
        {"events: previous",   minimal + "[events]\nprevious_secret='hidden'", "11: `events.previous_secret` must be whsec_ and"},
        {"events: url",        minimal + "[events]\nurl='shop.example'", "11: `events.url` must be an http or https address"},
        {"unknown gateway",    minimal + "[gateway.paypal]\nsecret='hidden'", "10: [gateway.paypal] is no gateway; there are cinetpay, acmepay\n"},
        {"no gateway",         minimal_server + "key='" + good_key + "'\n" + minimal_database, "1: no gateway: add a section [gateway.<name>] or the gateway's variables; there are cinetpay, acmepay\n"},
        {"gateway setting",    gateway("api_key='a'\nsite_id='1'\nsecret='s'\nsite='hidden'"), "10: `site` is no setting of [gateway.cinetpay]"},
        {"gateway: missing",   gateway("api_key='a'\nsecret='s'"), "6: `gateway.cinetpay.site_id`" + required + "SITE_ID`): one line of text"},
        {"gateway: secret",    gateway("api_key='a'\nsite_id='1'"), "6: `gateway.cinetpay.secret`" + required + "SECRET`): a text that is not empty"},
        {"gateway: empty",     gateway("api_key='a'\nsite_id='1'\nsecret=''"), "9: `gateway.cinetpay.secret` must be a text that is not empty"},
        {"gateway: number",    gateway("api_key='a'\nsite_id=1\nsecret='s'"), "8: `gateway.cinetpay.site_id` must be a text, in quotes"},
        {"gateway: url",       gateway("api_key='a'\nsite_id='1'\nsecret='s'\napi_url='hidden'"), "10: `gateway.cinetpay.api_url` must be an http or https address"},
        {"not TOML",           "[server\n",                     "1: this is not TOML (column "},
        {"section twice",      minimal + "[server]\n",          "10: this section or setting is given twice"},
        {"setting twice",      server("threads = 1\nthreads = 1"), "4: this section or setting is given twice"},
        {"secret unquoted",    server("key = hidden"),          "3: this is not TOML (column "},
        {"like a boolean",     server("key = trhidden"),        "3: this is not TOML (column "},
        {"like a number",      server("key = 99hidden"),        "3: this is not TOML (column "},
        {"text not closed",    server("key = \"hidden"),        "3: this is not TOML (column "},
        {"not UTF-8",          server("key = \"\xff\""),        "3: this is not TOML (column "},
    };
    // clang-format on
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            const auto loaded = load_text(c.text, {{"EMPTY", ""}, {"SHORT", "hidden"}});
            const auto text = mistakes_of(loaded);
            BOOST_TEST(text.substr(0, c.expected.size()) == c.expected);
            BOOST_TEST(std::ranges::count(text, '\n') == 1);
            BOOST_TEST(text.find("hidden") == std::string::npos);
        }
    }
}

BOOST_AUTO_TEST_CASE(every_mistake_is_reported_at_once_in_the_order_of_the_file)
{
    const TemporaryFile file{"[shop]\nurl = 'x'\nnmae = 'y'\n[server]\nthreads = 0\n"};
    const auto loaded = load_file(file.path(), {{"CINETPAY_API_URL", "hidden"}});
    BOOST_REQUIRE(!loaded);
    const auto& mistakes = loaded.error();
    const std::string expected[] = {
        "environment",
        file.path() + ":1", // gateway.cinetpay.api_key and site_id, secret
        file.path() + ":1",
        file.path() + ":1",
        file.path() + ":1", // the database
        file.path() + ":2", // shop.url
        file.path() + ":3", // nmae
        file.path() + ":4", // server.public_url
        file.path() + ":5", // server.threads
    };
    BOOST_TEST_REQUIRE(mistakes.size() == std::size(expected));
    for (std::size_t i = 0; i < mistakes.size(); ++i)
        BOOST_TEST(mistakes[i].where == expected[i]);
    BOOST_TEST(
        mistakes[0].what == "`CINETPAY_API_URL` must be an http or https address such as "
                            "https://shop.example/, without user and fragment"
    );
}

BOOST_AUTO_TEST_CASE(mistakes_of_the_environment_name_the_variable)
{
    BOOST_TEST(
        mistakes_of(load_config({"", environment_of({{"CINETPAY_SITE_ID", "1"}}), gateways})) ==
        "environment: `CINETPAY_API_KEY` is required: a text that is not empty\n"
        "environment: `CINETPAY_SECRET` is required: a text that is not empty\n"
        "environment: `TOLLGATE_PUBLIC_URL` is required: an http or https address such as "
        "https://pay.shop.example, without user, query and fragment\n"
        "environment: the database is missing: add a section [database], or "
        "`TOLLGATE_DATABASE_URL` as mysql://user:password@host:port/name, percent-encoded; with "
        "?socket=/path, its only parameter, instead of host and port\n"
    );
    // clang-format off
    struct {
        const char* name;
        Variables variables;
        std::string expected;
    } const cases[] = {
        {"not a number",  {{"TOLLGATE_THREADS", "hidden"}}, "environment: `TOLLGATE_THREADS` must be a whole number from 1 to 512\n"},
        {"negative",      {{"TOLLGATE_THREADS", "-1"}}, "environment: `TOLLGATE_THREADS` must be a whole number from 1 to 512\n"},
        {"huge",          {{"TOLLGATE_THREADS", std::string(40, '9')}}, "environment: `TOLLGATE_THREADS` must be a whole number from 1 to 512\n"},
        {"short key",     {{"TOLLGATE_KEY", "hidden"}}, "environment: `TOLLGATE_KEY` must be a text of at least 32 characters\n"},
        {"no choice",     {{"TOLLGATE_RETURN", "hidden"}}, "environment: `TOLLGATE_RETURN` must be one of page, redirect, page_then_redirect\n"},
        {"empty is none", {{"TOLLGATE_THREADS", ""}, {"ACMEPAY_TOKEN", ""}}, ""},
    };
    // clang-format on
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name)
        {
            const auto variables = with(cinetpay_shop, c.variables);
            const auto loaded = load_config({"", environment_of(variables), gateways});
            BOOST_TEST(mistakes_of(loaded) == c.expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_read_is_the_only_mistake)
{
    for (const std::string path : {"/nonexistent/tollgate.toml", "/"}) {
        const auto loaded = load_file(path, cinetpay_shop);
        BOOST_REQUIRE(!loaded);
        BOOST_TEST_REQUIRE(loaded.error().size() == 1U);
        BOOST_TEST(loaded.error()[0].where == path);
        BOOST_TEST(loaded.error()[0].what.starts_with("this must be a file that exists"));
    }
    const auto large = load_text(minimal + "#" + std::string(1'048'576, 'x'));
    BOOST_TEST(mistakes_of(large) != "");
    const auto empty = load_text("", with(cinetpay_shop, {{"TOLLGATE_THREADS", "3"}}));
    BOOST_TEST_REQUIRE(mistakes_of(empty) == "");
    BOOST_TEST(empty->server.threads == 3);
}

BOOST_AUTO_TEST_SUITE_END()
