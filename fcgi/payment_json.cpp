#include "fcgi/payment_json.hpp"

namespace tollgate {
namespace {

/// Null when nothing, or not said how much. With its code when it is not the price's currency.
Json amount_json(const std::optional<Money>& money, Currency currency)
{
    if (!money || money->minor_units == 0) return {};
    if (money->currency == currency) return major_text(*money);
    return major_text(*money) + " " + std::string{code(money->currency)};
}

} // namespace

Json payment_json(const Payment& payment, const std::string& return_url)
{
    const auto currency = payment.price.currency;
    const auto& refund = payment.refund;
    return Json::object({
        {"id", id_text(payment.id)},
        {"reference", payment.reference.get()},
        {"order", payment.order.get()},
        {"attempt", payment.attempt},
        {"gateway", payment.gateway.get()},
        {"status", code(payment.state)},
        {"amount", major_text(payment.price)},
        {"currency", code(currency)},
        {"payment_url", payment.payment_url},
        {"return_url", return_url},
        {"attention", code(attention(payment))},
        {"paid", amount_json(payment.facts.paid, currency)},
        {"refunded", amount_json(payment.facts.refunded, currency)},
        {"refund_under_way", refund ? amount_json(refund->amount, currency) : Json{}},
        {"checks", payment.checks},
        {"created_at", iso_time(payment.created_at)},
        {"paid_at", payment.paid_at ? Json{iso_time(*payment.paid_at)} : Json{}},
    });
}

Response json_response(int status, std::string_view message, Json::Object members)
{
    auto json = Json::object({{"success", status < 400}, {"message", message}});
    for (auto& [name, value] : members)
        json.add(name, std::move(value));
    Response response;
    response.status = status;
    response.content_type = "application/json";
    response.body = to_text(json) + "\n";
    return response;
}

Response validation_response(const FieldErrors& errors)
{
    Json::Object members;
    for (const auto& [field, what] : errors)
        members.emplace_back(field, what);
    return json_response(422, "some fields are wrong", {{"errors", Json{std::move(members)}}});
}

} // namespace tollgate
