#include "core/gateways/mtn_momo.hpp"

#include "core/config/config.hpp"
#include "core/crypto/encoding.hpp"
#include "core/gateways/dialogue.hpp"
#include "core/gateways/mtn_momo_replies.hpp"
#include "core/gateways/rules.hpp"
#include "core/support/check.hpp"
#include "core/support/json.hpp"
#include "core/support/text.hpp"

#include <algorithm>
#include <array>
#include <memory>

namespace tollgate {
namespace {

// clang-format off
constexpr std::array currencies{
    Currency::EUR, Currency::UGX, Currency::GHS, Currency::XOF, Currency::XAF, Currency::ZMW, Currency::SZL,
    Currency::GNF, Currency::ZAR, Currency::LRD, Currency::SSP, Currency::NGN, Currency::RWF,
};

struct TargetEnvironment {
    std::string_view name;
    Currency currency;
};

constexpr std::array<TargetEnvironment, 15> target_environments{{
    {"sandbox", Currency::EUR},          {"mtnuganda", Currency::UGX},     {"mtnghana", Currency::GHS},
    {"mtnivorycoast", Currency::XOF},    {"mtnbenin", Currency::XOF},      {"mtnzambia", Currency::ZMW},
    {"mtncameroon", Currency::XAF},      {"mtncongo", Currency::XAF},      {"mtnswaziland", Currency::SZL},
    {"mtnguineaconakry", Currency::GNF}, {"mtnsouthafrica", Currency::ZAR}, {"mtnliberia", Currency::LRD},
    {"mtnsouthsudan", Currency::SSP},    {"mtnnigeria", Currency::NGN},    {"mtnrwanda", Currency::RWF},
}};
// clang-format on

constexpr auto without_disbursement = "refunds need disbursement_api_key, "
                                      "disbursement_api_secret, disbursement_subscription_key";

constexpr std::size_t message_length_max = 160;
constexpr std::size_t expires_in_digits_max = 6;
constexpr std::chrono::seconds token_lasts{3600};

/// One of MTN's products, which have users, subscriptions and tokens of their own.
struct Product {
    std::string name; ///< in paths; also of its access token
    std::string user;
    Secret key;
    Secret subscription_key;

    bool is_configured() const
    {
        return !user.empty() && !key.empty() && !subscription_key.empty();
    }
};

std::span<const Currency> currencies_of(std::string_view environment)
{
    const auto known =
        std::ranges::find(target_environments, environment, &TargetEnvironment::name);
    if (known == target_environments.end()) return currencies;
    return {&known->currency, 1};
}

/// What every phone can show; anything else may be refused.
std::string plain(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        const bool letter = lower(c) >= 'a' && lower(c) <= 'z';
        if (letter || is_digit(c) || is_one_of({&c, 1}, {".", ",", ":", "/", "-"})) {
            out += c;
        } else if (!out.empty() && out.back() != ' ') {
            out += ' ';
        }
    }
    return std::string{trim(out.substr(0, message_length_max))};
}

class MtnMomo final : public Gateway {
public:
    explicit MtnMomo(const GatewaySettings& settings)
        : Gateway{kind_of_mtn_momo()}, api_url_{settings.text("api_url")},
          environment_{settings.text("target_environment")},
          has_callbacks_{settings.text("callback") != "off"},
          collection_{
              "collection",
              settings.text("api_key"),
              Secret{std::string{settings.secret("api_secret")}},
              Secret{std::string{settings.secret("subscription_key")}}},
          disbursement_{
              "disbursement",
              settings.text("disbursement_api_key"),
              Secret{std::string{settings.secret("disbursement_api_secret")}},
              Secret{std::string{settings.secret("disbursement_subscription_key")}}}
    {
        tollgate::check(collection_.is_configured(), "mtn_momo without its secrets");
    }

    std::vector<Objection> objections(Money price, const Customer& customer) const override
    {
        Objections found;
        demand_currency(found, price, currencies_of(environment_));
        demand_given(found, "customer.phone", customer.phone);
        if (!trim(customer.phone).empty() && !international_digits(customer.phone)) {
            found.push_back(
                {"customer.phone",
                 "customer.phone must be a number with its country code, such as 256772123456"}
            );
        }
        return found;
    }

