// NovaBanka IPG (Asoft / TAS), JSON edition, messages of guide v12.
//
// Open:    POST /novabanka/servlet/PaymentInitRequest; the page is /novabanka/hpp?PaymentID=...
// Notify:  POST to responseURL, JSON; the browser waits for the reply, which is
//          PaymentNotificationResponse, signed, with the address where it goes. To errorURL when
//          the reply is anything else, or has not come when the notifier gives up (the real time is
//          not documented, about 20 s). Not repeated
// Check:   POST /novabanka/servlet/PaymentQueryRequest, action 8
// Refund:  POST /novabanka/servlet/FinancialRequest, action 2; how it is signed and where it goes
//          is contradictory in public, so the settings say: novabanka.refund_variant (a, b),
//          novabanka.refund_servlet
// Sign:    msgVerifier: base64(SHA-256(fields of each message, the secret among them)), without
//          white space
// Errors:  HTTP 200, type "error", errorCode, errorDesc; the real codes are not public. A trackid
//          is taken once, though the real one would take it again
// Shapes:  of a notification: `form` (the older edition), `spaced` (white space is signed),
//          `unsigned`; check_code is said instead of `result`, check_status instead of `status`
// Source:  AsoftIPG Merchant Integration Guide, Payment 3DS, v12 (extract); the vendor's plugin for
//          WooCommerce, 1.0.5
#include "core/crypto/digest.hpp"
#include "core/crypto/encoding.hpp"
#include "core/crypto/random.hpp"
#include "core/support/text.hpp"
#include "sandbox/twins/hosted_page.hpp"
#include "sandbox/twins/twin.hpp"
#include "sandbox/twins/wire.hpp"

#include <algorithm>
#include <iterator>
#include <memory>
#include <span>
#include <utility>

