// Airtel Money, Airtel Africa Open API, Collection: a prompt on the phone; fourteen countries.
//
// Open:    POST {api_url}/merchant/v1/payments/, JSON; `status.success` true means that the prompt
//          was sent, whatever `transaction.status` says. With message signing the exact body is
//          sealed into x-signature by AES-256-CBC, and its key and initial vector into x-key by the
//          RSA key of GET /v1/rsa/encryption-keys
// Notify:  POST, JSON {"transaction":{…},"hash"}; hash: base64 HMAC-SHA256(callback key, the text
//          without it). Its white space is not documented: four texts are tried. No amount; may
//          come before the end (TIP)
// Check:   GET {api_url}/standard/v1/payments/{our id}; `transaction.status` decides: TS paid,
//          TF failed, TE expired, TIP and TA under way. Not before three minutes
// Refund:  POST {api_url}/standard/v1/payments/refund with airtel_money_id; in full only
// Tokens:  POST {api_url}/auth/oauth2/token; they may live for 180 s only
// Amounts: a number in major units; X-Country and X-Currency with every call
// Source:  portals of Airtel Zambia, Chad and Madagascar; public clients; the body of the published
//          hash was found by trial
#pragma once

#include "core/gateways/gateway.hpp"

namespace tollgate {

const GatewayKind& kind_of_airtel_money();

} // namespace tollgate
