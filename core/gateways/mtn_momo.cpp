#include "core/gateways/mtn_momo.hpp"

#include "core/config/config.hpp"
#include "core/gateways/dialogue.hpp"
#include "core/gateways/mtn_momo_environments.hpp"
#include "core/gateways/mtn_momo_messages.hpp"
#include "core/gateways/mtn_momo_product.hpp"
#include "core/gateways/rules.hpp"
#include "core/support/check.hpp"
#include "core/support/json.hpp"
#include "core/support/text.hpp"

#include <array>
#include <memory>

namespace tollgate {
namespace {

constexpr auto without_disbursement = "refunds need disbursement_api_key, "
                                      "disbursement_api_secret, disbursement_subscription_key";

constexpr std::size_t message_length_max = 160;

/// What every phone can show; anything else may be refused.
std::string message(std::string_view text)
{
    return plain_text(text, ".,:/-", message_length_max);
}

class MtnMomo final : public Gateway {
public:
    explicit MtnMomo(const GatewaySettings& settings)
        : Gateway{kind_of_mtn_momo()}, api_url_{settings.text("api_url")},
          environment_{settings.text("target_environment")},
          has_callbacks_{settings.text("callback") != "off"},
          collection_{"collection", settings, ""}, disbursement_{
                                                       "disbursement", settings, "disbursement_"}
    {
        tollgate::check(collection_.is_configured(), "mtn_momo without its secrets");
    }

    std::vector<Objection> objections(Money price, const Customer& customer) const override
    {
        Objections found;
        demand_currency(found, price, mtn_momo::currencies_of(environment_));
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
        return mtn_momo::read_callback(inbound.query, inbound.body);
    }

    HttpRequest token_request(std::string_view access) const override
    {
        const auto& product = access == disbursement_.name() ? disbursement_ : collection_;
        return product.token_request(api_url_);
    }

    Expected<AccessToken, GatewayFault>
    read_token(std::string_view, const HttpReply& reply) const override
    {
        return mtn_momo::read_token(reply);
    }

private:
    Call question(const mtn_momo::Product& product, const std::string& resource) const
    {
        const auto url = api_url_ + '/' + product.name() + "/v1_0/" + resource;
        return {.request = get(url, product.headers(environment_)), .access = product.name()};
    }

    Call question_about(const Refund& refund) const
    {
        return question(disbursement_, "refund/" + mtn_momo::uuid_of(refund));
    }

    Call requesttopay(const Opening& opening, const std::string& uuid) const
    {
        const auto& payment = opening.payment;
        const auto& reference = payment.reference.get();
        auto headers = collection_.headers(environment_);
        headers.emplace_back("x-reference-id", uuid);
        if (has_callbacks_ && !opening.notify_url.empty()) {
            const auto url = with_query(opening.notify_url, "reference", reference);
            headers.emplace_back("x-callback-url", url);
        }
        const auto payer = Json::object({
            {"partyIdType", "MSISDN"},
            {"partyId", international_digits(payment.customer.phone).value_or("")},
        });
        const auto description = message(payment.description);
        const auto order = message("Order " + payment.order.get());
        const auto body = Json::object({
            {"amount", major_text(payment.price)},
            {"currency", code(payment.price.currency)},
            {"externalId", reference},
            {"payer", payer},
            {"payerMessage", description.empty() ? order : description},
            {"payeeNote", order},
        });
        const auto url = api_url_ + "/collection/v1_0/requesttopay";
        return {.request = post_json(url, body, std::move(headers)), .access = collection_.name()};
    }

    Call refund_request(const PaymentRef& payment, const Refund& refund) const
    {
        auto headers = disbursement_.headers(environment_);
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
        return {
            .request = post_json(url, body, std::move(headers)), .access = disbursement_.name()};
    }

    std::string api_url_;
    std::string environment_;
    bool has_callbacks_;
    mtn_momo::Product collection_;
    mtn_momo::Product disbursement_;
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
                .currencies = mtn_momo::currencies,
                .notifies_by_put = true,
                .refunds = Refunds::partial,
                .check_after = std::chrono::seconds{15},
            },
        .make = &make,
    };
    return kind;
}

} // namespace tollgate
