#include "core/gateways/clickpesa.hpp"

#include "core/config/config.hpp"
#include "core/crypto/constant_time.hpp"
#include "core/gateways/clickpesa_checksum.hpp"
#include "core/gateways/dialogue.hpp"
#include "core/gateways/redaction.hpp"
#include "core/gateways/rules.hpp"
#include "core/support/json.hpp"
#include "core/support/text.hpp"

#include <algorithm>
#include <array>
#include <memory>

namespace tollgate {
namespace {

constexpr std::array currencies{Currency::TZS};
constexpr std::int64_t amount_min = 500;
constexpr std::int64_t amount_max = 3'000'000;
constexpr std::chrono::seconds token_lasts{3600};
constexpr std::size_t name_length_max = 64;
constexpr int not_found = 404;
constexpr int conflict = 409;

/// Of the customer, the sender or, in events that are not ours, a beneficiary.
constexpr std::array<std::string_view, 4> personal{
    "customer", "sender", "beneficiary", "paymentPhoneNumber"};

constexpr std::string_view country_code = "255";
constexpr std::size_t national_digits = 9;

/// `255712345678`, however it was written.
std::optional<std::string> tanzanian_digits(std::string_view phone)
{
    phone = trim(phone);
    const bool international = phone.starts_with('+') || phone.starts_with("00");
    if (!international && phone.starts_with('0')) phone.remove_prefix(1);
    auto digits = international_digits(phone);
    if (!digits) return {};
    if (!international && digits->size() == national_digits) digits->insert(0, country_code);
    const bool whole = digits->size() == country_code.size() + national_digits;
    if (!whole || !digits->starts_with(country_code)) return {};
    return digits;
}

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
    Answer answer{.record = to_text(redacted(json, personal))};
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

Expected<Answer, GatewayFault> read_check(const HttpReply& reply, const PaymentRef& payment)
{
    const auto json = json_of(reply);
    if (!json) return Unexpected{json.error()};
    if (is_success(reply)) return answer_of(*json, payment);
    // The gateway may not show it yet.
    if (reply.status == not_found) return Answer{.detail = words_of(reply, *json)};
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

/// Our reference was used before: an earlier request got through, if the gateway shows a payment.
Expected<Opened, GatewayFault> read_earlier(const HttpReply& reply, const Reference& reference)
{
    auto opened = read_opened(reply, reference);
    if (opened) return opened;
    return fault(GatewayError::unavailable, "used before, " + opened.error().detail);
}

/// Nothing when the push may be sent.
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

class ClickPesa final : public Gateway {
public:
    explicit ClickPesa(const GatewaySettings& settings)
        : Gateway{kind_of_clickpesa()}, api_url_{settings.text("api_url")},
          client_id_{settings.text("client_id")},
          method_{
              settings.text("checksum_method") == "legacy" ? ChecksumMethod::legacy
                                                           : ChecksumMethod::canonical},
          checksum_required_{settings.text("webhook_checksum") == "required"},
          api_key_{std::string{settings.secret("api_key")}}, checksum_key_{std::string{
                                                                 settings.secret("checksum_key")}},
          webhook_token_{std::string{settings.secret("webhook_token")}}
    {
        tollgate::check(!api_key_.empty(), "clickpesa without its key");
    }

    std::vector<Objection> objections(Money price, const Customer& customer) const override
    {
        Objections found;
        demand_currency(found, price, currencies);
        if (found.empty()) {
            demand_whole(found, price);
            demand_between(found, price, amount_min, amount_max);
        }
        demand_given(found, "customer.phone", customer.phone);
        if (!trim(customer.phone).empty() && !tanzanian_digits(customer.phone)) {
            found.push_back(
                {"customer.phone",
                 "customer.phone must be a mobile number of Tanzania, such as 255712345678"}
            );
        }
        return found;
    }

    Step<Opened> open(const Opening& opening, Replies replies) const override
    {
        const auto& payment = opening.payment;
        if (replies.empty()) return push("preview", payment);
        const auto used_before = std::ranges::find(replies, conflict, &HttpReply::status);
        if (used_before != replies.end()) {
            if (used_before + 1 == replies.end()) return question(payment.reference);
            return read_earlier(replies.back(), payment.reference);
        }
        if (replies.size() > 1) return read_opened(replies.back(), payment.reference);
        if (auto found = preview_fault(replies.front())) {
            return Expected<Opened, GatewayFault>{Unexpected{*std::move(found)}};
        }
        return push("initiate", payment);
    }

    Step<Answer> check(const PaymentRef& payment, Replies replies) const override
    {
        if (replies.empty()) return question(payment.reference);
        return read_check(replies.back(), payment);
    }

    Expected<Claim, VerifyError> verify(const Inbound& inbound) const override
    {
        if (const auto error = token_error(inbound.query)) return Unexpected{*error};
        const auto body = parse_json(inbound.body);
        if (!body || body->object() == nullptr) return Unexpected{VerifyError::malformed};
        auto claim = proven(*body, inbound.headers);
        if (!claim) return claim;

        const auto event = either(*body, "event", "eventType");
        if (event.empty()) return Unexpected{VerifyError::malformed};
        claim->record = to_text(redacted(*body, personal));
        if (!is_one_of(event, {"PAYMENT RECEIVED", "PAYMENT FAILED"})) return claim;

        const auto& data = member_object(*body, "data");
        claim->reference = Reference{data.text("orderReference")};
        claim->gateway_ref = GatewayRef{either(data, "id", "paymentId")};
        const auto longest =
            std::max(claim->reference.get().size(), claim->gateway_ref.get().size());
        if (!claim->names_payment() || longest > name_length_max) {
            return Unexpected{VerifyError::malformed};
        }
        return claim;
    }

    HttpRequest token_request(std::string_view) const override
    {
        return {
            .method = "POST",
            .url = api_url_ + "/generate-token",
            .headers =
                {{"client-id", client_id_},
                 {"api-key", std::string{api_key_.expose()}},
                 {"accept", "application/json"}},
            .body = {},
        };
    }

    Expected<AccessToken, GatewayFault>
    read_token(std::string_view, const HttpReply& reply) const override
    {
        const auto json = object_of(reply);
        if (!json) return Unexpected{json.error()};
        if (!is_success(reply)) return no_success(reply, *json);
        const auto text = json->text("token");
        const auto token = bare_token(text);
        if (token.empty()) return fault(GatewayError::malformed, "no token");
        return AccessToken{std::string{"Bearer "}.append(token), token_lasts};
    }

private:
    Call question(const Reference& reference) const
    {
        return {get(api_url_ + "/payments/" + percent_encode(reference.get())), "api"};
    }

    Call push(const std::string& act, const Payment& payment) const
    {
        auto body = Json::object({
            {"amount", std::to_string(whole_major(payment.price).value())},
            {"currency", code(payment.price.currency)},
            {"orderReference", payment.reference.get()},
            {"phoneNumber", tanzanian_digits(payment.customer.phone).value()},
        });
        if (!checksum_key_.empty()) {
            body.add("checksum", clickpesa_checksum(checksum_key_.expose(), body, method_));
            if (method_ == ChecksumMethod::legacy) body.add("checksumMethod", "legacy");
        }
        return {post_json(api_url_ + "/payments/" + act + "-ussd-push-request", body), "api"};
    }

    /// The address that the merchant enters in the back office may carry a secret of ours.
    std::optional<VerifyError> token_error(std::string_view query) const
    {
        if (webhook_token_.empty()) return {};
        const auto fields = parse_form(query);
        if (!fields || !has_field(*fields, "t")) return VerifyError::missing_signature;
        if (equal_in_constant_time(field(*fields, "t"), webhook_token_.expose())) return {};
        return VerifyError::wrong_signature;
    }

    /// A claim that says how well it is proven and nothing else, once the address was right.
    Expected<Claim, VerifyError> proven(const Json& body, const Headers& headers) const
    {
        const auto given = clickpesa_checksums_of(body, headers);
        if (given.empty() || checksum_key_.empty()) {
            if (checksum_required_) return Unexpected{VerifyError::missing_signature};
            if (!webhook_token_.empty()) {
                return Claim{.proof = Proof::shared_secret, .detail = "token"};
            }
            return Claim{.detail = given.empty() ? "unsigned" : "unverified"};
        }
        const auto method = clickpesa_checksum_method(checksum_key_.expose(), body, given);
        if (!method) return Unexpected{VerifyError::wrong_signature};
        return Claim{.proof = Proof::signed_message, .detail = std::string{code(*method)}};
    }

    std::string api_url_;
    std::string client_id_;
    ChecksumMethod method_;
    bool checksum_required_;
    Secret api_key_;
    Secret checksum_key_;
    Secret webhook_token_;
};

// clang-format off
constexpr std::array settings{
    SettingSpec{.name = "client_id", .required = true},
    SettingSpec{.name = "api_key", .kind = SettingKind::secret, .required = true},
    SettingSpec{.name = "checksum_key", .kind = SettingKind::secret},
    SettingSpec{.name = "checksum_method", .fallback = "canonical", .choices = "canonical legacy"},
    SettingSpec{.name = "webhook_checksum", .fallback = "optional", .choices = "optional required"},
    SettingSpec{.name = "webhook_token", .kind = SettingKind::secret},
    SettingSpec{
        .name = "api_url",
        .kind = SettingKind::url,
        .fallback = "https://api.clickpesa.com/third-parties",
        .sandbox_fallback = "https://api-sandbox.clickpesa.com/third-parties",
    },
    SettingSpec{.name = "notify_url", .kind = SettingKind::url},
    SettingSpec{.name = "return_url", .kind = SettingKind::url},
};
// clang-format on

std::unique_ptr<const Gateway> make(const GatewaySettings& given)
{
    return std::make_unique<ClickPesa>(given);
}

} // namespace

const GatewayKind& kind_of_clickpesa()
{
    static constexpr GatewayKind kind{
        .spec = {"clickpesa", settings},
        .title = "ClickPesa",
        .capabilities =
            {
                .flow = Flow::phone_prompt,
                .currencies = currencies,
                .notifications = Proof::signed_message,
            },
        .make = &make,
    };
    return kind;
}

} // namespace tollgate
