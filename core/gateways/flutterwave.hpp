// Flutterwave Standard (v3): hosted page for cards, mobile money and bank transfers in fourteen
// currencies; one API for test and live, the key selects the mode.
//
// Open:    POST {api_url}/payments, JSON, `Authorization: Bearer <secret key>`; data.link
//          A 503 after 28 s: the outcome is unknown
// Notify:  POST, JSON; `verif-hash` is the secret hash itself and covers nothing of the body, or
//          `flutterwave-signature` is base64 HMAC-SHA256(secret hash, body). Shapes: v3 {"event",
//          "data":{"tx_ref"}}, v3 flat {"txRef"}, v4 {"type","data":{"reference"}}, refunds and
//          others. Exactly 200 is an acknowledgement
// Check:   GET {api_url}/transactions/verify_by_reference?tx_ref=; only data.status decides, the
//          outer status is about the question; amount is the price, charged_amount has the fee.
//          Before anybody tried to pay: "No transaction was found"
// Refund:  POST {api_url}/transactions/{id}/refund, GET {api_url}/refunds/{id}; `completed` means
//          accepted, the customer may have it days later
// Amounts: major units, numbers
// Source:  developer.flutterwave.com, "Flutterwave Standard", "Transaction Verification",
//          "Webhooks", "Refunds", "Handling Error Timeouts"; the official WooCommerce plug-in;
//          public captures of 2025 and 2026
#pragma once

#include "core/gateways/gateway.hpp"

namespace tollgate {

const GatewayKind& kind_of_flutterwave();

} // namespace tollgate
