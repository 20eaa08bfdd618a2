// Checkout links: what a customer is to pay, in an address or a form that the shop's own page makes
// with one HMAC and without asking us.
//
// Shape    the fields of checkout_fields, and `sig`: 64 lower-case hexadecimal digits of
//          HMAC-SHA256(secret, "tollgate-checkout-1\n" ‖ for every field, by name:
//          name ‖ ":" ‖ number of bytes of the value ‖ ":" ‖ value ‖ "\n"), where the gateway of
//          the path is a field too. With the length before it no value can pass for another field
//          An order's key: key ‖ "." ‖ digits of HMAC-SHA256(secret, "tollgate-order-1\n" ‖ key)
// Range    a value of at most checkout_value_bytes_max bytes without control characters
// Errors   LinkError
#pragma once

#include "core/support/clock.hpp"
#include "core/support/expected.hpp"
#include "core/support/secret.hpp"
#include "core/support/url.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tollgate {

inline constexpr std::size_t checkout_value_bytes_max = 2000;

/// All that a link can say; sorted, as they are signed. Anything else in its address is not part of
/// it: what mail programs and social networks append changes nothing.
inline constexpr std::array<std::string_view, 19> checkout_fields{
    "address", "amount",  "callback_url", "city",    "country", "currency", "description",
    "email",   "expires", "failure_url",  "files",   "gateway", "name",     "order",
    "phone",   "state",   "success_url",  "surname", "zip",
};

/// Secrets that the shop signs with; none of them may be the key of anything else.
struct CheckoutSecrets {
    const Secret& current;  ///< empty: nothing is signed, so nothing is accepted
    const Secret& previous; ///< while the shop changes over; may be empty
};

enum class LinkError {
    malformed,       ///< a field twice, too long, with control characters, or no time in `expires`
    wrong_signature, ///< or none
};
std::string_view code(LinkError error);

struct CheckoutLink {
    Fields fields; ///< those of checkout_fields that are there, without `expires`
    std::optional<Instant> expires;
};

/// Reads a link for `gateway` out of the fields of an address or a form.
Expected<CheckoutLink, LinkError>
read_checkout_link(const CheckoutSecrets& secrets, std::string_view gateway, const Fields& fields);
/// What `sig` must be.
std::string
checkout_signature(const Secret& secret, std::string_view gateway, const Fields& fields);

/// The key under a signed one; nothing when it is not signed by the shop.
std::optional<std::string>
open_order_key(const CheckoutSecrets& secrets, std::string_view signed_key);
std::string sign_order_key(const Secret& secret, std::string_view key);

} // namespace tollgate
