// Payments as rows: one list of columns, one reader, one writer.
#pragma once

#include "core/payments/payment.hpp"
#include "sql/connection.hpp"

#include <string>

namespace tollgate {

/// What read_payment() reads, in its order.
extern const std::string payment_columns;
Payment read_payment(const sql::ResultSet& row);

/// Lives at `column` of a result; empty when NULL.
std::string text_at(const sql::ResultSet& row, unsigned column);
std::optional<Instant> time_at(const sql::ResultSet& row, unsigned column);

void insert_payment(Connection& connection, const Payment& payment);
/// Writes what a settlement may change and ends the lease.
void update_payment(Connection& connection, const Payment& payment, Instant now);

} // namespace tollgate
