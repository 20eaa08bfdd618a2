#include "core/gateways/clickpesa_messages.hpp"

#include "core/gateways/dialogue.hpp"
#include "core/gateways/redaction.hpp"
#include "core/support/text.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace tollgate::clickpesa {
namespace {

constexpr std::chrono::seconds token_lasts{3600};
constexpr std::size_t name_length_max = 64;
constexpr int not_found = 404;

/// Of the customer, the sender or, in events that are not ours, a beneficiary.
constexpr std::array<std::string_view, 4> personal{
    "customer", "sender", "beneficiary", "paymentPhoneNumber"};

bool is_success(const HttpReply& reply)
{
    return reply.status >= 200 && reply.status < 300;
}

/// `400 Invalid checksum`; the message is a text or a list of texts.
std::string words_of(const HttpReply& reply, const Json& json)
{
    const auto* list = json.find("message");
    const bool several = list != nullptr && list->array() != nullptr;
    return std::to_string(reply.status) + ' ' + (several ? to_text(*list) : json.text("message"));
}

/// When what we asked is wrong, or we are not let in, nothing was done.
Unexpected<GatewayFault> no_success(const HttpReply& reply, const Json& json)
{
    const bool refused =
        is_one_of(std::to_string(reply.status), {"400", "401", "403", "404", "422"});
    return fault(
        refused ? GatewayError::refused : GatewayError::unavailable, words_of(reply, json)
    );
}

Facts facts_of(const Json& attempt, Money price)
{
    const auto status = attempt.text("status");
    const auto amount =
        stated_money(attempt.text("collectedAmount"), attempt.text("collectedCurrency"), price);
    if (is_one_of(status, {"SUCCESS", "SETTLED"})) return {.paid = amount};
    if (is_one_of(status, {"REFUNDED", "REVERSED"})) {
        return {.paid = amount, .refunded = amount.minor_units > 0 ? amount : price};
    }
    if (is_one_of(status, {"PROCESSING", "AUTHORIZED", "ON-HOLD"})) return {.processing = true};
    if (status == "FAILED") return {.failure = Failure::failed};
    return {}; // PENDING, and a word that we do not know must never look like a failure
}

/// A list of nothing but attempts of ours that wait or failed.
bool is_unpaid(const Json& json, const Reference& reference)
{
    return json.array() != nullptr && std::ranges::all_of(*json.array(), [&](const Json& attempt) {
               return attempt.text("orderReference") == reference.get() &&
                      is_one_of(attempt.text("status"), {"PENDING", "FAILED"});
           });
}

/// Of several attempts of one payment, those with the highest rank count.
int rank(const Facts& facts)
{
    if (facts.paid) return facts.refunded ? 2 : 3;
    return facts.failure == Failure::none ? 1 : 0;
}

/// A list of attempts; older versions answer with the only one.
Json::Array attempts_of(const Json& json, const Reference& reference)
{
    auto attempts = json.array() != nullptr ? *json.array() : Json::Array{json};
    std::erase_if(attempts, [&](const Json& attempt) {
        return attempt.text("orderReference") != reference.get();
    });
    return attempts;
}

Answer answer_of(const Json& json, const PaymentRef& payment)
{
    Answer answer{
        .unpaid = is_unpaid(json, payment.reference),
        .record = to_text(redacted(json, personal)),
    };
    int highest = -1;
    for (const auto& attempt : attempts_of(json, payment.reference)) {
        const auto facts = facts_of(attempt, payment.price);
        if (rank(facts) < highest) continue;
        if (rank(facts) == highest) {
            answer.facts = join(answer.facts, facts);
            continue;
        }
        highest = rank(facts);
        answer.facts = facts;
        answer.gateway_ref = GatewayRef{attempt.text("id")};
        answer.detail = trim(attempt.text("status") + ' ' + attempt.text("message"));
    }
    return answer;
}

/// The first of these members that says something: older messages have other names.
std::string either(const Json& json, std::string_view name, std::string_view older)
{
    auto text = json.text(name);
    return text.empty() ? json.text(older) : text;
}

/// The token says `Bearer` itself, sometimes; it must be there once.
std::string_view bare_token(std::string_view token)
{
    constexpr std::string_view scheme = "bearer";
    token = trim(token);
    while (lower(token.substr(0, scheme.size())) == scheme)
        token = trim(token.substr(scheme.size()));
    return token;
}

} // namespace

Expected<Answer, GatewayFault> read_check(const HttpReply& reply, const PaymentRef& payment)
{
    const auto json = json_of(reply);
    if (!json) return Unexpected{json.error()};
    if (is_success(reply)) return answer_of(*json, payment);
    // The gateway may not show it yet.
    if (reply.status == not_found) {
        return Answer{.unpaid = json->array() == nullptr, .detail = words_of(reply, *json)};
    }
    return no_success(reply, *json);
}

Expected<Opened, GatewayFault> read_opened(const HttpReply& reply, const Reference& reference)
{
    const auto json = json_of(reply);
    if (!json) return Unexpected{json.error()};
    if (!is_success(reply)) return no_success(reply, *json);
    const auto attempts = attempts_of(*json, reference);
    if (attempts.empty()) return fault(GatewayError::malformed, "no payment of our reference");
    return Opened{.gateway_ref = GatewayRef{attempts.front().text("id")}, .payment_url = {}};
}

Expected<Opened, GatewayFault> read_earlier(const HttpReply& reply, const Reference& reference)
{
    auto opened = read_opened(reply, reference);
    if (opened) return opened;
    return fault(GatewayError::unavailable, "used before, " + opened.error().detail);
}

std::optional<GatewayFault> preview_fault(const HttpReply& reply)
{
    const auto json = object_of(reply);
    if (!json) return json.error();
    if (!is_success(reply)) return no_success(reply, *json).error;
    const auto* methods = json->find("activeMethods");
    if (methods == nullptr || methods->array() == nullptr) {
        return GatewayFault{GatewayError::malformed, "no activeMethods"};
    }
    std::string words = "no method is available";
    for (const auto& method : *methods->array()) {
        if (method.text("status") == "AVAILABLE") return {};
        words += ", " + method.text("name") + ' ' + method.text("message");
    }
    return GatewayFault{GatewayError::refused, words};
}

Expected<AccessToken, GatewayFault> read_token(const HttpReply& reply)
{
    const auto json = object_of(reply);
    if (!json) return Unexpected{json.error()};
    if (!is_success(reply)) return no_success(reply, *json);
    const auto text = json->text("token");
    const auto token = bare_token(text);
    if (token.empty()) return fault(GatewayError::malformed, "no token");
    return AccessToken{std::string{"Bearer "}.append(token), token_lasts};
}

Expected<Claim, VerifyError> read_event(const Json& body, Claim claim)
{
    const auto event = either(body, "event", "eventType");
    if (event.empty()) return Unexpected{VerifyError::malformed};
    claim.record = to_text(redacted(body, personal));
    if (!is_one_of(event, {"PAYMENT RECEIVED", "PAYMENT FAILED"})) return claim;

    const auto& data = member_object(body, "data");
    claim.reference = Reference{data.text("orderReference")};
    claim.gateway_ref = GatewayRef{either(data, "id", "paymentId")};
    const auto longest = std::max(claim.reference.get().size(), claim.gateway_ref.get().size());
    if (!claim.names_payment() || longest > name_length_max) {
        return Unexpected{VerifyError::malformed};
    }
    return claim;
}

} // namespace tollgate::clickpesa
