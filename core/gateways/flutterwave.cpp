#include "core/gateways/flutterwave.hpp"

#include "core/config/config.hpp"
#include "core/crypto/constant_time.hpp"
#include "core/crypto/encoding.hpp"
#include "core/crypto/hmac.hpp"
#include "core/gateways/dialogue.hpp"
#include "core/gateways/flutterwave_messages.hpp"
#include "core/gateways/rules.hpp"
#include "core/support/json.hpp"
#include "core/support/text.hpp"

#include <array>
#include <memory>

namespace tollgate {
namespace {

// clang-format off
constexpr std::array currencies{
    Currency::NGN, Currency::GHS, Currency::KES, Currency::UGX, Currency::TZS, Currency::ZMW,
    Currency::RWF, Currency::ZAR, Currency::XOF, Currency::XAF, Currency::GNF, Currency::USD,
    Currency::EUR, Currency::GBP,
};
// clang-format on

std::string path_of(const GatewayRef& transaction, std::string_view act)
{
    return "/transactions/" + percent_encode(transaction.get()) + "/" + std::string{act};
}

class Flutterwave final : public Gateway {
public:
    explicit Flutterwave(const GatewaySettings& settings)
        : Gateway{kind_of_flutterwave()}, api_url_{settings.text("api_url")},
          payment_options_{settings.text("payment_options")},
          session_minutes_{settings.text("session_minutes")},
          accepts_plain_signature_{settings.text("plain_v4_signature") == "on"},
          secret_key_{std::string{settings.secret("secret_key")}},
          secret_hash_{std::string{settings.secret("secret_hash")}}
    {
        tollgate::check(
            !secret_key_.empty() && !secret_hash_.empty(), "flutterwave without its secrets"
        );
    }

    std::vector<Objection> objections(Money price, const Customer& customer) const override
    {
        Objections found;
        demand_currency(found, price, currencies);
        demand_given(found, "customer.email", customer.email);
        return found;
    }

    Step<Opened> open(const Opening& opening, Replies replies) const override
    {
        if (!replies.empty()) return flutterwave::read_opened(replies.back());
        return tell("/payments", opening_body(opening));
    }

    Expected<Claim, VerifyError> verify(const Inbound& inbound) const override
    {
        auto claim = proven(inbound);
        if (!claim) return claim;
        const auto message = parse_object(inbound.body);
        if (!message) return Unexpected{VerifyError::malformed};
        claim->reference = flutterwave::charged_reference(*message);
        claim->record = flutterwave::record_of(*message);
        return claim;
    }

    // The same tx_ref may be tried again, so it is always asked by that; a number that once was
    // successful is asked about only when the reference finds nothing.
    Step<Answer> check(const PaymentRef& payment, Replies replies) const override
    {
        if (replies.empty()) return ask_by_reference(payment);
        std::size_t read = 1;
        if (flutterwave::is_unknown_transaction(replies[0]) && !payment.gateway_ref.empty()) {
            if (replies.size() == read) return ask(path_of(payment.gateway_ref, "verify"));
            ++read;
        }
        auto answer = flutterwave::read_transaction(replies[read - 1], payment);
        if (!answer || !payment.refund || payment.refund->gateway_ref.empty()) return answer;
        if (replies.size() == read)
            return ask("/refunds/" + percent_encode(payment.refund->gateway_ref));
        if (const auto refund =
                flutterwave::read_refund(replies[read], *payment.refund, payment.gateway_ref)) {
            answer->detail += ", " + refund->detail;
            answer->record = "[" + answer->record + "," + refund->record + "]";
            answer->refund = refund->refund;
        }
        return answer;
    }

    Step<Answer> refund(const PaymentRef& payment, Replies replies) const override
    {
        auto transaction = payment.gateway_ref;
        if (transaction.empty()) {
            if (replies.empty()) return ask_by_reference(payment);
            const auto found = flutterwave::read_transaction(replies.front(), payment);
            if (found) transaction = found->gateway_ref;
            // Nothing was sent, so for certain nothing was given back.
            if (transaction.empty()) return fault(GatewayError::refused, "nothing to give back of");
            replies = replies.subspan(1);
        }
        if (replies.empty()) {
            const auto& refund = *payment.refund;
            const auto body = Json::object({
                {"amount", Json::Number{major_text(refund.amount)}},
                {"comments", refund.id.get()},
            });
            return tell(path_of(transaction, "refund"), body);
        }
        return flutterwave::read_refund(replies.front(), *payment.refund, transaction);
    }

