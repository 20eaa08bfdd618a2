#include "core/gateways/clictopay.hpp"

#include "core/config/config.hpp"
#include "core/gateways/clictopay_callback.hpp"
#include "core/gateways/clictopay_order.hpp"
#include "core/gateways/dialogue.hpp"
#include "core/gateways/rules.hpp"
#include "core/support/json.hpp"
#include "core/support/text.hpp"

#include <array>
#include <memory>

namespace tollgate {
namespace {

constexpr std::array currencies{Currency::TND, Currency::EUR, Currency::USD};
constexpr std::int64_t minor_units_limit = 999'999'999'999; // twelve digits

Expected<Opened, GatewayFault> read_opened(const HttpReply& reply)
{
    const auto json = clictopay::read_reply(reply);
    if (!json) return Unexpected{json.error()};
    const auto error = json->text("errorCode");
    // 1: our number was used before; neither that nor a wrong parameter opens anything.
    if (is_one_of(error, {"1", "3", "4", "5"})) {
        return fault(GatewayError::refused, clictopay::words_of(*json));
    }
    if (!error.empty() && error != "0") {
        return fault(GatewayError::unavailable, clictopay::words_of(*json));
    }
    const auto order_id = json->text("orderId");
    const auto form_url = json->text("formUrl");
    if (!clictopay::is_order_id(order_id) || !is_http_url(form_url)) {
        return fault(GatewayError::malformed, "success without orderId or formUrl");
    }
    return Opened{GatewayRef{order_id}, form_url};
}

class ClicToPay final : public Gateway {
public:
    explicit ClicToPay(const GatewaySettings& settings)
        : Gateway{kind_of_clictopay()}, user_name_{settings.text("user_name")},
          password_{std::string{settings.secret("password")}}, api_url_{settings.text("api_url")},
          callbacks_{settings}
    {
        tollgate::check(!user_name_.empty() && !password_.empty(), "clictopay without its secrets");
        while (api_url_.ends_with('/'))
            api_url_.pop_back();
    }

    std::vector<Objection> objections(Money price, const Customer&) const override
    {
        Objections found;
        demand_currency(found, price, currencies);
        if (price.minor_units > minor_units_limit) {
            const auto highest = major_text({minor_units_limit, price.currency});
            found.push_back({"amount", "amount must be at most " + highest});
        }
        return found;
    }

    Step<Opened> open(const Opening& opening, Replies replies) const override
    {
        if (!replies.empty()) return read_opened(replies.back());
        const auto& payment = opening.payment;
        auto fields = credentials();
        fields.emplace_back("orderNumber", payment.reference.get());
        fields.emplace_back("amount", std::to_string(payment.price.minor_units));
        fields.emplace_back("currency", numeric_code(payment.price.currency));
        fields.emplace_back("returnUrl", opening.return_url);
        fields.emplace_back("failUrl", opening.return_url);
        fields.emplace_back("description", payment.description);
        fields.emplace_back("language", opening.language);
        fields.emplace_back("pageView", "DESKTOP"); // the page for MOBILE does not exist
        if (const auto& email = payment.customer.email; !email.empty()) {
            fields.emplace_back("jsonParams", to_text(Json::object({{"email", email}})));
        }
        return call("/register.do", fields);
    }

    Step<Answer> check(const PaymentRef& payment, Replies replies) const override
    {
        if (!replies.empty()) return clictopay::read_status(replies.back(), payment);
        return status_call(payment);
    }

    /// Asks how the payment stands, gives back, and when that is too early reverses the payment.
    Step<Answer> refund(const PaymentRef& payment, Replies replies) const override
    {
        tollgate::check(payment.refund.has_value(), "a refund that is none");
        if (replies.empty()) return status_call(payment);
        const auto standing = clictopay::read_status(replies.front(), payment);
        if (!standing) {
            const auto detail = "nothing sent: " + standing.error().detail;
            return Answer{.detail = detail, .refund = RefundOutcome::refused};
        }
        if (replies.size() == 1) return give_back(payment, *standing);
        const auto& facts = standing->facts;
        const bool whole = facts.paid == payment.refund->amount && !facts.refunded;
        if (replies.size() == 2 && whole && clictopay::is_too_early(replies.back())) {
            return call("/reverse.do", about(order_id(payment, *standing)));
        }
        return clictopay::read_refund(replies.back());
    }

