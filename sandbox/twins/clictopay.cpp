// ClicToPay (ipay): the e-commerce engine of BPC as Monétique Tunisie runs it.
//
// Open:     POST /clictopay/payment/rest/register.do, a form (GET with a query works, too)
// Check:    .../getOrderStatusExtended.do, and the older getOrderStatus.do with capitals
// Refund:   .../refund.do, in parts too; .../reverse.do before clearing
// Notify:   GET with mdOrder, orderNumber, operation, status and what else there is; with a
//           checksum when clictopay.checksum_secret is not empty. Shapes: `form` posts it, `json`
//           posts JSON with X-Signature
// Amounts:  minor units; numeric currencies
// Errors:   HTTP 200 and errorCode, a text here and a number there
// Settings: user_name, password, checksum_secret, webhook_secret; cleared=false: too early for
//           refund.do
// Source:   dev.bpcbt.com, and the merchant's manual of ClicToPay, read 2026
#include "core/crypto/encoding.hpp"
#include "core/crypto/hmac.hpp"
#include "core/support/check.hpp"
#include "core/support/text.hpp"
#include "sandbox/twins/hosted_page.hpp"
#include "sandbox/twins/twin.hpp"
#include "sandbox/twins/wire.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

namespace tollgate::twins {
namespace {

constexpr std::string_view api = "/payment/rest";
constexpr std::string_view page = "/payment/merchants/CLICTOPAY/payment.html";
constexpr std::string_view reversal = "reversal"; ///< our name of it among the refunds
constexpr std::size_t order_number_length_max = 32;
constexpr std::size_t amount_digits_max = 12;

struct Refusal {
    std::string_view code;
    std::string_view message;
};

constexpr Refusal access_denied{"5", "Access denied"};
constexpr Refusal unknown_order{"6", "Unregistered OrderId"};
constexpr Refusal wrong_state{"7", "Payment must be in a correct state"};
constexpr Refusal system_error{"7", "System error"};

struct Standing {
    std::string_view order_status;
    std::string_view action_code;
    std::string_view payment_state;
    std::string_view operation;
    std::string_view success; ///< `status` of the notification
};

bool is_reversed(const Transaction& transaction)
{
    return std::ranges::any_of(transaction.refunds, [](const GivenBack& refund) {
        return refund.id == reversal;
    });
}

Standing standing_of(const Transaction& transaction)
{
    if (is_reversed(transaction)) return {"3", "0", "REVERSED", "reversed", "1"};
    if (transaction.refunded().minor_units > 0) return {"4", "0", "REFUNDED", "refunded", "1"};
    switch (transaction.state) {
    case State::pending: return {"0", "-100", "CREATED", "approved", "0"};
    case State::processing: return {"5", "-100", "CREATED", "approved", "1"};
    case State::paid: return {"2", "0", "DEPOSITED", "deposited", "1"};
    case State::failed: return {"6", "116", "DECLINED", "deposited", "0"};
    case State::cancelled: return {"3", "0", "REVERSED", "reversed", "1"};
    case State::expired: return {"6", "-2007", "DECLINED", "declinedByTimeout", "0"};
    }
    impossible("state of a transaction");
}

Fields parameters_of(const Request& request)
{
    const auto fields = parse_form(request.method == "GET" ? request.query : request.body);
    return fields.value_or(Fields{});
}

/// errorCode is a text in the answers about orders and a number in those about refunds.
Response refuse(const Refusal& refusal)
{
    return json_response(
        200, Json::object({{"errorCode", refusal.code}, {"errorMessage", refusal.message}})
    );
}

Response answer_about_refund(std::string_view code, std::string_view message)
{
    return json_response(
        200,
        Json::object({{"errorCode", Json::Number{std::string{code}}}, {"errorMessage", message}})
    );
}

/// A UUID, as the engine's names of orders are.
std::string new_order_id()
{
    auto text = Twin::new_token().substr(0, 32);
    for (const std::size_t place : {8U, 13U, 18U, 23U})
        text.insert(place, "-");
    return text;
}

std::optional<Money> price_of(const Fields& fields)
{
    const auto currency = parse_numeric_currency(field(fields, "currency"));
    const auto digits = field(fields, "amount");
    if (!currency || digits.size() > amount_digits_max) return std::nullopt;
    const auto price = parse_minor(digits, *currency);
    if (!price || price->minor_units == 0) return std::nullopt;
    return *price;
}

std::optional<Refusal> refusal_of_opening(const Fields& fields)
{
    for (const auto* name : {"orderNumber", "amount", "currency", "returnUrl"}) {
        if (field(fields, name).empty()) return Refusal{"4", "Missing mandatory parameter"};
    }
    const auto number = field(fields, "orderNumber");
    const bool alphanumeric = std::ranges::all_of(number, [](char c) {
        return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z');
    });
    if (!alphanumeric || number.size() > order_number_length_max) {
        return Refusal{"1", "Order number is incorrect"};
    }
    const auto currency = field(fields, "currency");
    if (currency != "788" && currency != "978" && currency != "840") {
        return Refusal{"3", "Unknown currency"};
    }
    if (!price_of(fields)) return Refusal{"5", "Amount is incorrect"};
    for (const auto* name : {"returnUrl", "failUrl"}) {
        if (has_field(fields, name) && !is_http_url(field(fields, name))) {
            return Refusal{"4", "Return URL is incorrect"};
        }
    }
    return std::nullopt;
}

/// What the checksum is made of.
std::string signed_text(Fields fields, bool sorted)
{
    if (sorted) std::ranges::sort(fields);
    std::string text;
    for (const auto& [name, value] : fields)
        text += name + ";" + value + ";";
    return text;
}

/// The amount of an answer to a check, in minor units, as the truth or the behaviour says.
Json::Number stated_amount(const Transaction& transaction, const Behaviour& behaviour)
{
    auto currency = transaction.price.currency;
    if (behaviour.check_currency) {
        currency = parse_currency(*behaviour.check_currency).value_or(currency);
    }
    if (!behaviour.check_amount) return {std::to_string(transaction.price.minor_units)};
    const auto amount = parse_major(*behaviour.check_amount, currency);
    return {amount ? std::to_string(amount->minor_units) : *behaviour.check_amount};
}

std::string stated_currency(const Transaction& transaction, const Behaviour& behaviour)
{
    const auto said = behaviour.check_currency.value_or("");
    const auto known = said.empty() ? transaction.price.currency : parse_currency(said);
    return known ? std::string{numeric_code(*known)} : said;
}

Json amounts_of(
    const Transaction& transaction, const Standing& standing, const Json::Number& amount
)
{
    const bool paid = transaction.state == State::paid && !is_reversed(transaction);
    return Json::object({
        {"paymentState", standing.payment_state},
        {"approvedAmount", paid ? Json{amount} : Json{0}},
        {"depositedAmount", paid ? Json{amount} : Json{0}},
        {"refundedAmount", paid ? Json{transaction.refunded().minor_units} : Json{0}},
    });
}

Json::Object extended_status(const Transaction& transaction, const Behaviour& behaviour)
{
    const auto standing = standing_of(transaction);
    const auto number = [](std::string_view text) { return Json::Number{std::string{text}}; };
    const auto amount = stated_amount(transaction, behaviour);
    Json::Object json{
        {"errorCode", "0"},
        {"errorMessage", "Success"},
        {"orderNumber", behaviour.check_reference.value_or(transaction.reference)},
        {"orderStatus",
         number(behaviour.check_status.value_or(std::string{standing.order_status}))},
        {"actionCode", number(behaviour.check_code.value_or(std::string{standing.action_code}))},
        {"actionCodeDescription", ""},
        {"amount", amount},
        {"currency", stated_currency(transaction, behaviour)},
        {"orderDescription", transaction.description},
        {"ip", "197.17.13.64"},
        {"merchantOrderParams",
         Json::Array{
             Json::object({{"name", "email"}, {"value", field(transaction.details, "email")}})}},
        {"attributes",
         Json::Array{Json::object({{"name", "mdOrder"}, {"value", transaction.token}})}},
        {"paymentAmountInfo", amounts_of(transaction, standing, amount)},
    };
    if (transaction.paid_at) {
        json.emplace_back(
            "cardAuthInfo",
            Json::object({
                {"maskedPan", "510440**3827"},
                {"expiration", "202812"},
                {"cardholderName", "AWA KONE"},
                {"approvalCode", "315442"},
            })
        );
    }
    if (behaviour.unknown_fields) json.emplace_back("undocumented", "1");
    for (const auto& name : behaviour.check_omit)
        std::erase_if(json, [&](const Json::Member& member) { return member.first == name; });
    return json;
}

/// The older call: other names, most of them with a capital.
Json::Object older_status(const Transaction& transaction, const Behaviour& behaviour)
{
    const auto extended = Json{extended_status(transaction, behaviour)};
    const auto value = [&](const char* name) {
        const auto* found = extended.find(name);
        return found == nullptr ? Json{} : *found;
    };
    const bool declined = extended.text("orderStatus") == "6";
    return {
        {"depositAmount", transaction.paid_at ? value("amount") : Json{0}},
        {"currency", value("currency")},
        {"authCode", 2},
        {"ErrorCode", declined ? "2" : "0"},
        {"ErrorMessage", declined ? "Payment is declined" : "Success"},
        {"OrderStatus", value("orderStatus")},
        {"OrderNumber", value("orderNumber")},
        {"Amount", value("amount")},
        {"Ip", value("ip")},
    };
}

class Clictopay final : public Twin {
public:
    explicit Clictopay(TwinServices& services)
        : Twin{"clictopay", services},
          user_name_{services.settings.take("clictopay.user_name", "0870000000")},
          password_{services.settings.take("clictopay.password", "clictopay-test-password")},
          checksum_secret_{services.settings.take("clictopay.checksum_secret", "callback-token")},
          webhook_secret_{services.settings.take("clictopay.webhook_secret", "webhook-secret")},
          cleared_{services.settings.take("clictopay.cleared", "true") == "true"}
    {
        using Call = Response (Clictopay::*)(const Fields&) const;
        const auto add = [this](std::string_view name, Call call) {
            route(
                "GET POST",
                std::string{api} + std::string{name},
                [this, call](const Request& request, std::string_view) {
                    const auto fields = parameters_of(request);
                    const bool known = field(fields, "userName") == user_name_ &&
                                       field(fields, "password") == password_;
                    return known ? (this->*call)(fields) : refuse(access_denied);
                }
            );
        };
        add("/register.do", &Clictopay::register_order);
        add("/getOrderStatusExtended.do", &Clictopay::check_extended);
        add("/getOrderStatus.do", &Clictopay::check_older);
        add("/refund.do", &Clictopay::refund);
        add("/reverse.do", &Clictopay::reverse);
        route("GET POST", page, [this](const Request& request, std::string_view) {
            return payment_page(request);
        });
        add_common_routes();
    }

