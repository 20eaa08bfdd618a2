#include "core/checkout/checkout_link.hpp"

#include "core/crypto/constant_time.hpp"
#include "core/crypto/encoding.hpp"
#include "core/crypto/hmac.hpp"
#include "core/support/check.hpp"
#include "core/support/text.hpp"

#include <algorithm>
#include <charconv>

namespace tollgate {
namespace {

constexpr std::string_view link_purpose = "tollgate-checkout-1\n";
constexpr std::string_view order_purpose = "tollgate-order-1\n";
constexpr std::size_t expires_digits_max = 11;

static_assert(std::ranges::is_sorted(checkout_fields));

void append_line(std::string& message, std::string_view name, std::string_view value)
{
    message.append(name).append(":").append(std::to_string(value.size())).append(":");
    message.append(value).append("\n");
}

bool is_value(std::string_view text)
{
    return text.size() <= checkout_value_bytes_max && std::ranges::none_of(text, [](char c) {
               const auto byte = static_cast<unsigned char>(c);
               return byte < ' ' || byte == 0x7f;
           });
}

/// Those that a link can have, each once; the gateway stands in the path alone.
std::optional<Fields> link_fields(const Fields& fields)
{
    Fields known;
    for (const auto& [name, value] : fields) {
        if (name == "gateway" || !std::ranges::binary_search(checkout_fields, name)) continue;
        if (has_field(known, name) || !is_value(value)) return {};
        known.emplace_back(name, value);
    }
    return known;
}

/// Seconds since 1970.
std::optional<Instant> parse_expires(std::string_view text)
{
    if (!all_digits(text) || text.size() > expires_digits_max) return {};
    std::int64_t seconds = 0;
    std::from_chars(text.data(), text.data() + text.size(), seconds);
    return Instant{std::chrono::seconds{seconds}};
}

std::string order_signature(const Secret& secret, std::string_view key)
{
    std::string message{order_purpose};
    message.append(key);
    return to_hex(hmac_sha256(secret.expose(), message));
}

/// Whether `given` is what `sign` makes with one of the secrets.
template <class Sign>
bool is_signed(const CheckoutSecrets& secrets, std::string_view given, Sign sign)
{
    const auto by = [&](const Secret& secret) {
        return !secret.empty() && equal_in_constant_time(given, sign(secret));
    };
    return by(secrets.current) || by(secrets.previous);
}

} // namespace

std::string_view code(LinkError error)
{
    switch (error) {
    case LinkError::malformed: return "malformed";
    case LinkError::wrong_signature: return "wrong_signature";
    }
    impossible("link error");
}

std::string checkout_signature(const Secret& secret, std::string_view gateway, const Fields& fields)
{
    std::string message{link_purpose};
    for (const auto name : checkout_fields) {
        if (name == "gateway") {
            append_line(message, name, gateway);
        } else if (has_field(fields, name)) {
            append_line(message, name, field(fields, name));
        }
    }
    return to_hex(hmac_sha256(secret.expose(), message));
}

Expected<CheckoutLink, LinkError>
read_checkout_link(const CheckoutSecrets& secrets, std::string_view gateway, const Fields& fields)
{
    auto known = link_fields(fields);
    if (!known) return Unexpected{LinkError::malformed};
    const bool genuine = is_signed(secrets, field(fields, "sig"), [&](const Secret& secret) {
        return checkout_signature(secret, gateway, *known);
    });
    if (!genuine) return Unexpected{LinkError::wrong_signature};
    CheckoutLink link;
    if (has_field(*known, "expires")) {
        link.expires = parse_expires(field(*known, "expires"));
        if (!link.expires) return Unexpected{LinkError::malformed};
        std::erase_if(*known, [](const auto& one) { return one.first == "expires"; });
    }
    link.fields = *std::move(known);
    return link;
}

std::string sign_order_key(const Secret& secret, std::string_view key)
{
    return std::string{key} + "." + order_signature(secret, key);
}

std::optional<std::string>
open_order_key(const CheckoutSecrets& secrets, std::string_view signed_key)
{
    const auto dot = signed_key.rfind('.');
    if (dot == std::string_view::npos || dot == 0) return {};
    const auto key = signed_key.substr(0, dot);
    const bool genuine = is_signed(secrets, signed_key.substr(dot + 1), [&](const Secret& secret) {
        return order_signature(secret, key);
    });
    if (!genuine) return {};
    return std::string{key};
}

} // namespace tollgate
