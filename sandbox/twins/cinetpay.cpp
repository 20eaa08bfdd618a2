// CinetPay, Checkout API v2.
//
// Open:    POST /cinetpay/v2/payment, JSON with apikey and site_id in the body
// Check:   POST /cinetpay/v2/payment/check, JSON
// Notify:  POST to notify_url, a form of 16 fields, x-token: hex HMAC-SHA256(secret, their values)
// Amounts: major units; an integer when opening, a text when checking
// Errors:  HTTP 400 and the code in the body; the real status is not documented
// Source:  https://docs.cinetpay.com, read 2026-01
#include "core/crypto/digest.hpp"
#include "core/crypto/encoding.hpp"
#include "core/crypto/hmac.hpp"
#include "sandbox/twins/twin.hpp"
#include "sandbox/twins/wire.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <utility>

namespace tollgate::twins {
namespace {

struct Refusal {
    std::string_view code;
    std::string description;
};

struct Known {
    std::string_view code;
    std::string_view message;
};
// clang-format off
constexpr std::array known_codes{
    Known{"00", "SUCCES"}, Known{"201", "CREATED"}, Known{"600", "PAYMENT_FAILED"},
    Known{"602", "INSUFFICIENT_BALANCE"}, Known{"604", "OTP_CODE_ERROR"},
    Known{"605", "TRANSACTION_CLOSED"}, Known{"606", "INCORRECT_SETTINGS"},
    Known{"607", "PENDING"}, Known{"608", "MINIMUM_REQUIRED_FIELDS"},
    Known{"609", "AUTH_NOT_FOUND"}, Known{"611", "ERROR_AMOUNT_TYPE"},
    Known{"612", "ERROR_CURRENCY_NOTVALID"}, Known{"613", "ERROR_SITE_ID_NOTVALID"},
    Known{"620", "ERROR_DOUBLE_PAYEMNT"}, Known{"623", "WAITING_CUSTOMER_TO_VALIDATE"},
    Known{"624", "UNKNOWN_ERROR"}, Known{"625", "ABONNEMENT_OR_TRANSACTIONS_EXPIRED"},
    Known{"627", "TRANSACTION_CANCEL"}, Known{"641", "ERROR_AMOUNT_TOO_LOW"},
    Known{"660", "REFUNDED"}, Known{"661", "REFUNDING_IN_PROCESS"},
    Known{"662", "WAITING_CUSTOMER_PAYMENT"}, Known{"663", "WAITING_CUSTOMER_OTP_CODE"},
    Known{"664", "WAITING_CUSTOMER_PAYMENT_AT_OPERATOR_SIDE"},
};
// clang-format on

std::string_view message_of(std::string_view code)
{
    const auto* found = std::ranges::find(known_codes, code, &Known::code);
    return found == known_codes.end() ? "UNDOCUMENTED" : found->message;
}

struct Standing {
    std::string_view code;
    std::string_view status;
};

Standing standing_of(State state)
{
    switch (state) {
    case State::pending: return {"662", "WAITING_FOR_CUSTOMER"};
    case State::processing: return {"623", "WAITING_FOR_CUSTOMER"};
    case State::paid: return {"00", "ACCEPTED"};
    case State::failed: return {"600", "REFUSED"};
    case State::cancelled: return {"627", "REFUSED"};
    case State::expired: return {"625", "REFUSED"};
    }
    impossible("state of a transaction");
}

/// CinetPay knows whole major units only.
std::string amount_text(const Transaction& transaction)
{
    return std::to_string(whole_major(transaction.price).value_or(0));
}

std::string currency_text(const Transaction& transaction)
{
    return std::string{code(transaction.price.currency)};
}

std::string metadata_of(const Transaction& transaction)
{
    return std::string{field(transaction.details, "metadata")};
}

bool has_chosen_operator(const Transaction& transaction)
{
    return transaction.state == State::processing || transaction.state == State::paid;
}

/// The amount when CinetPay would take it.
std::optional<Money> price_of(const Json& json)
{
    const auto* member = json.find("amount");
    if (member == nullptr || member->number() == nullptr) return std::nullopt;
    const auto amount = parse_integer(member->number()->text);
    if (!amount || *amount <= 0) return std::nullopt;
    if (*amount % 5 != 0 && json.text("currency") != "USD") return std::nullopt;
    const auto currency = parse_currency(json.text("currency"));
    const auto price = parse_major(std::to_string(*amount), currency.value_or(Currency::XOF));
    if (!price) return std::nullopt;
    return *price;
}

std::optional<Refusal> missing_text(const Json& json, std::initializer_list<const char*> names)
{
    for (const auto* name : names) {
        if (!has_text(json, name)) return Refusal{"608", fmt::format("{} is required", name)};
    }
    return std::nullopt;
}

// clang-format off
constexpr std::initializer_list<const char*> needed_for_cards{
    "customer_name", "customer_surname", "customer_phone_number", "customer_email",
    "customer_address", "customer_city", "customer_country", "customer_state", "customer_zip_code",
};
// clang-format on

std::optional<Refusal> refusal_of_customer(const Json& json)
{
    if (json.text("channels") == "CREDIT_CARD") return missing_text(json, needed_for_cards);
    const auto* lock = json.find("lock_phone_number");
    if (lock != nullptr && *lock == Json{true} && !has_text(json, "customer_phone_number")) {
        return Refusal{"624", "lock_phone_number without customer_phone_number"};
    }
    return std::nullopt;
}

/// The fields of a notification in the order in which they are signed.
// clang-format off
constexpr std::array<std::string_view, 16> signed_fields{
    "cpm_site_id", "cpm_trans_id", "cpm_trans_date", "cpm_amount", "cpm_currency", "signature",
    "payment_method", "cel_phone_num", "cpm_phone_prefixe", "cpm_language", "cpm_version",
    "cpm_payment_config", "cpm_page_action", "cpm_custom", "cpm_designation", "cpm_error_message",
};
// clang-format on

std::string in_signed_order(const Fields& fields)
{
    std::string message;
    for (const auto name : signed_fields) {
        message += field(fields, name);
    }
    return message;
}

class Cinetpay final : public Twin {
public:
    explicit Cinetpay(TwinServices& services)
        : Twin{"cinetpay", services}, api_key_{services.settings.take(
                                          "cinetpay.api_key", "sandbox-api-key"
                                      )},
          site_id_{services.settings.take("cinetpay.site_id", "445160")},
          secret_{services.settings.take("cinetpay.secret", "cinetpay-test-secret")}
    {
        route("POST", "/v2/payment/check", [this](const Request& request, std::string_view) {
            return check(request);
        });
        route("POST", "/v2/payment", [this](const Request& request, std::string_view) {
            return open(request);
        });
        add_common_routes();
    }

