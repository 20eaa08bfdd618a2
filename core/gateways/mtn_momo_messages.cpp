#include "core/gateways/mtn_momo_messages.hpp"

#include "core/crypto/uuid.hpp"
#include "core/gateways/dialogue.hpp"
#include "core/gateways/redaction.hpp"
#include "core/support/check.hpp"
#include "core/support/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace tollgate::mtn_momo {
namespace {

constexpr int ok = 200;
constexpr int accepted = 202;
constexpr int bad_request = 400;
constexpr int unauthorized = 401;
constexpr int forbidden = 403;
constexpr int not_found = 404;
constexpr int conflict = 409;
constexpr int server_error = 500;

constexpr std::size_t expires_in_digits_max = 6;
constexpr std::chrono::seconds token_lasts{3600}; // where the reply does not tell

constexpr std::array<std::string_view, 1> phone_members{"partyId"};
constexpr std::array<std::string_view, 2> message_members{"payerMessage", "payeeNote"};

/// Codes of a status 500 that blame the request. Whatever else went wrong may have gone wrong after
/// the prompt was sent.
constexpr std::array<std::string_view, 13> refusals{
    "PAYER_NOT_FOUND",
    "PAYEE_NOT_FOUND",
    "INVALID_CURRENCY",
    "INVALID_CALLBACK_URL_HOST",
    "NOT_ALLOWED",
    "NOT_ALLOWED_TARGET_ENVIRONMENT",
    "PAYEE_NOT_ALLOWED_TO_RECEIVE",
    "SENDER_ACCOUNT_NOT_ACTIVE",
    "NOT_ENOUGH_FUNDS",
    "PAYER_LIMIT_REACHED",
    "PAYEE_LIMIT_REACHED",
    "LOW_BALANCE_OR_PAYEE_LIMIT_REACHED_OR_NOT_ALLOWED",
    "RESOURCE_NOT_FOUND",
};

enum class State { unknown, waiting, successful, expired, cancelled, failed };

/// The JSON of an answer with status 200.
Expected<Json, GatewayFault> read_object(const HttpReply& reply)
{
    if (reply.status == ok) return object_of(reply);
    auto error = GatewayError::malformed;
    if (reply.status >= bad_request) error = GatewayError::refused;
    if (is_outage(reply)) error = GatewayError::unavailable;
    return fault(error, words_of(reply));
}

/// A text in live answers, `{"code", "message"}` in the published schema.
std::string reason_of(const Json& json)
{
    const auto text = json.text("reason");
    return text.empty() ? member_object(json, "reason").text("code") : text;
}

State state_of_failed(std::string_view reason)
{
    if (is_one_of(reason, {"PAYER_DELAYED", "ONGOING"})) return State::waiting;
    if (is_one_of(reason, {"APPROVAL_REJECTED", "TRANSACTION_CANCELED"})) return State::cancelled;
    // The second is, nearly always, a prompt that nobody answered for five minutes.
    if (is_one_of(reason, {"EXPIRED", "COULD_NOT_PERFORM_TRANSACTION"})) return State::expired;
    return State::failed;
}

State state_of(const Json& json)
{
    const auto status = json.text("status");
    if (status == "SUCCESSFUL") return State::successful;
    if (status == "FAILED") return state_of_failed(reason_of(json));
    if (is_one_of(status, {"PENDING", "CREATED", "ONGOING"})) return State::waiting;
    if (is_one_of(status, {"CANCELLED", "REJECTED"})) return State::cancelled;
    if (status == "TIMEOUT") return State::expired;
    return State::unknown; // a word that we do not know must never look like a failure
}

Facts facts_of(const Json& json, const PaymentRef& payment)
{
    const bool ours = json.text("externalId") == payment.reference.get();
    const auto state = state_of(json);
    if (state == State::successful) {
        const auto amount = ours ? json.text("amount") : std::string{};
        return {.paid = stated_money(amount, json.text("currency"), payment.price)};
    }
    if (!ours) return {};
    switch (state) {
    case State::waiting: return {.processing = true};
    case State::expired: return {.failure = Failure::expired};
    case State::cancelled: return {.failure = Failure::cancelled};
    case State::failed: return {.failure = Failure::failed};
    case State::successful:
    case State::unknown: return {};
    }
    impossible("state");
}

RefundOutcome outcome_of(const Json& json, const Refund& refund)
{
    const auto amount = stated_money(json.text("amount"), json.text("currency"), refund.amount);
    const bool ours = json.text("externalId") == refund.id.get() && amount == refund.amount;
    const auto status = json.text("status");
    if (!ours || !is_one_of(status, {"PENDING", "SUCCESSFUL", "FAILED"})) {
        return RefundOutcome::unknown;
    }
    switch (state_of(json)) {
    case State::waiting: return RefundOutcome::under_way;
    case State::successful: return RefundOutcome::done;
    case State::expired:
    case State::cancelled:
    case State::failed: return RefundOutcome::refused;
    case State::unknown: return RefundOutcome::unknown;
    }
    impossible("state");
}

/// `FAILED APPROVAL_REJECTED`, `SUCCESSFUL 23503452`.
std::string detail_of(const Json& json)
{
    auto detail = json.text("status");
    for (const auto& word : {json.text("financialTransactionId"), reason_of(json)}) {
        if (!word.empty()) detail += ' ' + word;
    }
    return detail;
}

/// As it is kept: without the messages, which may name the customer, and whole phone numbers.
std::string record_of(const Json& json)
{
    return to_text(redacted(without(json, message_members), phone_members));
}

} // namespace

