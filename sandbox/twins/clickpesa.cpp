// ClickPesa, USSD push.
//
// Access:   POST /clickpesa/generate-token, headers client-id and api-key; 403 when they are wrong.
//           The token must come back exactly as it was given: 401 otherwise, also for a second
//           "Bearer"
// Open:     POST /clickpesa/payments/preview-ussd-push-request, then
//           POST /clickpesa/payments/initiate-ussd-push-request, JSON; checksum as in the
//           documentation, or that of 2025 with checksumMethod "legacy"; 400 when it is wrong,
//           409 when the reference was used before
// Check:    GET /clickpesa/payments/{orderReference}: a list; the amount is a number
// Notify:   POST to the URL entered in the dashboard, JSON, checksum in the body. ClickPesa does
//           not announce a payment that is not decided; a test that asks for it gets a payment
//           received that is still PROCESSING
// Shapes:   `header` (x-clickpesa-signature), `legacy` (the values' checksum), `2025` (older names)
// Settings: client_id, api_key; checksum_key, empty: switched off; webhook_token, as `t` in the
//           notify URL
// Source:   https://docs.clickpesa.com, read 2026-01; the limits of an amount are not documented
#include "core/crypto/encoding.hpp"
#include "core/crypto/hmac.hpp"
#include "core/crypto/random.hpp"
#include "core/support/text.hpp"
#include "sandbox/twins/twin.hpp"
#include "sandbox/twins/wire.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

namespace tollgate::twins {
namespace {

constexpr std::chrono::seconds token_lasts{3600};
constexpr std::size_t reference_length_max = 20;
constexpr std::size_t phone_digits = 12;
constexpr std::int64_t amount_min = 500;
constexpr std::int64_t amount_max = 3'000'000;
constexpr std::string_view bearer = "Bearer ";
constexpr std::string_view channel = "M-PESA";

struct Refusal {
    int status{};
    Json message; ///< a text, or a list of them where the framework speaks and not ClickPesa
};

struct Standing {
    std::string_view status;
    std::string_view message;
};

Standing standing_of(State state)
{
    switch (state) {
    case State::pending:
    case State::processing: return {"PROCESSING", "Waiting for the customer"};
    case State::paid: return {"SUCCESS", "success"};
    case State::failed: return {"FAILED", "Insufficient balance"};
    case State::cancelled: return {"FAILED", "Transaction cancelled by the customer"};
    case State::expired: return {"FAILED", "Transaction timed out"};
    }
    impossible("state of a transaction");
}

/// As JSON.stringify writes it over sorted keys; what ClickPesa signs has no numbers.
Json sorted(const Json& json)
{
    const auto* members = json.object();
    if (members == nullptr) return json;
    Json::Object all;
    for (const auto& [name, value] : *members)
        all.emplace_back(name, sorted(value));
    std::ranges::sort(all, {}, &Json::Member::first);
    return all;
}

std::string checksum_of(const std::string& key, const Json& body, bool legacy)
{
    Json::Object covered = *sorted(body).object();
    std::erase_if(covered, [](const auto& member) {
        return member.first == "checksum" || member.first == "checksumMethod";
    });
    std::string values;
    for (const auto& [name, value] : covered)
        values += value.string() != nullptr ? *value.string() : to_text(value);
    return to_hex(hmac_sha256(key, legacy ? values : to_text(covered)));
}

void set(Json::Object& object, const std::string& name, const Json& value)
{
    std::erase_if(object, [&](const Json::Member& member) { return member.first == name; });
    if (!value.is_null()) object.emplace_back(name, value);
}

void rename(Json::Object& object, std::string_view from, const char* to)
{
    const auto found = std::ranges::find(object, from, &Json::Member::first);
    if (found != object.end()) found->first = to;
}

std::string iso_text(Instant instant)
{
    auto text = date_text(instant);
    std::ranges::replace(text, ' ', 'T');
    return text + ".000Z";
}

std::string phone_of(const Transaction& transaction)
{
    return std::string{field(transaction.details, "phoneNumber")};
}

Json customer_of(const Transaction& transaction)
{
    return Json::object({
        {"customerName", "ASHA JUMA"},
        {"customerPhoneNumber", phone_of(transaction)},
        {"customerEmail", nullptr},
    });
}

bool is_alphanumeric(std::string_view text)
{
    return std::ranges::all_of(text, [](char c) {
        return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z');
    });
}

std::optional<Refusal> refusal_of_fields(const Json& json, bool phone_needed)
{
    const auto reference = json.text("orderReference");
    const auto phone = json.text("phoneNumber");
    const auto amount = parse_integer(json.text("amount"));
    if (!has_text(json, "amount") || !amount) {
        return Refusal{400, Json::Array{"amount must be a number string"}};
    }
    if (json.text("currency") != "TZS") return Refusal{400, Json::Array{"currency must be TZS"}};
    if (reference.empty() || !is_alphanumeric(reference)) {
        return Refusal{
            400,
            "Invalid Order Reference, should only contain alphanumeric characters and cannot be "
            "blank"};
    }
    if (reference.size() > reference_length_max) {
        return Refusal{400, "Order Reference should be less than or equal to 20 characters"};
    }
    const bool is_phone =
        phone.size() == phone_digits && all_digits(phone) && phone.starts_with("255");
    if (!is_phone && (phone_needed || !phone.empty())) {
        return Refusal{400, "Invalid / unsupported phone number"};
    }
    if (*amount < amount_min || *amount > amount_max) {
        return Refusal{400, "Amount should be between 500 and 3000000"};
    }
    return std::nullopt;
}

Response answer(const Refusal& refusal)
{
    auto json = Json::object({{"message", refusal.message}});
    if (refusal.message.array() != nullptr) {
        json.add("error", "Bad Request");
        json.add("statusCode", refusal.status);
    }
    return json_response(refusal.status, json);
}

class ClickPesa final : public Twin {
public:
    explicit ClickPesa(TwinServices& services)
        : Twin{"clickpesa", services},
          client_id_{services.settings.take("clickpesa.client_id", "IDsandbox")},
          api_key_{services.settings.take("clickpesa.api_key", "sandbox-api-key")},
          checksum_key_{
              services.settings.take("clickpesa.checksum_key", "clickpesa-test-checksum-key")},
          webhook_token_{services.settings.take("clickpesa.webhook_token", "")}
    {
        const auto serve = [this](const char* method, const char* path, auto handler) {
            route(method, path, [this, handler](const Request& request, std::string_view matched) {
                return (this->*handler)(request, matched);
            });
        };
        serve("POST", "/generate-token", &ClickPesa::generate_token);
        serve("POST", "/payments/preview-ussd-push-request", &ClickPesa::preview);
        serve("POST", "/payments/initiate-ussd-push-request", &ClickPesa::initiate);
        serve("GET", "/payments/*", &ClickPesa::check);
        add_common_routes();
    }

