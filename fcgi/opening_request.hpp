// Reads and judges the JSON of `POST /api/v1/payments/`: every wrong field is named, not the first.
#pragma once

#include "core/gateways/registry.hpp"
#include "core/settle/opener.hpp"
#include "core/support/expected.hpp"
#include "fcgi/json_response.hpp"

namespace tollgate {

struct OpeningRequest {
    const Gateway* gateway = nullptr;
    OpeningOrder order;
};

struct OpeningRules {
    const Gateways& gateways;
    const DownloadConfig& downloads;
    Merchant merchant;
    std::string language; ///< when the request names none
};

Expected<OpeningRequest, FieldErrors> read_opening(const Json& json, const OpeningRules& rules);

} // namespace tollgate
