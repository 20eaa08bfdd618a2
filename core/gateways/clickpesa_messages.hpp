// What ClickPesa says: its replies, of which a list of attempts is the usual one, and its webhooks.
//
// Errors   GatewayFault; a status that is not known never looks like a failure
#pragma once

#include "core/gateways/gateway.hpp"
#include "core/support/json.hpp"

#include <optional>

namespace tollgate::clickpesa {

/// Nothing when the push may be sent.
std::optional<GatewayFault> preview_fault(const HttpReply& reply);
Expected<Opened, GatewayFault> read_opened(const HttpReply& reply, const Reference& reference);
/// Our reference was used before: an earlier request got through, if the gateway shows a payment.
Expected<Opened, GatewayFault> read_earlier(const HttpReply& reply, const Reference& reference);
Expected<Answer, GatewayFault> read_check(const HttpReply& reply, const PaymentRef& payment);
Expected<AccessToken, GatewayFault> read_token(const HttpReply& reply);

/// `claim`, which says how well `body` is proven, with the payment that `body` names.
Expected<Claim, VerifyError> read_event(const Json& body, Claim claim);

} // namespace tollgate::clickpesa
