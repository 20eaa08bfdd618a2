// Payments as rows: one list of columns, one reader, one writer.
#pragma once

#include "core/payments/payment.hpp"
#include "sql/connection.hpp"

#include <span>
#include <string>

namespace tollgate {

/// What read_refund() reads from a column on; a refund is in the currency in which was paid.
inline const std::string refund_columns =
    "refund_id, refund_minor, refund_total_minor, refund_ref, refund_began_at";

/// What read_payment() reads, in its order.
inline const std::string payment_columns =
    "id, merchant, order_ref, attempt, gateway, reference, gateway_ref, amount_minor, currency, "
    "description, customer, files, processing, failure, paid_minor, paid_currency, refunded_minor, "
    "refunded_currency, disputed, conflict, status, payment_url, checks, check_due_at, checked_at, "
    "created_at, paid_at, chain, paid_twice, opening_until, " +
    refund_columns + ", unanswered_since, events, attention_seen, messages";
inline constexpr unsigned payment_columns_count = 39;
Payment read_payment(const sql::ResultSet& row);

std::optional<Refund>
read_refund(const sql::ResultSet& row, unsigned column, std::optional<Currency> currency);

/// Lives at `column` of a result; empty when NULL.
std::string text_at(const sql::ResultSet& row, unsigned column);
std::optional<Instant> time_at(const sql::ResultSet& row, unsigned column);

void insert_payment(Connection& connection, const Payment& payment);
/// Writes what a settlement may change and ends the leases.
void update_payments(Connection& connection, std::span<const Payment* const> payments, Instant now);

} // namespace tollgate