    Step<Opened> open(const Opening& opening, Replies replies) const override
    {
        const auto payment = opening.payment.ref();
        const auto uuid = mtn_momo::uuid_of(payment);
        if (replies.empty()) return requesttopay(opening, uuid);
        const auto& sent = replies.front();
        const auto words = mtn_momo::words_of(sent);
        if (mtn_momo::is_refusal(sent)) return fault(GatewayError::refused, words);
        if (!mtn_momo::is_accepted(sent)) {
            if (replies.size() == 1) return question(collection_, "requesttopay/" + uuid);
            const bool found = mtn_momo::is_about(replies[1], payment.reference.get());
            if (!found) return fault(GatewayError::unavailable, words);
        }
        return Opened{.gateway_ref = GatewayRef{uuid}, .payment_url = {}};
    }

    Step<Answer> check(const PaymentRef& payment, Replies replies) const override
    {
        const auto& refund = payment.refund;
        const auto uuid = mtn_momo::uuid_of(payment);
        if (replies.empty()) return question(collection_, "requesttopay/" + uuid);
        auto answer = mtn_momo::read_payment(replies.front(), payment);
        const bool paid = answer && answer->facts.paid;
        if (!paid || !refund || !disbursement_.is_configured()) return answer;
        if (replies.size() == 1) return question_about(*refund);
        mtn_momo::add_refund(*answer, replies[1], *refund);
        return answer;
    }

    Step<Answer> refund(const PaymentRef& payment, Replies replies) const override
    {
        const auto& refund = payment.refund.value();
        if (!disbursement_.is_configured()) {
            return Answer{.detail = without_disbursement, .refund = RefundOutcome::refused};
        }
        if (replies.empty()) return refund_request(payment, refund);
        const auto& sent = replies.front();
        const auto words = mtn_momo::words_of(sent);
        if (mtn_momo::is_refusal(sent)) return fault(GatewayError::refused, words);
        if (!mtn_momo::is_accepted(sent)) return fault(GatewayError::unavailable, words);
        if (replies.size() == 1) return question_about(refund);
        Answer answer{.detail = words, .refund = RefundOutcome::under_way};
        mtn_momo::add_refund(answer, replies[1], refund);
        return answer;
    }

    bool is_ping(const Inbound& inbound) const override
    {
        return inbound.method == "GET" && inbound.query.empty();
    }

    Expected<Claim, VerifyError> verify(const Inbound& inbound) const override
    {
        if (!is_one_of(inbound.method, {"PUT", "POST"})) return Unexpected{VerifyError::malformed};
        const auto query = parse_form(inbound.query);
        const auto body = parse_json(inbound.body);
        auto reference = std::string{query ? field(*query, "reference") : std::string_view{}};
        if (!is_reference(reference) && body) reference = body->text("externalId");
        if (!is_reference(reference)) return Unexpected{VerifyError::malformed};
        return Claim{
            .reference = Reference{std::move(reference)},
            .record = body ? mtn_momo::record_of(*body) : std::string{},
        };
    }

    HttpRequest token_request(std::string_view access) const override
    {
        const auto& product = access == disbursement_.name ? disbursement_ : collection_;
        const auto user = product.user + ':' + std::string{product.key.expose()};
        return {
            .method = "POST",
            .url = api_url_ + '/' + product.name + "/token/",
            .headers =
                {{"authorization", "Basic " + to_base64(user)},
                 {"ocp-apim-subscription-key", std::string{product.subscription_key.expose()}},
                 {"accept", "application/json"}},
            .body = {},
        };
    }

