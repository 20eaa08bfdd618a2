#include "fcgi/api_access.hpp"

#include "core/payments/payment_json.hpp"
#include "core/support/text.hpp"
#include "fcgi/json_response.hpp"
#include "fcgi/rate_limit.hpp"

namespace tollgate {
namespace {

Response unauthorized()
{
    auto response = json_response(401, "a valid Bearer key is required");
    response.headers.emplace_back("WWW-Authenticate", "Bearer");
    return response;
}

Response forbidden(Scope scope)
{
    const std::string name{code(scope)};
    auto response = json_response(403, "this key lacks the scope " + name);
    response.headers.emplace_back(
        "WWW-Authenticate", R"(Bearer error="insufficient_scope", scope=")" + name + '"'
    );
    return response;
}

Response too_many(int per_minute, std::chrono::seconds wait)
{
    auto response = json_response(
        429, "too many requests: this key may make " + std::to_string(per_minute) + " a minute"
    );
    response.headers.emplace_back("Retry-After", std::to_string(wait.count()));
    return response;
}

std::string_view bearer_key(const Request& request)
{
    constexpr std::string_view scheme = "bearer ";
    const auto authorization = header(request.headers, "authorization");
    if (lower(authorization.substr(0, scheme.size())) != scheme) return {};
    return trim(authorization.substr(scheme.size()));
}

} // namespace

Expected<KeyOwner, Response> admit(const Services& services, const Request& request, Scope scope)
{
    const auto key = bearer_key(request);
    if (key.empty()) return Unexpected{unauthorized()};
    const auto now = services.clock.now();
    auto owner = services.keys.owner_of(key, now);
    if (!owner) return Unexpected{unauthorized()};
    const auto wait = services.rate_limit.wait_of(owner->id, now);
    if (wait.count() > 0) return Unexpected{too_many(services.rate_limit.per_minute(), wait)};
    if (!owner->scopes.has(scope)) return Unexpected{forbidden(scope)};
    return *std::move(owner);
}

Expected<Payment, Response> own_payment(const Services& services, const ApiCall& call)
{
    const auto known = parse_id(call.id);
    auto payment = known ? services.store.find(*known) : std::nullopt;
    if (!payment || payment->merchant != call.owner.merchant) {
        return Unexpected{json_response(404, "no such payment")};
    }
    return *std::move(payment);
}

Expected<Json, Response> object_of(const Request& request)
{
    const auto type = lower(header(request.headers, "content-type"));
    if (!type.starts_with("application/json")) {
        return Unexpected{json_response(415, "the body must be application/json")};
    }
    auto json = parse_json(request.body);
    if (!json || json->object() == nullptr) {
        return Unexpected{json_response(400, "the body must be a JSON object")};
    }
    return *std::move(json);
}

Json data_of(const Services& services, const Payment& payment)
{
    const auto* gateway = services.gateways.find(payment.gateway.get());
    const auto url = gateway != nullptr ? services.opener.return_url(*gateway, payment.id) : "";
    auto json = payment_json(payment);
    json.add("payment_url", payment.payment_url);
    json.add("return_url", url);
    return json;
}

} // namespace tollgate
