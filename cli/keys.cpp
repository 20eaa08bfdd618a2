#include "cli/commands.hpp"
#include "core/support/clock.hpp"
#include "core/support/json.hpp"
#include "core/support/text.hpp"
#include "sql/api_keys.hpp"
#include "sql/connection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate {
namespace {

/// `90m`, `24h`, `7d`, `0`
std::optional<std::chrono::seconds> parse_duration(std::string_view text)
{
    constexpr std::size_t digits_max = 5;
    if (text == "0") return std::chrono::seconds{0};
    if (text.size() < 2) return {};
    const auto digits = text.substr(0, text.size() - 1);
    if (!all_digits(digits) || digits.size() > digits_max) return {};
    const int count = std::stoi(std::string{digits});
    switch (text.back()) {
    case 'm': return std::chrono::minutes{count};
    case 'h': return std::chrono::hours{count};
    case 'd': return std::chrono::days{count};
    default: return {};
    }
}

std::string time_or(const std::optional<Instant>& time, const char* otherwise)
{
    return time ? iso_time(*time) : otherwise;
}

std::vector<std::string_view> names_of(const Scopes& scopes)
{
    std::vector<std::string_view> names;
    for (const auto scope : every_scope) {
        if (scopes.has(scope)) names.push_back(code(scope));
    }
    return names;
}

void print_line(const ApiKey& key, Instant now)
{
    fmt::print(
        "{} merchant={} scopes={} created={} last_used={} {}{}\n",
        key.name,
        key.merchant.get(),
        key.scopes.empty() ? "none" : fmt::format("{}", fmt::join(names_of(key.scopes), ",")),
        iso_time(key.created_at),
        time_or(key.last_used_at, "never"),
        key.state(now),
        key.state(now) == "ending" ? " at " + iso_time(*key.expires_at) : ""
    );
}

Json json_of(const ApiKey& key, Instant now)
{
    const auto time = [](const std::optional<Instant>& instant) {
        return instant ? Json{iso_time(*instant)} : Json{};
    };
    const auto names = names_of(key.scopes);
    return Json::object({
        {"name", key.name},
        {"merchant", key.merchant.get()},
        {"scopes", Json::Array(names.begin(), names.end())},
        {"state", key.state(now)},
        {"created_at", iso_time(key.created_at)},
        {"last_used_at", time(key.last_used_at)},
        {"expires_at", time(key.expires_at)},
        {"revoked_at", time(key.revoked_at)},
    });
}

/// The merchants that have a key of this name that works.
std::set<std::string> merchants_of(Pool& pool, const std::string& name, Instant now)
{
    std::set<std::string> merchants;
    for (const auto& key : api_keys(pool)) {
        const bool works = is_one_of(key.state(now), {"active", "ending"});
        if (key.name == name && works) merchants.insert(key.merchant.get());
    }
    return merchants;
}

} // namespace

int run_keys_add(const Config& config, const KeyOptions& options)
{
    const auto scopes = parse_scopes(options.scopes);
    if (!scopes || scopes->empty()) {
        return not_done("scopes are some of " + text_of(Scopes::all()));
    }
    Pool pool{config.database};
    const NewKey key{Merchant{options.merchant}, options.name, *scopes};
    fmt::print("{}\n", add_api_key(pool, key, system_clock().now()));
    return 0;
}

int run_keys_list(const Config& config, bool json)
{
    Pool pool{config.database};
    const auto now = system_clock().now();
    Json::Array all;
    for (const auto& key : api_keys(pool)) {
        if (json) {
            all.push_back(json_of(key, now));
        } else {
            print_line(key, now);
        }
    }
    if (json) fmt::print("{}\n", to_text(Json{std::move(all)}));
    return 0;
}

int run_keys_rotate(const Config& config, const KeyRotation& options)
{
    const auto overlap = parse_duration(options.overlap);
    if (!overlap) return not_done("the overlap is like 24h, 90m, 7d or 0");
    Pool pool{config.database};
    const auto now = system_clock().now();
    auto merchants = merchants_of(pool, options.name, now);
    if (!options.merchant.empty()) {
        std::erase_if(merchants, [&](const auto& one) { return one != options.merchant; });
    }
    if (merchants.size() > 1) {
        return not_done(fmt::format(
            "keys called {} belong to {}: say whose with --merchant",
            options.name,
            fmt::join(merchants, ", ")
        ));
    }
    std::optional<std::string> key;
    if (!merchants.empty()) {
        key = rotate_api_key(
            pool,
            {.merchant = Merchant{*merchants.begin()},
             .name = options.name,
             .now = now,
             .until = now + *overlap}
        );
    }
    if (!key) return not_done("no active key is called " + options.name);
    fmt::print("{}\n", *key);
    return 0;
}

int run_keys_revoke(const Config& config, const std::string& name)
{
    Pool pool{config.database};
    const int revoked = revoke_api_keys(pool, name, system_clock().now());
    if (revoked == 0) return not_done("no active key is called " + name);
    fmt::print("revoked {}\n", revoked);
    return 0;
}

} // namespace tollgate