    HttpRequest
    notification(const Transaction& transaction, const NotificationWish& wish) const override
    {
        auto fields = notification_fields(transaction);
        if (wish.only_required) {
            std::erase_if(fields, [](const auto& entry) {
                return entry.first != "cpm_site_id" && entry.first != "cpm_trans_id";
            });
        }
        if (wish.unknown_fields) fields.emplace_back("cpm_undocumented", "1");
        override_with(fields, wish.overrides);
        const bool reversed = wish.order == FieldOrder::arrival;
        if (reversed) std::ranges::reverse(fields);
        auto request = form_post(transaction.notify_url, fields, wish.form);
        if (wish.signature == Signature::none) return request;
        const bool as_posted = reversed || wish.signature == Signature::arrival;
        const auto message = as_posted ? joined_values(fields) : in_signed_order(fields);
        const auto key = wish.signature == Signature::wrong ? "not " + secret_ : secret_;
        request.headers.emplace_back("x-token", to_hex(hmac_sha256(key, message)));
        return request;
    }

    WayBack way_back(const Transaction& transaction) const override
    {
        return {
            .method = "post",
            .url = transaction.return_url,
            .fields = {{"transaction_id", transaction.reference}, {"token", transaction.token}}};
    }

    Json::Object tollgate_settings() const override
    {
        return {
            {"api_key", api_key_},
            {"site_id", site_id_},
            {"secret", secret_},
            {"api_url", url("")},
        };
    }