namespace tollgate::twins {
namespace {

using Names = std::span<const std::string_view>;

constexpr std::string_view secret_here = "SECRET";
// clang-format off
constexpr std::string_view signed_by_opening[]{"msgName", "version", "id", "password", "amt", "trackid", "udf1", secret_here, "udf5"};
constexpr std::string_view signed_by_opened[]{"msgName", "version", "msgDateTime", "paymentid", secret_here, "browserRedirectionURL"};
constexpr std::string_view signed_by_notification[]{"msgName", "version", "msgDateTime", "paymentid", "tranid", "amt", "trackid", "udf1", secret_here, "udf5"};
constexpr std::string_view signed_by_reply[]{"msgName", "version", "paymentID", secret_here, "browserRedirectionURL"};
constexpr std::string_view signed_by_query[]{"msgName", "version", "id", "password", "action", secret_here, "paymentid"};
constexpr std::string_view signed_by_answer[]{"msgName", "version", "msgDateTime", "paymentid", "amt", "trackid", "udf1", secret_here, "udf5"};
constexpr std::string_view signed_by_refund_b[]{"msgName", "version", "id", "password", "tranid", "amt", "trackid", secret_here};
// clang-format on

struct Standing {
    std::string_view status;
    std::string_view result;
    std::string_view responsecode;
    std::string_view error; ///< the notification has the form of an error then
};

Standing standing_of(State state)
{
    switch (state) {
    case State::pending: return {"INITIALIZED", "", "", ""};
    case State::processing: return {"PRESENTED", "", "", ""};
    case State::paid: return {"PROCESSED", "CAPTURED", "00", ""};
    case State::failed: return {"PROCESSED", "NOT CAPTURED", "05", ""};
    case State::cancelled: return {"PROCESSED", "CANCELED", "", "Canceled by the cardholder"};
    case State::expired: return {"TIMEOUT", "", "", "Payment timed out"};
    }
    impossible("state of a transaction");
}

/// Numeric and so easy to guess, like the real ones.
std::string new_number()
{
    constexpr std::size_t digits = 16;
    std::string number = "98";
    for (const char byte : random_bytes(digits))
        number += static_cast<char>('0' + static_cast<unsigned char>(byte) % 10);
    return number;
}

/// `20261120103000`
std::string compact_time(Instant instant)
{
    auto text = date_text(instant);
    std::erase_if(text, [](char c) { return !is_digit(c); });
    return text;
}

std::string transaction_number(const Transaction& transaction)
{
    const auto number = field(transaction.details, "tranid");
    return std::string{number.empty() ? std::string_view{transaction.token} : number};
}

std::string number_of(std::string_view currency)
{
    const auto known = parse_currency(currency);
    return std::string{known ? numeric_code(*known) : "000"};
}

Json json_of(const Fields& fields)
{
    Json::Object members;
    for (const auto& [name, value] : fields)
        members.emplace_back(name, value);
    return Json{std::move(members)};
}

Fields fields_of(const Json& json)
{
    Fields fields;
    for (const auto& [name, value] : *json.object())
        fields.emplace_back(name, value.text());
    return fields;
}

/// Two decimals, at most ten digits before them.
bool is_amount(std::string_view text)
{
    constexpr std::size_t length_max = 13;
    const auto whole = text.substr(0, text.find('.'));
    const auto decimals = text.substr(std::min(text.size(), whole.size() + 1));
    return text.size() <= length_max && all_digits(whole) && all_digits(decimals) &&
           decimals.size() == 2;
}

std::optional<Money> money_of(const Json& message)
{
    const auto currency = parse_numeric_currency(message.text("currencycode"));
    if (!currency || !is_amount(message.text("amt"))) return {};
    const auto money = parse_major(message.text("amt"), *currency);
    if (!money || money->minor_units == 0) return {};
    return *money;
}

Response error(std::string_view code, std::string_view description)
{
    return json_response(
        200, Json::object({{"type", "error"}, {"errorCode", code}, {"errorDesc", description}})
    );
}

Json row_of(std::string_view action, const std::string& number, Money amount, std::string_view said)
{
    return Json::object({
        {"action", action},
        {"tranid", number},
        {"amt", major_text(amount)},
        {"result", said},
    });
}

/// What was attempted: the purchase, then what went back.
Json::Array rows_of(const Transaction& transaction)
{
    Json::Array rows;
    const auto bought = standing_of(transaction.state).result;
    if (bought.empty()) return rows;
    rows.push_back(row_of("1", transaction_number(transaction), transaction.price, bought));
    for (const auto& refund : transaction.refunds) {
        if (refund.state == State::pending) continue;
        const auto said = refund.state == State::paid ? "CAPTURED" : "NOT CAPTURED";
        rows.push_back(row_of("2", refund.token, refund.amount, said));
    }
    return rows;
}

class NovaBanka final : public Twin {
public:
    explicit NovaBanka(TwinServices& services)
        : Twin{"novabanka", services}, id_{services.settings.take(
                                           "novabanka.terminal_id", "89110001"
                                       )},
          password_{services.settings.take("novabanka.terminal_password", "test1234")},
          secret_{services.settings.take("novabanka.secret", "YXKZPOQ9RRLGPDED5D3PC5BJ")},
          refund_variant_{services.settings.take("novabanka.refund_variant", "b")},
          refund_servlet_{services.settings.take("novabanka.refund_servlet", "FinancialRequest")}
    {
        route("POST", "/servlet/*", [this](const Request& request, std::string_view servlet) {
            return serve(request, servlet);
        });
        route("GET", "/hpp", [this](const Request& request, std::string_view) {
            return show_payment_page(*this, request, named_payment(request));
        });
        route("POST", "/hpp", [this](const Request& request, std::string_view) {
            return choose_on_payment_page(*this, request, named_payment(request));
        });
        add_common_routes();
    }

