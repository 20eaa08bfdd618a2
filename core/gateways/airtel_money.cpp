#include "core/gateways/airtel_money.hpp"

#include "core/config/config.hpp"
#include "core/crypto/constant_time.hpp"
#include "core/crypto/encoding.hpp"
#include "core/crypto/envelope.hpp"
#include "core/crypto/hmac.hpp"
#include "core/crypto/random.hpp"
#include "core/gateways/airtel_money_countries.hpp"
#include "core/gateways/airtel_money_replies.hpp"
#include "core/gateways/dialogue.hpp"
#include "core/gateways/rules.hpp"
#include "core/support/check.hpp"
#include "core/support/json.hpp"
#include "core/support/json_text.hpp"
#include "core/support/text.hpp"

#include <array>
#include <memory>

namespace tollgate {
namespace {

// clang-format off
constexpr std::array currencies{
    Currency::UGX, Currency::KES, Currency::TZS, Currency::ZMW, Currency::MWK, Currency::CDF,
    Currency::USD, Currency::XAF, Currency::XOF, Currency::NGN, Currency::RWF, Currency::SCR,
    Currency::MGA,
};
// clang-format on

constexpr auto api_access = "api";
constexpr std::size_t reference_text_min = 4;
constexpr std::size_t reference_text_max = 64;
constexpr std::size_t id_length_max = 64;

const airtel_money::Country& country_of(const GatewaySettings& settings)
{
    const auto* country = airtel_money::find_country(settings.text("country"));
    const std::string codes{airtel_money::country_codes};
    check(country != nullptr, "airtel_money: country must be one of " + codes);
    return *country;
}

/// Letters, digits and single blanks, which every country takes.
std::string plain(std::string_view text)
{
    std::string result;
    for (const char c : text) {
        const bool kept = is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z');
        if (kept) {
            result += c;
        } else if (!result.empty() && result.back() != ' ') {
            result += ' ';
        }
    }
    return std::string{trim(result.substr(0, reference_text_max))};
}

std::string reference_text(const Payment& payment)
{
    auto text = plain(payment.description);
    return text.size() >= reference_text_min ? text : plain("Order " + payment.order.get());
}

class AirtelMoney final : public Gateway {
public:
    explicit AirtelMoney(const GatewaySettings& settings)
        : Gateway{kind_of_airtel_money()}, country_{country_of(settings)},
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
        Objections found;
        const std::string place{country_.code};
        demand_currency(found, price, airtel_money::currencies_of(country_));
        if (!found.empty()) found.back().rule += " in " + place;
        if (airtel_money::is_whole_only(price.currency)) demand_whole(found, price);
        if (!airtel_money::national_number(country_, customer.phone)) {
            found.push_back(
                {"customer.phone",
                 "customer.phone must be a mobile number of " + place + ", such as " +
                     std::string{country_.dial_code} + std::string{country_.national}}
            );
        }
        return found;
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
        const auto& transaction = member_object(*json, "transaction");
        std::string_view form = "unsigned";
        if (!callback_key_.empty()) {
            const auto hash = hash_of(*json, inbound.headers);
            if (hash.empty()) return Unexpected{VerifyError::missing_signature};
            form = matching_form(inbound.body, *json, hash);
            if (form.empty()) return Unexpected{VerifyError::wrong_signature};
        }
        const auto id = transaction.text("id");
        if (id.empty() || id.size() > id_length_max) return Unexpected{VerifyError::malformed};
        const auto kept =
            airtel_money::picked(transaction, {"id", "status_code", "airtel_money_id"});
        return Claim{
            .reference = Reference{id},
            .gateway_ref = {},
            .proof = callback_key_.empty() ? Proof::none : Proof::signed_message,
            .detail = std::string{form},
            .record = to_text(Json::object({{"transaction", kept}})),
        };
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
        if (signing_ && !sign(request, replies.back())) {
            // Nothing was asked for yet.
            return fault(GatewayError::refused, "no usable encryption key");
        }
        return Call{std::move(request), api_access};
    }

    /// Whether the key could be used.
    bool sign(HttpRequest& request, const HttpReply& keys) const
    {
        const auto json = object_of(keys);
        const auto der = from_base64(json ? trim(member_object(*json, "data").text("key")) : "");
        const auto key = random_bytes(aes_256_key_bytes);
        const auto iv = random_bytes(aes_block_bytes);
        const auto sealed =
            rsa_encrypt(der.value_or(""), padding_, to_base64(key) + ':' + to_base64(iv));
        if (!sealed) return false;
        const auto signature = aes_256_cbc_encrypt({key, iv}, request.body);
        request.headers.emplace_back("x-signature", to_base64(signature));
        request.headers.emplace_back("x-key", to_base64(*sealed));
        return true;
    }

    /// A member of the body; one country's document takes it for a header.
    static std::string hash_of(const Json& json, const Headers& headers)
    {
        auto hash = json.text("hash");
        for (const auto* name : {"hash", "x-hash"}) {
            if (hash.empty()) hash = header(headers, name);
        }
        return hash;
    }

    /// Over which text `hash` was made; empty when over none of them.
    std::string_view
    matching_form(std::string_view body, const Json& json, std::string_view hash) const
    {
        auto members = *json.object();
        std::erase_if(members, [](const auto& member) { return member.first == "hash"; });
        const Json message{members};
        const std::pair<std::string_view, std::string> texts[] = {
            {"received_bytes", without_member(body, "hash")},
            {"compact", to_text(message)},
            {"inner", to_text(member_object(json, "transaction"))},
            {"pretty", pretty_text(message)},
        };
        for (const auto& [form, text] : texts) {
            const auto expected = to_base64(hmac_sha256(callback_key_.expose(), text));
            if (equal_in_constant_time(expected, hash)) return form;
        }
        return {};
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
    SettingSpec{.name = "api_url", .kind = SettingKind::url, .fallback = "https://openapi.airtel.africa", .sandbox_fallback = "https://openapiuat.airtel.africa"},
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
                .currencies = currencies,
                .notifications = Proof::signed_message,
                .refunds = Refunds::full,
                .check_after = std::chrono::minutes{3},
            },
        .make = &make,
    };
    return kind;
}

} // namespace tollgate
