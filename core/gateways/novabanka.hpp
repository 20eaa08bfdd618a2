// NovaBanka IPG, Bosnia and Herzegovina (the Asoft/TAS "IPG", JSON edition, guide v12): cards on a
// hosted page; BAM, EUR, USD, GBP.
//
// Sign:    msgVerifier = base64(SHA-256(listed fields, one of which is the secret, run together
//          without white space)). No separators, so characters may move across a boundary, and
//          `result`, `status`, currency and rows are not among the fields: a notification that
//          verifies is a reason to ask and nothing more
// Open:    POST {api_url}/PaymentInitRequest, JSON, action 1 (purchase); success is `type` "valid",
//          `paymentid` and `browserRedirectionURL`, where ?PaymentID= is added
// Notify:  POST, JSON (a form in the older edition), while the customer's browser waits at the
//          gateway: the reply, JSON and signed, says where it goes; a late or wrong one sends it to
//          `errorURL`. Names differ in case between messages
// Check:   POST {api_url}/PaymentQueryRequest, action 8, by paymentid; paid is `status` PROCESSED
//          with `result` CAPTURED or APPROVED; refunds are `row`s of action 2
// Refund:  POST {api_url}/FinancialRequest (or PaymentInitRequest), action 2, by the tranid that
//          the query tells; two ways to sign it are known, neither is confirmed: settings
//          refund_variant, refund_message_url. How its answer is signed is not known
// Amounts: major units with two decimals; numeric currency codes
// Source:  AsoftIPG Merchant Integration Guide, Payment 3DS, v12 (extract); the vendor's plugin for
//          WooCommerce, 1.0.5; older edition: Consorzio Triveneto
#pragma once

#include "core/gateways/gateway.hpp"

namespace tollgate {

const GatewayKind& kind_of_novabanka();

} // namespace tollgate
