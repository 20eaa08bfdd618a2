#include "cli/commands.hpp"

#include "core/settle/reconciler.hpp"
#include "sql/api_keys.hpp"
#include "sql/connection.hpp"
#include "sql/migrate.hpp"
#include "sql/mysql_store.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace tollgate {
namespace {

constexpr std::chrono::seconds stop_wait{5};

} // namespace

int run_migrate(const Config& config)
{
    Pool pool{config.database};
    const auto applied = migrate(pool, system_clock().now());
    for (const auto& name : applied)
        fmt::print("applied {}\n", name);
    if (applied.empty()) fmt::print("nothing to do: the schema is at {:04}\n", newest_migration());
    return 0;
}

int run_keys_add(const Config& config, const KeyOptions& options)
{
    Pool pool{config.database};
    const Merchant merchant{options.merchant};
    fmt::print("{}\n", add_api_key(pool, merchant, options.name, system_clock().now()));
    return 0;
}

int run_keys_list(const Config& config)
{
    Pool pool{config.database};
    for (const auto& key : api_keys(pool)) {
        fmt::print(
            "{} merchant={} created={} {}\n",
            key.name,
            key.merchant.get(),
            iso_time(key.created_at),
            key.revoked ? "revoked" : "active"
        );
    }
    return 0;
}

int run_keys_revoke(const Config& config, const KeyOptions& options)
{
    Pool pool{config.database};
    const int revoked = revoke_api_keys(pool, options.name, system_clock().now());
    if (revoked > 0) {
        fmt::print("revoked {}\n", revoked);
        return 0;
    }
    fmt::print(stderr, "tollgate: no active key is called {}\n", options.name);
    return 1;
}

int run_reconcile(const Config& config)
{
    const auto& clock = system_clock();
    const Gateways gateways{config};
    const GrantMaker grants{
        config.server.key.clone(), {config.downloads.uses_max, config.downloads.expires_after}};
    const auto profile = Profile::load(config.shop.profile);
    Pool pool{config.database};
    MysqlStore store{{pool, profile, grants}};
    auto courier = std::make_unique<Courier>(config.check);
    Checker checker{{store, gateways, *courier, clock}};
    const auto asked = reconcile_once(store, checker, clock);
    checker.stop(stop_wait);
    courier.reset();
    fmt::print("asked about {}\n", asked);
    return 0;
}

} // namespace tollgate