    HttpRequest
    notification(const Transaction& transaction, const NotificationWish& wish) const override
    {
        const auto standing = standing_of(transaction);
        Fields fields{
            {"mdOrder", transaction.token},
            {"orderNumber", transaction.reference},
            {"operation", std::string{standing.operation}},
            {"status", std::string{standing.success}},
        };
        if (!wish.only_required) {
            fields.emplace_back("amount", std::to_string(transaction.price.minor_units));
            fields.emplace_back("callbackCreationDate", "Mon Jan 31 21:46:52 UTC 2022");
        }
        if (wish.unknown_fields) fields.emplace_back("undocumented", "1");
        override_with(fields, wish.overrides);
        if (wish.order == FieldOrder::arrival) std::ranges::reverse(fields);
        if (wish.shape == "json") return json_notification(transaction, fields, wish);
        if (!checksum_secret_.empty() && wish.signature != Signature::none) {
            const auto key = wish.signature == Signature::wrong ? "not " : "";
            const auto text = signed_text(fields, wish.signature != Signature::arrival);
            const auto checksum = upper(to_hex(hmac_sha256(key + checksum_secret_, text)));
            fields.emplace_back("checksum", checksum);
            fields.emplace_back("sign_alias", "key");
        }
        if (wish.shape == "form") return form_post(transaction.notify_url, fields, wish.form);
        const auto* mark = transaction.notify_url.find('?') == std::string::npos ? "?" : "&";
        const auto url = transaction.notify_url + mark + to_form(fields);
        return {.method = "GET", .url = url, .headers = {}, .body = {}};
    }