    HttpRequest
    notification(const Transaction& transaction, const NotificationWish& wish) const override
    {
        const bool old = wish.shape == "2025";
        const bool failed = standing_of(transaction.state).status == "FAILED";
        Json::Object body{
            {failed && old ? "eventType" : "event",
             failed ? "PAYMENT FAILED" : "PAYMENT RECEIVED"}};
        auto data = failed ? failed_data(transaction) : received_data(transaction);
        if (wish.unknown_fields) data.emplace_back("undocumented", "1");
        if (old && !failed) {
            rename(data, "id", "paymentId");
            rename(data, "collectedAmount", "amount");
            rename(data, "collectedCurrency", "currency");
        }
        for (const auto& [name, value] : wish.overrides)
            set(name.starts_with("event") ? body : data, name, value);
        body.emplace_back("data", std::move(data));
        HttpRequest request{
            .method = "POST",
            .url = transaction.notify_url,
            .headers = {{"content-type", "application/json"}},
            .body = {}};
        sign(body, request.headers, wish);
        request.body = to_text(body);
        return request;
    }

    WayBack way_back(const Transaction&) const override { return {}; }

    Json::Object tollgate_settings() const override
    {
        Json::Object settings{
            {"client_id", client_id_}, {"api_key", api_key_}, {"api_url", url("")}};
        if (!checksum_key_.empty()) settings.emplace_back("checksum_key", checksum_key_);
        if (!webhook_token_.empty()) settings.emplace_back("webhook_token", webhook_token_);
        return settings;
    }

