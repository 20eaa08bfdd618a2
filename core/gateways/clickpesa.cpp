#include "core/gateways/clickpesa.hpp"

#include "core/config/config.hpp"
#include "core/crypto/constant_time.hpp"
#include "core/gateways/clickpesa_checksum.hpp"
#include "core/gateways/clickpesa_messages.hpp"
#include "core/gateways/dialogue.hpp"
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
constexpr int conflict = 409;

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
            return clickpesa::read_earlier(replies.back(), payment.reference);
        }
        if (replies.size() > 1) return clickpesa::read_opened(replies.back(), payment.reference);
        if (auto found = clickpesa::preview_fault(replies.front())) {
            return Expected<Opened, GatewayFault>{Unexpected{*std::move(found)}};
        }
        return push("initiate", payment);
    }

    Step<Answer> check(const PaymentRef& payment, Replies replies) const override
    {
        if (replies.empty()) return question(payment.reference);
        return clickpesa::read_check(replies.back(), payment);
    }

    Expected<Claim, VerifyError> verify(const Inbound& inbound) const override
    {
        if (const auto error = token_error(inbound.query)) return Unexpected{*error};
        const auto body = parse_json(inbound.body);
        if (!body || body->object() == nullptr) return Unexpected{VerifyError::malformed};
        auto claim = proven(*body, inbound.headers);
        return claim ? clickpesa::read_event(*body, *std::move(claim)) : claim;
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
        return clickpesa::read_token(reply);
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
