#include "core/settle/refunder.hpp"

#include "core/crypto/random.hpp"
#include "core/support/check.hpp"
#include "core/support/fail_point.hpp"
#include "core/support/log.hpp"

namespace tollgate {
namespace {

RefundResult::Kind kind_of(RefundBegun::Kind kind)
{
    switch (kind) {
    case RefundBegun::Kind::begun: return RefundResult::Kind::under_way;
    case RefundBegun::Kind::under_way: return RefundResult::Kind::other_pending;
    case RefundBegun::Kind::not_paid: return RefundResult::Kind::not_paid;
    case RefundBegun::Kind::too_much: return RefundResult::Kind::too_much;
    }
    impossible("refund begun");
}

bool gave_nothing_back(GatewayError error)
{
    return error == GatewayError::refused || error == GatewayError::not_asked;
}

/// A request that the gateway refused, or never saw, gave nothing back; one without an answer may
/// have.
Expected<Answer, GatewayFault> outcome_of(Expected<Answer, GatewayFault> answer)
{
    if (answer || !gave_nothing_back(answer.error().error)) return answer;
    return Answer{.detail = answer.error().detail, .refund = RefundOutcome::refused};
}

} // namespace

Refunder::Refunder(Store& store, Courier& courier, const Clock& clock)
    : Refunder{
          store,
          [&courier](const Gateway& gateway, const PaymentRef& payment) {
              return courier.act_and_wait<Answer>(gateway, [&](Replies replies) {
                  return gateway.refund(payment, replies);
              });
          },
          clock}
{
}

RefundResult Refunder::refund(
    const Gateway& gateway,
    const Payment& payment,
    std::optional<Money> amount,
    const std::string& by
)
{
    const auto refunds = gateway.capabilities().refunds;
    if (refunds == Refunds::none) return {RefundResult::Kind::not_possible, payment};
    auto begun = store_.begin_refund({
        .payment = payment.id,
        .id = Reference{random_alphanumeric(reference_length)},
        .amount = amount,
        .partial = refunds == Refunds::partial,
        .cause = by,
        .now = clock_.now(),
    });
    if (begun.kind != RefundBegun::Kind::begun) {
        return {kind_of(begun.kind), std::move(begun.payment)};
    }
    fail_point("refund.begun");
    return ask(gateway, begun.payment);
}

RefundResult Refunder::ask(const Gateway& gateway, const Payment& payment)
{
    const auto& refund = *payment.refund;
    auto answer = outcome_of(tell_(gateway, payment.ref()));
    fail_point("refund.answered");
    auto detail = answer ? answer->detail : answer.error().detail;
    if (!answer) {
        log_warning(
            "refund.unanswered",
            {{"reference", payment.reference.get()},
             {"refund", refund.id.get()},
             {"error", code(answer.error().error)},
             {"detail", detail}}
        );
    }
    const bool refused = answer && answer->refund == RefundOutcome::refused;
    const Asked asked{
        .payment = payment.id,
        .cause = "refund",
        .answer = std::move(answer),
        .refund = refund.id, // and knows of no messages: a refusal says nothing else
    };
    store_.settle({&asked, 1}, clock_.now());
    fail_point("refund.recorded");
    auto after = store_.find(payment.id);
    check(after.has_value(), "a payment vanished");
    const bool ended = !after->refund || after->refund->id != refund.id;
    // Perhaps somebody else's question settled its end.
    const bool done = !refused && is_given_back(refund, after->facts);
    auto kind = RefundResult::Kind::under_way;
    if (ended) kind = done ? RefundResult::Kind::done : RefundResult::Kind::refused;
    return {kind, *std::move(after), std::move(detail)};
}

} // namespace tollgate
