#include "core/gateways/airtel_money.hpp"

#include "core/config/config.hpp"
#include "core/crypto/envelope.hpp"
#include "core/gateways/airtel_money_countries.hpp"
#include "core/gateways/airtel_money_messages.hpp"
#include "core/gateways/airtel_money_signing.hpp"
#include "core/gateways/dialogue.hpp"
#include "core/support/check.hpp"
#include "core/support/json.hpp"
#include "core/support/text.hpp"

#include <array>
#include <memory>

namespace tollgate {
namespace {

constexpr auto api_access = "api";
constexpr std::size_t reference_text_min = 4;
constexpr std::size_t reference_text_max = 64;

/// Which every country takes.
std::string reference_text(const Payment& payment)
{
    const auto plain = [](std::string_view text) {
        return plain_text(text, "", reference_text_max);
    };
    auto text = plain(payment.description);
    return text.size() >= reference_text_min ? text : plain("Order " + payment.order.get());
}

class AirtelMoney final : public Gateway {
public:
    explicit AirtelMoney(const GatewaySettings& settings)
        : Gateway{kind_of_airtel_money()}, country_{airtel_money::country_of(settings.text("country"
                                           ))},
          api_url_{settings.text("api_url")}, version_{settings.text("payments_path_version")},
          signing_{settings.text("message_signing") == "on"},
          padding_{
              settings.text("signing_padding") == "oaep" ? RsaPadding::oaep_sha256
                                                         : RsaPadding::pkcs1},
          client_id_{settings.text("client_id")}, client_secret_{std::string{
                                                      settings.secret("client_secret")}},
          callback_key_{std::string{settings.secret("callback_key")}}
    {
        tollgate::check(!client_secret_.empty(), "airtel_money without its secret");
    }

    std::vector<Objection> objections(Money price, const Customer& customer) const override
    {
        return airtel_money::objections(country_, price, customer);
    }

    HttpRequest token_request(std::string_view) const override
    {
        const auto body = Json::object(
            {{"client_id", client_id_},
             {"client_secret", client_secret_.expose()},
             {"grant_type", "client_credentials"}}
        );
        return post_json(api_url_ + "/auth/oauth2/token", body);
    }

    Expected<AccessToken, GatewayFault>
    read_token(std::string_view, const HttpReply& reply) const override
    {
        return airtel_money::read_token(reply);
    }

    Step<Opened> open(const Opening& opening, Replies replies) const override
    {
        const auto& payment = opening.payment;
        const auto write = [&] { return collection(payment); };
        const auto read = [&](const HttpReply& reply) {
            return airtel_money::read_opened(reply, payment.reference);
        };
        return send<Opened>(payment.price, replies, write, read);
    }

    Step<Answer> check(const PaymentRef& payment, Replies replies) const override
    {
        if (!replies.empty()) return airtel_money::read_check(replies.back(), payment);
        return enquiry(payment);
    }

    Step<Answer> refund(const PaymentRef& payment, Replies replies) const override
    {
        auto airtel_id = payment.gateway_ref.get();
        if (airtel_id.empty()) {
            if (replies.empty()) return enquiry(payment);
            const auto answer = airtel_money::read_check(replies.front(), payment);
            if (answer) airtel_id = answer->gateway_ref.get();
            // Nothing was asked to be given back yet.
            if (airtel_id.empty()) return fault(GatewayError::refused, "no airtel_money_id");
            replies = replies.subspan(1);
        }
        const auto write = [&] { return giving_back(airtel_id, payment.price); };
        return send<Answer>(payment.price, replies, write, airtel_money::read_refund);
    }

    Expected<Claim, VerifyError> verify(const Inbound& inbound) const override
    {
        const auto json = inbound.method == "POST" ? parse_json(inbound.body) : std::nullopt;
        if (!json || json->object() == nullptr) return Unexpected{VerifyError::malformed};
        if (callback_key_.empty()) {
            return airtel_money::read_callback(*json, {.detail = "unsigned"});
        }
        const auto hash = airtel_money::hash_of(*json, inbound.headers);
        if (hash.empty()) return Unexpected{VerifyError::missing_signature};
        const auto form = airtel_money::matching_form(callback_key_, inbound.body, *json, hash);
        if (form.empty()) return Unexpected{VerifyError::wrong_signature};
        return airtel_money::read_callback(
            *json, {.proof = Proof::signed_message, .detail = std::string{form}}
        );
    }

private:
    Headers headers_for(Money price) const
    {
        return {
            {"x-country", std::string{country_.code}},
            {"x-currency", std::string{code(price.currency)}},
        };
    }

