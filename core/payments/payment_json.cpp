#include "core/payments/payment_json.hpp"

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

Json payment_json(const Payment& payment)
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
        {"attention", code(attention(payment))},
        {"paid", amount_json(payment.facts.paid, currency)},
        {"refunded", amount_json(payment.facts.refunded, currency)},
        {"refund_under_way", refund ? amount_json(refund->amount, currency) : Json{}},
        {"checks", payment.checks},
        {"created_at", iso_time(payment.created_at)},
        {"paid_at", payment.paid_at ? Json{iso_time(*payment.paid_at)} : Json{}},
    });
}

} // namespace tollgate
