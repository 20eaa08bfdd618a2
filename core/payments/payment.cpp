#include "core/payments/payment.hpp"

#include "core/crypto/uuid.hpp"

#include <algorithm>

namespace tollgate {
namespace {

constexpr bool is_reference_character(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

constexpr bool is_order_ref_character(char c)
{
    return is_reference_character(c) || (c >= 'a' && c <= 'z') ||
           std::string_view{"._:/#-"}.find(c) != std::string_view::npos;
}

constexpr bool is_printable(char c)
{
    return c >= ' ' && c <= '~';
}

/// Of the last question, not of a clock: every process says the same of the same row.
bool is_unanswered(const Payment& payment)
{
    return payment.unanswered_since && payment.checked_at &&
           *payment.checked_at - *payment.unanswered_since >= unanswered_after;
}

/// The regular asking has ended, and with it the hope that the gateway says more.
bool is_undecided(const Payment& payment)
{
    return is_open(payment.state) && payment.checked_at &&
           *payment.checked_at - payment.created_at >= check_age_max;
}

} // namespace

bool is_given_back(const Refund& refund, const Facts& facts)
{
    const auto& counted = facts.refunded;
    return counted && counted->currency == refund.total.currency &&
           counted->minor_units >= refund.total.minor_units;
}

Attention attention(const Payment& payment)
{
    if (payment.refund) return Attention::refund_unknown;
    if (payment.paid_twice && is_delivered(payment.state)) return Attention::paid_twice;
    const auto by_facts = attention(payment.facts, payment.price);
    if (by_facts != Attention::none) return by_facts;
    if (is_unanswered(payment)) return Attention::unanswered;
    return is_undecided(payment) ? Attention::undecided : Attention::none;
}

std::string id_text(const PaymentId& id)
{
    return uuid_text(id.get());
}

std::optional<PaymentId> parse_id(std::string_view text)
{
    auto bytes = parse_uuid(text);
    if (!bytes) return {};
    return PaymentId{*std::move(bytes)};
}

bool is_reference(std::string_view text)
{
    return text.size() == reference_length && std::ranges::all_of(text, is_reference_character);
}

bool is_order_ref(std::string_view text)
{
    return !text.empty() && text.size() <= order_ref_length_max &&
           std::ranges::all_of(text, is_order_ref_character);
}

bool is_gateway_ref(std::string_view text)
{
    return !text.empty() && text.size() <= gateway_ref_bytes_max &&
           std::ranges::all_of(text, is_printable);
}

} // namespace tollgate
