#include "fcgi/ask_handler.hpp"

#include "fcgi/json_response.hpp"

namespace tollgate {
namespace {

constexpr std::string_view verify_retry_after_s = "10";

bool can_be_asked(const Services& services, const Payment& payment)
{
    const auto* gateway = services.gateways.find(payment.gateway.get());
    return gateway != nullptr && gateway->capabilities().can_check;
}

/// True when the gateway's answer is settled; `payment` is then as it is after.
bool ask(const Services& services, Payment& payment, std::string cause)
{
    const auto wait = services.config.check.return_wait;
    const bool answered = services.checker.check_now(payment.ref(), std::move(cause), wait);
    auto after = services.store.find(payment.id);
    check(after.has_value(), "a payment vanished");
    payment = *std::move(after);
    return answered;
}

Json::Object members_of(const Services& services, const Payment& payment)
{
    auto answer = parse_json(services.store.last_answer(payment.id));
    return {
        {"data", data_of(services, payment)},
        {"provider_status", answer ? *std::move(answer) : Json{}},
    };
}

} // namespace

Response handle_status(const Services& services, const ApiCall& call)
{
    auto payment = own_payment(services, call);
    if (!payment) return payment.error();
    const bool unfinished = is_open(payment->state) || payment->refund.has_value();
    if (unfinished && can_be_asked(services, *payment)) ask(services, *payment, "status");
    return json_response(200, "payment found", members_of(services, *payment));
}

Response handle_verify(const Services& services, const ApiCall& call)
{
    auto payment = own_payment(services, call);
    if (!payment) return payment.error();
    if (!can_be_asked(services, *payment)) {
        return json_response(
            409, "this payment's gateway cannot be asked", members_of(services, *payment)
        );
    }
    if (ask(services, *payment, "verify")) {
        return json_response(200, "the gateway has answered", members_of(services, *payment));
    }
    auto response = json_response(
        504, "the gateway did not answer; the payment is as it was", members_of(services, *payment)
    );
    response.headers.emplace_back("Retry-After", verify_retry_after_s);
    return response;
}

} // namespace tollgate
