// How Airtel Money's messages are proven: requests by message signing, where it is switched on,
// callbacks by their hash.
//
// Shape    x-signature: base64 AES-256-CBC(the exact body); x-key: base64 RSA(base64 key ":" base64
//          initial vector)
//          hash: base64 HMAC-SHA256(callback key, the text without `hash`)
#pragma once

#include "core/crypto/envelope.hpp"
#include "core/gateways/gateway.hpp"
#include "core/support/json.hpp"
#include "core/support/secret.hpp"

#include <string>
#include <string_view>

namespace tollgate::airtel_money {

/// Signs with the RSA key of the reply `keys`; false when that cannot be used.
bool sign(HttpRequest& request, const HttpReply& keys, RsaPadding padding);

/// A member of a callback's body; one country's document takes it for a header.
std::string hash_of(const Json& json, const Headers& headers);
/// Over which text of a callback `hash` was made: `received_bytes`, `compact`, `inner` or `pretty`;
/// empty when over none of them. `json` is what `body` says, an object.
std::string_view
matching_form(const Secret& key, std::string_view body, const Json& json, std::string_view hash);

} // namespace tollgate::airtel_money