    Sample sample() const override
    {
        return {
            .amount = "1500",
            .currency = "XOF",
            .outcomes = {{"decline", "failed"}, {"cancel", "cancelled"}, {"expire", "expired"}}};
    }

private:
    std::string api_response_id() const
    {
        const auto seconds = std::chrono::floor<std::chrono::seconds>(now()).time_since_epoch();
        return fmt::format("{}.{:04}", seconds.count(), ++answers_ % 10'000);
    }

    Response answer(std::string_view code, std::string_view description, Json data) const
    {
        auto json = Json::object({{"code", code}, {"message", message_of(code)}});
        if (!description.empty()) json.add("description", description);
        if (!data.is_null()) json.add("data", std::move(data));
        json.add("api_response_id", api_response_id());
        return json_response(200, json);
    }

    Response refuse(const Refusal& refusal) const
    {
        auto response = answer(refusal.code, refusal.description, nullptr);
        response.status = 400;
        return response;
    }

    std::optional<Refusal> refusal_of_credentials(const Json& json) const
    {
        if (auto missing = missing_text(json, {"apikey", "site_id"})) return missing;
        if (json.text("apikey") != api_key_) return Refusal{"609", "apikey is not valid"};
        if (json.text("site_id") != site_id_) return Refusal{"613", "site_id is not valid"};
        return std::nullopt;
    }

    std::optional<Refusal> refusal_of_opening(const Json& json) const
    {
        if (auto refusal = refusal_of_credentials(json)) return refusal;
        if (auto missing = missing_text(
                json, {"transaction_id", "currency", "description", "notify_url", "return_url"}
            )) {
            return missing;
        }
        if (json.find("amount") == nullptr) return Refusal{"608", "amount is required"};
        if (!price_of(json)) return Refusal{"611", "amount must be an integer, a multiple of 5"};
        static constexpr std::array<std::string_view, 5> sold{"XOF", "XAF", "CDF", "GNF", "USD"};
        if (std::ranges::find(sold, json.text("currency")) == sold.end()) {
            return Refusal{"612", "currency is not valid"};
        }
        for (const auto* name : {"notify_url", "return_url"}) {
            if (!is_http_url(json.text(name))) {
                return Refusal{"608", fmt::format("{} is not a URL", name)};
            }
        }
        return refusal_of_customer(json);
    }

    Transaction transaction_of(const Json& json) const
    {
        Transaction transaction;
        transaction.reference = json.text("transaction_id");
        transaction.token = new_token();
        transaction.price = *price_of(json);
        transaction.description = json.text("description");
        transaction.notify_url = json.text("notify_url");
        transaction.return_url = json.text("return_url");
        transaction.language = has_text(json, "lang") ? json.text("lang") : "fr";
        transaction.created_at = now();
        if (has_text(json, "metadata")) {
            transaction.details.emplace_back("metadata", json.text("metadata"));
        }
        return transaction;
    }

    Response open(const Request& request) const
    {
        const auto json = parse_json(request.body);
        if (!json || !json->object()) return refuse({"608", "the body is not a JSON object"});
        if (const auto refusal = refusal_of_opening(*json)) return refuse(*refusal);
        const auto transaction = transaction_of(*json);
        const auto manner = ledger().behaviour_of(transaction.reference)->open;
        if (manner == OpenManner::server_error) return server_error();
        if (manner == OpenManner::refuse) return refuse({"641", "amount is too low"});
        if (!ledger().add(transaction)) return refuse({"608", "transaction_id was used before"});
        if (manner == OpenManner::garbage) return garbage();
        if (manner == OpenManner::hang) services().hold.wait(hang_max);
        return answer(
            "201",
            "Transaction created with success",
            Json::object({
                {"payment_token", transaction.token},
                {"payment_url", payment_url(transaction)},
            })
        );
    }

    Response check(const Request& request) const
    {
        const auto json = parse_json(request.body);
        if (!json || !json->object()) return refuse({"608", "the body is not a JSON object"});
        if (const auto refusal = refusal_of_credentials(*json)) return refuse(*refusal);
        auto name = json->text("transaction_id");
        if (name.empty()) name = json->text("token");
        if (name.empty()) name = json->text("payment_token");
        if (name.empty()) return refuse({"608", "transaction_id is required"});
        const auto asked = ledger().ask(name);
        const auto& behaviour = *asked.behaviour;
        if (behaviour.check == CheckManner::server_error) return server_error();
        if (behaviour.check == CheckManner::garbage) return garbage();
        if (behaviour.check == CheckManner::hang) services().hold.wait(hang_max);
        if (behaviour.check == CheckManner::slow) services().hold.wait(behaviour.check_delay);
        if (!asked.transaction || behaviour.check == CheckManner::not_found) {
            return refuse({"699", "transaction_id does not exist"});
        }
        const auto standing = standing_of(asked.transaction->state);
        const auto code = behaviour.check_code.value_or(std::string{standing.code});
        return answer(code, {}, check_data(*asked.transaction, standing, behaviour));
    }

    static Json
    check_data(const Transaction& transaction, const Standing& standing, const Behaviour& behaviour)
    {
        const bool paid = transaction.paid_at.has_value();
        const auto date = [&](std::chrono::hours later) {
            return date_text(*transaction.paid_at + later);
        };
        const auto optional = [](std::string_view text) {
            return text.empty() ? Json{} : Json{text};
        };
        Json::Object data{
            {"amount", behaviour.check_amount.value_or(amount_text(transaction))},
            {"currency", behaviour.check_currency.value_or(currency_text(transaction))},
            {"status", behaviour.check_status.value_or(std::string{standing.status})},
            {"payment_method", has_chosen_operator(transaction) ? "OM" : ""},
            {"description", transaction.description},
            {"metadata", optional(behaviour.check_reference.value_or(metadata_of(transaction)))},
            {"operator_id", paid ? Json{"MP" + transaction.token.substr(0, 12)} : Json{}},
            {"payment_date", paid ? date(std::chrono::hours{0}) : " "},
            {"fund_availability_date", paid ? Json{date(std::chrono::hours{26})} : Json{}},
        };
        for (const auto& name : behaviour.check_omit) {
            std::erase_if(data, [&](const Json::Member& member) { return member.first == name; });
        }
        if (behaviour.unknown_fields) data.emplace_back("undocumented", "1");
        return data;
    }

    Fields notification_fields(const Transaction& transaction) const
    {
        const bool chosen = has_chosen_operator(transaction);
        return {
            {"cpm_site_id", site_id_},
            {"cpm_trans_id", transaction.reference},
            {"cpm_trans_date", date_text(transaction.created_at)},
            {"cpm_amount", amount_text(transaction)},
            {"cpm_currency", currency_text(transaction)},
            {"signature", to_hex(sha256(transaction.token))},
            {"payment_method", chosen ? "OM" : ""},
            {"cel_phone_num", chosen ? "0700000000" : ""},
            {"cpm_phone_prefixe", chosen ? "225" : ""},
            {"cpm_language", transaction.language},
            {"cpm_version", "V4"},
            {"cpm_payment_config", "SINGLE"},
            {"cpm_page_action", "PAYMENT"},
            {"cpm_custom", std::string{field(transaction.details, "metadata")}},
            {"cpm_designation", transaction.description},
            {"cpm_error_message", std::string{message_of(standing_of(transaction.state).code)}},
        };
    }

    std::string api_key_;
    std::string site_id_;
    std::string secret_;
    mutable std::atomic<unsigned> answers_{0}; ///< makes api_response_id differ
};

} // namespace

std::unique_ptr<Twin> make_cinetpay_twin(TwinServices& services)
{
    return std::make_unique<Cinetpay>(services);
}

} // namespace tollgate::twins
