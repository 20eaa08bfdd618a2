#include "cli/commands.hpp"

#include "cli/parts.hpp"
#include "core/settle/reconciler.hpp"
#include "sql/migrate.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace tollgate {
namespace {

constexpr std::chrono::seconds stop_wait{5};

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
    const auto asked = reconcile_once(parts.store, checker, parts.clock);
    checker.stop(stop_wait);
    courier.reset();
    fmt::print("asked about {}\n", asked);
    return 0;
}

} // namespace tollgate
