// `/download/{token}`: the file of a paid order.
#pragma once

#include "fcgi/http_message.hpp"
#include "fcgi/services.hpp"

#include <string_view>

namespace tollgate {

/// Unknown and revoked are told apart neither by the answer nor by the statements that were run.
Response handle_download(const Services& services, const Request& request, std::string_view token);

} // namespace tollgate
