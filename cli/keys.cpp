#include "cli/commands.hpp"
#include "core/support/clock.hpp"
#include "sql/api_keys.hpp"
#include "sql/connection.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace tollgate {

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
    if (revoked == 0) return not_done("no active key is called " + options.name);
    fmt::print("revoked {}\n", revoked);
    return 0;
}

} // namespace tollgate
