// The CGI side of a request and its answer, without I/O: parameters in, a Request out; a Response
// in, header bytes out.
//
// Shape    parameters are `NAME=value` lines, the list ends with a null pointer (CGI, RFC 3875)
// Range    parameters_max, header_bytes_max, body_bytes_max
// Errors   the answer to give instead: 400, 411, 413 or 431
#pragma once

#include "core/support/expected.hpp"
#include "fcgi/http_message.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tollgate {

/// Views of the parameters that matter here; valid as long as the lines are.
struct Parameters {
    std::string_view method;
    std::string_view uri;
    std::string_view script_name;
    std::string_view path_info;
    std::string_view query;
    std::string_view content_type;
    std::string_view content_length;
    std::string_view request_id;
    std::vector<std::pair<std::string_view, std::string_view>> http; ///< `HTTP_` cut off
    bool too_many = false; ///< more than parameters_max or header_bytes_max; the rest is not read
};

Parameters read_parameters(const char* const* lines);

/// The web server's id of the request if it is 8..64 of [A-Za-z0-9-], otherwise a random one.
std::string request_id(const Parameters& parameters);

struct RequestHead {
    Request request; ///< without body and id
    std::size_t body_bytes = 0;
};

Expected<RequestHead, Response> request_head(const Parameters& parameters);

/// Status and header lines with the empty line that ends them. Names and values must be free of
/// line breaks: that is the handler's duty.
std::string head_text(const Response& response, std::string_view id);

} // namespace tollgate
