#include "core/gateways/airtel_money_messages.hpp"

#include "core/gateways/dialogue.hpp"
#include "core/support/text.hpp"

#include <algorithm>
#include <string>

namespace tollgate::airtel_money {
namespace {

constexpr std::chrono::seconds token_lasts{180}; // where the reply does not tell
constexpr std::size_t id_length_max = 64;

/// Of a collection's code the last three digits, `006` of `DP00800001006`; empty for any other.
std::string_view collection_code(std::string_view code)
{
    constexpr std::string_view prefix = "DP00800001";
    return code.starts_with(prefix) ? code.substr(prefix.size()) : std::string_view{};
}

/// Whether one of the reply's codes is among these: of the collection, of the bus behind it, or of
/// the router before it.
bool names_one_of(const Json& reply, std::initializer_list<std::string_view> codes)
{
    const auto& status = member_object(reply, "status");
    const auto response = status.text("response_code");
    return is_one_of(collection_code(response), codes) || is_one_of(response, codes) ||
           is_one_of(status.text("result_code"), codes) ||
           is_one_of(reply.text("status_code"), codes);
}

bool is_in_doubt(const Json& reply)
{
    return names_one_of(reply, {"000", "006", "024", "ESB000001", "ESB000004", "ROUTER117"});
}

bool is_refusal(const Json& reply)
{
    // clang-format off
    return names_one_of(reply, {
        "002", "003", "004", "005", "007", "008", "009", "010", "026",
        "ESB000008", "ESB000011", "ESB000033", "ESB000034", "ESB000035", "ESB000036", "ESB000039",
        "ROUTER001", "ROUTER003", "ROUTER005", "ROUTER006", "ROUTER007", "ROUTER112", "ROUTER119",
    });
    // clang-format on
}

bool is_success(const HttpReply& reply)
{
    return reply.status >= 200 && reply.status < 300;
}

/// What a reply that does not say yes means for the request; a code that we do not know must never
/// look like a refusal.
GatewayError error_of(const HttpReply& reply, const Json& json)
{
    const bool refused = !is_in_doubt(json) && (is_refusal(json) || reply.status == 400);
    return refused ? GatewayError::refused : GatewayError::unavailable;
}

/// The codes and words of a reply, for the operator.
std::string words_of(const HttpReply& reply, const Json& json)
{
    const auto& status = member_object(json, "status");
    std::string words = "HTTP " + std::to_string(reply.status);
    for (const auto& word :
         {status.text("response_code"),
          status.text("result_code"),
          status.text("message"),
          json.text("status_code"),
          json.text("status_message"),
          json.text("error")}) {
        if (!word.empty()) words += ' ' + word;
    }
    return words;
}

/// The JSON of a reply, or what the HTTP status alone says.
Expected<Json, GatewayFault> readable(const HttpReply& reply)
{
    const auto words = "HTTP " + std::to_string(reply.status);
    if (reply.status == 408) return fault(GatewayError::unavailable, words);
    if (reply.status == 401 || reply.status == 403) return fault(GatewayError::refused, words);
    auto json = object_of(reply);
    if (!json && reply.status == 400) return fault(GatewayError::refused, words);
    return json;
}

const Json& transaction_of(const Json& json)
{
    return member_object(member_object(json, "data"), "transaction");
}

/// Airtel charges what we asked for under an id of our own, and the answer carries no amount: paid
/// is the price. One that does carry an amount or a currency is taken by its word.
Money amount_of(const Json& transaction, Money price)
{
    const auto stated = [&](std::string_view name, std::string otherwise) {
        const auto* value = transaction.find(name);
        return value == nullptr || value->is_null() ? std::move(otherwise) : value->text();
    };
    return stated_money(
        stated("amount", major_text(price)),
        stated("currency", std::string{code(price.currency)}),
        price
    );
}

Failure failure_of(std::string_view code)
{
    if (code == "008") return Failure::cancelled;
    return is_one_of(code, {"024", "029"}) ? Failure::expired : Failure::failed;
}

Facts facts_of(const Json& json, const PaymentRef& payment)
{
    const auto price = payment.price;
    const auto& transaction = transaction_of(json);
    const auto status = transaction.text("status");
    const bool ours = transaction.text("id") == payment.reference.get();
    if (status == "TS") {
        return {.paid = ours ? amount_of(transaction, price) : Money{0, price.currency}};
    }
    if (!ours) return {};
    const auto response_code = member_object(json, "status").text("response_code");
    if (status == "TF") return {.failure = failure_of(collection_code(response_code))};
    if (status == "TE") return {.failure = Failure::expired};
    return {.processing = is_one_of(status, {"TIP", "TA"})};
}

/// Airtel's own id, without which there is no refund; it comes with a success only.
GatewayRef gateway_ref_of(const Json& json, const PaymentRef& payment)
{
    const auto& transaction = transaction_of(json);
    const auto id = transaction.text("airtel_money_id");
    const bool ours = transaction.text("id") == payment.reference.get();
    const bool usable = id.size() <= gateway_ref_bytes_max && transaction.text("status") == "TS";
    return GatewayRef{ours && usable ? id : std::string{}};
}

/// The members of `object` of these names that are texts, numbers or truths. All that is kept of a
/// message: its `message` may name the customer.
Json picked(const Json& object, std::initializer_list<std::string_view> names)
{
    Json kept{Json::Object{}};
    for (const auto name : names) {
        const auto* value = object.find(name);
        if (value == nullptr || value->object() != nullptr || value->array() != nullptr) continue;
        kept.add(std::string{name}, *value);
    }
    return kept;
}

std::string record_of(const Json& json)
{
    const auto transaction =
        picked(transaction_of(json), {"id", "status", "airtel_money_id", "amount", "currency"});
    const auto status =
        picked(member_object(json, "status"), {"code", "response_code", "result_code", "success"});
    const auto data = Json::object({{"transaction", transaction}});
    return to_text(Json::object({{"data", data}, {"status", status}}));
}

bool is_header_text(std::string_view text)
{
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

/// `180` or `"180"`.
std::chrono::seconds lifetime_of(std::string_view text)
{
    constexpr std::size_t digits_max = 5; // a day and more
    if (!all_digits(text) || text.size() > digits_max) return token_lasts;
    const std::chrono::seconds lasts{std::stoi(std::string{text})};
    return lasts.count() > 0 ? lasts : token_lasts;
}

} // namespace

Expected<Opened, GatewayFault> read_opened(const HttpReply& reply, const Reference& reference)
{
    const auto json = readable(reply);
    if (!json) return Unexpected{json.error()};
    if (names_one_of(*json, {"ESB000041"})) return Opened{}; // our earlier request got through
    const auto* success = member_object(*json, "status").find("success");
    if (!is_success(reply) || success == nullptr || *success != Json{true}) {
        return fault(error_of(reply, *json), words_of(reply, *json));
    }
    const auto id = transaction_of(*json).text("id");
    if (!id.empty() && id != reference.get()) {
        return fault(GatewayError::malformed, "the reply is about another transaction");
    }
    return Opened{};
}

Expected<Answer, GatewayFault> read_check(const HttpReply& reply, const PaymentRef& payment)
{
    if (reply.status == 404) return Answer{.unpaid = true, .detail = "HTTP 404"};
    const auto json = readable(reply);
    if (!json) return Unexpected{json.error()};
    const auto status = transaction_of(*json).text("status");
    // Within the first minutes it may not be found although the prompt is on the phone.
    const bool found = status == "TS" || !names_one_of(*json, {"025", "ESB000045"});
    if (!found) return Answer{.unpaid = true, .detail = words_of(reply, *json)};
    if (!is_success(reply) || status.empty()) {
        return fault(error_of(reply, *json), words_of(reply, *json));
    }
    return Answer{
        .facts = facts_of(*json, payment),
        .gateway_ref = gateway_ref_of(*json, payment),
        .detail = status + ' ' + member_object(*json, "status").text("response_code"),
        .record = record_of(*json),
    };
}

/// The documented success has `success: false` beside it: the transaction's own word counts.
Expected<Answer, GatewayFault> read_refund(const HttpReply& reply)
{
    const auto json = readable(reply);
    if (!json) return Unexpected{json.error()};
    const auto words = words_of(reply, *json);
    const bool done = is_success(reply) && transaction_of(*json).text("status") == "SUCCESS";
    if (!done) return fault(error_of(reply, *json), words);
    // A success and the code of a refusal: somebody must look.
    if (is_refusal(*json)) return fault(GatewayError::unavailable, words);
    return Answer{.detail = words, .record = record_of(*json), .refund = RefundOutcome::done};
}

Expected<AccessToken, GatewayFault> read_token(const HttpReply& reply)
{
    const auto json = readable(reply);
    if (!json) return Unexpected{json.error()};
    if (!is_success(reply)) return fault(error_of(reply, *json), words_of(reply, *json));
    const auto token = json->text("access_token");
    if (!is_header_text(token)) return fault(GatewayError::malformed, "no access_token");
    return AccessToken{"Bearer " + token, lifetime_of(json->text("expires_in"))};
}

Expected<Claim, VerifyError> read_callback(const Json& json, Claim claim)
{
    const auto& transaction = member_object(json, "transaction");
    const auto id = transaction.text("id");
    if (id.empty() || id.size() > id_length_max) return Unexpected{VerifyError::malformed};
    claim.reference = Reference{id};
    const auto kept = picked(transaction, {"id", "status_code", "airtel_money_id"});
    claim.record = to_text(Json::object({{"transaction", kept}}));
    return claim;
}

} // namespace tollgate::airtel_money
