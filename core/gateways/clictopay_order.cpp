#include "core/gateways/clictopay_order.hpp"

#include "core/gateways/dialogue.hpp"
#include "core/gateways/redaction.hpp"
#include "core/support/text.hpp"

#include <array>

namespace tollgate::clictopay {
namespace {

// clang-format off
constexpr std::array<std::string_view, 44> kept_names{
    "mdOrder", "orderNumber", "OrderNumber", "order_number", "orderId", "order_id", "reference",
    "operation", "event", "type", "status", "orderStatus", "OrderStatus", "checksum", "sign_alias",
    "callbackCreationDate", "date", "authDateTime", "errorCode", "ErrorCode", "errorMessage",
    "ErrorMessage", "actionCode", "actionCodeDescription", "amount", "Amount", "currency",
    "depositAmount", "paymentState", "paymentAmountInfo", "approvedAmount", "depositedAmount",
    "refundedAmount", "attributes", "name", "value", "cardAuthInfo", "maskedPan", "pan", "Pan",
    "approvalCode", "authRefNum", "terminalId", "externalRefundId",
};
constexpr std::array<std::string_view, 3> card_names{"maskedPan", "pan", "Pan"};
// clang-format on

constexpr std::size_t order_id_bytes_max = 64;
constexpr int http_ok = 200;

/// The older status call writes most of the same names with a capital.
std::string text_of(const Json& reply, std::string name)
{
    if (const auto* found = reply.find(name)) return found->text();
    name.front() = upper(name.front());
    return reply.text(name);
}

/// The gateway's own name of the order, which a reply carries as one of its attributes.
std::string order_id_of(const Json& reply)
{
    const auto* attributes = reply.find("attributes");
    if (attributes == nullptr || attributes->array() == nullptr) return {};
    for (const auto& attribute : *attributes->array()) {
        if (attribute.text("name") == "mdOrder") return attribute.text("value");
    }
    return {};
}

bool is_about(const Json& reply, const PaymentRef& payment)
{
    const auto number = text_of(reply, "orderNumber");
    const auto order_id = order_id_of(reply);
    const bool same_id = !order_id.empty() && order_id == payment.gateway_ref.get();
    if (number.empty()) return same_id;
    const bool other_id = !order_id.empty() && !payment.gateway_ref.empty() && !same_id;
    return number == payment.reference.get() && !other_id;
}

/// Zero when it is absent or cannot be read.
Money minor(std::string_view amount, Currency currency)
{
    const auto money = parse_minor(amount, currency);
    return money ? *money : Money{0, currency};
}

/// What was paid before anything was given back. Some set-ups take refunds off the deposited
/// amount; both together are then the order's amount.
Money paid_of(const Json& reply, Currency currency)
{
    const auto& info = member_object(reply, "paymentAmountInfo");
    const auto amount = minor(text_of(reply, "amount"), currency);
    auto stated = info.text("depositedAmount");
    if (stated.empty()) stated = reply.text("depositAmount");
    if (stated.empty()) return amount;
    const auto deposited = minor(stated, currency);
    const auto sum = add(deposited, minor(info.text("refundedAmount"), currency));
    return sum && *sum == amount ? amount : deposited;
}

/// Of an order that was paid; `given_back`: its status says that some or all of it went back.
Facts facts_of_money(const Json& reply, bool given_back, Money price)
{
    const auto currency = parse_numeric_currency(text_of(reply, "currency"));
    const auto paid = currency ? paid_of(reply, *currency) : Money{0, price.currency};
    const auto stated = member_object(reply, "paymentAmountInfo").text("refundedAmount");
    const auto refunded = minor(currency ? stated : "", paid.currency);
    if (refunded.minor_units > 0) return {.paid = paid, .refunded = refunded};
    if (!given_back) return {.paid = paid};
    // How much is not said: all of it, so that nothing more is delivered.
    return {.paid = paid, .refunded = paid.minor_units > 0 ? paid : price};
}

Facts facts_of(const Json& reply, const PaymentRef& payment)
{
    const auto status = text_of(reply, "orderStatus");
    const bool ours = is_about(reply, payment);
    if (is_one_of(status, {"2", "4"})) {
        if (!ours) return {.paid = Money{0, payment.price.currency}};
        return facts_of_money(reply, status == "4", payment.price);
    }
    if (!ours) return {};
    if (is_one_of(status, {"1", "5", "7", "8"})) return {.processing = true};
    if (status == "3") {
        // Only what was paid can have a refund: it was carried out as a reversal.
        const auto& refund = payment.refund;
        return {
            .failure = Failure::cancelled,
            .refunded = refund ? std::optional{refund->total} : std::nullopt,
        };
    }
    if (status != "6") return {}; // a status that we do not know must never look like a failure
    const bool expired = text_of(reply, "actionCode") == "-2007";
    return {.failure = expired ? Failure::expired : Failure::failed};
}

/// Registered, and nobody has paid; or the engine does not know it.
bool is_unpaid(const Json& reply, const PaymentRef& payment)
{
    const auto status = text_of(reply, "orderStatus");
    if (status.empty()) return text_of(reply, "errorCode") == "6";
    return status == "0" && is_about(reply, payment);
}

/// The engine has one code for this and for a failure of its own.
bool is_wrong_state(const Json& reply)
{
    return text_of(reply, "errorCode") == "7" &&
           lower(text_of(reply, "errorMessage")).find("correct state") != std::string::npos;
}

} // namespace

Expected<Json, GatewayFault> read_reply(const HttpReply& reply)
{
    auto json = object_of(reply);
    if (json && reply.status != http_ok) {
        return fault(GatewayError::malformed, "HTTP " + std::to_string(reply.status));
    }
    return json;
}

Expected<Answer, GatewayFault> read_status(const HttpReply& reply, const PaymentRef& payment)
{
    const auto json = read_reply(reply);
    if (!json) return Unexpected{json.error()};
    const auto status = text_of(*json, "orderStatus");
    if (status.empty()) {
        const auto error = text_of(*json, "errorCode");
        if (error.empty()) return fault(GatewayError::malformed, "no orderStatus");
        if (error == "7") return fault(GatewayError::unavailable, words_of(*json));
        // Our question was wrong, or our password: the operator must hear of it.
        if (error == "5") return fault(GatewayError::refused, words_of(*json));
    }
    const auto order_id = is_about(*json, payment) ? order_id_of(*json) : std::string{};
    return Answer{
        .facts = facts_of(*json, payment),
        .unpaid = is_unpaid(*json, payment),
        .gateway_ref = GatewayRef{is_order_id(order_id) ? order_id : ""},
        .detail = "orderStatus " + status + ", actionCode " + text_of(*json, "actionCode") + " " +
                  text_of(*json, "actionCodeDescription") + ", " + words_of(*json),
        .record = record_of(*json),
    };
}

Expected<Answer, GatewayFault> read_refund(const HttpReply& reply)
{
    const auto json = read_reply(reply);
    if (!json) return Unexpected{json.error()};
    const auto error = text_of(*json, "errorCode");
    if (error.empty()) return fault(GatewayError::malformed, "no errorCode");
    if (error == "7" && !is_wrong_state(*json)) {
        return fault(GatewayError::unavailable, words_of(*json));
    }
    return Answer{
        .detail = words_of(*json),
        .record = record_of(*json),
        .refund = error == "0" ? RefundOutcome::done : RefundOutcome::refused,
    };
}

bool is_too_early(const HttpReply& reply)
{
    const auto json = read_reply(reply);
    return json && is_wrong_state(*json);
}

std::string words_of(const Json& reply)
{
    return "errorCode " + text_of(reply, "errorCode") + " " + text_of(reply, "errorMessage");
}

bool is_order_id(std::string_view text)
{
    constexpr std::string_view characters =
        "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
    return !text.empty() && text.size() <= order_id_bytes_max &&
           text.find_first_not_of(characters) == std::string_view::npos;
}

std::string record_of(const Json& message)
{
    return to_text(redacted(selected(message, kept_names), card_names));
}

std::string record_of(const Fields& message)
{
    return redacted_form(selected(message, kept_names), card_names);
}

} // namespace tollgate::clictopay
