// ClickPesa: USSD push to mobile money in Tanzania; TZS.
//
// Access:  POST {api_url}/generate-token, headers client-id and api-key; the token lasts an hour
//          and says "Bearer" itself
// Open:    POST {api_url}/payments/preview-ussd-push-request, then
//          POST {api_url}/payments/initiate-ussd-push-request, JSON; 409 is a reference that was
//          used before
// Sign:    checksum: lower-case hex HMAC-SHA256(checksum key, the body without checksum and
//          checksumMethod in canonical JSON); before 2026 ("legacy") over the values of its members
//          in the order of their names, no separator between them
// Notify:  POST, JSON {"event": "PAYMENT RECEIVED", "data": {…}}; the documentation does not say
//          where it carries its checksum, or whether: nothing is believed, only asked about
// Check:   GET {api_url}/payments/{reference}; a list with one element per attempt; paid is status
//          SUCCESS or SETTLED
// Amounts: whole shillings, 500 to 3000000; a text in requests, a number or a text in replies
// Source:  docs.clickpesa.com, "Generate Token", "Preview USSD-PUSH request", "Initiate USSD-PUSH
//          request", "Querying for payments", "Checksum", "Webhooks", "Payment status", "Changelog"
#pragma once

#include "core/gateways/gateway.hpp"

namespace tollgate {

const GatewayKind& kind_of_clickpesa();

} // namespace tollgate
