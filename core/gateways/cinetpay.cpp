#include "core/gateways/cinetpay.hpp"

#include "core/config/config.hpp"
#include "core/crypto/constant_time.hpp"
#include "core/crypto/encoding.hpp"
#include "core/crypto/hmac.hpp"
#include "core/gateways/dialogue.hpp"
#include "core/gateways/redaction.hpp"
#include "core/gateways/rules.hpp"
#include "core/support/json.hpp"
#include "core/support/multipart.hpp"
#include "core/support/text.hpp"

#include <algorithm>
#include <array>
#include <memory>

namespace tollgate {
namespace {

// clang-format off
constexpr std::array currencies{
    Currency::XOF, Currency::XAF, Currency::CDF, Currency::GNF, Currency::USD,
};

/// The order in which the values are signed.
constexpr std::array<std::string_view, 16> signed_fields{
    "cpm_site_id", "cpm_trans_id", "cpm_trans_date", "cpm_amount", "cpm_currency", "signature",
    "payment_method", "cel_phone_num", "cpm_phone_prefixe", "cpm_language", "cpm_version",
    "cpm_payment_config", "cpm_page_action", "cpm_custom", "cpm_designation", "cpm_error_message",
};
// clang-format on

constexpr std::array<std::string_view, 2> phone_fields{"cel_phone_num", "phone_number"};

constexpr std::size_t trans_id_length_max = 64;
constexpr std::int64_t amount_step = 5;

/// The documentation asks to avoid these in a description.
std::string plain(std::string text)
{
    std::ranges::replace_if(
        text,
        [](char c) { return std::string_view{"#/$_&"}.find(c) != std::string_view::npos; },
        ' '
    );
    return text;
}

/// `code` and `message` of a reply, for the operator.
std::string words_of(const Json& reply)
{
    return reply.text("code") + " " + reply.text("message") + " " + reply.text("description");
}

/// Our request was wrong (its fields, our limits or credentials): nothing was opened or answered.
bool is_refusal(std::string_view code)
{
    if (code.size() != 3 || !all_digits(code)) return false;
    const auto within = [code](std::string_view low, std::string_view high) {
        return code >= low && code <= high;
    };
    return code == "601" || within("608", "619") || within("635", "642") || within("800", "803") ||
           within("807", "812");
}

bool is_waiting(std::string_view code, std::string_view status)
{
    return is_one_of(code, {"662", "623", "663", "607", "201"}) ||
           is_one_of(status, {"WAITING_FOR_CUSTOMER", "PENDING"});
}

bool is_under_way(std::string_view code)
{
    return is_one_of(code, {"664", "661"});
}

Failure failure_of(std::string_view code, std::string_view status)
{
    if (code == "627" || is_one_of(status, {"CANCELLED", "CANCELED"})) return Failure::cancelled;
    if (code == "625") return Failure::expired;
    if (status == "REFUSED" || is_one_of(code, {"600", "602", "604", "605", "606"})) {
        return Failure::failed;
    }
    return Failure::none; // a code that we do not know must never look like a failure
}

/// What `data` says was paid; zero when it names another payment than the one we asked about.
Money amount_of(const Json& data, const PaymentRef& payment)
{
    const auto named = data.text("metadata");
    const bool ours = named.empty() || named == payment.reference.get();
    return stated_money(ours ? data.text("amount") : "", data.text("currency"), payment.price);
}

Facts facts_of(const Json& reply, const PaymentRef& payment)
{
    const auto code = reply.text("code");
    const auto& data = member_object(reply, "data");
    const auto status = data.text("status");

    if (code == "00" && status == "ACCEPTED") return {.paid = amount_of(data, payment)};
    // The shape of 2021: a success without amount, currency and status confirms nothing by itself.
    if (code == "00" && status.empty()) return {.paid = Money{0, payment.price.currency}};
    if (code == "660") {
        const auto amount = amount_of(data, payment);
        return {.paid = amount, .refunded = amount.minor_units > 0 ? amount : payment.price};
    }
    // An earlier attempt may have been paid: somebody must look.
    if (code == "620") return {.paid = Money{0, payment.price.currency}};
    if (status == "ACCEPTED") return {}; // contradicts its code
    if (is_under_way(code)) return {.processing = true};
    if (is_waiting(code, status)) return {.processing = !data.text("payment_method").empty()};
    return {.failure = failure_of(code, status)};
}

Expected<Opened, GatewayFault> read_opened(const HttpReply& reply)
{
    const auto json = object_of(reply);
    if (!json) return Unexpected{json.error()};
    const auto code = json->text("code");
    if (code != "201") {
        const auto error = is_refusal(code) ? GatewayError::refused : GatewayError::unavailable;
        return fault(error, words_of(*json));
    }
    const auto& data = member_object(*json, "data");
    if (!is_http_url(data.text("payment_url"))) {
        return fault(GatewayError::malformed, "201 without payment_url");
    }
    return Opened{GatewayRef{data.text("payment_token")}, data.text("payment_url")};
}

Expected<Answer, GatewayFault> read_check(const HttpReply& reply, const PaymentRef& payment)
{
    const auto json = object_of(reply);
    if (!json) return Unexpected{json.error()};
    const auto code = json->text("code");
    if (code.empty()) return fault(GatewayError::malformed, "no code");
    // Our question was wrong, so this says nothing about the payment; the operator must hear of it.
    if (is_refusal(code)) return fault(GatewayError::refused, words_of(*json));
    return Answer{
        .facts = facts_of(*json, payment),
        .detail = code + " " + member_object(*json, "data").text("status"),
        .record = to_text(redacted(*json, phone_fields)),
    };
}

std::optional<Fields> posted_fields(const Inbound& inbound)
{
    const auto type = header(inbound.headers, "content-type");
    if (lower(type).starts_with("multipart/form-data")) return parse_multipart(type, inbound.body);
    return parse_form(inbound.body);
}

class CinetPay final : public Gateway {
public:
    explicit CinetPay(const GatewaySettings& settings)
        : Gateway{kind_of_cinetpay()}, api_url_{settings.text("api_url")},
          channels_{settings.text("channels")}, site_id_{settings.text("site_id")},
          api_key_{std::string{settings.secret("api_key")}}, secret_{std::string{
                                                                 settings.secret("secret")}}
    {
        tollgate::check(!secret_.empty() && !api_key_.empty(), "cinetpay without its secrets");
    }

