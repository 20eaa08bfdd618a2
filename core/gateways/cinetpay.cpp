#include "core/gateways/cinetpay.hpp"

#include "core/config/config.hpp"
#include "core/gateways/cinetpay_messages.hpp"
#include "core/gateways/dialogue.hpp"
#include "core/gateways/rules.hpp"
#include "core/support/json.hpp"

#include <algorithm>
#include <array>
#include <memory>

namespace tollgate {
namespace {

// clang-format off
constexpr std::array currencies{
    Currency::XOF, Currency::XAF, Currency::CDF, Currency::GNF, Currency::USD,
};
// clang-format on

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
        if (!replies.empty()) return cinetpay::read_opened(replies.back());
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
        const auto fields = cinetpay::posted_fields(inbound);
        if (!fields) return Unexpected{VerifyError::malformed};
        const auto form = cinetpay::matching_form(*fields, token, secret_);
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
            .record = cinetpay::record_of(*fields),
        };
    }

    Step<Answer> check(const PaymentRef& payment, Replies replies) const override
    {
        if (!replies.empty()) return cinetpay::read_check(replies.back(), payment);
        auto body = credentials();
        body.add("transaction_id", payment.reference.get());
        return Call{post_json(api_url_ + "/v2/payment/check", body)};
    }

    std::optional<Reference> returned(const Fields& fields) const override
    {
        return reference_in(fields, {"transaction_id", "cpm_trans_id", "order"});
    }

private:
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
        add_given(body, "customer_name", customer.name);
        add_given(body, "customer_surname", customer.surname);
        add_given(body, "customer_email", customer.email);
        add_given(body, "customer_phone_number", customer.phone);
        add_given(body, "customer_address", customer.address);
        add_given(body, "customer_city", customer.city);
        add_given(body, "customer_country", customer.country);
        add_given(body, "customer_state", customer.state);
        add_given(body, "customer_zip_code", customer.zip);
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
