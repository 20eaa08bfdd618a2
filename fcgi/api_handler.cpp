#include "fcgi/api_handler.hpp"

#include "fcgi/json_response.hpp"
#include "fcgi/opening_request.hpp"
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

OpeningRules rules_of(const Services& services, const ApiCall& call)
{
    const auto& config = services.config;
    return {
        .gateways = services.gateways,
        .downloads = config.downloads,
        .events = config.events,
        .sandbox = config.server.sandbox,
        .merchant = call.owner.merchant,
        .language = gateway_language(services.pages.language_default()),
    };
}

Response open(const Services& services, const Expected<OpeningRequest, FieldErrors>& opening)
{
    if (!opening) return validation_response(opening.error());
    return response_of(services, services.opener.open(*opening->gateway, opening->order));
}

} // namespace

Response handle_open(const Services& services, const ApiCall& call)
{
    const auto json = object_of(call.request);
    if (!json) return json.error();
    return open(services, read_opening(*json, rules_of(services, call)));
}

Response handle_reopen(const Services& services, const ApiCall& call)
{
    const auto payment = own_payment(services, call);
    if (!payment) return payment.error();
    const bool bare = call.request.body.empty();
    const auto json = bare ? Json{Json::Object{}} : object_of(call.request);
    if (!json) return json.error();
    const OpeningRequest again{
        .gateway = services.gateways.find(payment->gateway.get()),
        .order = services.opener.order_of(*payment),
    };
    return open(services, read_reopening(*json, rules_of(services, call), again));
}

Response handle_get(const Services& services, const ApiCall& call)
{
    const auto payment = own_payment(services, call);
    if (!payment) return payment.error();
    return json_response(200, "payment found", {{"data", data_of(services, *payment)}});
}

} // namespace tollgate
