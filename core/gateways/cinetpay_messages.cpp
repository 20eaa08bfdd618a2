#include "core/gateways/cinetpay_messages.hpp"

#include "core/crypto/constant_time.hpp"
#include "core/crypto/encoding.hpp"
#include "core/crypto/hmac.hpp"
#include "core/gateways/dialogue.hpp"
#include "core/gateways/redaction.hpp"
#include "core/support/json.hpp"
#include "core/support/multipart.hpp"
#include "core/support/text.hpp"

#include <array>

namespace tollgate::cinetpay {
namespace {

// clang-format off
/// The order in which the values are signed.
constexpr std::array<std::string_view, 16> signed_fields{
    "cpm_site_id", "cpm_trans_id", "cpm_trans_date", "cpm_amount", "cpm_currency", "signature",
    "payment_method", "cel_phone_num", "cpm_phone_prefixe", "cpm_language", "cpm_version",
    "cpm_payment_config", "cpm_page_action", "cpm_custom", "cpm_designation", "cpm_error_message",
};
// clang-format on

constexpr std::array<std::string_view, 2> phone_fields{"cel_phone_num", "phone_number"};

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

} // namespace

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
    const auto status = member_object(*json, "data").text("status");
    if (code.empty()) return fault(GatewayError::malformed, "no code");
    // Our question was wrong, so this says nothing about the payment; the operator must hear of it.
    if (is_refusal(code)) return fault(GatewayError::refused, words_of(*json));
    return Answer{
        .facts = facts_of(*json, payment),
        .unpaid = code != "00" && status != "ACCEPTED" && is_waiting(code, status),
        .detail = code + " " + status,
        .record = to_text(redacted(*json, phone_fields)),
    };
}

std::optional<Fields> posted_fields(const Inbound& inbound)
{
    const auto type = header(inbound.headers, "content-type");
    if (lower(type).starts_with("multipart/form-data")) return parse_multipart(type, inbound.body);
    return parse_form(inbound.body);
}

std::string_view matching_form(const Fields& fields, std::string_view token, const Secret& secret)
{
    std::string fixed;
    for (const auto& name : signed_fields)
        fixed += field(fields, name);
    std::string arrival;
    for (const auto& [name, value] : fields)
        arrival += value;
    const auto is_signed = [&](std::string_view message) {
        const auto expected = to_hex(hmac_sha256(secret.expose(), message));
        return equal_in_constant_time(expected, lower(token));
    };
    if (is_signed(fixed)) return "fixed_order";
    if (is_signed(arrival)) return "arrival_order";
    return {};
}

std::string record_of(const Fields& fields)
{
    return redacted_form(fields, phone_fields);
}

} // namespace tollgate::cinetpay
