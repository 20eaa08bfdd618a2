#include "core/config/config.hpp"

#include "core/config/addresses.hpp"
#include "core/config/gateway_reader.hpp"
#include "core/config/setting_reader.hpp"
#include "core/config/text_rules.hpp"
#include "core/config/toml_document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

namespace tollgate {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::array plain_sections{
    "server", "database", "shop", "pages", "downloads", "check", "events", "api", "retention"};

constexpr std::string_view database_url_form =
    "mysql://user:password@host:port/name, percent-encoded; with ?socket=/path, its only "
    "parameter, instead of host and port";

// The shop's own: where it is. Whatever is said about us wins over it.
constexpr auto site_variable = "SITE_URL";

bool read_sandbox(SettingReader& reader)
{
    const Setting environment{"server", "environment", "PAYMENT_ENVIRONMENT", "production"};
    return reader.choice(environment, {"production", "sandbox"}) == "sandbox";
}

std::string read_public_url(SettingReader& reader, const Config& config)
{
    const auto derived = derived_public_url(config.gateways);
    const bool required = derived.empty();
    std::string variable = "TOLLGATE_PUBLIC_URL";
    const bool by_site =
        required && !reader.variable(variable) && reader.variable(site_variable).has_value();
    if (by_site) variable = site_variable;
    const Setting setting{"server", "public_url", variable, derived, required};
    auto url = reader.text(setting, base_url);
    if (url.ends_with('/')) url.pop_back();
    return url;
}

Secret read_key(SettingReader& reader, const Config& config, std::span<const GatewaySpec> specs)
{
    const Setting setting{"server", "key", "TOLLGATE_KEY"};
    auto key = reader.secret(setting, long_secret);
    if (key.empty()) key = derived_key(config.gateways, specs);
    // After another mistake the gateways' secrets may merely have been refused.
    if (key.empty() && !reader.has_mistakes()) reader.add_missing(setting, long_secret.allowed);
    return key;
}

void read_server(SettingReader& reader, Config& config, std::span<const GatewaySpec> specs)
{
    auto& server = config.server;
    server.public_url = read_public_url(reader, config);
    server.listen = reader.text({"server", "listen", "TOLLGATE_LISTEN"}, listen_address);
    server.threads = reader.integer({"server", "threads", "TOLLGATE_THREADS"}, {1, 512, 64});
    server.key = read_key(reader, config, specs);
    const Setting previous{"server", "previous_key", "TOLLGATE_PREVIOUS_KEY"};
    server.previous_key = reader.secret(previous, long_secret);
    const Setting log_level{"server", "log_level", "TOLLGATE_LOG_LEVEL", "info"};
    config.log_level = reader.choice(log_level, {"debug", "info", "warning", "error"});
}

// None when no variable is set; empty when what is set was refused.
std::optional<DatabaseUrl> read_database_url(SettingReader& reader)
{
    for (const std::string name : {"TOLLGATE_DATABASE_URL", "DATABASE_URL"}) {
        const auto text = reader.variable(name);
        if (!text) continue;
        auto url = parse_database_url(*text);
        if (url) return url;
        // DATABASE_URL is the shop's own: beside our section it may be of any kind.
        if (name == "DATABASE_URL" && reader.has_section("database")) return {};
        reader.add_mistake(0, fmt::format("`{}` must be {}", name, database_url_form));
        return DatabaseUrl{};
    }
    return {};
}

std::vector<DatabaseHost> read_hosts(SettingReader& reader, const Setting& setting)
{
    const std::string allowed =
        "a list of different hosts with or without port, such as [\"db1:3306\", \"db2\"]";
    std::vector<DatabaseHost> hosts;
    for (const auto& text : reader.texts(setting, allowed)) {
        const auto host = parse_database_host(text);
        if (!host || std::ranges::find(hosts, *host) != hosts.end()) {
            reader.add_mistake(
                reader.line(setting), fmt::format("`{}` must be {}", setting.name(), allowed)
            );
            break;
        }
        hosts.push_back(*host);
    }
    return hosts;
}

void read_database_place(SettingReader& reader, DatabaseConfig& database, const DatabaseUrl& url)
{
    const Setting hosts{"database", "hosts"};
    const Setting socket{"database", "socket"};
    database.hosts = read_hosts(reader, hosts);
    database.socket = reader.text(socket, socket_path);
    if (reader.line(hosts) != 0 && !database.socket.empty()) {
        reader.add_mistake(
            std::max(reader.line(hosts), reader.line(socket)),
            "`database.hosts` and `database.socket` exclude each other; keep one of them"
        );
    }
    if (database.hosts.empty() && database.socket.empty()) {
        database.hosts = url.hosts;
        database.socket = url.socket;
    }
    if (database.hosts.empty() && database.socket.empty()) {
        database.hosts.push_back({.host = "127.0.0.1"});
    }
}

// What the URL says is the fallback of what the file says.
void read_database(SettingReader& reader, DatabaseConfig& database)
{
    const auto given = read_database_url(reader);
    if (!given && !reader.has_section("database")) {
        const auto what = fmt::format(
            "the database is missing: add a section [database], or `TOLLGATE_DATABASE_URL` as {}",
            database_url_form
        );
        reader.add_mistake(reader.has_file() ? 1 : 0, what);
        return;
    }
    const bool required = !given;
    const DatabaseUrl nothing;
    const auto& url = given ? *given : nothing;
    read_database_place(reader, database, url);
    database.name = reader.text({"database", "name", {}, url.name, required}, line_of_text);
    database.user = reader.text({"database", "user", {}, url.user, required}, line_of_text);
    database.password = reader.secret({"database", "password"}, any_secret);
    if (database.password.empty()) database.password = url.password.clone();
    database.connections_max = reader.integer({"database", "connections_max"}, {2, 64, 6});
    database.timeout =
        milliseconds{reader.integer({"database", "timeout_ms"}, {100, 60'000, 10'000})};
}

void read_shop(SettingReader& reader, ShopConfig& shop)
{
    shop.name = reader.text({"shop", "name", "TOLLGATE_SHOP_NAME"}, line_of_text);
    auto site = reader.variable(site_variable).value_or("");
    if (!http_url.accepts(site)) site.clear(); // not ours to judge where nothing needs it
    shop.url = reader.text({"shop", "url", "TOLLGATE_SHOP_URL", site}, http_url);
    shop.profile = reader.text({"shop", "profile", "TOLLGATE_PROFILE", "native"}, profile);
    shop.table_prefix =
        reader.text({"shop", "table_prefix", "TOLLGATE_TABLE_PREFIX", "wp_"}, table_prefix);
    const Setting secret{"shop", "checkout_secret", "TOLLGATE_CHECKOUT_SECRET"};
    shop.checkout_secret = reader.secret(secret, long_secret);
    const Setting previous{"shop", "previous_checkout_secret", "TOLLGATE_PREVIOUS_CHECKOUT_SECRET"};
    shop.previous_checkout_secret = reader.secret(previous, long_secret);
    shop.files = reader.texts({"shop", "files"}, "a list of paths below downloads.directory");
    shop.merchant = reader.text({"shop", "merchant", "TOLLGATE_MERCHANT", "main"}, line_of_text);
}

ShowResult read_show_result(SettingReader& reader)
{
    const Setting setting{"shop", "return", "TOLLGATE_RETURN", "page"};
    const auto mode = reader.choice(setting, {"page", "redirect", "page_then_redirect"});
    if (mode == "redirect") return ShowResult::redirect;
    return mode == "page_then_redirect" ? ShowResult::page_then_redirect : ShowResult::page;
}

// Without a secret the shop could not tell our result from one that a customer typed.
void read_result_pages(SettingReader& reader, ShopConfig& shop)
{
    shop.show_result = read_show_result(reader);
    shop.success_url = reader.text({"shop", "success_url", "TOLLGATE_SUCCESS_URL"}, http_url);
    shop.failure_url = reader.text({"shop", "failure_url", "TOLLGATE_FAILURE_URL"}, http_url);
    const Setting secret{"shop", "result_secret", "TOLLGATE_RESULT_SECRET"};
    shop.result_secret = reader.secret(secret, long_secret);
    const bool required = shop.show_result != ShowResult::page;
    if (required && shop.result_secret.empty() && !reader.has_mistakes()) {
        reader.add_missing(secret, long_secret.allowed);
    }
}

// Which languages have texts is known where the texts are.
void read_pages(SettingReader& reader, PagesConfig& pages)
{
    pages.directory = reader.text({"pages", "directory", "TOLLGATE_PAGES"}, absolute_path);
    const Setting setting{"pages", "languages", "TOLLGATE_LANGUAGES"};
    const std::string allowed = "a list of different languages, such as [\"fr\", \"en\"]";
    const auto languages = reader.texts(setting, allowed);
    if (languages.empty()) return;
    if (std::set(languages.begin(), languages.end()).size() != languages.size()) {
        reader.add_mistake(
            reader.line(setting), fmt::format("`{}` must be {}", setting.name(), allowed)
        );
    }
    pages.languages = languages;
}

void read_downloads(SettingReader& reader, DownloadConfig& downloads)
{
    downloads.directory =
        reader.text({"downloads", "directory", "TOLLGATE_DOWNLOADS"}, absolute_path);
    const Setting delivery{"downloads", "delivery", {}, "stream"};
    const auto way = reader.choice(delivery, {"stream", "x-accel", "x-sendfile"});
    downloads.delivery = way == "x-accel"      ? Delivery::x_accel
                         : way == "x-sendfile" ? Delivery::x_sendfile
                                               : Delivery::stream;
    downloads.x_accel_prefix =
        reader.text({"downloads", "x_accel_prefix", {}, "/protected/"}, web_prefix);
    downloads.uses_max = reader.integer({"downloads", "uses_max"}, {1, 1'000, 5});
    downloads.expires_after =
        seconds{reader.integer({"downloads", "expires_after_s"}, {60, 315'360'000, 259'200})};
    downloads.use_lasts = seconds{reader.integer({"downloads", "use_lasts_s"}, {1, 86'400, 3'600})};
}

void read_check(SettingReader& reader, CheckConfig& check)
{
    check.connect_timeout =
        milliseconds{reader.integer({"check", "connect_timeout_ms"}, {10, 60'000, 5'000})};
    check.timeout = milliseconds{reader.integer({"check", "timeout_ms"}, {10, 120'000, 20'000})};
    check.return_wait =
        milliseconds{reader.integer({"check", "return_wait_ms"}, {0, 30'000, 4'000})};
    check.in_flight_max = reader.integer({"check", "in_flight_max"}, {1, 4'000, 512});
    check.gateway_in_flight_max =
        reader.integer({"check", "gateway_in_flight_max"}, {1, 1'000, 256});
    check.expires_after =
        std::chrono::hours{reader.integer({"check", "expires_after_h"}, {1, 720, 720})};
}

// Without a secret the storefront could not tell our events from anybody's.
void read_events(SettingReader& reader, EventsConfig& events, bool sandbox)
{
    events.url = reader.text({"events", "url", "TOLLGATE_EVENTS_URL"}, http_url);
    const bool required = !events.url.empty();
    const Setting secret{"events", "secret", "TOLLGATE_EVENTS_SECRET", {}, required};
    events.secret = reader.secret(secret, webhook_secret);
    const Setting previous{"events", "previous_secret", "TOLLGATE_EVENTS_PREVIOUS_SECRET"};
    events.previous_secret = reader.secret(previous, webhook_secret);
    events.timeout = milliseconds{reader.integer({"events", "timeout_ms"}, {100, 60'000, 15'000})};
    events.in_flight_max = reader.integer({"events", "in_flight_max"}, {1, 256, 8});
    const Setting callbacks{"events", "callbacks", {}, sandbox ? "anywhere" : "public"};
    events.private_callbacks = reader.choice(callbacks, {"public", "anywhere"}) == "anywhere";
}

void read_api(SettingReader& reader, ApiConfig& api)
{
    api.requests_per_minute = reader.integer({"api", "requests_per_minute"}, {1, 1'000'000, 600});
}

void read_retention(SettingReader& reader, RetentionConfig& retention)
{
    using std::chrono::days;
    retention.evidence = days{reader.integer({"retention", "evidence_days"}, {90, 36'500, 540})};
    retention.events = days{reader.integer({"retention", "events_days"}, {1, 36'500, 30})};
    retention.requests = days{reader.integer({"retention", "requests_days"}, {1, 365, 7})};
}

// The gateways' sections were judged when they were read.
void refuse_unknown_names(SettingReader& reader)
{
    const auto sections =
        fmt::format("[{}] and [gateway.<name>]", fmt::join(plain_sections, "], ["));
    for (const auto& [name, section] : reader.document()) {
        if (std::ranges::find(plain_sections, name) != plain_sections.end()) {
            reader.refuse_unknown_settings(name);
        } else if (name.empty()) {
            for (const auto& [key, value] : section.values) {
                const auto what =
                    fmt::format("`{}` is not in a section; there are {}", key, sections);
                reader.add_mistake(value.line, what);
            }
        } else if (!name.starts_with("gateway.")) {
            const auto what = fmt::format("[{}] is no section; there are {}", name, sections);
            reader.add_mistake(section.line, what);
        }
    }
}

Unexpected<std::vector<ConfigMistake>> only_mistake(std::string where, std::string what)
{
    return {{{std::move(where), std::move(what)}}};
}

// Empty without a file.
Expected<TomlDocument, std::vector<ConfigMistake>> read_document(const std::string& path)
{
    if (path.empty()) return TomlDocument{};
    const auto text = read_file(path, config_file_bytes_max);
    if (!text) {
        const auto what = fmt::format(
            "this must be a file that exists, that this user may read and that has at most {} "
            "bytes",
            config_file_bytes_max
        );
        return only_mistake(path, what);
    }
    auto parsed = parse_toml(*text);
    if (!parsed) {
        const auto& mistake = parsed.error();
        return only_mistake(fmt::format("{}:{}", path, mistake.line), mistake.what);
    }
    return *std::move(parsed);
}

} // namespace

Expected<std::vector<std::string>, std::vector<ConfigMistake>>
named_gateways(const ConfigSource& source)
{
    const auto document = read_document(source.file);
    if (!document) return Unexpected{document.error()};
    const SettingReader reader{source, *document};
    std::vector<std::string> names;
    for (const auto& gateway : source.gateways) {
        if (is_named(reader, gateway)) names.emplace_back(gateway.name);
    }
    return names;
}

Expected<Config, std::vector<ConfigMistake>> load_config(const ConfigSource& source)
{
    const auto document = read_document(source.file);
    if (!document) return Unexpected{document.error()};
    SettingReader reader{source, *document};
    Config config;
    config.server.sandbox = read_sandbox(reader);
    config.gateways = read_gateways(reader, source.gateways, config.server.sandbox);
    read_server(reader, config, source.gateways);
    read_database(reader, config.database);
    read_shop(reader, config.shop);
    read_result_pages(reader, config.shop);
    read_pages(reader, config.pages);
    read_downloads(reader, config.downloads);
    read_check(reader, config.check);
    read_events(reader, config.events, config.server.sandbox);
    read_api(reader, config.api);
    read_retention(reader, config.retention);
    refuse_unknown_names(reader);
    if (reader.has_mistakes()) return Unexpected{reader.mistakes()};
    return config;
}

} // namespace tollgate