std::string uuid_of(const PaymentRef& payment)
{
    return derived_uuid_v4("mtn_momo payment", payment.reference.get());
}

std::string uuid_of(const Refund& refund)
{
    return derived_uuid_v4("mtn_momo refund", refund.id.get());
}

bool is_accepted(const HttpReply& reply)
{
    return reply.status == accepted || reply.status == conflict;
}

bool is_refusal(const HttpReply& reply)
{
    switch (reply.status) {
    case bad_request:
    case unauthorized:
    case forbidden:
    case not_found: return true;
    case server_error: break;
    default: return false;
    }
    const auto json = parse_json(reply.body);
    return json && std::ranges::find(refusals, json->text("code")) != refusals.end();
}

bool is_about(const HttpReply& reply, std::string_view external_id)
{
    const auto json = read_object(reply);
    return json && json->text("externalId") == external_id;
}

std::string words_of(const HttpReply& reply)
{
    auto words = "HTTP " + std::to_string(reply.status);
    const auto json = parse_json(reply.body);
    for (const auto* name : {"code", "message", "error"}) {
        const auto word = json ? json->text(name) : std::string{};
        if (!word.empty()) words += ' ' + word;
    }
    return words;
}

Expected<Answer, GatewayFault> read_payment(const HttpReply& reply, const PaymentRef& payment)
{
    if (reply.status == not_found) return Answer{.unpaid = true, .detail = words_of(reply)};
    const auto json = read_object(reply);
    if (!json) return Unexpected{json.error()};
    if (json->text("status").empty()) return fault(GatewayError::malformed, "no status");
    return Answer{
        .facts = facts_of(*json, payment),
        .gateway_ref = GatewayRef{uuid_of(payment)},
        .detail = detail_of(*json),
        .record = record_of(*json),
    };
}

void add_refund(Answer& answer, const HttpReply& reply, const Refund& refund)
{
    answer.detail += answer.detail.empty() ? "refund " : "; refund ";
    const auto json = read_object(reply);
    if (!json) {
        answer.detail += words_of(reply);
        return;
    }
    const auto outcome = outcome_of(*json, refund);
    if (outcome != RefundOutcome::unknown) answer.refund = outcome;
    answer.refund_ref = uuid_of(refund);
    answer.detail += detail_of(*json);
    answer.record += (answer.record.empty() ? "" : "\n") + record_of(*json);
}

Expected<AccessToken, GatewayFault> read_token(const HttpReply& reply)
{
    const auto json = read_object(reply);
    if (!json) return Unexpected{json.error()};
    const auto token = json->text("access_token");
    if (token.empty()) return fault(GatewayError::malformed, "no access_token");
    const auto seconds = json->text("expires_in");
    const bool is_told = all_digits(seconds) && seconds.size() <= expires_in_digits_max;
    return AccessToken{
        .authorization = "Bearer " + token,
        .lasts = is_told ? std::chrono::seconds{std::stoi(seconds)} : token_lasts,
    };
}

Expected<Claim, VerifyError> read_callback(std::string_view query, std::string_view body)
{
    const auto fields = parse_form(query);
    const auto json = parse_json(body);
    auto reference = std::string{fields ? field(*fields, "reference") : std::string_view{}};
    if (!is_reference(reference) && json) reference = json->text("externalId");
    if (!is_reference(reference)) return Unexpected{VerifyError::malformed};
    return Claim{
        .reference = Reference{std::move(reference)},
        .detail = "unsigned",
        .record = json ? record_of(*json) : std::string{},
    };
}

} // namespace tollgate::mtn_momo
