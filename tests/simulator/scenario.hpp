// What is going to happen in a run, as far as it does not depend on us: the story of each payment
// at its gateway, who comes back when, what the operator does. In which order, the world decides.
#pragma once

#include "core/payments/payment.hpp"
#include "tests/simulator/choices.hpp"
#include "tests/simulator/gateway_model.hpp"

#include <array>
#include <vector>

namespace tollgate::simulator {

struct PaymentPlan {
    Payment payment;
    std::vector<Move> moves;
    bool by_hand = false;        ///< nobody can be asked; an operator confirms
    bool names_reference = true; ///< its messages do
    bool same_body = false;      ///< its messages are alike
    Proof proof = Proof::signed_message;
};

/// What an operator does.
struct Operation {
    enum class Kind { refund_all, refund_part, confirm_paid, confirm_cancelled };

    Kind kind{};
    std::size_t payment = 0;

    bool is_by_hand() const
    {
        return kind == Kind::confirm_paid || kind == Kind::confirm_cancelled;
    }
};

struct Scenario {
    std::vector<PaymentPlan> payments;
    std::vector<Operation> operations;
    std::chrono::hours expires_after = check_age_max; ///< as the merchant wants it
    bool begins_open = false;                         ///< the payments are there from the beginning
    std::size_t visits = 0;                           ///< how often customers come back
    std::array<Duration, 2> clock_skew{};
    std::size_t steps_max = 0; ///< of the time of trouble
    std::size_t crashes_max = 0;
    std::size_t mishaps_max = 0;
    std::size_t stale_once_in = 8; ///< answers that come from a replica that lags; 0: never
    std::size_t messages_max = 2;  ///< about one change
    bool messages_repeat = true;   ///< one may come again, and be taken together with another
    std::size_t passages_max = 8;
    std::vector<Duration> passages; ///< by how much time may jump
};

/// Small ones, of which every order can be tried.
struct NamedScenario {
    const char* name;
    Scenario scenario;
};
std::vector<NamedScenario> small_scenarios();

/// A scenario of the seed's choice.
Scenario random_scenario(Choices& choices);

} // namespace tollgate::simulator
