// What the replies of Airtel Money say: which codes are a no, which leave it open, and which word
// alone decides.
//
// Errors   GatewayFault; a code that is not known never looks like a refusal or a failure
#pragma once

#include "core/gateways/gateway.hpp"
#include "core/support/json.hpp"

#include <initializer_list>
#include <string_view>

namespace tollgate::airtel_money {

/// The members of `object` of these names that are texts, numbers or truths. All that is kept of a
/// message: its `message` may name the customer.
Json picked(const Json& object, std::initializer_list<std::string_view> names);

/// Opened means that the prompt was sent; `data.transaction.status` is `SUCCESS` already then.
Expected<Opened, GatewayFault> read_opened(const HttpReply& reply, const Reference& reference);
Expected<Answer, GatewayFault> read_check(const HttpReply& reply, const PaymentRef& payment);
Expected<Answer, GatewayFault> read_refund(const HttpReply& reply);
Expected<AccessToken, GatewayFault> read_token(const HttpReply& reply);

} // namespace tollgate::airtel_money
