// The addresses of the payments API as a table: what docs/openapi.json describes, and what a test
// compares it with.
#pragma once

#include "fcgi/repeated_request.hpp"
#include "fcgi/router.hpp"

#include <span>
#include <string_view>

namespace tollgate {

struct ApiRoute {
    std::string_view method;
    std::string_view path; ///< a pattern of Router; the star is the payment's id
    Scope scope;
    Repeat repeat;
    ApiHandler handler;
};

std::span<const ApiRoute> api_routes();

/// With the address of the description, which needs no key.
void add_api_routes(Router& router, const Services& services);

} // namespace tollgate
