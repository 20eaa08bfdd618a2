// What the commands about payments are made of.
#pragma once

#include "core/config/config.hpp"
#include "core/downloads/grant.hpp"
#include "core/gateways/registry.hpp"
#include "core/support/clock.hpp"
#include "sql/connection.hpp"
#include "sql/mysql_store.hpp"

namespace tollgate {

struct Parts {
    explicit Parts(const Config& config)
        : gateways{config},
          grants{
              config.server.key.clone(),
              {config.downloads.uses_max, config.downloads.expires_after}},
          profile{Profile::load(config.shop.profile)}, pool{config.database},
          store{{pool, profile, {grants, config.check.expires_after}}}
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

} // namespace tollgate
