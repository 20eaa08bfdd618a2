// What only a person can know: that the carrier brought the money of a cash order, that the
// customer did not take it, how a refund ended that the gateway says nothing about. His word is
// evidence like a gateway's answer, with his name.
#pragma once

#include "core/settle/store.hpp"

#include <optional>
#include <string>

namespace tollgate {

/// Whether a person decides about it, because nobody can be asked. Holds for a gateway that is not
/// configured any more, too: the carrier may still be on the road.
bool is_confirmed_by_hand(const Payment& payment);

class Confirmer {
public:
    Confirmer(Store& store, const Clock& clock) : store_{store}, clock_{clock} {}

    /// A payment that is confirmed by hand was paid; `amount`, all told, when it was another one
    /// than the price. Returns the payment as it is then, as all of these do.
    Payment paid(const Payment& payment, std::optional<Money> amount, const std::string& by);
    /// What was paid stays paid.
    Payment cancelled(const Payment& payment, const std::string& by);
    /// How the refund under way ended, which there must be.
    Payment refund_ended(const Payment& payment, bool done, const std::string& by);

private:
    Payment settle(const Payment& payment, Answer answer, const std::string& by);

    Store& store_;
    const Clock& clock_;
};

} // namespace tollgate
