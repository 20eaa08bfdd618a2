// Cash on delivery: the customer pays the carrier, and an operator says so. There is no provider,
// so nothing is sent, nothing comes in, and nobody can be asked.
//
// Open:    at once; the customer sees on our page how much to have ready
// Confirm: POST /api/v1/payments/{id}/confirm/, or `tollgate confirm`
// Amounts: any, in any currency, or in those that the setting `currencies` names
#pragma once

#include "core/gateways/gateway.hpp"

namespace tollgate {

const GatewayKind& kind_of_cash_on_delivery();

} // namespace tollgate
