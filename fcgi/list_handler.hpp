// `GET /api/v1/payments/`: the merchant's payments, newest first, page by page.
#pragma once

#include "fcgi/api_access.hpp"

namespace tollgate {

Response handle_list(const Services& services, const ApiCall& call);

} // namespace tollgate
