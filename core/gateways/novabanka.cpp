#include "core/gateways/novabanka.hpp"

#include "core/config/config.hpp"
#include "core/gateways/dialogue.hpp"
#include "core/gateways/novabanka_messages.hpp"
#include "core/gateways/novabanka_seal.hpp"
#include "core/gateways/rules.hpp"
#include "core/support/json.hpp"
#include "core/support/text.hpp"

#include <algorithm>
#include <array>
#include <memory>

namespace tollgate {
namespace novabanka {
namespace {

constexpr std::array currencies{Currency::BAM, Currency::EUR, Currency::USD, Currency::GBP};

constexpr std::string_view version = "1";
constexpr std::size_t name_length_max = 64;
constexpr std::int64_t amount_max = 9'999'999'999; // ten digits

class NovaBanka final : public Gateway {
public:
    explicit NovaBanka(const GatewaySettings& settings)
        : Gateway{kind_of_novabanka()}, api_url_{settings.text("api_url")},
          langid_{settings.text("langid")}, terminal_id_{settings.text("terminal_id")},
          refund_layout_{
              settings.text("refund_variant") == "a" ? refund_layout_a : refund_layout_b},
          refund_servlet_{settings.text("refund_message_url")},
          terminal_password_{std::string{settings.secret("terminal_password")}},
          secret_{std::string{settings.secret("secret")}}
    {
        tollgate::check(!secret_.empty() && !terminal_password_.empty(), "novabanka: no secrets");
    }

    std::vector<Objection> objections(Money price, const Customer&) const override
    {
        Objections found;
        demand_currency(found, price, currencies);
        demand_between(found, price, 0, amount_max);
        return found;
    }

    Step<Opened> open(const Opening& opening, Replies replies) const override
    {
        if (!replies.empty()) return read_opened(replies.back(), secret_);
        const auto& payment = opening.payment;
        auto message = request(opening_layout);
        message.add("action", purchase);
        message.add("currencycode", numeric_code(payment.price.currency));
        message.add("amt", major_text(payment.price));
        message.add("trackid", payment.reference.get());
        message.add("responseURL", opening.notify_url);
        message.add("errorURL", opening.return_url);
        message.add("langid", langid_);
        message.add("notificationFormat", "json");
        message.add("payinst", "VPAS");
        message.add("recurAction", "");
        return call(opening_layout.message, sealed(std::move(message), opening_layout, secret_));
    }

    /// The gateway's messages all have a body: somebody looks whether the address lives.
    bool is_ping(const Inbound& inbound) const override { return inbound.body.empty(); }

    Expected<Claim, VerifyError> verify(const Inbound& inbound) const override
    {
        const auto message = read_message(inbound.body);
        if (!message) return Unexpected{VerifyError::malformed};
        if (message->text("msgverifier").empty()) return Unexpected{VerifyError::missing_signature};
        const auto form = matching_form(*message, notification_layout, secret_);
        if (form.empty()) return Unexpected{VerifyError::wrong_signature};

        auto reference = message->text("trackid");
        auto gateway_ref = message->text("paymentid");
        if (std::max(reference.size(), gateway_ref.size()) > name_length_max) {
            return Unexpected{VerifyError::malformed};
        }
        return Claim{
            .reference = Reference{std::move(reference)},
            .gateway_ref = GatewayRef{std::move(gateway_ref)},
            .proof = Proof::signed_message,
            .detail = std::string{form},
            .record = record_of(*message),
        };
    }

    /// Whoever proved nothing gets nothing that is signed. Should it be the gateway after all, it
    /// sends the browser to errorURL, our return page, where the gateway is asked.
    Reply acknowledge(const Acknowledgement& acknowledgement) const override
    {
        if (acknowledgement.kind != Acknowledgement::Kind::recorded) {
            return Gateway::acknowledge(acknowledgement);
        }
        auto message = Json::object({
            {"msgName", acknowledgement_layout.message},
            {"version", version},
            {"paymentID", acknowledgement.claim->gateway_ref.get()},
            {"browserRedirectionURL", acknowledgement.return_url},
        });
        return {
            .status = 200,
            .content_type = "application/json",
            .body = to_text(sealed(std::move(message), acknowledgement_layout, secret_)),
        };
    }

