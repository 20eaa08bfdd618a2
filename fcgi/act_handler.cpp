#include "fcgi/act_handler.hpp"

#include "fcgi/json_response.hpp"

#include <algorithm>

namespace tollgate {
namespace {

/// The member `amount`, which may be absent, in the currency that was paid, or else the price's.
Expected<std::optional<Money>, FieldErrors> amount_of(const Json& json, const Payment& payment)
{
    const auto* amount = json.find("amount");
    if (amount == nullptr || amount->is_null()) return std::optional<Money>{};
    const auto paid = payment.facts.paid.value_or(payment.price);
    const auto money = parse_major(amount->text(), paid.currency);
    if (!money || money->minor_units == 0) {
        const auto decimals = std::to_string(exponent(paid.currency));
        return Unexpected{FieldErrors{
            {"amount", "must be greater than zero and have at most " + decimals + " decimals"}}};
    }
    return std::optional{*money};
}

struct Confirmation {
    bool paid = false;
    std::optional<Money> amount;
};

FieldErrors unknown_members(const Json& json, std::initializer_list<std::string_view> known)
{
    FieldErrors errors;
    for (const auto& [name, value] : *json.object()) {
        if (std::ranges::find(known, name) == known.end()) errors[name] = "is not known";
    }
    return errors;
}

Expected<Confirmation, FieldErrors> read_confirmation(const Json& json, const Payment& payment)
{
    auto errors = unknown_members(json, {"outcome", "amount"});
    const auto* outcome = json.find("outcome");
    const bool paid = outcome != nullptr && *outcome == Json{"paid"};
    if (!paid && (outcome == nullptr || *outcome != Json{"cancelled"})) {
        errors["outcome"] = "must be paid or cancelled";
    }
    const auto amount = amount_of(json, payment);
    if (!amount) errors.insert(amount.error().begin(), amount.error().end());
    if (amount && *amount && !paid) errors["amount"] = "goes with paid only";
    if (!errors.empty()) return Unexpected{std::move(errors)};
    return Confirmation{paid, *amount};
}

/// The payment as it is then; what was paid is not cancelled.
Payment carry_out(
    const Services& services,
    const Payment& payment,
    const Confirmation& said,
    const std::string& by
)
{
    if (said.paid) return services.confirmer.paid(payment, said.amount, by);
    if (payment.facts.paid) return payment;
    return services.confirmer.cancelled(payment, by);
}

Response response_of(const Services& services, const RefundResult& result)
{
    const Json::Object data{{"data", data_of(services, result.payment)}};
    switch (result.kind) {
    case RefundResult::Kind::done: return json_response(200, "refunded", data);
    case RefundResult::Kind::under_way:
        return json_response(202, "the refund is under way; ask for the status later", data);
    case RefundResult::Kind::refused:
        return json_response(502, "the gateway refused the refund: nothing was given back", data);
    case RefundResult::Kind::not_possible:
        return json_response(409, "this gateway cannot give money back", data);
    case RefundResult::Kind::other_pending:
        return json_response(409, "an earlier refund has not ended", data);
    case RefundResult::Kind::not_paid:
        return json_response(409, "there is nothing to give back", data);
    case RefundResult::Kind::too_much:
        return validation_response(
            {{"amount",
              "must be what was paid, or a part of what is left where the gateway gives "
              "parts back"}}
        );
    }
    impossible("refund result");
}

/// Whoever began this refund may have carried it out, in part or whole; nobody begins it again.
Response interrupted(const Services& services, const Payment& payment)
{
    return json_response(
        409,
        "the first request with this Idempotency-Key was interrupted: `refunded` and "
        "`refund_under_way` say what became of it",
        {{"data", data_of(services, payment)}}
    );
}

} // namespace

Response handle_refund(const Services& services, const ApiCall& call)
{
    const auto own = own_payment(services, call);
    if (!own) return own.error();
    const auto& payment = *own;
    if (call.taken_over) return interrupted(services, payment);
    const auto json = object_of(call.request);
    if (!json) return json.error();
    const auto unknown = unknown_members(*json, {"amount"});
    if (!unknown.empty()) return validation_response(unknown);
    const auto amount = amount_of(*json, payment);
    if (!amount) return validation_response(amount.error());
    const auto* gateway = services.gateways.find(payment.gateway.get());
    if (gateway == nullptr) {
        return json_response(
            409, "the payment's gateway is not configured", {{"data", data_of(services, payment)}}
        );
    }
    const auto by = "key " + call.owner.name;
    return response_of(services, services.refunder.refund(*gateway, payment, *amount, by));
}

Response handle_confirm(const Services& services, const ApiCall& call)
{
    const auto own = own_payment(services, call);
    if (!own) return own.error();
    const auto& payment = *own;
    const auto json = object_of(call.request);
    if (!json) return json.error();
    const auto said = read_confirmation(*json, payment);
    if (!said) return validation_response(said.error());
    if (!is_confirmed_by_hand(payment)) {
        return json_response(
            409,
            "this payment is confirmed by its gateway, not by hand",
            {{"data", data_of(services, payment)}}
        );
    }
    const auto after = carry_out(services, payment, *said, "key " + call.owner.name);
    const Json::Object data{{"data", data_of(services, after)}};
    if (!said->paid && !is_unpaid_end(after.state)) {
        return json_response(409, "this payment was paid: it cannot be cancelled", data);
    }
    return json_response(200, "confirmed", data);
}

} // namespace tollgate
