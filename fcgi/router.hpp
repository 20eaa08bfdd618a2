// Which handler answers which address. An unknown path is 404, a known one with another method 405
// with Allow; HEAD is answered by GET's handler, without its body. A slash at the end makes no
// difference. Where two routes fit, the one added first answers; one whose pattern is the path
// itself leaves none of its methods to a pattern with a `*`.
#pragma once

#include "fcgi/fcgi_loop.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate {

/// What a `*` of the pattern matched; empty when it has none.
using RouteHandler = std::function<Handled(const Request&, std::string_view matched)>;

class Router {
public:
    /// `methods` are separated by spaces: `GET POST`. `pattern` is a path in which one whole
    /// segment may be `*`: `/api/v1/payments/*/status/`.
    void add(std::string_view methods, std::string_view pattern, RouteHandler handler);
    Handled operator()(const Request& request) const;

private:
    struct Route {
        std::string pattern;
        std::vector<std::string> methods;
        RouteHandler handler;
    };
    std::vector<Route> routes_;
};

} // namespace tollgate
