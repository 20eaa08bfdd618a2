// MTN MoMo, Collections with refunds through Disbursements: a prompt on the payer's phone, in the
// one currency of each country.
//
// Open:    POST {api_url}/collection/v1_0/requesttopay, JSON; 202 without a body is success.
//          X-Reference-Id is a UUID version 4 that follows from our reference, so a repetition is
//          answered with 409
// Notify:  PUT or POST to X-Callback-Url, JSON as in the answer to a check; nothing signs it, and
//          our reference need not be in it, so it stands in the query. The host is the one
//          that was registered for the API user
// Check:   GET {api_url}/collection/v1_0/requesttopay/{uuid}; paid is status "SUCCESSFUL"
// Refund:  POST {api_url}/disbursement/v1_0/refund, and GET …/refund/{uuid} for how it ended
// Calls:   bearer token of the product, Ocp-Apim-Subscription-Key, X-Target-Environment
// Tokens:  POST {api_url}/{product}/token/ without a body, Basic authorization; expires_in seconds
// Amounts: texts in major units with the currency's decimals; a reply may spell them otherwise
// Source:  momodeveloper.mtn.com, "Callback", "Common Error Codes", "Sandbox Use Cases"; an early
//          copy of the official guide; public clients in Go, Node, PHP and Rust
#pragma once

#include "core/gateways/gateway.hpp"

namespace tollgate {

const GatewayKind& kind_of_mtn_momo();

} // namespace tollgate
