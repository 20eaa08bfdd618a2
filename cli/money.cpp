#include "cli/commands.hpp"
#include "cli/parts.hpp"
#include "core/settle/confirmer.hpp"
#include "core/settle/refunder.hpp"
#include "core/support/check.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <optional>
#include <string>

namespace tollgate {
namespace {

std::string words_of(Money money)
{
    return fmt::format("{} {}", major_text(money), code(money.currency));
}

std::string name_of(const Payment& payment)
{
    return fmt::format("payment {} of order {}", payment.reference.get(), payment.order.get());
}

/// `payment … of order 42: review, 1000 XOF of 1500 XOF paid; look at it: underpaid`
std::string words_of(const Payment& payment)
{
    auto words = fmt::format("{}: {}", name_of(payment), code(payment.state));
    const auto& paid = payment.facts.paid;
    const auto& refunded = payment.facts.refunded;
    if (paid) words += fmt::format(", {} of {} paid", words_of(*paid), words_of(payment.price));
    if (refunded) words += fmt::format(", {} given back", words_of(*refunded));
    const auto look = code(attention(payment));
    if (!look.empty()) words += fmt::format("; look at it: {}", look);
    return words;
}

/// Nothing when it is none.
std::optional<Money> amount_of(const std::string& text, Currency currency)
{
    const auto money = parse_major(text, currency);
    if (!money || money->minor_units == 0) return {};
    return *money;
}

int wrong_amount(Currency currency)
{
    return not_done(fmt::format(
        "the amount must be in {}, greater than zero and with at most {} decimals",
        code(currency),
        exponent(currency)
    ));
}

/// The payment as it is then; what was paid is not cancelled.
Payment carry_out(
    Parts& parts, const Payment& payment, const ConfirmOptions& said, std::optional<Money> amount
)
{
    Confirmer confirmer{parts.store, parts.clock};
    if (said.paid) return confirmer.paid(payment, amount, operator_name());
    if (payment.facts.paid) return payment;
    return confirmer.cancelled(payment, operator_name());
}

int end_refund(Parts& parts, const Payment& payment, bool done)
{
    if (!payment.refund) return not_done(name_of(payment) + " has no refund under way");
    const auto amount = words_of(payment.refund->amount);
    Confirmer confirmer{parts.store, parts.clock};
    const auto after = confirmer.refund_ended(payment, done, operator_name());
    fmt::print("the refund of {} {}\n", amount, done ? "is done" : "was refused");
    fmt::print("{}\n", words_of(after));
    return 0;
}

int report(const RefundResult& result)
{
    using enum RefundResult::Kind;
    const auto& payment = result.payment;
    const auto detail = result.detail.empty() ? "" : fmt::format(" ({})", result.detail);
    switch (result.kind) {
    case done: fmt::print("{}\n", words_of(payment)); return 0;
    case under_way:
        fmt::print("the refund is under way; the gateway will be asked how it ends{}\n", detail);
        fmt::print("{}\n", words_of(payment));
        return exit_code_under_way;
    case refused: return not_done("the gateway refused: nothing was given back" + detail);
    case not_possible: return not_done(payment.gateway.get() + " cannot give money back");
    case other_pending: return not_done("an earlier refund of it has not ended");
    case not_paid: return not_done(name_of(payment) + " has nothing to give back");
    case too_much:
        return not_done(
            "the amount must be what was paid, or a part of what is left where the gateway gives "
            "parts back"
        );
    }
    impossible("refund result");
}

} // namespace

int run_confirm(const Config& config, const ConfirmOptions& options)
{
    Parts parts{config};
    const auto payment = find_payment(parts.store, options.payment);
    if (!payment) return not_found(options.payment);
    const auto currency = payment->price.currency;
    const auto amount = amount_of(options.amount, currency);
    if (!options.amount.empty() && !amount) return wrong_amount(currency);
    if (!is_confirmed_by_hand(*payment)) {
        return not_done(fmt::format(
            "{} is confirmed by its gateway, {}, not by hand",
            name_of(*payment),
            payment->gateway.get()
        ));
    }
    const auto after = carry_out(parts, *payment, options, amount);
    if (options.cancelled && !is_unpaid_end(after.state)) {
        return not_done(name_of(after) + " was paid: it cannot be cancelled");
    }
    fmt::print("{}\n", words_of(after));
    return 0;
}

int run_refund(const Config& config, const RefundOptions& options)
{
    Parts parts{config};
    const auto payment = find_payment(parts.store, options.payment);
    if (!payment) return not_found(options.payment);
    if (!options.ended.empty()) return end_refund(parts, *payment, options.ended == "done");
    const auto currency = payment->facts.paid.value_or(payment->price).currency;
    const auto amount = amount_of(options.amount, currency);
    if (!options.amount.empty() && !amount) return wrong_amount(currency);
    const auto* gateway = parts.gateways.find(payment->gateway.get());
    if (gateway == nullptr) {
        return not_done("its gateway, " + payment->gateway.get() + ", is not configured");
    }
    Courier courier{config.check};
    Refunder refunder{parts.store, courier, parts.clock};
    return report(refunder.refund(*gateway, *payment, amount, operator_name()));
}

} // namespace tollgate