    Step<Answer> check(const PaymentRef& payment, Replies replies) const override
    {
        if (payment.gateway_ref.empty()) {
            return fault(GatewayError::unavailable, "no paymentid yet");
        }
        if (replies.empty()) return question(payment);
        return read_check(replies.back(), payment, secret_);
    }

    Step<Answer> refund(const PaymentRef& payment, Replies replies) const override
    {
        if (replies.empty()) return question(payment);
        if (replies.size() > 1) return read_refund(replies.back(), payment);
        const auto transaction = read_captured(replies.front(), payment, secret_);
        if (!transaction) return Unexpected{transaction.error()};
        return refund_call(payment, *transaction);
    }

private:
    Json request(const Layout& layout) const
    {
        return Json::object({
            {"msgName", layout.message},
            {"version", version},
            {"id", terminal_id_},
            {"password", terminal_password_.expose()},
        });
    }

    Call call(std::string_view servlet, const Json& message) const
    {
        return Call{post_json(api_url_ + "/" + std::string{servlet}, message)};
    }

    Call question(const PaymentRef& payment) const
    {
        auto message = request(question_layout);
        message.add("action", query);
        message.add("paymentid", payment.gateway_ref.get());
        return call(question_layout.message, sealed(std::move(message), question_layout, secret_));
    }

    Call refund_call(const PaymentRef& payment, const std::string& transaction) const
    {
        const auto amount = payment.refund.value().amount;
        auto message = request(refund_layout_);
        message.add("action", credit);
        message.add("amt", major_text(amount));
        message.add("currencycode", numeric_code(amount.currency));
        message.add("trackid", payment.reference.get());
        message.add("tranid", transaction);
        return call(refund_servlet_, sealed(std::move(message), refund_layout_, secret_));
    }

    std::string api_url_;
    std::string langid_;
    std::string terminal_id_;
    const Layout& refund_layout_;
    std::string refund_servlet_;
    Secret terminal_password_;
    Secret secret_;
};

// clang-format off
constexpr std::array settings{
    SettingSpec{.name = "terminal_id", .required = true},
    SettingSpec{.name = "terminal_password", .kind = SettingKind::secret, .required = true},
    SettingSpec{.name = "secret", .kind = SettingKind::secret, .required = true},
    SettingSpec{.name = "api_url", .kind = SettingKind::url, .fallback = "https://ipg.novabanka.com/IPGWeb/servlet", .sandbox_fallback = "https://ipgtest.novabanka.com/IPGWeb/servlet"},
    SettingSpec{.name = "notify_url", .kind = SettingKind::url},
    SettingSpec{.name = "return_url", .kind = SettingKind::url},
    SettingSpec{.name = "langid", .fallback = "USA"},
    SettingSpec{.name = "refund_variant", .fallback = "b", .choices = "a b"},
    SettingSpec{.name = "refund_message_url", .fallback = "FinancialRequest", .choices = "FinancialRequest PaymentInitRequest"},
};
// clang-format on

std::unique_ptr<const Gateway> make(const GatewaySettings& given)
{
    return std::make_unique<NovaBanka>(given);
}

} // namespace
} // namespace novabanka

const GatewayKind& kind_of_novabanka()
{
    static constexpr GatewayKind kind{
        .spec = {"novabanka", novabanka::settings},
        .title = "NovaBanka IPG",
        .capabilities =
            {
                .flow = Flow::hosted_page,
                .currencies = novabanka::currencies,
                .notifications = Proof::signed_message,
                .refunds = Refunds::partial,
            },
        .make = &novabanka::make,
    };
    return kind;
}

} // namespace tollgate
