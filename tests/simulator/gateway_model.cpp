#include "tests/simulator/gateway_model.hpp"

#include "tests/simulator/laws.hpp"
#include "tests/simulator/prints.hpp"

#include <algorithm>

namespace tollgate::simulator {
namespace {

/// The truth changes: what was said until now is history.
void change(Truth& truth, const Facts& facts, Moment now)
{
    truth.before.push_back(truth.facts);
    truth.facts = facts;
    truth.changed = now.step;
    truth.changed_at = now.time;
}

Facts after_move(const Facts& before, const Move& move)
{
    auto facts = before;
    using enum Move::Kind;
    switch (move.kind) {
    case begin: facts.processing = true; return facts;
    case fail: facts.failure = Failure::failed; return facts;
    case cancel: facts.failure = Failure::cancelled; return facts;
    case expire: facts.failure = Failure::expired; return facts;
    case pay: // what it called failed it calls paid now, as if nothing had been
        facts.failure = Failure::none;
        facts.paid = move.amount;
        return facts;
    case refund_elsewhere: facts.refunded = move.amount; return facts;
    case dispute: facts.disputed = true; return facts;
    }
    impossible("a move of the gateway");
}

std::string record_of(const Facts& facts)
{
    std::string text{"{\"said\":\""};
    text += code(facts.failure);
    if (facts.processing) text += " processing";
    if (facts.paid) text += " paid " + std::to_string(facts.paid->minor_units);
    if (facts.refunded) text += " refunded " + std::to_string(facts.refunded->minor_units);
    return text + "\"}";
}

RefundOutcome outcome_of(GatewayRefund::State state)
{
    switch (state) {
    case GatewayRefund::State::under_way: return RefundOutcome::under_way;
    case GatewayRefund::State::done: return RefundOutcome::done;
    case GatewayRefund::State::refused: return RefundOutcome::refused;
    }
    impossible("a refund's state");
}

/// All that was given back of what is not refused, begun or done.
std::int64_t given_back(const Truth& truth)
{
    std::int64_t sum = 0;
    for (const auto& refund : truth.refunds)
        if (refund.state != GatewayRefund::State::refused) sum += refund.amount.minor_units;
    return sum;
}

} // namespace

bool Truth::has_the_price() const
{
    return facts.paid && status_detail::covers(*facts.paid, payment.price);
}

bool Truth::had_the_price() const
{
    return ever([&](const Money& paid) { return status_detail::covers(paid, payment.price); });
}

bool Truth::had(const Money& amount) const
{
    return ever([&](const Money& paid) { return status_detail::covers(paid, amount); });
}

bool Truth::named_other_currency() const
{
    return ever([&](const Money& paid) { return paid.currency != payment.price.currency; });
}

bool Truth::knows(const Reference& refund) const
{
    return std::ranges::find(refunds, refund, &GatewayRefund::id) != refunds.end();
}

bool Truth::gave_back_elsewhere() const
{
    std::int64_t ours = 0;
    for (const auto& refund : refunds)
        if (refund.state == GatewayRefund::State::done) ours += refund.amount.minor_units;
    return facts.refunded && facts.refunded->minor_units > ours;
}

GatewayRefund* Truth::refund_under_way()
{
    const auto found =
        std::ranges::find(refunds, GatewayRefund::State::under_way, &GatewayRefund::state);
    return found == refunds.end() ? nullptr : &*found;
}

void GatewayModel::add(const Payment& payment)
{
    auto& truth = truths_.emplace_back();
    truth.payment = payment;
    truth.name = GatewayRef{"G" + std::to_string(truths_.size())};
}

Truth& GatewayModel::truth(const PaymentId& id)
{
    const auto found =
        std::ranges::find_if(truths_, [&](const Truth& one) { return one.payment.id == id; });
    check(found != truths_.end(), "a payment that the gateway does not know");
    return *found;
}

const Truth& GatewayModel::truth(const PaymentId& id) const
{
    return const_cast<GatewayModel*>(this)->truth(id
    ); // NOLINT(cppcoreguidelines-pro-type-const-cast)
}

void GatewayModel::move(std::size_t index, const Move& move, Moment now)
{
    auto& truth = truths_[index];
    change(truth, after_move(truth.facts, move), now);
}

Answer GatewayModel::answer(const PaymentRef& payment, std::size_t steps_back, std::size_t step)
{
    auto& truth = this->truth(payment.id);
    Answer answer{.detail = "checked"};
    answer.unpaid = !truth.opened;
    if (!truth.opened) return answer;
    steps_back = std::min(steps_back, truth.before.size());
    if (steps_back > 0) truth.lied = step;
    const auto& history = truth.before;
    answer.facts = steps_back == 0 ? truth.facts : history[history.size() - steps_back];
    answer.unpaid = answer.facts == Facts{};
    answer.gateway_ref = truth.name;
    answer.record = record_of(answer.facts);
    if (!payment.refund || steps_back > 0) return answer;
    const auto found = std::ranges::find(truth.refunds, payment.refund->id, &GatewayRefund::id);
    if (found == truth.refunds.end()) return answer; // it has not arrived, or never will
    answer.refund = outcome_of(found->state);
    answer.refund_ref = "R1";
    return answer;
}

Answer GatewayModel::riddle(const PaymentRef& payment, std::size_t step)
{
    truth(payment.id).lied = step;
    return {.detail = "checked", .record = R"({"said":"WHATEVER"})"};
}

bool GatewayModel::take_refund(const PaymentRef& payment, bool willing)
{
    auto& truth = this->truth(payment.id);
    const auto& refund = *payment.refund;
    law(!truth.knows(refund.id), "a refund was sent to the gateway twice");
    // When something was given back without us, the sum cannot tell whether ours is done.
    law(truth.refund_under_way() == nullptr || truth.gave_back_elsewhere(),
        "a refund was sent while another was under way");
    const auto& paid = truth.facts.paid;
    law(truth.had(refund.amount), "a refund of what was never paid");
    law(given_back(truth) + refund.amount.minor_units <= paid->minor_units,
        "more was to be given back than was paid");
    // What was given back without us the gateway knows, and we perhaps do not.
    const auto elsewhere = truth.facts.refunded ? truth.facts.refunded->minor_units : 0;
    using enum GatewayRefund::State;
    const bool taken = willing && refund.amount.currency == paid->currency &&
                       elsewhere + refund.amount.minor_units <= paid->minor_units;
    truth.refunds.push_back({refund.id, refund.amount, taken ? under_way : refused});
    return taken;
}

void GatewayModel::end_refund(Truth& truth, GatewayRefund& refund, bool done, Moment now)
{
    refund.state = done ? GatewayRefund::State::done : GatewayRefund::State::refused;
    if (!done) return;
    auto facts = truth.facts;
    const auto elsewhere = facts.refunded ? facts.refunded->minor_units : 0;
    facts.refunded = Money{elsewhere + refund.amount.minor_units, refund.amount.currency};
    change(truth, facts, now);
}

void GatewayModel::add_to(Fingerprint& print) const
{
    for (const auto& truth : truths_) {
        simulator::add(print, truth.opened);
        simulator::add(print, truth.facts);
        simulator::add(print, truth.before);
        simulator::add(print, truth.changed_at);
        for (const auto& refund : truth.refunds) {
            simulator::add(print, refund.amount);
            print.add(static_cast<std::uint64_t>(refund.state));
        }
    }
}

} // namespace tollgate::simulator