    /// Exactly 200; the body is ignored.
    bool is_acknowledged(const Delivery& delivery) const override { return delivery.status == 200; }

    std::vector<std::chrono::milliseconds> retry_waits() const override
    {
        std::vector<std::chrono::milliseconds> waits;
        for (int minutes = 10; minutes <= 60; minutes += 10)
            waits.emplace_back(std::chrono::minutes{minutes});
        return waits;
    }

    WayBack way_back(const Transaction& transaction) const override
    {
        const bool failed = is_final(transaction.state) && transaction.state != State::paid;
        const auto fail_url = std::string{field(transaction.details, "failUrl")};
        const auto url = failed && !fail_url.empty() ? fail_url : transaction.return_url;
        if (url.empty()) return {.method = "get", .url = {}};
        const auto with_order = with_query(url, "orderId", transaction.token);
        return {.method = "get", .url = with_query(with_order, "lang", transaction.language)};
    }

    Json::Object tollgate_settings() const override
    {
        Json::Object settings{
            {"user_name", user_name_},
            {"password", password_},
            {"api_url", url(api)},
        };
        if (!checksum_secret_.empty()) settings.emplace_back("checksum_secret", checksum_secret_);
        if (!webhook_secret_.empty()) settings.emplace_back("webhook_secret", webhook_secret_);
        return settings;
    }

