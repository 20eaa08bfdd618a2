#include "core/gateways/novabanka.hpp"

#include "core/config/config.hpp"
#include "core/gateways/dialogue.hpp"
#include "core/gateways/novabanka_message.hpp"
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
constexpr std::string_view purchase = "1";
constexpr std::string_view credit = "2";
constexpr std::string_view query = "8";
constexpr std::size_t name_length_max = 64;
constexpr std::int64_t amount_max = 9'999'999'999; // ten digits

bool is_success(std::string_view result)
{
    return is_one_of(result, {"CAPTURED", "APPROVED"});
}

bool is_decline(std::string_view result)
{
    return is_one_of(result, {"NOT CAPTURED", "NOT APPROVED", "DENIED BY RISK"});
}

bool says(const Json& message, std::string_view word)
{
    return lower(message.text("errordesc")).find(word) != std::string::npos;
}

bool is_about(const Json& message, const PaymentRef& payment)
{
    return message.text("paymentid") == payment.gateway_ref.get() &&
           message.text("trackid") == payment.reference.get();
}

/// The transactions of a payment; one may come without its list.
Json::Array rows_of(const Json& answer)
{
    const auto* rows = answer.find("row");
    if (rows == nullptr) return {};
    if (const auto* list = rows->array()) return *list;
    return {*rows};
}

Money amount_of(const Json& stating, const Json& answer, const PaymentRef& payment)
{
    auto currency = answer.text("currencycode");
    if (const auto known = parse_numeric_currency(currency)) currency = code(*known);
    return stated_money(stating.text("amt"), currency, payment.price);
}

std::optional<Money> refunded_of(const Json& answer, const PaymentRef& payment)
{
    std::optional<Money> sum;
    for (const auto& row : rows_of(answer)) {
        if (row.text("action") != credit || !is_success(row.text("result"))) continue;
        const auto amount = amount_of(row, answer, payment);
        const auto more = sum ? add(*sum, amount) : amount;
        if (more) sum = *more;
    }
    return sum;
}

Failure failure_of(const Json& answer)
{
    const auto status = answer.text("status");
    const auto result = answer.text("result");
    if (is_one_of(result, {"CANCELED", "CANCELLED"})) return Failure::cancelled;
    if (status == "TIMEOUT" && (result.empty() || is_decline(result))) return Failure::expired;
    if (!is_one_of(status, {"PROCESSED", ""})) return Failure::none;
    if (status == "PROCESSED" && is_decline(result)) return Failure::failed;
    if (result.empty() && !answer.text("errorcode").empty()) {
        return says(answer, "cancel") ? Failure::cancelled : Failure::failed;
    }
    return Failure::none; // a word that we do not know must never look like a failure
}

Facts facts_of(const Json& answer, const PaymentRef& payment)
{
    const auto status = answer.text("status");
    const auto result = answer.text("result");
    const auto& price = payment.price;
    if (!is_about(answer, payment)) {
        return is_success(result) ? Facts{.paid = Money{0, price.currency}} : Facts{};
    }
    // The card's bank did not answer in time: the customer may or may not have paid.
    if (result == "HOST TIMEOUT") return {.processing = true};
    if (status == "PROCESSED") {
        const auto amount = amount_of(answer, answer, payment);
        if (is_success(result)) return {.paid = amount, .refunded = refunded_of(answer, payment)};
        if (is_one_of(result, {"REVERSED", "VOIDED"})) {
            return {.paid = amount, .refunded = amount.minor_units > 0 ? amount : price};
        }
    }
    return {.processing = status == "PRESENTED", .failure = failure_of(answer)};
}

/// The transaction that a refund gives back; empty when the query does not tell.
std::string captured_transaction(const Json& answer)
{
    for (const auto& row : rows_of(answer)) {
        const bool captured = row.text("action") == purchase && is_success(row.text("result"));
        if (captured && !row.text("tranid").empty()) return row.text("tranid");
    }
    return answer.text("tranid");
}

RefundOutcome outcome_of(const Json& message)
{
    const auto result = message.text("result");
    if (is_valid(message) && is_success(result)) return RefundOutcome::done;
    if (is_decline(result)) return RefundOutcome::refused;
    const bool error = result.empty() && !message.text("errorcode").empty();
    const bool too_late = says(message, "timeout") || says(message, "timed out");
    return error && !too_late ? RefundOutcome::refused : RefundOutcome::unknown;
}

Expected<Answer, GatewayFault> read_refund(const HttpReply& reply, const PaymentRef& payment)
{
    const auto message = read_message(reply);
    if (!message) return Unexpected{message.error()};
    const auto named = message->text("trackid");
    if (!named.empty() && named != payment.reference.get()) {
        return fault(GatewayError::malformed, "about another payment");
    }
    const auto outcome = outcome_of(*message);
    if (outcome == RefundOutcome::unknown) {
        return fault(GatewayError::unavailable, words_of(*message));
    }
    return Answer{
        .detail = words_of(*message),
        .record = record_of(*message),
        .refund = outcome,
        .refund_ref = message->text("tranid"),
    };
}

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
        if (!replies.empty()) return read_opened(replies.back());
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
        const auto message = read_answer(replies.back(), payment);
        if (!message) return Unexpected{message.error()};
        return Answer{
            .facts = facts_of(*message, payment),
            .detail = words_of(*message),
            .record = record_of(*message),
        };
    }

    Step<Answer> refund(const PaymentRef& payment, Replies replies) const override
    {
        if (replies.empty()) return question(payment);
        if (replies.size() > 1) return read_refund(replies.back(), payment);
        // Before the request was sent, whatever is amiss means that nothing was given back.
        const auto refused = [](const std::string& why) {
            return fault(GatewayError::refused, "nothing was sent: " + why);
        };
        const auto answer = read_answer(replies.front(), payment);
        if (!answer) return refused(answer.error().detail);
        const auto paid = facts_of(*answer, payment).paid;
        if (!paid || paid->minor_units == 0) return refused(words_of(*answer));
        const auto transaction = captured_transaction(*answer);
        if (transaction.empty()) return refused("no tranid");
        return refund_call(payment, transaction);
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

    Expected<Opened, GatewayFault> read_opened(const HttpReply& reply) const
    {
        const auto message = read_message(reply);
        if (!message) return Unexpected{message.error()};
        if (!is_valid(*message)) {
            const bool answered = !message->text("errorcode").empty();
            const auto error = answered ? GatewayError::refused : GatewayError::malformed;
            return fault(error, words_of(*message));
        }
        if (matching_form(*message, opened_layout, secret_).empty()) {
            return fault(GatewayError::malformed, "msgVerifier is wrong");
        }
        const auto paymentid = message->text("paymentid");
        const auto url = message->text("browserredirectionurl");
        if (paymentid.empty() || !is_http_url(url)) {
            return fault(GatewayError::malformed, "no paymentid or no browserRedirectionURL");
        }
        return Opened{GatewayRef{paymentid}, with_query(url, "PaymentID", paymentid)};
    }

    /// An answer to question() that the gateway signed. An error without that is about our
    /// question, not about the payment.
    Expected<Json, GatewayFault>
    read_answer(const HttpReply& reply, const PaymentRef& payment) const
    {
        auto message = read_message(reply);
        if (!message) return message;
        const bool proven = !matching_form(*message, answer_layout, secret_).empty();
        const bool error = !message->text("errorcode").empty();
        if (error && !(proven && is_about(*message, payment))) {
            return fault(GatewayError::refused, words_of(*message));
        }
        if (!proven) return fault(GatewayError::malformed, "msgVerifier is wrong");
        return message;
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
