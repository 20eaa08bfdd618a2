// ClicToPay (ipay), the bank card gateway of Monétique Tunisie: hosted page; TND, EUR, USD. It is
// an installation of the e-commerce engine of BPC.
//
// Open:    POST {api_url}/register.do, form; formUrl is success. HTTP is 200 on errors, too; then
//          errorCode is neither missing nor 0, as a number or a string
// Notify:  GET (or POST form) with mdOrder, orderNumber, operation, status. Where the bank has
//          switched it on, `checksum`: hex HMAC-SHA256 or RSA over all other fields but
//          sign_alias, as `name;value;` sorted by name. A value may contain `;`, so nothing in it
//          is believed, only asked about. Some set-ups post JSON with X-Signature, hex HMAC-SHA256
//          of the body
// Check:   POST {api_url}/getOrderStatusExtended.do, form; orderStatus alone decides: errorCode
//          and errorMessage are about the question, `Success` of an unpaid order, too
// Refund:  POST {api_url}/refund.do after clearing, partial ones too; reverse.do before it
// Amounts: integers of minor units; currencies are numeric, 788 is TND
// Source:  dev.bpcbt.com, "Callback notifications", "Payment status", "Order management"; the
//          merchant's manual of ClicToPay V2.2; public integrations, read 2026
#pragma once

#include "core/gateways/gateway.hpp"

namespace tollgate {

const GatewayKind& kind_of_clictopay();

} // namespace tollgate