    HttpRequest
    notification(const Transaction& transaction, const NotificationWish& wish) const override
    {
        auto fields = notification_fields(transaction);
        const bool spaced = wish.shape == "spaced";
        if (spaced) fields.emplace_back("udf1", "a b");
        if (wish.only_required) {
            std::erase_if(fields, [](const auto& one) {
                return std::ranges::find(signed_by_notification, one.first) ==
                       std::end(signed_by_notification);
            });
        }
        if (wish.unknown_fields) fields.emplace_back("undocumented", "1");
        override_with(fields, wish.overrides);
        if (wish.signature != Signature::none && wish.shape != "unsigned") {
            const bool wrong = wish.signature == Signature::wrong;
            const auto text =
                signed_text(fields, signed_by_notification, wrong ? "not " + secret_ : secret_);
            fields.emplace_back("msgVerifier", verifier(spaced ? text : without_space(text)));
        }
        const auto& url = transaction.notify_url;
        if (wish.shape == "form") return form_post(url, fields, FormKind::urlencoded);
        return {
            .method = "POST",
            .url = url,
            .headers = {{"content-type", "application/json; charset=utf-8"}},
            .body = to_text(json_of(fields)),
        };
    }

    WayBack way_back(const Transaction& transaction) const override
    {
        std::string url = transaction.return_url;
        if (!transaction.deliveries.empty()) {
            const auto reply = right_reply(transaction.deliveries.back());
            if (reply && reply->text("paymentID") == transaction.token) {
                url = reply->text("browserRedirectionURL");
            }
        }
        return {.method = "get", .url = std::move(url)};
    }

    bool is_acknowledged(const Delivery& delivery) const override
    {
        return right_reply(delivery).has_value();
    }

    Json::Object tollgate_settings() const override
    {
        return {
            {"terminal_id", id_},
            {"terminal_password", password_},
            {"secret", secret_},
            {"api_url", url("/servlet")},
            {"refund_variant", refund_variant_},
            {"refund_message_url", refund_servlet_},
        };
    }

    Sample sample() const override
    {
        return {
            .amount = "25.50",
            .currency = "BAM",
            .outcomes = {{"decline", "failed"}, {"cancel", "cancelled"}, {"expire", "expired"}}};
    }

private:
    static std::string named_payment(const Request& request)
    {
        const auto query = parse_form(request.query);
        return query ? std::string{field(*query, "PaymentID")} : std::string{};
    }

    static std::string signed_text(const Fields& message, Names names, const std::string& secret)
    {
        std::string text;
        for (const auto name : names)
            text += name == secret_here ? std::string_view{secret} : field(message, name);
        return text;
    }

    static std::string without_space(std::string text)
    {
        std::erase_if(text, [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); });
        return text;
    }

    static std::string verifier(std::string_view text) { return to_base64(sha256(text)); }

    std::string right_verifier(const Fields& message, Names names) const
    {
        return verifier(without_space(signed_text(message, names, secret_)));
    }

    /// The reply to a notification, when it is what the gateway wants.
    std::optional<Json> right_reply(const Delivery& delivery) const
    {
        auto reply = parse_json(delivery.body);
        if (delivery.status != 200 || !reply || reply->object() == nullptr) return {};
        const bool right =
            reply->text("msgName") == "PaymentNotificationResponse" &&
            is_http_url(reply->text("browserRedirectionURL")) &&
            reply->text("msgVerifier") == right_verifier(fields_of(*reply), signed_by_reply);
        return right ? reply : std::nullopt;
    }

    /// The fields of the message's signature; empty for a message that there is not.
    Names signed_by(std::string_view message) const
    {
        if (message == "PaymentInitRequest") return signed_by_opening;
        if (message == "PaymentQueryRequest") return signed_by_query;
        if (message != "FinancialRequest") return {};
        if (refund_variant_ == "a") return signed_by_opening;
        return signed_by_refund_b;
    }