    std::vector<Objection> objections(Money price, const Customer&) const override
    {
        Objections found;
        demand_currency(found, price, currencies);
        demand_whole(found, price);
        const auto amount = whole_major(price);
        if (amount && price.currency != Currency::USD && *amount % amount_step != 0) {
            found.push_back({"amount", "amount must be a multiple of 5"});
        }
        return found;
    }

    Step<Opened> open(const Opening& opening, Replies replies) const override
    {
        if (!replies.empty()) return read_opened(replies.back());
        return Call{post_json(api_url_ + "/v2/payment", opening_body(opening))};
    }

    bool is_ping(const Inbound& inbound) const override
    {
        if (inbound.method == "GET") return inbound.query.empty();
        return inbound.body.empty() && header(inbound.headers, "x-token").empty();
    }

    Expected<Claim, VerifyError> verify(const Inbound& inbound) const override
    {
        const auto token = header(inbound.headers, "x-token");
        if (token.empty()) return Unexpected{VerifyError::missing_signature};
        const auto fields = posted_fields(inbound);
        if (!fields) return Unexpected{VerifyError::malformed};
        const auto form = matching_form(*fields, lower(token));
        if (form.empty()) return Unexpected{VerifyError::wrong_signature};

        if (field(*fields, "cpm_site_id") != site_id_) {
            return Unexpected{VerifyError::other_merchant};
        }
        const auto reference = field(*fields, "cpm_trans_id");
        if (reference.empty() || reference.size() > trans_id_length_max) {
            return Unexpected{VerifyError::malformed};
        }
        return Claim{
            .reference = Reference{std::string{reference}},
            .gateway_ref = {},
            .proof = Proof::signed_message,
            .detail = std::string{form},
            .record = redacted_form(*fields, phone_fields),
        };
    }

