// The gateway as it really is: what became of the customer's money, which nobody but it knows, and
// what it says of that when it is asked.
#pragma once

#include "core/settle/store.hpp"
#include "tests/simulator/choices.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace tollgate::simulator {

/// A refund as the gateway knows it.
struct GatewayRefund {
    enum class State { under_way, done, refused };

    Reference id;
    Money amount;
    State state = State::under_way;
};

/// A point of a run.
struct Moment {
    std::size_t step = 0;
    Instant time{};
};

/// One payment at the gateway.
struct Truth {
    Payment payment; ///< as it was opened
    GatewayRef name; ///< the gateway's own
    bool opened = false;
    Facts facts;               ///< what an honest answer says now
    std::vector<Facts> before; ///< what one said once, the oldest first
    std::vector<GatewayRefund> refunds;
    std::size_t changed = 0; ///< the step of the last change
    Instant changed_at{};
    std::size_t answered = 0; ///< when it told the truth that was settled last
    std::size_t lied = 0;     ///< the step at which it told an older one last, or nothing

    /// Whether it has the price now, in the right currency.
    bool has_the_price() const;
    /// Whether it ever said so.
    bool had_the_price() const;
    /// Whether it ever had as much as `amount`.
    bool had(const Money& amount) const;
    /// Whether it ever named another currency.
    bool named_other_currency() const;
    /// Whether a refund's request has arrived.
    bool knows(const Reference& refund) const;
    bool gave_back_elsewhere() const;
    /// nullptr when there is none.
    GatewayRefund* refund_under_way();

private:
    template <class Condition>
    bool ever(Condition condition) const
    {
        const auto holds = [&](const Facts& said) { return said.paid && condition(*said.paid); };
        return holds(facts) || std::ranges::any_of(before, holds);
    }
};

/// What happens to a payment outside of our house.
struct Move {
    enum class Kind { begin, fail, cancel, expire, pay, refund_elsewhere, dispute };

    Kind kind{};
    Money amount{}; ///< of pay (all told) and refund_elsewhere
};

class GatewayModel {
public:
    void add(const Payment& payment);
    std::size_t size() const { return truths_.size(); }
    Truth& truth(std::size_t index) { return truths_[index]; }
    const Truth& truth(std::size_t index) const { return truths_[index]; }
    Truth& truth(const PaymentId& id);
    const Truth& truth(const PaymentId& id) const;

    void move(std::size_t index, const Move& move, Moment now);
    /// An honest answer, or a stale one: the truth of `steps_back` changes ago.
    Answer answer(const PaymentRef& payment, std::size_t steps_back, std::size_t step);
    /// A word that nobody knows.
    Answer riddle(const PaymentRef& payment, std::size_t step);
    /// A request to give money back has arrived. False when the gateway will not.
    bool take_refund(const PaymentRef& payment, bool willing);
    void end_refund(Truth& truth, GatewayRefund& refund, bool done, Moment now);

    void add_to(Fingerprint& print) const;

private:
    std::vector<Truth> truths_;
};

} // namespace tollgate::simulator
