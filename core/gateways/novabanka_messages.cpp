#include "core/gateways/novabanka_messages.hpp"

#include "core/gateways/dialogue.hpp"
#include "core/gateways/novabanka_seal.hpp"
#include "core/gateways/redaction.hpp"
#include "core/support/text.hpp"

#include <array>

namespace tollgate::novabanka {
namespace {

// clang-format off
constexpr std::array<std::string_view, 8> never_kept{
    "msgverifier", "password", "secret", "cavv",
    "buyerfirstname", "buyerlastname", "buyeruserid", "buyeremailaddress"};
constexpr std::array<std::string_view, 4> masked{"buyerphonenumber", "cardnumber", "pan", "cardsha2"};
// clang-format on

/// Read once more, because a name may come twice now, and a form may carry what is not UTF-8.
std::optional<Json> with_lower_names(const Json& json)
{
    return parse_json(to_text(rewritten(json, [](Json::Object& members) {
        for (auto& member : members)
            member.first = lower(member.first);
    })));
}

std::optional<Json> form_of(std::string_view body)
{
    const auto fields = parse_form(body);
    if (!fields) return {};
    return Json{Json::Object(fields->begin(), fields->end())};
}

Expected<Json, GatewayFault> read_message(const HttpReply& reply)
{
    const auto json = object_of(reply);
    if (!json) return Unexpected{json.error()};
    auto message = with_lower_names(*json);
    if (!message) return fault(GatewayError::malformed, "a name comes twice");
    return *std::move(message);
}

/// Whether the gateway says that it is no error.
bool is_valid(const Json& message)
{
    return lower(message.text("type")) == "valid";
}

/// The gateway's own words, for the operator.
std::string words_of(const Json& message)
{
    std::string words;
    for (const auto* name : {"status", "result", "responsecode", "errorcode", "errordesc"}) {
        const auto word = message.text(name);
        if (!word.empty()) words += (words.empty() ? "" : " ") + word;
    }
    return words;
}

bool is_success(std::string_view result)
{
    return is_one_of(result, {"CAPTURED", "APPROVED"});
}

bool is_decline(std::string_view result)
{
    return is_one_of(result, {"NOT CAPTURED", "NOT APPROVED", "DENIED BY RISK"});
}

bool says(const Json& message, std::string_view word)
{
    return lower(message.text("errordesc")).find(word) != std::string::npos;
}

bool is_about(const Json& message, const PaymentRef& payment)
{
    return message.text("paymentid") == payment.gateway_ref.get() &&
           message.text("trackid") == payment.reference.get();
}

/// The transactions of a payment; one may come without its list.
Json::Array rows_of(const Json& answer)
{
    const auto* rows = answer.find("row");
    if (rows == nullptr) return {};
    if (const auto* list = rows->array()) return *list;
    return {*rows};
}

Money amount_of(const Json& stating, const Json& answer, const PaymentRef& payment)
{
    auto currency = answer.text("currencycode");
    if (const auto known = parse_numeric_currency(currency)) currency = code(*known);
    return stated_money(stating.text("amt"), currency, payment.price);
}

std::optional<Money> refunded_of(const Json& answer, const PaymentRef& payment)
{
    std::optional<Money> sum;
    for (const auto& row : rows_of(answer)) {
        if (row.text("action") != credit || !is_success(row.text("result"))) continue;
        const auto amount = amount_of(row, answer, payment);
        const auto more = sum ? add(*sum, amount) : amount;
        if (more) sum = *more;
    }
    return sum;
}

Failure failure_of(const Json& answer)
{
    const auto status = answer.text("status");
    const auto result = answer.text("result");
    if (is_one_of(result, {"CANCELED", "CANCELLED"})) return Failure::cancelled;
    if (status == "TIMEOUT" && (result.empty() || is_decline(result))) return Failure::expired;
    if (!is_one_of(status, {"PROCESSED", ""})) return Failure::none;
    if (status == "PROCESSED" && is_decline(result)) return Failure::failed;
    if (result.empty() && !answer.text("errorcode").empty()) {
        return says(answer, "cancel") ? Failure::cancelled : Failure::failed;
    }
    return Failure::none; // a word that we do not know must never look like a failure
}

Facts facts_of(const Json& answer, const PaymentRef& payment)
{
    const auto status = answer.text("status");
    const auto result = answer.text("result");
    const auto& price = payment.price;
    if (!is_about(answer, payment)) {
        return is_success(result) ? Facts{.paid = Money{0, price.currency}} : Facts{};
    }
    // The card's bank did not answer in time: the customer may or may not have paid.
    if (result == "HOST TIMEOUT") return {.processing = true};
    if (status == "PROCESSED") {
        const auto amount = amount_of(answer, answer, payment);
        if (is_success(result)) return {.paid = amount, .refunded = refunded_of(answer, payment)};
        if (is_one_of(result, {"REVERSED", "VOIDED"})) {
            return {.paid = amount, .refunded = amount.minor_units > 0 ? amount : price};
        }
    }
    return {.processing = status == "PRESENTED", .failure = failure_of(answer)};
}

/// Its page was opened, and nobody has presented a card.
bool is_unpaid(const Json& answer, const PaymentRef& payment)
{
    return answer.text("status") == "INITIALIZED" && answer.text("result").empty() &&
           is_about(answer, payment);
}

/// The transaction that a refund gives back; empty when the query does not tell.
std::string captured_transaction(const Json& answer)
{
    for (const auto& row : rows_of(answer)) {
        const bool captured = row.text("action") == purchase && is_success(row.text("result"));
        if (captured && !row.text("tranid").empty()) return row.text("tranid");
    }
    return answer.text("tranid");
}

RefundOutcome outcome_of(const Json& message)
{
    const auto result = message.text("result");
    if (is_valid(message) && is_success(result)) return RefundOutcome::done;
    if (is_decline(result)) return RefundOutcome::refused;
    const bool error = result.empty() && !message.text("errorcode").empty();
    const bool too_late = says(message, "timeout") || says(message, "timed out");
    return error && !too_late ? RefundOutcome::refused : RefundOutcome::unknown;
}

/// A signed answer to our question. An unsigned error is about the question, not about the payment.
Expected<Json, GatewayFault>
read_answer(const HttpReply& reply, const PaymentRef& payment, const Secret& secret)
{
    auto message = read_message(reply);
    if (!message) return message;
    const bool proven = !matching_form(*message, answer_layout, secret).empty();
    const bool error = !message->text("errorcode").empty();
    if (error && !(proven && is_about(*message, payment))) {
        return fault(GatewayError::refused, words_of(*message));
    }
    if (!proven) return fault(GatewayError::malformed, "msgVerifier is wrong");
    return message;
}

} // namespace

std::optional<Json> read_message(std::string_view body)
{
    const auto json = trim(body).starts_with('{') ? parse_json(body) : form_of(body);
    return json ? with_lower_names(*json) : std::nullopt;
}

Expected<Opened, GatewayFault> read_opened(const HttpReply& reply, const Secret& secret)
{
    const auto message = read_message(reply);
    if (!message) return Unexpected{message.error()};
    if (!is_valid(*message)) {
        const bool answered = !message->text("errorcode").empty();
        const auto error = answered ? GatewayError::refused : GatewayError::malformed;
        return fault(error, words_of(*message));
    }
    if (matching_form(*message, opened_layout, secret).empty()) {
        return fault(GatewayError::malformed, "msgVerifier is wrong");
    }
    const auto paymentid = message->text("paymentid");
    const auto url = message->text("browserredirectionurl");
    if (paymentid.empty() || !is_http_url(url)) {
        return fault(GatewayError::malformed, "no paymentid or no browserRedirectionURL");
    }
    return Opened{GatewayRef{paymentid}, with_query(url, "PaymentID", paymentid)};
}

Expected<Answer, GatewayFault>
read_check(const HttpReply& reply, const PaymentRef& payment, const Secret& secret)
{
    const auto answer = read_answer(reply, payment, secret);
    if (!answer) return Unexpected{answer.error()};
    return Answer{
        .facts = facts_of(*answer, payment),
        .unpaid = is_unpaid(*answer, payment),
        .detail = words_of(*answer),
        .record = record_of(*answer),
    };
}

Expected<std::string, GatewayFault>
read_captured(const HttpReply& reply, const PaymentRef& payment, const Secret& secret)
{
    const auto refused = [](const std::string& why) {
        return fault(GatewayError::refused, "nothing was sent: " + why);
    };
    const auto answer = read_answer(reply, payment, secret);
    if (!answer) return refused(answer.error().detail);
    const auto paid = facts_of(*answer, payment).paid;
    if (!paid || paid->minor_units == 0) return refused(words_of(*answer));
    auto transaction = captured_transaction(*answer);
    if (transaction.empty()) return refused("no tranid");
    return transaction;
}

Expected<Answer, GatewayFault> read_refund(const HttpReply& reply, const PaymentRef& payment)
{
    const auto message = read_message(reply);
    if (!message) return Unexpected{message.error()};
    const auto named = message->text("trackid");
    if (!named.empty() && named != payment.reference.get()) {
        return fault(GatewayError::malformed, "about another payment");
    }
    const auto outcome = outcome_of(*message);
    if (outcome == RefundOutcome::unknown) {
        return fault(GatewayError::unavailable, words_of(*message));
    }
    return Answer{
        .detail = words_of(*message),
        .record = record_of(*message),
        .refund = outcome,
        .refund_ref = message->text("tranid"),
    };
}

std::string record_of(const Json& message)
{
    return to_text(redacted(without(message, never_kept), masked));
}

} // namespace tollgate::novabanka
