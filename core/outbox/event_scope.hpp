// Whose changes the storefront is told of, and where: what the configuration has an address for, and
// what a payment's own address (ShopUrls::callback) may be.
#pragma once

#include "core/config/config.hpp"

#include <string_view>

namespace tollgate {

enum class EventScope {
    none,
    with_callback, ///< payments that have an address of their own
    all,
};

/// Without a secret nothing could be signed.
inline EventScope event_scope(const EventsConfig& config)
{
    if (config.secret.empty()) return EventScope::none;
    return config.url.empty() ? EventScope::with_callback : EventScope::all;
}

/// Whether a payment's own address may lead to the machine itself and its networks, too. What
/// stands on the host and port of `events.url` may: the operator has named them.
bool may_lead_anywhere(const EventsConfig& config, std::string_view callback_url);

} // namespace tollgate
