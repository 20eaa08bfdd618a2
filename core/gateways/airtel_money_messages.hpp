// What the replies and callbacks of Airtel Money say: which codes are a no, which leave it open,
// and which word alone decides.
//
// Errors   GatewayFault; a code that is not known never looks like a refusal or a failure
#pragma once

#include "core/gateways/gateway.hpp"
#include "core/support/json.hpp"

namespace tollgate::airtel_money {

/// Opened means that the prompt was sent; `data.transaction.status` is `SUCCESS` already then.
Expected<Opened, GatewayFault> read_opened(const HttpReply& reply, const Reference& reference);
Expected<Answer, GatewayFault> read_check(const HttpReply& reply, const PaymentRef& payment);
Expected<Answer, GatewayFault> read_refund(const HttpReply& reply);
Expected<AccessToken, GatewayFault> read_token(const HttpReply& reply);

/// `claim`, which says how well `json` is proven, with the payment that `json` names.
Expected<Claim, VerifyError> read_callback(const Json& json, Claim claim);

} // namespace tollgate::airtel_money
