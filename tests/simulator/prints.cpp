#include "tests/simulator/prints.hpp"

namespace tollgate::simulator {

void add(Fingerprint& print, bool value)
{
    print.add(value ? 2U : 1U);
}

void add(Fingerprint& print, std::uint64_t value)
{
    print.add(value);
}

void add(Fingerprint& print, Instant time)
{
    print.add(static_cast<std::uint64_t>(time.time_since_epoch().count()));
}

void add(Fingerprint& print, const Money& money)
{
    print.add(static_cast<std::uint64_t>(money.minor_units));
    print.add(static_cast<std::uint64_t>(money.currency));
}

void add(Fingerprint& print, const Facts& facts)
{
    add(print, facts.processing);
    print.add(static_cast<std::uint64_t>(facts.failure));
    add(print, facts.paid);
    add(print, facts.refunded);
    add(print, facts.disputed);
    add(print, facts.conflict);
}

void add(Fingerprint& print, const PaymentId& id)
{
    print.add(id.get());
}

void add(Fingerprint& print, const Refund& refund)
{
    add(print, refund.amount);
    add(print, refund.total);
    print.add(refund.gateway_ref);
}

void add(Fingerprint& print, const PaymentRef& payment)
{
    print.add(payment.id.get()).add(payment.gateway_ref.get());
    add(print, payment.refund);
    print.add(static_cast<std::uint64_t>(payment.messages));
}

void add(Fingerprint& print, const Payment& payment)
{
    add(print, payment.ref());
    add(print, payment.facts);
    print.add(static_cast<std::uint64_t>(payment.state));
    print.add(static_cast<std::uint64_t>(payment.checks));
    print.add(static_cast<std::uint64_t>(payment.events)).add(payment.payment_url);
    add(print, payment.check_due_at);
    add(print, payment.checked_at);
    add(print, payment.unanswered_since);
    add(print, payment.paid_at);
    add(print, payment.created_at);
}

void add(Fingerprint& print, const Answer& answer)
{
    add(print, answer.facts);
    print.add(answer.gateway_ref.get()).add(answer.record).add(answer.refund_ref);
    print.add(static_cast<std::uint64_t>(answer.refund));
    add(print, answer.unpaid);
}

void add(Fingerprint& print, const Asked& asked)
{
    print.add(asked.payment.get()).add(asked.cause).add(asked.refund.get());
    print.add(static_cast<std::uint64_t>(asked.messages));
    add(print, asked.answer.has_value());
    if (asked.answer) add(print, *asked.answer);
}

void add(Fingerprint& print, const Settled& settled)
{
    print.add(settled.payment.get());
    print.add(static_cast<std::uint64_t>(settled.before));
    print.add(static_cast<std::uint64_t>(settled.after));
}

void add(Fingerprint& print, const Received& received)
{
    add(print, received.payment);
    add(print, received.ask);
    add(print, received.kept);
    add(print, received.repeated);
}

void add(Fingerprint& print, const Receipt& receipt)
{
    add(print, receipt.received);
    add(print, receipt.orphan);
    add(print, receipt.names_payment);
    add(print, receipt.due);
}

void add(Fingerprint& print, const Insertion& insertion)
{
    add(print, insertion.inserted);
    add(print, insertion.payment);
}

void add(Fingerprint& print, const RefundBegun& begun)
{
    print.add(static_cast<std::uint64_t>(begun.kind));
    add(print, begun.payment);
}

} // namespace tollgate::simulator
