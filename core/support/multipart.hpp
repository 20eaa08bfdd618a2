// multipart/form-data (RFC 7578), text fields only, decoded strictly.
//
// Range    form_fields_max parts; the body is already in memory and bounded
// Errors   nothing when the boundary, a header or the ending is not as it must be, or when a part
//          has no name; a part with a filename is taken as a field like any other
#pragma once

#include "core/support/url.hpp"

#include <optional>
#include <string_view>

namespace tollgate {

/// `content_type` is the whole header value, `body` the exact bytes.
std::optional<Fields> parse_multipart(std::string_view content_type, std::string_view body);

} // namespace tollgate
