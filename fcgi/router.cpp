#include "fcgi/router.hpp"

#include "core/support/check.hpp"
#include "core/support/text.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace tollgate {
namespace {

std::string_view without_trailing_slash(std::string_view path)
{
    if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
    return path;
}

/// What `*` stands for, empty without one; nothing when the path is another.
std::optional<std::string_view> match(std::string_view pattern, std::string_view path)
{
    const auto star = pattern.find('*');
    if (star == std::string_view::npos) {
        return pattern == path ? std::optional{std::string_view{}} : std::nullopt;
    }
    const auto before = pattern.substr(0, star);
    const auto after = pattern.substr(star + 1);
    if (path.size() <= before.size() + after.size()) return std::nullopt;
    if (!path.starts_with(before) || !path.ends_with(after)) return std::nullopt;
    const auto matched = path.substr(before.size(), path.size() - before.size() - after.size());
    if (matched.find('/') != std::string_view::npos) return std::nullopt;
    return matched;
}

bool is_whole_segment(std::string_view pattern, std::size_t star)
{
    const bool starts = star > 0 && pattern[star - 1] == '/';
    const bool ends = star + 1 == pattern.size() || pattern[star + 1] == '/';
    return starts && ends;
}

bool answers(const std::vector<std::string>& methods, std::string_view method)
{
    const auto has = [&](std::string_view name) { return std::ranges::count(methods, name) > 0; };
    return has(method) || (method == "HEAD" && has("GET"));
}

void add_allowed(std::string& allowed, const std::vector<std::string>& methods)
{
    const auto add = [&](std::string_view method) {
        if (!allowed.empty()) allowed.append(", ");
        allowed.append(method);
    };
    for (const auto& method : methods) {
        add(method);
        if (method == "GET") add("HEAD");
    }
}

Response refusal(int status, std::string_view message, std::string_view path)
{
    Response response;
    response.status = status;
    if (path.starts_with("/api/")) {
        response.content_type = "application/json";
        response.body.append(R"({"success":false,"message":")").append(message).append("\"}");
    } else {
        response.body.append(message).append("\n");
    }
    return response;
}

} // namespace

void Router::add(std::string_view methods, std::string_view pattern, RouteHandler handler)
{
    check(pattern.starts_with('/'), "a route begins with a slash");
    const auto star = pattern.find('*');
    if (star != std::string_view::npos) {
        check(is_whole_segment(pattern, star), "the star of a route is a whole segment");
        check(pattern.find('*', star + 1) == std::string_view::npos, "a route has one star");
    }
    const auto names = words(methods);
    Route route{
        .pattern = std::string{without_trailing_slash(pattern)},
        .methods = {names.begin(), names.end()},
        .handler = std::move(handler),
    };
    check(!route.methods.empty(), "a route without methods");
    routes_.push_back(std::move(route));
}

Handled Router::operator()(const Request& request) const
{
    const auto path = without_trailing_slash(request.path);
    std::string allowed;
    bool named = false; // by a route of its own
    for (const auto& route : routes_) {
        const auto matched = match(route.pattern, path);
        if (!matched || (named && !matched->empty())) continue;
        named = named || matched->empty();
        if (answers(route.methods, request.method)) return route.handler(request, *matched);
        add_allowed(allowed, route.methods);
    }
    if (allowed.empty()) return refusal(404, "not found", request.path);
    auto response = refusal(405, "method not allowed", request.path);
    response.headers.emplace_back("Allow", std::move(allowed));
    return response;
}

} // namespace tollgate
