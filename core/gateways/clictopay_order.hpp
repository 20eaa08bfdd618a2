// What ClicToPay says of an order: the replies of its status, refund and reversal calls.
//
// Shape    getOrderStatusExtended.do writes `orderStatus`, the older getOrderStatus.do
//          `OrderStatus`; both are read
// Errors   GatewayFault; HTTP other than 200 is never this gateway's own answer
#pragma once

#include "core/gateways/gateway.hpp"
#include "core/support/json.hpp"

#include <string>
#include <string_view>

namespace tollgate::clictopay {

Expected<Json, GatewayFault> read_reply(const HttpReply& reply);
Expected<Answer, GatewayFault> read_status(const HttpReply& reply, const PaymentRef& payment);
/// Of refund.do and reverse.do.
Expected<Answer, GatewayFault> read_refund(const HttpReply& reply);
/// Whether refund.do says that the payment is not in a state to be refunded, that is not cleared.
bool is_too_early(const HttpReply& reply);

/// `errorCode` and `errorMessage`, for the operator.
std::string words_of(const Json& reply);
/// Whether `text` may be the gateway's own name of an order (mdOrder, orderId).
bool is_order_id(std::string_view text);
/// What is kept of a reply or a notification: the engine can send some sixty members more, the
/// payer's data among them.
std::string record_of(const Json& message);
std::string record_of(const Fields& message);

} // namespace tollgate::clictopay
