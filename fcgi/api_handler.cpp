#include "fcgi/api_handler.hpp"

#include "core/crypto/digest.hpp"
#include "core/support/text.hpp"
#include "fcgi/opening_request.hpp"
#include "fcgi/payment_json.hpp"

namespace tollgate {
namespace {

constexpr std::string_view opening_retry_after_s = "60";

/// Whose key the request carries.
std::optional<Merchant> merchant_of(const Services& services, const Request& request)
{
    constexpr std::string_view scheme = "bearer ";
    const auto authorization = header(request.headers, "authorization");
    if (lower(authorization.substr(0, scheme.size())) != scheme) return {};
    const auto key = trim(authorization.substr(scheme.size()));
    return services.store.merchant_of_key(sha256(key));
}

Response unauthorized()
{
    auto response = json_response(401, "a valid Bearer key is required");
    response.headers.emplace_back("WWW-Authenticate", "Bearer");
    return response;
}

Json data_of(const Services& services, const Payment& payment)
{
    const auto* gateway = services.gateways.find(payment.gateway.get());
    const auto url = gateway != nullptr ? services.opener.return_url(*gateway, payment.id) : "";
    return payment_json(payment, url);
}

Response response_of(const Services& services, const OpeningResult& result)
{
    const Json::Object members{{"data", data_of(services, result.payment)}};
    switch (result.kind) {
    case OpeningResult::Kind::opened: return json_response(201, "payment opened", members);
    case OpeningResult::Kind::order_taken:
        return json_response(409, "this order is being paid or is paid", members);
    case OpeningResult::Kind::refused:
        return json_response(502, "the gateway refused to open the payment", members);
    case OpeningResult::Kind::no_answer: {
        auto response =
            json_response(504, "the gateway did not answer; the payment stays pending", members);
        response.headers.emplace_back("Retry-After", opening_retry_after_s);
        return response;
    }
    }
    impossible("opening result");
}

/// The payment that `id` names, if it is the merchant's.
std::optional<Payment>
payment_of(const Services& services, const Merchant& merchant, std::string_view id_in_path)
{
    const auto id = parse_id(id_in_path);
    if (!id) return {};
    auto payment = services.store.find(*id);
    if (!payment || payment->merchant != merchant) return {};
    return payment;
}

Json provider_status(const Services& services, const PaymentId& id)
{
    auto answer = parse_json(services.store.last_answer(id));
    return answer ? *std::move(answer) : Json{};
}

} // namespace

Response handle_open(const Services& services, const Request& request)
{
    const auto merchant = merchant_of(services, request);
    if (!merchant) return unauthorized();
    const auto type = lower(header(request.headers, "content-type"));
    if (!type.starts_with("application/json")) {
        return json_response(415, "the body must be application/json");
    }
    const auto json = parse_json(request.body);
    if (!json || json->object() == nullptr) {
        return json_response(400, "the body must be a JSON object");
    }
    const auto& language = services.config.server.language;
    const auto opening = read_opening(
        *json,
        {
            .gateways = services.gateways,
            .downloads = services.config.downloads,
            .merchant = *merchant,
            .language = language == "auto" ? std::string{Pages::language_default} : language,
        }
    );
    if (!opening) return validation_response(opening.error());
    return response_of(services, services.opener.open(*opening->gateway, opening->order));
}

Response handle_get(const Services& services, const Request& request, std::string_view id)
{
    const auto merchant = merchant_of(services, request);
    if (!merchant) return unauthorized();
    const auto payment = payment_of(services, *merchant, id);
    if (!payment) return json_response(404, "no such payment");
    return json_response(200, "payment found", {{"data", data_of(services, *payment)}});
}

Response handle_status(const Services& services, const Request& request, std::string_view id)
{
    const auto merchant = merchant_of(services, request);
    if (!merchant) return unauthorized();
    auto payment = payment_of(services, *merchant, id);
    if (!payment) return json_response(404, "no such payment");
    if (is_open(payment->state)) {
        services.checker.check_now(payment->ref(), "status", services.config.check.return_wait);
        payment = services.store.find(payment->id);
        check(payment.has_value(), "a payment vanished");
    }
    return json_response(
        200,
        "payment found",
        {{"data", data_of(services, *payment)},
         {"provider_status", provider_status(services, payment->id)}}
    );
}

} // namespace tollgate