    Response serve(const Request& request, std::string_view servlet) const
    {
        const auto message = parse_json(request.body);
        if (!message || message->object() == nullptr) return error("IPG00001", "no JSON object");
        const auto name = message->text("msgName");
        const auto names = signed_by(name);
        const auto& place = name == "FinancialRequest" ? refund_servlet_ : name;
        if (names.empty() || servlet != place) return error("IPG00002", "unknown message");
        if (message->text("version") != "1") return error("IPG00003", "unknown version");
        if (message->text("id") != id_ || message->text("password") != password_) {
            return error("IPG00004", "unknown terminal");
        }
        if (message->text("msgVerifier") != right_verifier(fields_of(*message), names)) {
            return error("IPG00005", "wrong verifier");
        }
        if (name == "PaymentInitRequest") return open(*message);
        return name == "PaymentQueryRequest" ? query(*message) : give_back(*message);
    }

    Response open(const Json& message) const
    {
        const auto price = money_of(message);
        if (message.text("action") != "1") return error("IPG00010", "unknown action");
        if (!price) return error("IPG00011", "wrong amount or currency");
        if (!has_text(message, "trackid")) return error("IPG00012", "trackid is missing");
        if (!is_http_url(message.text("responseURL")) || !is_http_url(message.text("errorURL"))) {
            return error("IPG00013", "wrong responseURL or errorURL");
        }
        if (message.text("langid").size() != 3) return error("IPG00014", "wrong langid");
        if (message.text("notificationFormat") != "json") {
            return error("IPG00015", "notificationFormat: not imitated");
        }
        Transaction transaction;
        transaction.reference = message.text("trackid");
        transaction.token = new_number();
        transaction.price = *price;
        transaction.notify_url = message.text("responseURL");
        transaction.return_url = message.text("errorURL");
        transaction.language = message.text("langid") == "FRA" ? "fr" : "en";
        transaction.created_at = now();
        transaction.details.emplace_back("tranid", new_number());
        const auto manner = ledger().behaviour_of(transaction.reference)->open;
        if (manner == OpenManner::server_error) return server_error();
        if (manner == OpenManner::refuse) return error("IPG00016", "refused");
        if (!ledger().add(transaction)) return error("IPG00017", "trackid was used before");
        if (manner == OpenManner::garbage) return garbage();
        if (manner == OpenManner::hang) services().hold.wait(hang_max);
        return opened(transaction);
    }

    Response opened(const Transaction& transaction) const
    {
        Fields message{
            {"type", "valid"},
            {"msgName", "PaymentInitResponse"},
            {"version", "1"},
            {"msgDateTime", compact_time(now())},
            {"paymentid", transaction.token},
            {"browserRedirectionURL", url("/hpp")},
        };
        message.emplace_back("msgVerifier", right_verifier(message, signed_by_opened));
        return json_response(200, json_of(message));
    }

    Response query(const Json& message) const
    {
        if (message.text("action") != "8") return error("IPG00010", "unknown action");
        const auto asked = ledger().ask(message.text("paymentid"));
        const auto& behaviour = *asked.behaviour;
        if (behaviour.check == CheckManner::server_error) return server_error();
        if (behaviour.check == CheckManner::garbage) return garbage();
        if (behaviour.check == CheckManner::hang) services().hold.wait(hang_max);
        if (behaviour.check == CheckManner::slow) services().hold.wait(behaviour.check_delay);
        if (!asked.transaction || behaviour.check == CheckManner::not_found) {
            return error("IPG00020", "unknown payment");
        }
        return json_response(200, answer(*asked.transaction, behaviour));
    }