    Expected<AccessToken, GatewayFault>
    read_token(std::string_view, const HttpReply& reply) const override
    {
        const auto json = mtn_momo::read_object(reply);
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

private:
    Headers headers_for(const Product& product) const
    {
        return {
            {"ocp-apim-subscription-key", std::string{product.subscription_key.expose()}},
            {"x-target-environment", environment_},
        };
    }

    Call question(const Product& product, const std::string& resource) const
    {
        const auto url = api_url_ + '/' + product.name + "/v1_0/" + resource;
        return {.request = get(url, headers_for(product)), .access = product.name};
    }

    Call question_about(const Refund& refund) const
    {
        return question(disbursement_, "refund/" + mtn_momo::uuid_of(refund));
    }

    Call requesttopay(const Opening& opening, const std::string& uuid) const
    {
        const auto& payment = opening.payment;
        const auto& reference = payment.reference.get();
        auto headers = headers_for(collection_);
        headers.emplace_back("x-reference-id", uuid);
        if (has_callbacks_ && !opening.notify_url.empty()) {
            const auto url = with_query(opening.notify_url, "reference", reference);
            headers.emplace_back("x-callback-url", url);
        }
        const auto payer = Json::object({
            {"partyIdType", "MSISDN"},
            {"partyId", international_digits(payment.customer.phone).value_or("")},
        });
        const auto description = plain(payment.description);
        const auto order = plain("Order " + payment.order.get());
        const auto body = Json::object({
            {"amount", major_text(payment.price)},
            {"currency", code(payment.price.currency)},
            {"externalId", reference},
            {"payer", payer},
            {"payerMessage", description.empty() ? order : description},
            {"payeeNote", order},
        });
        const auto url = api_url_ + "/collection/v1_0/requesttopay";
        return {.request = post_json(url, body, std::move(headers)), .access = collection_.name};
    }

    Call refund_request(const PaymentRef& payment, const Refund& refund) const
    {
        auto headers = headers_for(disbursement_);
        headers.emplace_back("x-reference-id", mtn_momo::uuid_of(refund));
        const auto body = Json::object({
            {"amount", major_text(refund.amount)},
            {"currency", code(refund.amount.currency)},
            {"externalId", refund.id.get()},
            {"payerMessage", "Refund"},
            {"payeeNote", "Refund of " + payment.reference.get()},
            {"referenceIdToRefund", mtn_momo::uuid_of(payment)},
        });
        const auto url = api_url_ + "/disbursement/v1_0/refund";
        return {.request = post_json(url, body, std::move(headers)), .access = disbursement_.name};
    }

    std::string api_url_;
    std::string environment_;
    bool has_callbacks_;
    Product collection_;
    Product disbursement_;
};

// clang-format off
constexpr std::array settings{
    SettingSpec{.name = "api_key", .required = true},
    SettingSpec{.name = "api_secret", .kind = SettingKind::secret, .required = true},
    SettingSpec{.name = "subscription_key", .kind = SettingKind::secret, .required = true},
    SettingSpec{.name = "target_environment", .required = true, .sandbox_fallback = "sandbox"},
    SettingSpec{.name = "api_url", .kind = SettingKind::url, .fallback = "https://proxy.momoapi.mtn.com",
                .sandbox_fallback = "https://sandbox.momodeveloper.mtn.com"},
    SettingSpec{.name = "callback", .fallback = "on", .choices = "on off"},
    SettingSpec{.name = "disbursement_api_key"},
    SettingSpec{.name = "disbursement_api_secret", .kind = SettingKind::secret},
    SettingSpec{.name = "disbursement_subscription_key", .kind = SettingKind::secret},
    SettingSpec{.name = "notify_url", .kind = SettingKind::url},
    SettingSpec{.name = "return_url", .kind = SettingKind::url},
};
// clang-format on

std::unique_ptr<const Gateway> make(const GatewaySettings& given)
{
    return std::make_unique<MtnMomo>(given);
}

} // namespace

const GatewayKind& kind_of_mtn_momo()
{
    static constexpr GatewayKind kind{
        .spec = {"mtn_momo", settings},
        .title = "MTN MoMo",
        .capabilities =
            {
                .flow = Flow::phone_prompt,
                .currencies = currencies,
                .notifies_by_put = true,
                .refunds = Refunds::partial,
                .check_after = std::chrono::seconds{15},
            },
        .make = &make,
    };
    return kind;
}

} // namespace tollgate
