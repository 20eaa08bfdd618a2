#include "cli/commands.hpp"

#include "cli/parts.hpp"
#include "core/outbox/sender.hpp"
#include "core/settle/reconciler.hpp"
#include "sql/migrate.hpp"
#include "sql/outbox.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace tollgate {
namespace {

/// Cron comes again in a minute; the storefront may need the time-out of a delivery beyond it.
constexpr std::chrono::seconds delivery_time{30};

void deliver_events(Parts& parts, const EventsConfig& config)
{
    if (config.url.empty()) return;
    MysqlOutbox outbox{parts.pool};
    EventSender sender{{config, outbox, parts.clock}};
    fmt::print("delivered {}\n", sender.send_due(delivery_time));
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

int run_migrate(const Config& config)
{
    Pool pool{config.database};
    const auto applied = migrate(pool, system_clock().now());
    for (const auto& name : applied)
        fmt::print("applied {}\n", name);
    if (applied.empty()) fmt::print("nothing to do: the schema is at {:04}\n", newest_migration());
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
