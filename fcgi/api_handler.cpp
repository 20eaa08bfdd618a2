#include "fcgi/api_handler.hpp"

#include "fcgi/api_access.hpp"
#include "fcgi/opening_request.hpp"
#include "fcgi/json_response.hpp"
#include "fcgi/pages/languages.hpp"

namespace tollgate {
namespace {

constexpr std::string_view opening_retry_after_s = "60";

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

Json provider_status(const Services& services, const PaymentId& id)
{
    auto answer = parse_json(services.store.last_answer(id));
    return answer ? *std::move(answer) : Json{};
}

} // namespace

Response handle_open(const Services& services, const Request& request)
{
    const auto owner = owner_of(services, request);
    if (!owner) return owner.error();
    const auto json = object_of(request);
    if (!json) return json.error();
    const auto opening = read_opening(
        *json,
        {
            .gateways = services.gateways,
            .downloads = services.config.downloads,
            .merchant = owner->merchant,
            .language = gateway_language(services.pages.language_default()),
        }
    );
    if (!opening) return validation_response(opening.error());
    return response_of(services, services.opener.open(*opening->gateway, opening->order));
}

Response handle_get(const Services& services, const Request& request, std::string_view id)
{
    const auto own = own_payment(services, request, id);
    if (!own) return own.error();
    return json_response(200, "payment found", {{"data", data_of(services, own->payment)}});
}

Response handle_status(const Services& services, const Request& request, std::string_view id)
{
    auto own = own_payment(services, request, id);
    if (!own) return own.error();
    auto& payment = own->payment;
    const auto* gateway = services.gateways.find(payment.gateway.get());
    const bool askable = gateway != nullptr && gateway->capabilities().can_check;
    if (askable && (is_open(payment.state) || payment.refund)) {
        services.checker.check_now(payment.ref(), "status", services.config.check.return_wait);
        auto after = services.store.find(payment.id);
        check(after.has_value(), "a payment vanished");
        payment = *std::move(after);
    }
    return json_response(
        200,
        "payment found",
        {{"data", data_of(services, payment)},
         {"provider_status", provider_status(services, payment.id)}}
    );
}

} // namespace tollgate