    std::optional<Reference> returned(const Fields& fields) const override
    {
        return reference_in(fields, {"tx_ref"});
    }

private:
    /// A claim that says no more than how it is proven. Whatever proof is there must hold; one that
    /// holds does not excuse another that does not.
    Expected<Claim, VerifyError> proven(const Inbound& inbound) const
    {
        const auto signature = header(inbound.headers, "flutterwave-signature");
        const auto hash = header(inbound.headers, "verif-hash");
        if (signature.empty() && hash.empty()) return Unexpected{VerifyError::missing_signature};
        if (!hash.empty() && !is_secret_hash(hash)) return Unexpected{VerifyError::wrong_signature};
        if (signature.empty()) return Claim{.proof = Proof::shared_secret, .detail = "verif_hash"};
        const auto expected = to_base64(hmac_sha256(secret_hash_.expose(), inbound.body));
        if (equal_in_constant_time(expected, signature)) {
            return Claim{.proof = Proof::signed_message, .detail = "v4"};
        }
        if (accepts_plain_signature_ && is_secret_hash(signature)) {
            return Claim{.proof = Proof::shared_secret, .detail = "v4_plain"};
        }
        return Unexpected{VerifyError::wrong_signature};
    }

    bool is_secret_hash(std::string_view text) const
    {
        return equal_in_constant_time(secret_hash_.expose(), text);
    }

    Headers headers() const
    {
        return {{"authorization", "Bearer " + std::string{secret_key_.expose()}}};
    }

    Call ask(const std::string& path) const { return {get(api_url_ + path, headers())}; }

    Call tell(const std::string& path, const Json& body) const
    {
        return {post_json(api_url_ + path, body, headers())};
    }

    Call ask_by_reference(const PaymentRef& payment) const
    {
        return ask(
            with_query("/transactions/verify_by_reference", "tx_ref", payment.reference.get())
        );
    }

    Json opening_body(const Opening& opening) const
    {
        const auto& payment = opening.payment;
        const auto& reference = payment.reference.get();
        const auto session = Json::Number{session_minutes_};
        auto body = Json::object({
            {"tx_ref", reference},
            {"amount", Json::Number{major_text(payment.price)}},
            {"currency", code(payment.price.currency)},
            {"redirect_url", opening.return_url},
            {"customer", customer_body(payment.customer)},
            {"meta", Json::object({{"reference", reference}})},
            {"configuration", Json::object({{"session_duration", session}})},
        });
        if (!payment.description.empty()) {
            body.add("customizations", Json::object({{"title", payment.description}}));
        }
        add_given(body, "payment_options", payment_options_);
        return body;
    }

    static Json customer_body(const Customer& customer)
    {
        auto body = Json::object({{"email", customer.email}});
        const auto both = customer.name + " " + customer.surname;
        add_given(body, "name", trim(both));
        const auto digits = international_digits(customer.phone);
        add_given(body, "phonenumber", digits.value_or(customer.phone));
        return body;
    }

    std::string api_url_;
    std::string payment_options_;
    std::string session_minutes_;
    bool accepts_plain_signature_;
    Secret secret_key_;
    Secret secret_hash_;
};

// clang-format off
constexpr std::array settings{
    SettingSpec{.name = "secret_key", .kind = SettingKind::secret, .required = true},
    SettingSpec{.name = "secret_hash", .kind = SettingKind::secret, .required = true},
    SettingSpec{.name = "public_key"}, // of pages that open the checkout themselves; shops have it set
    SettingSpec{.name = "plain_v4_signature", .fallback = "off", .choices = "off on"},
    SettingSpec{.name = "payment_options"},
    SettingSpec{.name = "session_minutes", .fallback = "30", .choices = "5 10 15 20 30 45 60 90 120 180 240 360 720 1440"},
    SettingSpec{.name = "api_url", .kind = SettingKind::url, .fallback = "https://api.flutterwave.com/v3"},
    SettingSpec{.name = "notify_url", .kind = SettingKind::url},
    SettingSpec{.name = "return_url", .kind = SettingKind::url},
};
// clang-format on

std::unique_ptr<const Gateway> make(const GatewaySettings& given)
{
    return std::make_unique<Flutterwave>(given);
}

} // namespace

const GatewayKind& kind_of_flutterwave()
{
    static constexpr GatewayKind kind{
        .spec = {"flutterwave", settings},
        .title = "Flutterwave",
        .capabilities =
            {
                .flow = Flow::hosted_page,
                .currencies = currencies,
                .notifications = Proof::signed_message,
                .refunds = Refunds::partial,
            },
        .make = &make,
    };
    return kind;
}

} // namespace tollgate
