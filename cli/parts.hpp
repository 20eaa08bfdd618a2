// What the commands about payments are made of.
#pragma once

#include "cli/commands.hpp"
#include "core/config/config.hpp"
#include "core/downloads/grant.hpp"
#include "core/gateways/registry.hpp"
#include "core/support/clock.hpp"
#include "sql/connection.hpp"
#include "sql/mysql_store.hpp"

#include <optional>

namespace tollgate {

struct Parts {
    explicit Parts(const Config& config)
        : gateways{config},
          grants{
              config.server.key.clone(),
              {config.downloads.uses_max, config.downloads.expires_after},
              config.server.previous_key.clone()},
          profile{Profile::load(config.shop.profile, config.shop.table_prefix)},
          pool{config.database},
          store{{pool, profile, {grants, config.check.expires_after}, event_scope(config.events)}}
    {
    }
    Parts(const Parts&) = delete;
    Parts& operator=(const Parts&) = delete;

    const Clock& clock = system_clock();
    Gateways gateways;
    GrantMaker grants;
    Profile profile;
    Pool pool;
    MysqlStore store;
};

std::optional<Payment> find_payment(Store& store, const PaymentName& wanted);
/// Says that there is none.
int not_found(const PaymentName& wanted);

/// For the trail: `cli awa`, or the number of a user who has no plain name.
std::string operator_name();

/// `2026-03-04T05:06:07Z` or as in the database.
std::optional<Instant> parse_time(std::string text);
/// Says how it is written.
int wrong_time();

} // namespace tollgate