    Sample sample() const override
    {
        return {
            .amount = "10.500",
            .currency = "TND",
            .outcomes = {{"decline", "failed"}, {"cancel", "cancelled"}, {"expire", "expired"}}};
    }

private:
    HttpRequest json_notification(
        const Transaction& transaction, const Fields& fields, const NotificationWish& wish
    ) const
    {
        Json::Object json;
        for (const auto& [name, value] : fields)
            json.emplace_back(name, value);
        HttpRequest request{
            .method = "POST",
            .url = transaction.notify_url,
            .headers = {{"content-type", "application/json"}},
            .body = to_text(Json{std::move(json)})};
        if (wish.signature == Signature::none || webhook_secret_.empty()) return request;
        const auto key = wish.signature == Signature::wrong ? "not " : "";
        const auto signature = to_hex(hmac_sha256(key + webhook_secret_, request.body));
        request.headers.emplace_back("x-signature", signature);
        return request;
    }

    std::string form_url(const Transaction& transaction) const
    {
        return url(page) + "?mdOrder=" + transaction.token + "&language=" + transaction.language;
    }

    Response payment_page(const Request& request) const
    {
        const auto query = parse_form(request.query).value_or(Fields{});
        const auto token = field(query, "mdOrder");
        const auto known = ledger().find_by_token(std::string{token});
        // The page for mobile browsers does not exist, although register.do takes the word.
        if (!known || field(known->details, "pageView") == "MOBILE") {
            return text_response(404, "not found\n");
        }
        return request.method == "POST" ? choose_on_payment_page(*this, request, token)
                                        : show_payment_page(*this, request, token);
    }

    Transaction transaction_of(const Fields& fields) const
    {
        const auto text = [&](const char* name) { return std::string{field(fields, name)}; };
        Transaction transaction;
        transaction.reference = text("orderNumber");
        transaction.token = new_order_id();
        transaction.price = *price_of(fields);
        transaction.description = text("description");
        transaction.notify_url = entered_notify_url();
        transaction.return_url = text("returnUrl");
        transaction.language = has_field(fields, "language") ? text("language") : "fr";
        transaction.created_at = now();
        transaction.details = {{"failUrl", text("failUrl")}, {"pageView", text("pageView")}};
        if (const auto more = parse_json(text("jsonParams"))) {
            transaction.details.emplace_back("email", more->text("email"));
        }
        return transaction;
    }

    Response register_order(const Fields& fields) const
    {
        if (const auto refusal = refusal_of_opening(fields)) return refuse(*refusal);
        const auto transaction = transaction_of(fields);
        const auto manner = ledger().behaviour_of(transaction.reference)->open;
        if (manner == OpenManner::server_error) return server_error();
        if (manner == OpenManner::refuse) return refuse({"5", "Amount exceeds the limit"});
        if (!ledger().add(transaction)) {
            return refuse(
                {"1",
                 "Order number is duplicated, order with given order number is processed already"}
            );
        }
        if (manner == OpenManner::garbage) return garbage();
        if (manner == OpenManner::hang) services().hold.wait(hang_max);
        return json_response(
            200, Json::object({{"orderId", transaction.token}, {"formUrl", form_url(transaction)}})
        );
    }

