// What the tests of settlement share: payments, what a gateway may say about them, a clock.
#pragma once

#include "core/settle/store.hpp"

#include <string>

namespace tollgate::samples {

inline constexpr Money price{1500, Currency::XOF};
inline constexpr Instant created_at{std::chrono::sys_days{std::chrono::year{2026} / 3 / 4}};

/// A clock that stands still.
class FixedClock final : public Clock {
public:
    Instant now() const override { return created_at + std::chrono::seconds{20}; }
};

/// `length` characters of [0-9A-Z] that name `number`.
inline std::string numbered(std::size_t number, std::size_t length)
{
    const auto digits = std::to_string(number);
    return "P" + std::string(length - 1 - digits.size(), '0') + digits;
}

/// A fresh payment; each number is another one of another order.
inline Payment payment(std::size_t number = 1)
{
    Payment payment;
    payment.id = PaymentId{numbered(number, 16)};
    payment.merchant = Merchant{"shop"};
    payment.order = OrderRef{"2026-" + std::to_string(number)};
    payment.gateway = GatewayName{"cinetpay"};
    payment.reference = Reference{numbered(number, reference_length)};
    payment.price = price;
    payment.files = {{"book.pdf"}, {"book.epub"}};
    payment.created_at = created_at;
    payment.check_due_at = created_at + std::chrono::seconds{15};
    payment.opening_until = created_at + std::chrono::seconds{60};
    return payment;
}

inline GrantMaker grant_maker()
{
    return {Secret{"grants-test-key"}, {.uses_max = 3, .expires_after = std::chrono::hours{72}}};
}

inline Asked said(const Payment& payment, const Facts& facts, std::string record = "{}")
{
    return {
        payment.id,
        "notification",
        Answer{.facts = facts, .detail = "00", .record = std::move(record)}};
}

inline Asked silent(const Payment& payment)
{
    return {
        payment.id, "notification", Unexpected{GatewayFault{GatewayError::unavailable, "timeout"}}};
}

} // namespace tollgate::samples
