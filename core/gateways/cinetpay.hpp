// CinetPay Checkout API v2: hosted page, mobile money and cards; XOF, XAF, CDF, GNF, USD.
//
// Open:    POST {api_url}/v2/payment, JSON; code "201" and data.payment_url is success
// Notify:  POST, form; x-token: lower-case hex HMAC-SHA256(secret, the values of 16 named fields in
//          a fixed order, or of all fields in order of arrival), no separator between the values: a
//          character may move across a boundary, so nothing posted is ever believed, only asked
//          about. GET without parameters: a test whether the address lives
// Check:   POST {api_url}/v2/payment/check, JSON; paid is code "00" and data.status "ACCEPTED"
// Amounts: whole major units, multiples of 5 (USD exempt); a number in requests, a string in
//          replies
// Source:  docs.cinetpay.com, "Initiating a payment", "Prepare a notification page", "Checking a
//          transaction", "X-TOKEN HMAC", "Status codes"; several captures of 2021 to 2025
#pragma once

#include "core/gateways/gateway.hpp"

namespace tollgate {

const GatewayKind& kind_of_cinetpay();

} // namespace tollgate