    Response check_extended(const Fields& fields) const
    {
        const auto order_id = field(fields, "orderId");
        const auto name = order_id.empty() ? field(fields, "orderNumber") : order_id;
        return check(std::string{name}, &extended_status, refuse(unknown_order));
    }

    Response check_older(const Fields& fields) const
    {
        const auto unknown = json_response(
            200,
            Json::object(
                {{"ErrorCode", unknown_order.code}, {"ErrorMessage", unknown_order.message}}
            )
        );
        return check(std::string{field(fields, "orderId")}, &older_status, unknown);
    }

    using StatusWriter = Json::Object (*)(const Transaction&, const Behaviour&);

    Response check(const std::string& name, StatusWriter write, const Response& unknown) const
    {
        const auto asked = ledger().ask(name);
        const auto& behaviour = *asked.behaviour;
        if (behaviour.check == CheckManner::server_error) return server_error();
        if (behaviour.check == CheckManner::garbage) return garbage();
        if (behaviour.check == CheckManner::hang) services().hold.wait(hang_max);
        if (behaviour.check == CheckManner::slow) services().hold.wait(behaviour.check_delay);
        if (!asked.transaction || behaviour.check == CheckManner::not_found) return unknown;
        return json_response(200, write(*asked.transaction, behaviour));
    }

    Response refund(const Fields& fields) const
    {
        const auto transaction = ledger().find_by_token(std::string{field(fields, "orderId")});
        if (!transaction) return answer_about_refund(unknown_order.code, unknown_order.message);
        if (!cleared_) return answer_about_refund(wrong_state.code, wrong_state.message);
        const auto currency = transaction->price.currency;
        const auto amount = parse_minor(field(fields, "amount"), currency);
        if (!amount) return answer_about_refund("5", "Amount is incorrect");
        const auto left = transaction->price.minor_units - transaction->refunded(true).minor_units;
        std::string id{field(fields, "externalRefundId")};
        if (id.empty()) id = new_token();
        return give_back(
            *transaction,
            {.id = id,
             .token = new_token(),
             .amount = amount->minor_units == 0 ? Money{left, currency} : *amount,
             .state = State::paid}
        );
    }

    Response reverse(const Fields& fields) const
    {
        const auto transaction = ledger().find_by_token(std::string{field(fields, "orderId")});
        if (!transaction) return answer_about_refund(unknown_order.code, unknown_order.message);
        return give_back(
            *transaction,
            {.id = std::string{reversal},
             .token = new_token(),
             .amount = transaction->price,
             .state = State::paid}
        );
    }

    Response give_back(const Transaction& transaction, GivenBack refund) const
    {
        const auto manner = ledger().behaviour_of(transaction.reference)->refund;
        if (manner == RefundManner::server_error) return server_error();
        if (manner == RefundManner::refuse) return answer_about_refund("5", "Access denied");
        const bool known = std::ranges::any_of(transaction.refunds, [&](const GivenBack& one) {
            return one.id == refund.id && one.id != reversal;
        });
        if (known) return answer_about_refund("0", "Success"); // the same request once more
        if (manner == RefundManner::pending) refund.state = State::pending;
        if (!ledger().add_refund(transaction.reference, std::move(refund))) {
            return answer_about_refund(wrong_state.code, wrong_state.message);
        }
        if (manner == RefundManner::garbage) return garbage();
        if (manner == RefundManner::hang) services().hold.wait(hang_max);
        if (manner == RefundManner::pending) {
            return answer_about_refund(system_error.code, system_error.message);
        }
        return answer_about_refund("0", "Success");
    }

    std::string user_name_;
    std::string password_;
    std::string checksum_secret_;
    std::string webhook_secret_;
    bool cleared_;
};

} // namespace

std::unique_ptr<Twin> make_clictopay_twin(TwinServices& services)
{
    return std::make_unique<Clictopay>(services);
}

} // namespace tollgate::twins
