// What Flutterwave's messages say: replies to an opening, a question and a refund, and whom a
// notification is about.
#pragma once

#include "core/gateways/gateway.hpp"
#include "core/support/json.hpp"

#include <string>

namespace tollgate::flutterwave {

Expected<Opened, GatewayFault> read_opened(const HttpReply& reply);

/// Nobody has tried to pay yet, which says nothing about whether he will.
bool is_unknown_transaction(const HttpReply& reply);
/// The answer names the transaction only if it was paid: a failed attempt has another.
Expected<Answer, GatewayFault> read_transaction(const HttpReply& reply, const PaymentRef& payment);
Expected<Answer, GatewayFault>
read_refund(const HttpReply& reply, const Refund& refund, const GatewayRef& transaction);

/// Our reference, if `message` is about a charge: payouts, too, have a reference.
Reference charged_reference(const Json& message);
/// A message as it is kept: without who paid and with what.
std::string record_of(const Json& message);

} // namespace tollgate::flutterwave
