#include "core/gateways/flutterwave_messages.hpp"

#include "core/gateways/dialogue.hpp"
#include "core/gateways/redaction.hpp"
#include "core/support/text.hpp"

#include <array>

namespace tollgate::flutterwave {
namespace {

// clang-format off
/// Who pays and with what. The metadata name the account a bank transfer came from, the narration
/// its owner.
constexpr std::array<std::string_view, 16> private_members{
    "name", "fullName", "email", "address", "meta", "meta_data", "narration", "device_fingerprint",
    "first_6digits", "first6", "expiry", "expiry_month", "expiry_year", "token", "account_name",
    "fullname",
};
constexpr std::array<std::string_view, 6> masked_members{
    "phone", "phone_number", "phonenumber", "account_number", "ip", "IP",
};
// clang-format on

constexpr int client_errors = 400;
constexpr int not_found = 404;

/// The reply if the gateway did what it was asked; only a refusal that is one for certain is called
/// refused.
Expected<Json, GatewayFault> success_of(const HttpReply& reply)
{
    auto json = object_of(reply);
    if (!json) return json;
    const auto status = json->text("status");
    const bool accepted = reply.status < client_errors;
    if (accepted && status == "success") return json;
    const bool refused = !accepted && status == "error";
    const auto error = refused ? GatewayError::refused : GatewayError::unavailable;
    return fault(error, status_words(reply) + " " + json->text("message"));
}

bool is_ours(const Json& transaction, const PaymentRef& payment)
{
    return transaction.text("tx_ref") == payment.reference.get();
}

Facts facts_of(const Json& transaction, const PaymentRef& payment)
{
    const auto status = transaction.text("status");
    const bool ours = is_ours(transaction, payment);
    if (status == "successful") {
        const auto amount = ours ? transaction.text("amount") : std::string{};
        return {.paid = stated_money(amount, transaction.text("currency"), payment.price)};
    }
    if (!ours) return {};
    if (status == "pending") return {.processing = true};
    if (status == "failed") return {.failure = Failure::failed};
    if (status == "cancelled") return {.failure = Failure::cancelled};
    return {};
}

/// The number of the transaction that was paid; a failed attempt has another. Empty when there is
/// none.
std::string paid_transaction(const Json& transaction, const PaymentRef& payment)
{
    const auto id = transaction.text("id");
    const bool paid = transaction.text("status") == "successful" && is_ours(transaction, payment);
    return paid && all_digits(id) ? id : std::string{};
}

RefundOutcome outcome_of(const Json& data, const Refund& refund)
{
    const auto amount = data.text("amount_refunded");
    const auto currency = refund.amount.currency;
    const bool ours = amount.empty() || stated_money(amount, code(currency), {}) == refund.amount;
    const auto status = data.text("status");
    if (status == "failed") return RefundOutcome::refused;
    if (is_one_of(status, {"new", "processing", "pending"}) || status.starts_with("pending-")) {
        return RefundOutcome::under_way;
    }
    const bool done = status == "completed" || status.starts_with("completed-");
    return done && ours ? RefundOutcome::done : RefundOutcome::unknown;
}

/// Whether a name is the one that is expected, as far as both are known.
bool is_same(std::string_view name, std::string_view expected)
{
    return name.empty() || expected.empty() || name == expected;
}

} // namespace

Expected<Opened, GatewayFault> read_opened(const HttpReply& reply)
{
    const auto json = success_of(reply);
    if (!json) return Unexpected{json.error()};
    const auto link = member_object(*json, "data").text("link");
    if (!is_http_url(link)) return fault(GatewayError::malformed, "success without a link");
    return Opened{GatewayRef{}, link};
}

bool is_unknown_transaction(const HttpReply& reply)
{
    const auto json = object_of(reply);
    if (!json || json->text("status") != "error") return false;
    return reply.status == not_found ||
           lower(json->text("message")).find("no transaction") != std::string::npos;
}

Expected<Answer, GatewayFault> read_transaction(const HttpReply& reply, const PaymentRef& payment)
{
    if (is_unknown_transaction(reply)) {
        return Answer{
            .unpaid = true, .detail = "no transaction", .record = record_of(*object_of(reply))};
    }
    const auto json = success_of(reply);
    if (!json) return Unexpected{json.error()};
    const auto& data = member_object(*json, "data");
    return Answer{
        .facts = facts_of(data, payment),
        .gateway_ref = GatewayRef{paid_transaction(data, payment)},
        .detail = data.text("status") + " " + data.text("processor_response"),
        .record = record_of(*json),
    };
}

Expected<Answer, GatewayFault>
read_refund(const HttpReply& reply, const Refund& refund, const GatewayRef& transaction)
{
    const auto json = success_of(reply);
    if (!json) return Unexpected{json.error()};
    const auto& data = member_object(*json, "data");
    const auto id = data.text("id");
    const bool ours =
        is_same(id, refund.gateway_ref) && is_same(data.text("tx_id"), transaction.get());
    return Answer{
        .gateway_ref = transaction,
        .detail = "refund " + data.text("status"),
        .record = record_of(*json),
        .refund = ours ? outcome_of(data, refund) : RefundOutcome::unknown,
        .refund_ref = ours && all_digits(id) ? id : std::string{},
    };
}

Reference charged_reference(const Json& message)
{
    const auto event = message.text("event") + message.text("type");
    const auto& data = member_object(message, "data");
    std::string reference;
    if (event.starts_with("charge.")) {
        reference = data.text(data.find("tx_ref") != nullptr ? "tx_ref" : "reference");
    } else if (event.empty()) {
        reference = message.text("txRef");
    }
    return is_reference(reference) ? Reference{std::move(reference)} : Reference{};
}

std::string record_of(const Json& message)
{
    return to_text(redacted(without(message, private_members), masked_members));
}

} // namespace tollgate::flutterwave
