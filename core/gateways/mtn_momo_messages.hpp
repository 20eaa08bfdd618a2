// What the replies and callbacks of MTN MoMo say, and under which names it knows a payment and a
// refund.
//
// Shape    an error is {"code", "message"}, whatever its status; what was asked about is
//          {"externalId", "amount", "currency", "status", "reason"}
#pragma once

#include "core/gateways/gateway.hpp"

#include <string>
#include <string_view>

namespace tollgate::mtn_momo {

/// The X-Reference-Id: always the same for the same payment, so nothing is sent twice.
std::string uuid_of(const PaymentRef& payment);
std::string uuid_of(const Refund& refund);

/// Whether what was posted is under way; that it has been posted before is as good.
bool is_accepted(const HttpReply& reply);
/// Whether nothing can be under way. A reply that is neither leaves it open.
bool is_refusal(const HttpReply& reply);
/// Whether the answer is about what we named `external_id`.
bool is_about(const HttpReply& reply, std::string_view external_id);
/// For the operator: `HTTP 500 PAYER_NOT_FOUND Payee does not exist`.
std::string words_of(const HttpReply& reply);

Expected<Answer, GatewayFault> read_payment(const HttpReply& reply, const PaymentRef& payment);
/// Adds what the answer says of the refund; one that does not tell leaves the outcome as it is.
void add_refund(Answer& answer, const HttpReply& reply, const Refund& refund);
Expected<AccessToken, GatewayFault> read_token(const HttpReply& reply);

/// Nothing signs it: a hint. Our reference need not be in the body, so the query has it.
Expected<Claim, VerifyError> read_callback(std::string_view query, std::string_view body);

} // namespace tollgate::mtn_momo
