// What the handlers work with; the application keeps it alive.
#pragma once

#include "core/checkout/shop_order.hpp"
#include "core/config/config.hpp"
#include "core/downloads/grant.hpp"
#include "core/gateways/registry.hpp"
#include "core/settle/checker.hpp"
#include "core/settle/confirmer.hpp"
#include "core/settle/intake.hpp"
#include "core/settle/opener.hpp"
#include "core/settle/refunder.hpp"
#include "core/settle/store.hpp"
#include "core/settle/waiting_room.hpp"
#include "core/support/clock.hpp"
#include "fcgi/pages/pages.hpp"

namespace tollgate {

class Idempotency;
class KeyRing;
class Pool;
class RateLimit;

struct Services {
    const Config& config;
    const Gateways& gateways;
    const GrantMaker& grants;
    const Pages& pages;
    const Clock& clock;
    Store& store;
    Intake& intake;
    Checker& checker;
    Opener& opener;
    Refunder& refunder;
    Confirmer& confirmer;
    ShopOrders& orders;
    WaitingRoom& waiting_room;
    // Of the payments API.
    Pool& pool;
    KeyRing& keys;
    RateLimit& rate_limit;
    Idempotency& idempotency;
};

} // namespace tollgate