    Json answer(const Transaction& transaction, const Behaviour& behaviour) const
    {
        const auto standing = standing_of(transaction.state);
        const std::string currency{code(transaction.price.currency)};
        Fields fields{
            {"type", "valid"},
            {"msgName", "PaymentQueryResponse"},
            {"version", "1"},
            {"msgDateTime", compact_time(now())},
            {"paymentid", transaction.token},
            {"trackid", behaviour.check_reference.value_or(transaction.reference)},
            {"status", behaviour.check_status.value_or(std::string{standing.status})},
            {"result", behaviour.check_code.value_or(std::string{standing.result})},
            {"amt", behaviour.check_amount.value_or(major_text(transaction.price))},
            {"currencycode", number_of(behaviour.check_currency.value_or(currency))},
            {"payinittm", compact_time(transaction.created_at)},
            {"payinst", "VPAS"},
        };
        if (behaviour.unknown_fields) fields.emplace_back("undocumented", "1");
        const auto leave_out = [&] {
            for (const auto& name : behaviour.check_omit)
                std::erase_if(fields, [&](const auto& one) { return one.first == name; });
        };
        leave_out();
        fields.emplace_back("msgVerifier", right_verifier(fields, signed_by_answer));
        leave_out();
        auto message = json_of(fields);
        auto rows = rows_of(transaction);
        message.add("rows", std::to_string(rows.size()));
        message.add("row", std::move(rows));
        return message;
    }

    Response give_back(const Json& message) const
    {
        const auto amount = money_of(message);
        const auto reference = message.text("trackid");
        const auto transaction = ledger().find(reference);
        if (message.text("action") != "2") return error("IPG00010", "unknown action");
        if (!amount) return error("IPG00011", "wrong amount or currency");
        if (!transaction || message.text("tranid") != transaction_number(*transaction)) {
            return error("IPG00030", "unknown transaction");
        }
        const auto manner = ledger().behaviour_of(reference)->refund;
        if (manner == RefundManner::server_error) return server_error();
        if (manner == RefundManner::refuse) return refund_answer(*transaction, {}, "NOT CAPTURED");
        GivenBack refund{.id = new_number(), .token = {}, .amount = *amount};
        refund.token = refund.id;
        const bool pending = manner == RefundManner::pending;
        refund.state = pending ? State::pending : State::paid;
        if (!ledger().add_refund(reference, refund)) {
            return error("IPG00031", "more than was captured");
        }
        if (manner == RefundManner::garbage) return garbage();
        if (manner == RefundManner::hang) services().hold.wait(hang_max);
        return refund_answer(*transaction, refund.token, pending ? "HOST TIMEOUT" : "CAPTURED");
    }

    Response refund_answer(
        const Transaction& transaction, const std::string& number, std::string_view result
    ) const
    {
        return json_response(
            200,
            Json::object({
                {"type", "valid"},
                {"msgName", "FinancialResponse"},
                {"version", "1"},
                {"msgDateTime", compact_time(now())},
                {"tranid", number},
                {"trackid", transaction.reference},
                {"result", result},
            })
        );
    }

    Fields notification_fields(const Transaction& transaction) const
    {
        const auto standing = standing_of(transaction.state);
        const bool is_error = !standing.error.empty();
        Fields fields{
            {"type", is_error ? "error" : "valid"},
            {"msgName", "PaymentNotificationRequest"},
            {"version", "1"},
            {"msgDateTime", compact_time(now())},
            {"paymentid", transaction.token},
            {"trackid", transaction.reference},
        };
        const Fields of_error{
            {"errorCode", "IPG00040"},
            {"errorDesc", std::string{standing.error}},
        };
        const Fields of_result{
            {"tranid", transaction_number(transaction)},
            {"result", std::string{standing.result}},
            {"amt", major_text(transaction.price)},
            {"auth", "123456"},
            {"responsecode", std::string{standing.responsecode}},
            {"cardtype", "VISA"},
            {"cardLastFourDigits", "1112"},
            {"payinst", "VPAS"},
            {"eci", "05"},
            {"cardcountry", "BA"},
        };
        const auto& more = is_error ? of_error : of_result;
        fields.insert(fields.end(), more.begin(), more.end());
        return fields;
    }

    std::string id_;
    std::string password_;
    std::string secret_;
    std::string refund_variant_;
    std::string refund_servlet_;
};

} // namespace

std::unique_ptr<Twin> make_novabanka_twin(TwinServices& services)
{
    return std::make_unique<NovaBanka>(services);
}

} // namespace tollgate::twins
