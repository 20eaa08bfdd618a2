// tollgate.toml, or the environment, as values; or the full list of mistakes.
//
// Every setting, its default and its limits are described in docs/configuration.md; the file
// docs/tollgate.example.toml names them all.
//
// Errors   ConfigMistake per mistake, all of them at once; the programs then end with exit code 78
#pragma once

#include "core/support/expected.hpp"
#include "core/support/secret.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate {

inline constexpr int exit_code_config = 78; ///< EX_CONFIG of sysexits.h

enum class SettingKind { text, url, secret };

/// What an adapter wants to be told; its name in the environment is `<GATEWAY>_<NAME>`.
struct SettingSpec {
    std::string_view name;
    SettingKind kind = SettingKind::text;
    bool required = false;
    std::string_view fallback{};
    /// The fallback where `server.environment` is `sandbox`; empty: the same.
    std::string_view sandbox_fallback{};
    /// The words that are allowed, separated by spaces; empty: any.
    std::string_view choices{};
    /// What else a text must be, when not nullptr; `allowed` completes "must be …".
    bool (*accepts)(std::string_view text) = nullptr;
    std::string_view allowed{};
};

struct GatewaySpec {
    std::string_view name;
    std::span<const SettingSpec> settings;
};

/// One gateway's settings, complete: what was not given has its fallback.
struct GatewaySettings {
    std::string gateway;
    std::map<std::string, Secret, std::less<>> values;

    /// Empty when there is none; for texts and URLs.
    std::string text(std::string_view name) const;
    /// Empty when there is none.
    std::string_view secret(std::string_view name) const;
};

struct ServerConfig {
    bool sandbox = false;   ///< play money: SettingSpec::sandbox_fallback counts
    std::string public_url; ///< without a final slash
    std::string listen;     ///< path of a unix socket, or `127.0.0.1:9000`; empty: inherited fd 0
    int threads = 64;
    Secret key;           ///< return and download tokens are made with it
    Secret previous_key;  ///< links made with it go on to work; may be empty
};

struct DatabaseHost {
    std::string host;
    int port = 3306;

    friend bool operator==(const DatabaseHost&, const DatabaseHost&) = default;
};

struct DatabaseConfig {
    std::vector<DatabaseHost> hosts; ///< tried in this order when a connection dies
    std::string socket;              ///< instead of hosts
    std::string name;
    std::string user;
    Secret password;
    int connections_max = 6;
    std::chrono::milliseconds timeout{10'000};
};

/// Where a customer whose payment has ended sees the result: on our page, on the shop's, or on ours
/// and a few seconds later on the shop's.
enum class ShowResult { page, redirect, page_then_redirect };

struct ShopConfig {
    std::string name;
    std::string url;            ///< where "back to the shop" leads; may be empty
    std::string profile;        ///< name of a shipped profile, or path of a file
    std::string table_prefix{}; ///< stands for `{prefix}` in a profile: [A-Za-z0-9_]
    ShowResult show_result = ShowResult::page;
    std::string success_url{}; ///< the shop's own pages of a result, where the payment has none
    std::string failure_url{};
    Secret result_secret{};   ///< signs what these pages are told; empty: they are told nothing
    Secret checkout_secret{}; ///< the shop signs checkout links with it; empty: there are none
    Secret previous_checkout_secret{}; ///< counts too, while the shop changes over; may be empty
    std::string merchant{};            ///< whose payments the checkout pages open
    std::vector<std::string> files{};  ///< of orders whose profile does not say which they deliver
};

/// How our own pages look, and what they speak.
struct PagesConfig {
    std::string directory{}; ///< of the shop's template, style, logo and texts; empty: ours
    std::vector<std::string> languages{"fr", "en", "ar", "sw", "bs"}; ///< never empty
};

enum class Delivery { stream, x_accel, x_sendfile };

struct DownloadConfig {
    std::string directory; ///< empty: no downloads
    Delivery delivery = Delivery::stream;
    std::string x_accel_prefix; ///< nginx location that is `internal`
    int uses_max = 5;
    std::chrono::seconds expires_after{72 * 3600};
    std::chrono::seconds use_lasts{3600}; ///< a resumed download within it is the same use
};

struct CheckConfig {
    std::chrono::milliseconds connect_timeout{5'000};
    std::chrono::milliseconds timeout{20'000};
    std::chrono::milliseconds return_wait{4'000}; ///< how long a return page waits for an answer
    int in_flight_max = 512;                      ///< questions to gateways at once
    int gateway_in_flight_max = 256;              ///< of them, to one gateway
    std::chrono::hours expires_after{720}; ///< unpaid by then, and the gateway says so: expired
};

/// Where the storefront hears of changes, and how.
struct EventsConfig {
    std::string url;        ///< empty: only of payments with an address of their own
    Secret secret;          ///< `whsec_…`; webhook_key() reads it; empty: no events
    Secret previous_secret; ///< signs too, while the storefront changes over; may be empty
    std::chrono::milliseconds timeout{15'000};
    int in_flight_max = 8;
    /// Addresses of payments may lead to the machine itself and its networks; `url` always may.
    bool private_callbacks = false;
};

struct ApiConfig {
    int requests_per_minute = 600; ///< of one key, in one process
};

/// What `tollgate purge` leaves.
struct RetentionConfig {
    std::chrono::days evidence{540}; ///< longer than any dispute may come after a payment
    std::chrono::days events{30};    ///< of what was delivered to the storefront
    std::chrono::days requests{7};   ///< so long a request may be repeated (Idempotency-Key)
};

struct Config {
    ServerConfig server;
    DatabaseConfig database;
    ShopConfig shop;
    PagesConfig pages;
    DownloadConfig downloads;
    CheckConfig check;
    EventsConfig events;
    ApiConfig api;
    RetentionConfig retention;
    std::string log_level = "info";
    std::vector<GatewaySettings> gateways;
};

struct ConfigMistake {
    std::string where; ///< `tollgate.toml:12` or `environment`
    std::string what;
};

using Environment = std::function<std::optional<std::string>(const std::string& name)>;

struct ConfigSource {
    std::string file; ///< path; empty: the environment alone
    Environment environment;
    std::span<const GatewaySpec> gateways;
};

Expected<Config, std::vector<ConfigMistake>> load_config(const ConfigSource& source);

/// The gateways that have a section or a variable, however wrong it or anything else may be. Fails
/// only when the file is none.
Expected<std::vector<std::string>, std::vector<ConfigMistake>>
named_gateways(const ConfigSource& source);

/// The process's own environment.
Environment process_environment();

/// `--config` if given, otherwise TOLLGATE_CONFIG, otherwise /etc/tollgate/tollgate.toml if it is
/// there, otherwise empty.
std::string config_path(const std::string& option, const Environment& environment);

} // namespace tollgate
