#include "cli/commands.hpp"

#include "cli/parts.hpp"
#include "core/outbox/sender.hpp"
#include "core/settle/reconciler.hpp"
#include "fcgi/pages/theme.hpp"
#include "sql/migrate.hpp"
#include "sql/outbox.hpp"
#include "sql/profile_check.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <optional>
#include <stdexcept>

namespace tollgate {
namespace {

/// Cron comes again in a minute; the storefront may need the time-out of a delivery beyond it.
constexpr std::chrono::seconds delivery_time{30};

void deliver_events(Parts& parts, const EventsConfig& config)
{
    if (event_scope(config) == EventScope::none) return;
    MysqlOutbox outbox{parts.pool};
    EventSender sender{{config, outbox, parts.clock}};
    fmt::print("delivered {}\n", sender.send_due(delivery_time));
}

/// Nothing, after saying why, when the profile's file is wrong.
std::optional<Profile> load_profile(const Config& config)
{
    try {
        return Profile::load(config.shop.profile, config.shop.table_prefix);
    } catch (const std::runtime_error& error) {
        fmt::print(stderr, "{}\n", error.what());
        return {};
    }
}

/// False when there are some.
bool print_profile_mistakes(Pool& pool, const Profile& profile)
{
    if (profile.statements().empty()) return true;
    const auto mistakes = profile_mistakes(pool, profile);
    for (const auto& mistake : mistakes)
        fmt::print(stderr, "{}\n", mistake);
    return mistakes.empty();
}

} // namespace

int refuse(const std::vector<ConfigMistake>& mistakes)
{
    for (const auto& [where, what] : mistakes)
        fmt::print(stderr, "{}: {}\n", where, what);
    return exit_code_config;
}

int not_done(const std::string& why)
{
    fmt::print(stderr, "tollgate: {}\n", why);
    return exit_code_not_done;
}

int run_check_config(const Config& config)
{
    const auto theme = load_theme(config.pages);
    if (!theme) return refuse(theme.error());
    const auto profile = load_profile(config);
    if (!profile) return exit_code_config;
    Pool pool{config.database};
    try {
        if (!print_profile_mistakes(pool, *profile)) return exit_code_config;
    } catch (const StoreUnavailable& error) {
        fmt::print(
            stderr, "the profile was not held against the shop's tables: {}\n", error.what()
        );
    }
    fmt::print("the configuration is good\n");
    return 0;
}

int run_migrate(const Config& config)
{
    Pool pool{config.database};
    const auto applied = migrate(pool, system_clock().now());
    for (const auto& name : applied)
        fmt::print("applied {}\n", name);
    if (applied.empty()) fmt::print("nothing to do: the schema is at {:04}\n", newest_migration());
    // Our tables are done; those of the shop are its own matter, and may be made after ours.
    if (const auto profile = load_profile(config)) print_profile_mistakes(pool, *profile);
    return 0;
}

int run_reconcile(const Config& config)
{
    Parts parts{config};
    auto courier = std::make_unique<Courier>(config.check);
    Checker checker{
        {parts.store, parts.gateways, *courier, parts.clock}, check_limits(config.check)};
    const ReconcileLimits limits{config.check};
    const auto asked = reconcile_once({parts.store, checker, parts.clock, limits});
    checker.stop(std::chrono::milliseconds{0});
    courier.reset();
    fmt::print("asked about {}\n", asked);
    deliver_events(parts, config.events);
    return 0;
}

} // namespace tollgate
