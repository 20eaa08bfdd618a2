#include "fcgi/api_routes.hpp"

#include "core/support/embedded.hpp"
#include "fcgi/act_handler.hpp"
#include "fcgi/api_handler.hpp"
#include "fcgi/ask_handler.hpp"
#include "fcgi/list_handler.hpp"

#include <array>

namespace tollgate {
namespace {

// clang-format off
constexpr std::array routes{
    ApiRoute{"GET",  "/api/v1/payments/",           Scope::read,    Repeat::nothing,  handle_list},
    ApiRoute{"POST", "/api/v1/payments/",           Scope::open,    Repeat::harmless, handle_open},
    ApiRoute{"GET",  "/api/v1/payments/*/",         Scope::read,    Repeat::nothing,  handle_get},
    ApiRoute{"GET",  "/api/v1/payments/*/status/",  Scope::read,    Repeat::nothing,  handle_status},
    ApiRoute{"POST", "/api/v1/payments/*/verify/",  Scope::read,    Repeat::nothing,  handle_verify},
    ApiRoute{"POST", "/api/v1/payments/*/retry/",   Scope::open,    Repeat::harmless, handle_reopen},
    ApiRoute{"POST", "/api/v1/payments/*/refund/",  Scope::refund,  Repeat::of_money, handle_refund},
    ApiRoute{"POST", "/api/v1/payments/*/confirm/", Scope::confirm, Repeat::harmless, handle_confirm},
    // As a shop that came before knows it.
    ApiRoute{"GET",  "/payments/*/verify/",         Scope::read,    Repeat::nothing,  handle_verify},
    ApiRoute{"POST", "/payments/*/verify/",         Scope::read,    Repeat::nothing,  handle_verify},
};
// clang-format on

Response
answer(const Services& services, const ApiRoute& route, const Request& request, std::string_view id)
{
    auto owner = admit(services, request, route.scope);
    if (!owner) return owner.error();
    const ApiCall call{.request = request, .id = id, .owner = *std::move(owner)};
    return answer_once(services, call, route.repeat, route.handler);
}

Response description()
{
    Response response;
    response.content_type = "application/json";
    response.body = embedded_api().front().text;
    return response;
}

} // namespace

std::span<const ApiRoute> api_routes()
{
    return routes;
}

void add_api_routes(Router& router, const Services& services)
{
    for (const auto& route : routes) {
        router.add(route.method, route.path, [&services, &route](const Request& request, auto id) {
            return answer(services, route, request, id);
        });
    }
    router.add("GET", "/api/v1/openapi.json", [](const Request&, auto) { return description(); });
}

} // namespace tollgate
