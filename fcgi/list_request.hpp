// Reads and judges the query of `GET /api/v1/payments/`: every wrong parameter is named.
#pragma once

#include "core/support/expected.hpp"
#include "fcgi/json_response.hpp"
#include "sql/payment_list.hpp"

#include <array>
#include <string>
#include <string_view>

namespace tollgate {

inline constexpr std::array<std::string_view, 8> list_parameters{
    "status", "order", "gateway", "reference", "created_from", "created_to", "limit", "cursor"};

Expected<PaymentFilter, FieldErrors> read_list(std::string_view query, const Merchant& merchant);

/// What names the next page; nobody needs to know what is in it.
std::string cursor_of(const PaymentId& id);

} // namespace tollgate
