// The signature of an event that is sent to the storefront.
//
// Shape    secret: `whsec_` and the base64 of webhook_key_bytes_min to _max bytes
//          signature: `v1,` and the base64 of HMAC-SHA256(key, id ‖ "." ‖ seconds ‖ "." ‖ payload)
// Source   Standard Webhooks 1.0.0, https://www.standardwebhooks.com, symmetric signatures
#pragma once

#include "core/support/clock.hpp"
#include "core/support/secret.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tollgate {

inline constexpr std::size_t webhook_key_bytes_min = 24;
inline constexpr std::size_t webhook_key_bytes_max = 64;

/// The bytes of a secret; nothing when it is none.
std::optional<Secret> webhook_key(std::string_view secret);

/// What is signed; neither `id` nor the seconds of `sent_at` contain a full stop.
struct WebhookMessage {
    std::string_view id;
    Instant sent_at{};
    std::string_view payload;
};

std::string webhook_timestamp(Instant sent_at);
std::string webhook_signature(const Secret& key, const WebhookMessage& message);

} // namespace tollgate