    Step<Answer> check(const PaymentRef& payment, Replies replies) const override
    {
        if (!replies.empty()) return read_check(replies.back(), payment);
        auto body = credentials();
        body.add("transaction_id", payment.reference.get());
        return Call{post_json(api_url_ + "/v2/payment/check", body)};
    }

    std::optional<Reference> returned(const Fields& fields) const override
    {
        for (const auto* name : {"transaction_id", "cpm_trans_id", "order"}) {
            const auto value = field(fields, name);
            if (is_reference(value)) return Reference{std::string{value}};
        }
        return {};
    }

private:
    /// Which accepted way of signing gives `token`; empty when none does.
    std::string_view matching_form(const Fields& fields, std::string_view token) const
    {
        std::string fixed;
        for (const auto& name : signed_fields)
            fixed += field(fields, name);
        std::string arrival;
        for (const auto& [name, value] : fields)
            arrival += value;
        if (is_signed(fixed, token)) return "fixed_order";
        if (is_signed(arrival, token)) return "arrival_order";
        return {};
    }

    bool is_signed(std::string_view message, std::string_view token) const
    {
        return equal_in_constant_time(to_hex(hmac_sha256(secret_.expose(), message)), token);
    }

    Json credentials() const
    {
        return Json::object({{"apikey", api_key_.expose()}, {"site_id", site_id_}});
    }

    Json opening_body(const Opening& opening) const
    {
        const auto& payment = opening.payment;
        auto body = credentials();
        body.add("transaction_id", payment.reference.get());
        body.add("amount", whole_major(payment.price).value());
        body.add("currency", code(payment.price.currency));
        body.add("description", plain(payment.description));
        body.add("notify_url", opening.notify_url);
        body.add("return_url", opening.return_url);
        body.add("channels", channels_);
        body.add("lang", opening.language);
        body.add("metadata", payment.reference.get());
        const auto& customer = payment.customer;
        const std::pair<const char*, const std::string&> known[] = {
            {"customer_name", customer.name},
            {"customer_surname", customer.surname},
            {"customer_email", customer.email},
            {"customer_phone_number", customer.phone},
            {"customer_address", customer.address},
            {"customer_city", customer.city},
            {"customer_country", customer.country},
            {"customer_state", customer.state},
            {"customer_zip_code", customer.zip},
        };
        for (const auto& [name, value] : known) {
            if (!value.empty()) body.add(name, value);
        }
        return body;
    }

    std::string api_url_;
    std::string channels_;
    std::string site_id_;
    Secret api_key_;
    Secret secret_;
};

// clang-format off
constexpr std::array settings{
    SettingSpec{.name = "api_key", .kind = SettingKind::secret, .required = true},
    SettingSpec{.name = "site_id", .required = true},
    SettingSpec{.name = "secret", .kind = SettingKind::secret, .required = true},
    SettingSpec{.name = "api_url", .kind = SettingKind::url, .fallback = "https://api-checkout.cinetpay.com"},
    SettingSpec{.name = "notify_url", .kind = SettingKind::url},
    SettingSpec{.name = "return_url", .kind = SettingKind::url},
    SettingSpec{.name = "channels", .fallback = "ALL"},
};
// clang-format on

std::unique_ptr<const Gateway> make(const GatewaySettings& given)
{
    return std::make_unique<CinetPay>(given);
}

} // namespace

const GatewayKind& kind_of_cinetpay()
{
    static constexpr GatewayKind kind{
        .spec = {"cinetpay", settings},
        .title = "CinetPay",
        .capabilities =
            {
                .flow = Flow::hosted_page,
                .currencies = currencies,
                .notifications = Proof::signed_message,
            },
        .make = &make,
    };
    return kind;
}

} // namespace tollgate
