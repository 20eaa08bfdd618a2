#include "core/settle/confirmer.hpp"

#include "core/gateways/registry.hpp"
#include "core/support/check.hpp"
#include "core/support/json.hpp"

namespace tollgate {

bool is_confirmed_by_hand(const Payment& payment)
{
    const auto* kind = find_kind(payment.gateway.get());
    return kind != nullptr && !kind->capabilities.can_check;
}

Payment Confirmer::paid(const Payment& payment, std::optional<Money> amount, const std::string& by)
{
    const auto money = amount.value_or(payment.price);
    const auto what = "paid " + major_text(money) + " " + std::string{code(money.currency)};
    return settle(payment, {.facts = {.paid = money}, .detail = what}, by);
}

Payment Confirmer::cancelled(const Payment& payment, const std::string& by)
{
    return settle(payment, {.facts = {.failure = Failure::cancelled}, .detail = "cancelled"}, by);
}

Payment Confirmer::refund_ended(const Payment& payment, bool done, const std::string& by)
{
    check(payment.refund.has_value(), "no refund is under way");
    const auto outcome = done ? RefundOutcome::done : RefundOutcome::refused;
    const auto what = std::string{done ? "refund done " : "refund refused "};
    return settle(payment, {.detail = what + payment.refund->id.get(), .refund = outcome}, by);
}

Payment Confirmer::settle(const Payment& payment, Answer answer, const std::string& by)
{
    answer.record = to_text(Json::object({{"operator", by}, {"said", answer.detail}}));
    const Asked asked{
        .payment = payment.id,
        .cause = "operator " + by,
        .answer = std::move(answer),
        .refund = payment.refund ? payment.refund->id : Reference{},
        .source = Source::operator_,
    };
    store_.settle({&asked, 1}, clock_.now());
    auto after = store_.find(payment.id);
    check(after.has_value(), "a payment vanished");
    return *std::move(after);
}

} // namespace tollgate
