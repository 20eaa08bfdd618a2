// The use case "give money back": our row first, then the gateway, which hears of it once. When its
// answer is lost the refund stays under way: check() asks how it ended, and nobody can begin
// another one meanwhile.
#pragma once

#include "core/settle/courier.hpp"
#include "core/settle/store.hpp"

#include <functional>
#include <optional>
#include <string>

namespace tollgate {

/// Tells the gateway of the refund that `payment` has, once, and waits for what it says.
using RefundTeller =
    std::function<Expected<Answer, GatewayFault>(const Gateway&, const PaymentRef& payment)>;

struct RefundResult {
    enum class Kind {
        done,
        under_way,     ///< begun; the gateway has not said yet how it ends
        refused,       ///< the gateway said no: nothing was given back
        not_possible,  ///< through this gateway no money goes back
        other_pending, ///< an earlier refund has not ended
        not_paid,
        too_much,
    };
    Kind kind{};
    Payment payment;
    std::string detail{}; ///< the gateway's words
};

class Refunder {
public:
    Refunder(Store& store, Courier& courier, const Clock& clock);
    Refunder(Store& store, RefundTeller tell, const Clock& clock)
        : store_{store}, tell_{std::move(tell)}, clock_{clock}
    {
    }

    /// All that is left when there is no `amount`. `by` names who asked, for the trail.
    RefundResult refund(
        const Gateway& gateway,
        const Payment& payment,
        std::optional<Money> amount,
        const std::string& by
    );

private:
    RefundResult ask(const Gateway& gateway, const Payment& payment);

    Store& store_;
    RefundTeller tell_;
    const Clock& clock_;
};

} // namespace tollgate
