#include "sql/purge.hpp"

#include "cli/commands.hpp"

#include <fmt/format.h>

namespace tollgate {

int run_purge(const Config& config, bool dry_run)
{
    Pool pool{config.database};
    const auto purged = purge(
        pool,
        {
            .evidence_age = config.retention.evidence,
            .events_age = config.retention.events,
            .requests_age = config.retention.requests,
            .now = system_clock().now(),
            .dry_run = dry_run,
        }
    );
    fmt::print(
        "{} {} of evidence, {} orphans, {} delivered events, {} answers to requests\n",
        dry_run ? "would remove" : "removed",
        purged.evidence,
        purged.orphans,
        purged.events,
        purged.requests
    );
    return 0;
}

} // namespace tollgate
