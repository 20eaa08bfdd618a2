// What NovaBanka's messages say.
//
// Shape    a JSON object, in the older edition a form. The same name is spelled `paymentid` here
//          and `paymentID` there: what was read has its names in lower case
// Errors   nothing, or GatewayError::malformed, when a name comes twice but for its case
#pragma once

#include "core/gateways/gateway.hpp"
#include "core/support/json.hpp"
#include "core/support/secret.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace tollgate::novabanka {

/// Values of `action`.
inline constexpr std::string_view purchase = "1";
inline constexpr std::string_view credit = "2";
inline constexpr std::string_view query = "8";

/// A notification's body.
std::optional<Json> read_message(std::string_view body);

Expected<Opened, GatewayFault> read_opened(const HttpReply& reply, const Secret& secret);
/// The answer to a query.
Expected<Answer, GatewayFault>
read_check(const HttpReply& reply, const PaymentRef& payment, const Secret& secret);
/// Of the same answer the transaction that a refund gives back. Before the refund was sent,
/// whatever is amiss means that nothing was given back: every fault is `refused`.
Expected<std::string, GatewayFault>
read_captured(const HttpReply& reply, const PaymentRef& payment, const Secret& secret);
Expected<Answer, GatewayFault> read_refund(const HttpReply& reply, const PaymentRef& payment);

/// A message that was read as it is kept: without passwords, verifiers and who the buyer is.
std::string record_of(const Json& message);

} // namespace tollgate::novabanka