    Sample sample() const override
    {
        return {
            .amount = "1000",
            .currency = "TZS",
            .phone = "+255712345678",
            .outcomes = {{"decline", "failed"}, {"cancel", "failed"}, {"expire", "failed"}}};
    }

private:
    Response generate_token(const Request& request, std::string_view) const
    {
        const auto behaviour = ledger().behaviour_of("");
        if (behaviour->token == TokenManner::server_error) return server_error();
        if (header(request.headers, "client-id") != client_id_) {
            return answer({403, "Invalid client details"});
        }
        if (header(request.headers, "api-key") != api_key_) {
            return answer({403, "Invalid or Expired API-Key"});
        }
        if (behaviour->token == TokenManner::refuse) return answer({403, "Unauthorized API-Key"});
        const auto lasts = behaviour->token_lasts.value_or(token_lasts);
        const auto token = std::string{bearer} + tokens().issue("api", now(), lasts);
        return json_response(200, Json::object({{"success", true}, {"token", token}}));
    }

    bool is_let_in(const Request& request) const
    {
        const auto given = header(request.headers, "authorization");
        return given.starts_with(bearer) &&
               tokens().is_good("api", given.substr(bearer.size()), now());
    }

    bool is_signed(const Json& json) const
    {
        if (checksum_key_.empty()) return true;
        const bool legacy = json.text("checksumMethod") == "legacy";
        return json.text("checksum") == checksum_of(checksum_key_, json, legacy);
    }

    std::optional<Refusal>
    refusal_of(const Request& request, const std::optional<Json>& json, bool phone_needed) const
    {
        if (!is_let_in(request)) return Refusal{401, "Unauthorized"};
        if (!json || json->object() == nullptr) {
            return Refusal{400, Json::Array{"the body must be an object"}};
        }
        if (!is_signed(*json)) return Refusal{400, Json::Array{"Invalid checksum"}};
        if (auto refusal = refusal_of_fields(*json, phone_needed)) return refusal;
        const auto reference = json->text("orderReference");
        if (ledger().behaviour_of(reference)->open == OpenManner::refuse) {
            return Refusal{404, "Account has no payment collection methods"};
        }
        if (ledger().find(reference)) return used_before(reference);
        return std::nullopt;
    }

    static Refusal used_before(const std::string& reference)
    {
        return {
            409,
            fmt::format(
                "Order reference {} already used: Create a different reference", reference
            )};
    }

    Response preview(const Request& request, std::string_view) const
    {
        const auto json = parse_json(request.body);
        if (const auto refusal = refusal_of(request, json, false)) return answer(*refusal);
        const auto method = [](const char* name) {
            return Json::object(
                {{"name", name}, {"status", "UNAVAILABLE"}, {"message", "not your network"}}
            );
        };
        const auto own = Json::object({{"name", channel}, {"status", "AVAILABLE"}, {"fee", 30}});
        return json_response(
            200, Json::object({{"activeMethods", Json::Array{method("TIGO-PESA"), own}}})
        );
    }

    Transaction transaction_of(const Json& json) const
    {
        const auto phone = json.text("phoneNumber");
        Transaction transaction;
        transaction.reference = json.text("orderReference");
        transaction.token = "LCP" + random_alphanumeric(reference_length_max);
        transaction.price = parse_major(json.text("amount"), Currency::TZS).value();
        transaction.description = fmt::format("{} {}", channel, phone);
        transaction.notify_url = entered_notify_url();
        if (!webhook_token_.empty()) {
            transaction.notify_url = with_query(transaction.notify_url, "t", webhook_token_);
        }
        transaction.language = "en";
        transaction.created_at = now();
        transaction.details = {{"phoneNumber", phone}};
        return transaction;
    }

