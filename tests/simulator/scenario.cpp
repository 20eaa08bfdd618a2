#include "tests/simulator/scenario.hpp"

#include "tests/core/settle/samples.hpp"

namespace tollgate::simulator {
namespace {

using namespace std::chrono_literals;
using enum Move::Kind;

const Money full = samples::price;
const Money part{1000, Currency::XOF};
const Money more{2000, Currency::XOF};
const Money unsaid{0, Currency::XOF};
const Money foreign{1500, Currency::XAF};

/// What becomes of a payment at its gateway. Those that end well come more often.
const std::vector<std::vector<Move>>& stories()
{
    static const std::vector<std::vector<Move>> all{
        {{pay, full}},
        {{begin}, {pay, full}},
        {{fail}, {pay, full}},
        {{cancel}, {pay, full}},
        {{expire}, {pay, full}},
        {{begin}, {fail}, {pay, full}},
        {{fail}},
        {{begin}, {cancel}},
        {{expire}},
        {{begin}},
        {},
        {{pay, part}},
        {{pay, part}, {pay, full}},
        {{pay, more}},
        {{pay, unsaid}, {pay, full}},
        {{pay, foreign}},
        {{pay, foreign}, {pay, full}},
        {{pay, full}, {dispute}},
        {{pay, full}, {refund_elsewhere, part}},
        {{pay, full}, {refund_elsewhere, full}},
        {{pay, full}, {fail}},
        {{begin}, {pay, full}, {refund_elsewhere, part}, {dispute}},
    };
    return all;
}

PaymentPlan random_plan(std::size_t number, Choices& choices)
{
    PaymentPlan plan;
    plan.payment = samples::payment(number);
    plan.by_hand = choices.once_in(16);
    if (plan.by_hand) {
        plan.payment.gateway = GatewayName{"cash_on_delivery"};
        plan.payment.check_due_at.reset();
    } else {
        plan.moves = stories()[choices.below(stories().size())];
    }
    if (!choices.once_in(4)) plan.payment.files.resize(1);
    plan.names_reference = !choices.once_in(8);
    plan.same_body = choices.once_in(4);
    if (choices.once_in(8)) plan.proof = Proof::none;
    return plan;
}

Scenario small_scenario(std::vector<Move> moves)
{
    Scenario scenario;
    PaymentPlan plan;
    plan.payment = samples::payment();
    plan.payment.files.resize(1);
    plan.moves = std::move(moves);
    scenario.payments.push_back(std::move(plan));
    scenario.begins_open = true;
    scenario.steps_max = 1'000;
    scenario.stale_once_in = 0;
    scenario.messages_max = 1;
    scenario.messages_repeat = false;
    scenario.passages_max = 0;
    return scenario;
}

} // namespace

std::vector<NamedScenario> small_scenarios()
{
    auto crash = small_scenario({{pay, full}});
    crash.crashes_max = 1;
    auto mishap = small_scenario({{pay, full}});
    mishap.mishaps_max = 1;
    auto two = small_scenario({{fail}, {pay, full}});
    auto late = two;
    late.crashes_max = 1;
    auto visitor = small_scenario({{pay, full}});
    visitor.messages_max = 0;
    visitor.visits = 1;
    visitor.payments.front().payment.check_due_at = samples::created_at;
    return {
        {"a message, a crash", crash},
        {"a message, a mishap", mishap},
        {"two changes, two messages", two},
        {"two changes, two messages, a crash", late},
        {"a visitor, two reconcilers", visitor},
    };
}

Scenario random_scenario(Choices& choices)
{
    using enum Operation::Kind;
    Scenario scenario;
    const std::size_t payments = choices.once_in(4) ? 2 : 1;
    for (std::size_t i = 0; i < payments; ++i)
        scenario.payments.push_back(random_plan(i + 1, choices));
    for (std::size_t i = choices.below(3); i > 0; --i) {
        const auto payment = choices.below(payments);
        const bool by_hand = scenario.payments[payment].by_hand;
        const bool first = choices.once_in(2);
        const auto act = by_hand ? (first ? confirm_paid : confirm_cancelled)
                                 : (first ? refund_all : refund_part);
        scenario.operations.push_back({act, payment});
    }
    scenario.visits = choices.below(3);
    constexpr std::array skews{0s, 3s, -3s, 90s};
    scenario.clock_skew = {0s, skews[choices.below(skews.size())]};
    constexpr std::array expiries{check_age_max, 24h, 1h};
    scenario.expires_after = expiries[choices.below(expiries.size())];
    scenario.steps_max = 30 + choices.below(40);
    scenario.crashes_max = choices.below(3);
    scenario.mishaps_max = choices.below(6);
    scenario.passages = {1s, 16s, 11min, 1h, 7h, 50h};
    return scenario;
}

} // namespace tollgate::simulator
