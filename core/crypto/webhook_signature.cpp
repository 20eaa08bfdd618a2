#include "core/crypto/webhook_signature.hpp"

#include "core/crypto/encoding.hpp"
#include "core/crypto/hmac.hpp"

namespace tollgate {
namespace {

constexpr std::string_view secret_prefix = "whsec_";

} // namespace

std::optional<Secret> webhook_key(std::string_view secret)
{
    if (!secret.starts_with(secret_prefix)) return {};
    auto key = from_base64(secret.substr(secret_prefix.size()));
    if (!key) return {};
    if (key->size() < webhook_key_bytes_min || key->size() > webhook_key_bytes_max) return {};
    return Secret{*std::move(key)};
}

std::string webhook_timestamp(Instant sent_at)
{
    const auto seconds = std::chrono::floor<std::chrono::seconds>(sent_at);
    return std::to_string(seconds.time_since_epoch().count());
}

std::string webhook_signature(const Secret& key, const WebhookMessage& message)
{
    std::string signed_text{message.id};
    signed_text += '.';
    signed_text += webhook_timestamp(message.sent_at);
    signed_text += '.';
    signed_text += message.payload;
    return "v1," + to_base64(hmac_sha256(key.expose(), signed_text));
}

} // namespace tollgate