    Response initiate(const Request& request, std::string_view) const
    {
        const auto json = parse_json(request.body);
        if (const auto refusal = refusal_of(request, json, true)) return answer(*refusal);
        const auto transaction = transaction_of(*json);
        const auto manner = ledger().behaviour_of(transaction.reference)->open;
        if (manner == OpenManner::server_error) {
            return answer({500, "Error validating fee, try again later"});
        }
        if (!ledger().add(transaction)) return answer(used_before(transaction.reference));
        if (manner == OpenManner::garbage) return garbage();
        if (manner == OpenManner::hang) services().hold.wait(hang_max);
        return json_response(
            200,
            Json::object({
                {"id", transaction.token},
                {"status", "PROCESSING"},
                {"channel", channel},
                {"orderReference", transaction.reference},
                {"collectedAmount", major_text(transaction.price)},
                {"collectedCurrency", "TZS"},
                {"createdAt", iso_text(transaction.created_at)},
                {"clientId", client_id_},
            })
        );
    }

    Response check(const Request& request, std::string_view reference) const
    {
        if (!is_let_in(request)) return answer({401, "Unauthorized"});
        const auto asked = ledger().ask(std::string{reference});
        const auto& behaviour = *asked.behaviour;
        if (behaviour.check == CheckManner::server_error) return server_error();
        if (behaviour.check == CheckManner::garbage) return garbage();
        if (behaviour.check == CheckManner::hang) services().hold.wait(hang_max);
        if (behaviour.check == CheckManner::slow) services().hold.wait(behaviour.check_delay);
        if (!asked.transaction || behaviour.check == CheckManner::not_found) {
            return answer({404, fmt::format("Invalid or missing payment: {}", reference)});
        }
        return json_response(200, Json::Array{attempt_of(*asked.transaction, behaviour)});
    }

    Json attempt_of(const Transaction& transaction, const Behaviour& behaviour) const
    {
        auto attempt = received_data(transaction);
        const auto whole = std::to_string(whole_major(transaction.price).value_or(0));
        set(attempt, "collectedAmount", Json::Number{behaviour.check_amount.value_or(whole)});
        set(attempt, "paymentPhoneNumber", phone_of(transaction));
        set(attempt, "clientId", client_id_);
        if (behaviour.check_currency) set(attempt, "collectedCurrency", *behaviour.check_currency);
        if (behaviour.check_reference) set(attempt, "orderReference", *behaviour.check_reference);
        if (behaviour.check_status) set(attempt, "status", *behaviour.check_status);
        for (const auto& name : behaviour.check_omit)
            set(attempt, name, nullptr);
        if (behaviour.unknown_fields) attempt.emplace_back("undocumented", "1");
        return attempt;
    }

    Json::Object received_data(const Transaction& transaction) const
    {
        const auto standing = standing_of(transaction.state);
        return {
            {"id", transaction.token},
            {"status", standing.status},
            {"paymentReference", "PR" + transaction.token.substr(3)},
            {"orderReference", transaction.reference},
            {"collectedAmount", major_text(transaction.price)},
            {"collectedCurrency", "TZS"},
            {"message", standing.message},
            {"channel", channel},
            {"updatedAt", iso_text(transaction.paid_at.value_or(transaction.created_at))},
            {"createdAt", iso_text(transaction.created_at)},
            {"customer", customer_of(transaction)},
        };
    }

    Json::Object failed_data(const Transaction& transaction) const
    {
        const auto standing = standing_of(transaction.state);
        return {
            {"id", transaction.token},
            {"status", standing.status},
            {"channel", channel},
            {"orderReference", transaction.reference},
            {"message", standing.message},
            {"clientId", client_id_},
            {"updatedAt", iso_text(now())},
            {"createdAt", iso_text(transaction.created_at)},
        };
    }

    void sign(Json::Object& body, Headers& headers, const NotificationWish& wish) const
    {
        if (checksum_key_.empty() || wish.signature == Signature::none) return;
        const auto key =
            wish.signature == Signature::wrong ? "not " + checksum_key_ : checksum_key_;
        const auto checksum = checksum_of(key, body, wish.shape == "legacy");
        if (wish.shape == "header") {
            headers.emplace_back("x-clickpesa-signature", checksum);
        } else {
            body.emplace_back("checksum", checksum);
        }
    }

    std::string client_id_;
    std::string api_key_;
    std::string checksum_key_;
    std::string webhook_token_;
};

} // namespace

std::unique_ptr<Twin> make_clickpesa_twin(TwinServices& services)
{
    return std::make_unique<ClickPesa>(services);
}

} // namespace tollgate::twins
