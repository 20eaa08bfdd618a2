#include "sql/payment_rows.hpp"

#include "core/payments/paid_files.hpp"
#include "core/support/json.hpp"

#include <stdexcept>

namespace tollgate {
namespace {

constexpr auto sql_insert =
    "INSERT INTO tollgate_payments (id, merchant, order_ref, attempt, gateway, reference, "
    "amount_minor, currency, description, customer, files, status, check_due_at, chain, events, "
    "created_at, opening_until, updated_at) "
    "VALUES (UNHEX(?), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, UNHEX(?), ?, ?, ?, ?)";

/// What others may have written into our tables is not our assertion to make.
void demand(bool condition, const char* what)
{
    if (!condition) throw std::runtime_error{what};
}

std::string customer_text(const Customer& customer)
{
    Json::Object members;
    for (const auto& [name, member] : customer_fields) {
        if (!(customer.*member).empty()) members.emplace_back(std::string{name}, customer.*member);
    }
    return to_text(Json{std::move(members)});
}

Customer read_customer(std::string_view text)
{
    const auto json = parse_json(text);
    demand(json.has_value(), "the customer column holds no JSON");
    Customer customer;
    for (const auto& [name, member] : customer_fields)
        customer.*member = json->text(name);
    return customer;
}

std::vector<PaidFile> read_files(std::string_view text)
{
    const auto json = parse_json(text);
    auto files = json ? paid_files(*json) : std::nullopt;
    demand(files.has_value(), "the files column holds no list of files");
    return *std::move(files);
}

Currency read_currency(const std::string& text)
{
    const auto currency = parse_currency(text);
    demand(currency.has_value(), "a currency column holds no currency");
    return *currency;
}

std::optional<Money> money_at(const sql::ResultSet& row, unsigned column)
{
    const auto currency = text_at(row, column + 1);
    if (currency.empty()) return {};
    return Money{row.getInt64(column), read_currency(currency)};
}

void add_money(Statement& statement, const std::optional<Money>& money)
{
    statement.number_or_null(money ? std::optional{money->minor_units} : std::nullopt);
    statement.text_or_null(money ? code(money->currency) : std::string_view{});
}

// Served by PRIMARY, one look-up per row of `settled`: STRAIGHT_JOIN keeps the optimizer from
// reading the payments first. The rows are locked by the settlement.
std::string update_statement(std::size_t count)
{
    return "UPDATE (SELECT UNHEX(?) AS id, ? AS gateway_ref, ? AS processing, ? AS failure, "
           "? AS paid_minor, ? AS paid_currency, ? AS refunded_minor, ? AS refunded_currency, "
           "? AS disputed, ? AS conflict, ? AS status, ? AS attention, ? AS checks, "
           "? AS check_due_at, ? AS checked_at, UNHEX(?) AS chain, ? AS paid_at, "
           "? AS refund_id, ? AS refund_minor, ? AS refund_total_minor, ? AS refund_ref, "
           "? AS refund_began_at, ? AS unanswered_since, ? AS events, ? AS attention_seen" +
           repeated(
               " UNION ALL SELECT UNHEX(?), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, UNHEX(?), ?, "
               "?, ?, ?, ?, ?, ?, ?, ?",
               count - 1,
               ""
           ) +
           ") AS settled STRAIGHT_JOIN tollgate_payments AS payment ON payment.id = settled.id "
           "SET payment.gateway_ref = settled.gateway_ref, "
           "payment.processing = settled.processing, payment.failure = settled.failure, "
           "payment.paid_minor = settled.paid_minor, "
           "payment.paid_currency = settled.paid_currency, "
           "payment.refunded_minor = settled.refunded_minor, "
           "payment.refunded_currency = settled.refunded_currency, "
           "payment.disputed = settled.disputed, payment.conflict = settled.conflict, "
           "payment.status = settled.status, payment.attention = settled.attention, "
           "payment.checks = settled.checks, payment.check_due_at = settled.check_due_at, "
           "payment.checked_at = settled.checked_at, payment.chain = settled.chain, "
           "payment.paid_at = settled.paid_at, payment.refund_id = settled.refund_id, "
           "payment.refund_minor = settled.refund_minor, "
           "payment.refund_total_minor = settled.refund_total_minor, "
           "payment.refund_ref = settled.refund_ref, "
           "payment.refund_began_at = settled.refund_began_at, "
           "payment.unanswered_since = settled.unanswered_since, "
           "payment.attention_seen = settled.attention_seen, "
           "payment.events = settled.events, payment.updated_at = ?, "
           "payment.lease_owner = NULL, payment.lease_until = NULL";
}

void add_refund(Statement& statement, const std::optional<Refund>& refund)
{
    using Number = std::optional<std::int64_t>;
    statement.text_or_null(refund ? refund->id.get() : std::string{})
        .number_or_null(refund ? Number{refund->amount.minor_units} : Number{})
        .number_or_null(refund ? Number{refund->total.minor_units} : Number{})
        .text_or_null(refund ? refund->gateway_ref : std::string{})
        .time_or_null(refund ? std::optional{refund->began_at} : std::nullopt);
}

void add_settled(Statement& statement, const Payment& payment)
{
    const auto& facts = payment.facts;
    statement.bytes(payment.id.get())
        .text_or_null(payment.gateway_ref.get())
        .number(facts.processing ? 1 : 0)
        .text(code(facts.failure));
    add_money(statement, facts.paid);
    add_money(statement, facts.refunded);
    statement.number(facts.disputed ? 1 : 0)
        .number(facts.conflict ? 1 : 0)
        .text(code(payment.state))
        .text(code(attention(payment)))
        .number(payment.checks)
        .time_or_null(payment.check_due_at)
        .time_or_null(payment.checked_at)
        .bytes_or_null(payment.chain)
        .time_or_null(payment.paid_at);
    add_refund(statement, payment.refund);
    statement.time_or_null(payment.unanswered_since)
        .number(payment.events)
        .number(payment.attention_seen ? 1 : 0);
}

template <class Value>
Value known(std::optional<Value> value, const char* what)
{
    demand(value.has_value(), what);
    return *value;
}

} // namespace

std::string text_at(const sql::ResultSet& row, unsigned column)
{
    if (row.isNull(column)) return {};
    return row.getString(column);
}

std::optional<Instant> time_at(const sql::ResultSet& row, unsigned column)
{
    const auto text = text_at(row, column);
    if (text.empty()) return {};
    return parse_database_time(text);
}

std::optional<Refund>
read_refund(const sql::ResultSet& row, unsigned column, std::optional<Currency> currency)
{
    if (row.isNull(column)) return {};
    demand(currency.has_value(), "a refund of what was not paid");
    return Refund{
        .id = Reference{text_at(row, column)},
        .amount = {row.getInt64(column + 1), *currency},
        .total = {row.getInt64(column + 2), *currency},
        .gateway_ref = text_at(row, column + 3),
        .began_at = time_at(row, column + 4).value_or(Instant{}),
    };
}

Payment read_payment(const sql::ResultSet& row)
{
    Payment payment{
        .id = PaymentId{text_at(row, 1)},
        .merchant = Merchant{text_at(row, 2)},
        .order = OrderRef{text_at(row, 3)},
        .attempt = row.getInt(4),
        .gateway = GatewayName{text_at(row, 5)},
        .reference = Reference{text_at(row, 6)},
        .gateway_ref = GatewayRef{text_at(row, 7)},
        .price = {row.getInt64(8), read_currency(text_at(row, 9))},
        .description = text_at(row, 10),
        .customer = read_customer(text_at(row, 11)),
        .files = read_files(text_at(row, 12)),
        .facts =
            {
                .processing = row.getInt(13) != 0,
                .failure = known(parse_failure(text_at(row, 14)), "unknown failure"),
                .paid = money_at(row, 15),
                .refunded = money_at(row, 17),
                .disputed = row.getInt(19) != 0,
                .conflict = row.getInt(20) != 0,
            },
        .refund = {},
        .state = known(parse_status(text_at(row, 21)), "unknown status"),
        .paid_twice = row.getInt(29) != 0,
        .payment_url = text_at(row, 22),
        .checks = row.getInt(23),
        .messages = row.getInt(39),
        .check_due_at = time_at(row, 24),
        .checked_at = time_at(row, 25),
        .unanswered_since = time_at(row, 36),
        .attention_seen = row.getInt(38) != 0,
        .created_at = time_at(row, 26).value_or(Instant{}),
        .opening_until = time_at(row, 30).value_or(Instant{}),
        .paid_at = time_at(row, 27),
        .chain = text_at(row, 28),
        .events = row.getInt(37),
    };
    const auto& paid = payment.facts.paid;
    payment.refund = read_refund(row, 31, paid ? std::optional{paid->currency} : std::nullopt);
    return payment;
}

void insert_payment(Connection& connection, const Payment& payment)
{
    connection.statement(sql_insert)
        .bytes(payment.id.get())
        .text(payment.merchant.get())
        .text(payment.order.get())
        .number(payment.attempt)
        .text(payment.gateway.get())
        .text(payment.reference.get())
        .number(payment.price.minor_units)
        .text(code(payment.price.currency))
        .text(payment.description)
        .text(customer_text(payment.customer))
        .text(to_text(paid_files_json(payment.files)))
        .text(code(payment.state))
        .time_or_null(payment.check_due_at)
        .bytes_or_null(payment.chain)
        .number(payment.events)
        .time(payment.created_at)
        .time(payment.opening_until)
        .time(payment.created_at)
        .update();
}

void update_payments(Connection& connection, std::span<const Payment* const> payments, Instant now)
{
    in_chunks(payments.size(), [&](std::size_t begin, std::size_t size) {
        auto statement = connection.statement(update_statement(size));
        for (const auto* payment : payments.subspan(begin, size))
            add_settled(statement, *payment);
        statement.time(now).update();
    });
}

} // namespace tollgate