    bool is_ping(const Inbound& inbound) const override
    {
        return inbound.method == "GET" && inbound.query.empty();
    }

    Expected<Claim, VerifyError> verify(const Inbound& inbound) const override
    {
        return callbacks_.verify(inbound);
    }

private:
    static std::string order_id(const PaymentRef& payment, const Answer& standing)
    {
        return payment.gateway_ref.empty() ? standing.gateway_ref.get() : payment.gateway_ref.get();
    }

    Step<Answer> give_back(const PaymentRef& payment, Answer standing) const
    {
        const auto& refund = *payment.refund;
        const auto& amount = refund.amount;
        const auto& total = refund.total;
        const auto paid = standing.facts.paid.value_or(Money{0, amount.currency});
        const auto back = standing.facts.refunded.value_or(Money{0, amount.currency});
        // Already given back, in the merchant's portal or by a request whose answer was lost.
        if (back.currency == total.currency && back.minor_units >= total.minor_units) {
            return standing;
        }
        const bool possible = paid.currency == amount.currency && back.currency == paid.currency &&
                              paid.minor_units - back.minor_units >= amount.minor_units;
        if (!possible || order_id(payment, standing).empty()) {
            standing.refund = RefundOutcome::refused;
            return standing;
        }
        auto fields = about(order_id(payment, standing));
        fields.emplace_back("amount", std::to_string(amount.minor_units));
        fields.emplace_back("externalRefundId", refund.id.get());
        return call("/refund.do", fields);
    }

    Call status_call(const PaymentRef& payment) const
    {
        if (!payment.gateway_ref.empty()) {
            return call("/getOrderStatusExtended.do", about(payment.gateway_ref.get()));
        }
        auto fields = credentials();
        fields.emplace_back("orderNumber", payment.reference.get());
        fields.emplace_back("language", "en");
        return call("/getOrderStatusExtended.do", fields);
    }

    /// The fields of a request about one order; its errors are read, and therefore in English.
    Fields about(const std::string& order_id) const
    {
        auto fields = credentials();
        fields.emplace_back("orderId", order_id);
        fields.emplace_back("language", "en");
        return fields;
    }

    Fields credentials() const
    {
        return {{"userName", user_name_}, {"password", std::string{password_.expose()}}};
    }

    Call call(std::string_view path, const Fields& fields) const
    {
        return {post_form(api_url_ + std::string{path}, fields)};
    }

    std::string user_name_;
    Secret password_;
    std::string api_url_;
    clictopay::Callbacks callbacks_;
};

// clang-format off
constexpr std::array settings{
    SettingSpec{.name = "user_name", .required = true},
    SettingSpec{.name = "password", .kind = SettingKind::secret, .required = true},
    SettingSpec{.name = "api_url", .kind = SettingKind::url, .fallback = "https://ipay.clictopay.com/payment/rest",
                .sandbox_fallback = "https://test.clictopay.com/payment/rest"},
    SettingSpec{.name = "checksum_secret", .kind = SettingKind::secret},
    SettingSpec{.name = "checksum_public_key", .kind = SettingKind::secret},
    SettingSpec{.name = "checksum_digest", .fallback = "sha512", .choices = "sha512 sha256"},
    SettingSpec{.name = "webhook_secret", .kind = SettingKind::secret},
    SettingSpec{.name = "notify_url", .kind = SettingKind::url},
    SettingSpec{.name = "return_url", .kind = SettingKind::url},
};
// clang-format on

} // namespace

const GatewayKind& kind_of_clictopay()
{
    static constexpr GatewayKind kind{
        .spec = {"clictopay", settings},
        .title = "ClicToPay",
        .capabilities =
            {
                .flow = Flow::hosted_page,
                .currencies = currencies,
                .notifications = Proof::signed_message,
                .refunds = Refunds::partial,
            },
        .make = &make_gateway<ClicToPay>,
    };
    return kind;
}

} // namespace tollgate
