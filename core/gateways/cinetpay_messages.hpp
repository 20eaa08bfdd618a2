// What CinetPay's messages say: the replies to an opening and to a question, and the form that is
// posted as a notification.
#pragma once

#include "core/gateways/gateway.hpp"
#include "core/support/secret.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace tollgate::cinetpay {

Expected<Opened, GatewayFault> read_opened(const HttpReply& reply);
Expected<Answer, GatewayFault> read_check(const HttpReply& reply, const PaymentRef& payment);

/// The fields of a notification, in order of arrival.
std::optional<Fields> posted_fields(const Inbound& inbound);
/// Which accepted way of signing gives `token`: `fixed_order` or `arrival_order`; empty when none
/// does.
std::string_view matching_form(const Fields& fields, std::string_view token, const Secret& secret);
/// A notification as it is kept.
std::string record_of(const Fields& fields);

} // namespace tollgate::cinetpay
