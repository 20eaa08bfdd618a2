#include "fcgi/api_access.hpp"

#include "core/crypto/digest.hpp"
#include "core/payments/payment_json.hpp"
#include "core/support/text.hpp"
#include "fcgi/json_response.hpp"

namespace tollgate {
namespace {

Response unauthorized()
{
    auto response = json_response(401, "a valid Bearer key is required");
    response.headers.emplace_back("WWW-Authenticate", "Bearer");
    return response;
}

} // namespace

Expected<KeyOwner, Response> owner_of(const Services& services, const Request& request)
{
    constexpr std::string_view scheme = "bearer ";
    const auto authorization = header(request.headers, "authorization");
    if (lower(authorization.substr(0, scheme.size())) != scheme) return Unexpected{unauthorized()};
    const auto key = trim(authorization.substr(scheme.size()));
    auto owner = services.store.owner_of_key(sha256(key));
    if (!owner) return Unexpected{unauthorized()};
    return *std::move(owner);
}

Expected<OwnPayment, Response>
own_payment(const Services& services, const Request& request, std::string_view id)
{
    auto owner = owner_of(services, request);
    if (!owner) return Unexpected{owner.error()};
    const auto known = parse_id(id);
    auto payment = known ? services.store.find(*known) : std::nullopt;
    if (!payment || payment->merchant != owner->merchant) {
        return Unexpected{json_response(404, "no such payment")};
    }
    return OwnPayment{*std::move(owner), *std::move(payment)};
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
