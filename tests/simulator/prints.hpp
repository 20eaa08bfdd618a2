// Fingerprints of what can decide about the future of a run, so that equal states are met once. Ids
// and hashes that chance made are left out: nothing asks for more than whether they are equal.
#pragma once

#include "core/settle/decide.hpp"
#include "core/settle/receipt.hpp"
#include "tests/simulator/choices.hpp"

#include <optional>
#include <span>
#include <vector>

namespace tollgate::simulator {

void add(Fingerprint& print, bool value);
void add(Fingerprint& print, std::uint64_t value);
void add(Fingerprint& print, Instant time);
void add(Fingerprint& print, const Money& money);
void add(Fingerprint& print, const Facts& facts);
void add(Fingerprint& print, const PaymentId& id);
void add(Fingerprint& print, const Refund& refund);
void add(Fingerprint& print, const PaymentRef& payment);
void add(Fingerprint& print, const Payment& payment);
void add(Fingerprint& print, const Answer& answer);
void add(Fingerprint& print, const Asked& asked);
void add(Fingerprint& print, const Settled& settled);
void add(Fingerprint& print, const Received& received);
void add(Fingerprint& print, const Receipt& receipt);
void add(Fingerprint& print, const Insertion& insertion);
void add(Fingerprint& print, const RefundBegun& begun);

template <class T>
void add(Fingerprint& print, const std::optional<T>& value)
{
    add(print, value.has_value());
    if (value) add(print, *value);
}

template <class T>
void add(Fingerprint& print, const std::vector<T>& values)
{
    add(print, std::uint64_t{values.size()});
    for (const auto& value : values)
        add(print, value);
}

template <class T>
std::uint64_t print_of(const T& value)
{
    Fingerprint print;
    add(print, value);
    return print.value();
}

} // namespace tollgate::simulator
