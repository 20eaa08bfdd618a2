#include "core/outbox/event_scope.hpp"

#include "core/config/addresses.hpp"

namespace tollgate {

bool may_lead_anywhere(const EventsConfig& config, std::string_view callback_url)
{
    if (config.private_callbacks) return true;
    return !config.url.empty() && origin_of(callback_url) == origin_of(config.url);
}

} // namespace tollgate
