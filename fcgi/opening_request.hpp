// Reads and judges the JSON of `POST /api/v1/payments/` and of `…/{id}/retry/`: every wrong field is
// named, not the first.
#pragma once

#include "core/gateways/registry.hpp"
#include "core/settle/opener.hpp"
#include "core/support/expected.hpp"
#include "fcgi/json_response.hpp"

#include <array>
#include <string_view>

namespace tollgate {

/// `order_reference` and `orderReference` are other names of `order`, `provider` of `gateway`,
/// `msisdn` of `customer.phone`, for shops that come from an API which calls them so.
inline constexpr std::array<std::string_view, 15> opening_fields{
    "order",
    "order_reference",
    "orderReference",
    "amount",
    "currency",
    "gateway",
    "provider",
    "msisdn",
    "description",
    "files",
    "customer",
    "language",
    "callback_url",
    "success_url",
    "failure_url",
};

/// What may be another one when it is tried again.
inline constexpr std::array<std::string_view, 4> reopening_fields{
    "gateway", "provider", "msisdn", "language"};

struct OpeningRequest {
    const Gateway* gateway = nullptr;
    OpeningOrder order;
};

struct OpeningRules {
    const Gateways& gateways;
    const DownloadConfig& downloads;
    const EventsConfig& events;
    bool sandbox = false;
    Merchant merchant;
    std::string language; ///< when the request names none
};

Expected<OpeningRequest, FieldErrors> read_opening(const Json& json, const OpeningRules& rules);

/// `unpaid` with what the request changes; its gateway may be nullptr, when it is not configured any
/// more.
Expected<OpeningRequest, FieldErrors>
read_reopening(const Json& json, const OpeningRules& rules, const OpeningRequest& unpaid);

} // namespace tollgate