    Call enquiry(const PaymentRef& payment) const
    {
        const auto url = api_url_ + "/standard/v1/payments/" + payment.reference.get();
        return {get(url, headers_for(payment.price)), api_access};
    }

    HttpRequest collection(const Payment& payment) const
    {
        const auto& price = payment.price;
        const auto whole = whole_major(price);
        const auto amount = whole ? Json{*whole} : Json{Json::Number{major_text(price)}};
        const auto phone = airtel_money::national_number(country_, payment.customer.phone);
        const auto subscriber = Json::object(
            {{"country", country_.code},
             {"currency", code(price.currency)},
             {"msisdn", phone.value_or("")}}
        );
        const auto transaction = Json::object(
            {{"amount", amount},
             {"country", country_.code},
             {"currency", code(price.currency)},
             {"id", payment.reference.get()}}
        );
        const auto body = Json::object(
            {{"reference", reference_text(payment)},
             {"subscriber", subscriber},
             {"transaction", transaction}}
        );
        const auto url = api_url_ + "/merchant/" + version_ + "/payments/";
        return post_json(url, body, headers_for(price));
    }

    HttpRequest giving_back(const std::string& airtel_id, Money price) const
    {
        const auto transaction = Json::object({{"airtel_money_id", airtel_id}});
        const auto url = api_url_ + "/standard/" + version_ + "/payments/refund";
        return post_json(url, Json::object({{"transaction", transaction}}), headers_for(price));
    }

    /// Sends the request that `write` makes; with message signing it asks for the key first.
    template <class T, class Write, class Read>
    Step<T> send(Money price, Replies replies, const Write& write, const Read& read) const
    {
        const std::size_t keys = signing_ ? 1 : 0;
        if (replies.size() > keys) return read(replies.back());
        if (replies.size() < keys) {
            return Call{get(api_url_ + "/v1/rsa/encryption-keys", headers_for(price)), api_access};
        }
        HttpRequest request = write();
        if (signing_ && !airtel_money::sign(request, replies.back(), padding_)) {
            // Nothing was asked for yet.
            return fault(GatewayError::refused, "no usable encryption key");
        }
        return Call{std::move(request), api_access};
    }

    const airtel_money::Country& country_;
    std::string api_url_;
    std::string version_;
    bool signing_;
    RsaPadding padding_;
    std::string client_id_;
    Secret client_secret_;
    Secret callback_key_;
};

// clang-format off
constexpr std::array settings{
    SettingSpec{.name = "client_id", .required = true},
    SettingSpec{.name = "client_secret", .kind = SettingKind::secret, .required = true},
    SettingSpec{.name = "country", .required = true, .choices = airtel_money::country_codes},
    SettingSpec{.name = "callback_key", .kind = SettingKind::secret},
    SettingSpec{.name = "message_signing", .fallback = "off", .choices = "off on"},
    SettingSpec{.name = "signing_padding", .fallback = "pkcs1", .choices = "pkcs1 oaep"},
    SettingSpec{.name = "payments_path_version", .fallback = "v1", .choices = "v1 v2"},
    SettingSpec{
        .name = "api_url",
        .kind = SettingKind::url,
        .fallback = "https://openapi.airtel.africa",
        .sandbox_fallback = "https://openapiuat.airtel.africa",
    },
    SettingSpec{.name = "notify_url", .kind = SettingKind::url},
    SettingSpec{.name = "return_url", .kind = SettingKind::url},
};
// clang-format on

std::unique_ptr<const Gateway> make(const GatewaySettings& given)
{
    return std::make_unique<AirtelMoney>(given);
}

} // namespace

const GatewayKind& kind_of_airtel_money()
{
    static constexpr GatewayKind kind{
        .spec = {"airtel_money", settings},
        .title = "Airtel Money",
        .capabilities =
            {
                .flow = Flow::phone_prompt,
                .currencies = airtel_money::currencies,
                .notifications = Proof::signed_message,
                .refunds = Refunds::full,
                .check_after = std::chrono::minutes{3},
            },
        .make = &make,
    };
    return kind;
}

} // namespace tollgate
