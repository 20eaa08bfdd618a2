// The JSON answers of the payments API: one shape for all.
#pragma once

#include "core/support/json.hpp"
#include "fcgi/http_message.hpp"

#include <map>
#include <string>
#include <string_view>

namespace tollgate {

/// A field's name and what is wrong with it.
using FieldErrors = std::map<std::string, std::string>;

/// `{"success": status < 400, "message": …, …members}`
Response json_response(int status, std::string_view message, Json::Object members = {});
Response validation_response(const FieldErrors& errors);

} // namespace tollgate
