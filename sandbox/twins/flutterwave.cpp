// Flutterwave Standard, v3, and the three envelopes of its webhooks.
//
// Open:    POST /flutterwave/v3/payments, JSON, Authorization: Bearer <secret key>
// Check:   GET /flutterwave/v3/transactions/verify_by_reference?tx_ref=, and …/{id}/verify; a
//          transaction exists only once the customer has tried, each failed attempt has its own id
// Refund:  POST /flutterwave/v3/transactions/{id}/refund, GET /flutterwave/v3/refunds/{id}
// Notify:  POST, JSON, to the URL entered in the dashboard; only 200 counts, otherwise three more
//          times, half an hour apart. notify_shape, and the setting flutterwave.webhooks for all:
//            nested    {"event","data"}, verif-hash (the usual one)
//            flat      camelCase without an envelope, verif-hash
//            v4        {"type","data"}, flutterwave-signature: base64 HMAC-SHA256
//            v4_plain  the same, the hash itself in flutterwave-signature
//            v4_hash   the same, the hash in verif-hash
//            payout    transfer.completed, whose data.reference is the payment's
//            test      what the dashboard's test sends
// Return:  GET redirect_url with status, tx_ref and, unless cancelled, transaction_id appended
// Source:  https://developer.flutterwave.com, v3, read 2026-09
#include "core/crypto/encoding.hpp"
#include "core/crypto/hmac.hpp"
#include "core/support/check.hpp"
#include "core/support/text.hpp"
#include "sandbox/twins/twin.hpp"
#include "sandbox/twins/wire.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace tollgate::twins {
namespace {

// clang-format off
constexpr std::array currencies{
    Currency::NGN, Currency::GHS, Currency::KES, Currency::UGX, Currency::TZS, Currency::ZMW,
    Currency::RWF, Currency::ZAR, Currency::XOF, Currency::XAF, Currency::GNF, Currency::USD,
    Currency::EUR, Currency::GBP,
};
// clang-format on

/// As JavaScript spells a number: `1500`, `12.5`.
Json number_of(std::string text)
{
    if (text.find('.') != std::string::npos) {
        text.erase(text.find_last_not_of('0') + 1);
        if (text.ends_with('.')) text.pop_back();
    }
    return Json::Number{std::move(text)};
}

Json number_of(Money money)
{
    return number_of(major_text(money));
}

/// Of a number or of a text, as Flutterwave takes both.
std::optional<Money> money_of(const Json& json, Currency currency)
{
    const auto money = parse_major(json.text("amount"), currency);
    if (!money || money->minor_units == 0) return std::nullopt;
    return *money;
}

std::string iso_time(Instant instant)
{
    auto text = date_text(instant);
    text[text.find(' ')] = 'T';
    return text + ".000Z";
}

bool is_card(const Transaction& transaction)
{
    return is_one_of(code(transaction.price.currency), {"NGN", "ZAR", "USD", "EUR", "GBP"});
}

/// 1.4 %, which the customer bears.
Money fee_of(const Transaction& transaction)
{
    constexpr std::int64_t fee_per_mille = 14;
    return {transaction.price.minor_units * fee_per_mille / 1000, transaction.price.currency};
}

/// A v3 `data.status`; empty when nobody has tried.
std::string_view status_of(State state)
{
    switch (state) {
    case State::pending:
    case State::expired: return "";
    case State::processing: return "pending";
    case State::paid: return "successful";
    case State::failed: return "failed";
    case State::cancelled: return "cancelled";
    }
    impossible("state of a transaction");
}

std::string_view refund_status_of(State state)
{
    switch (state) {
    case State::paid: return "completed";
    case State::failed:
    case State::cancelled:
    case State::expired: return "failed";
    case State::pending:
    case State::processing: return "processing";
    }
    impossible("state of a refund");
}

/// The numbers by which Flutterwave knows attempts: what was pending becomes successful under its
/// number, what failed keeps that of its own.
class Numbers {
public:
    std::string of(const Transaction& transaction)
    {
        const std::lock_guard lock{mutex_};
        const auto next = static_cast<std::int64_t>(references_.size()) + first;
        const auto known = numbers_.try_emplace(transaction.reference, next).first->second;
        references_.emplace(known, transaction.reference);
        return std::to_string(known * kinds + kind_of(transaction.state));
    }

    /// Empty when there is no such attempt.
    std::string reference_of(std::string_view id) const
    {
        const auto number = parse_integer(id);
        if (!number) return {};
        const std::lock_guard lock{mutex_};
        const auto found = references_.find(*number / kinds);
        return found == references_.end() ? std::string{} : found->second;
    }

private:
    static constexpr std::int64_t first = 497536;
    static constexpr std::int64_t kinds = 10;

    static std::int64_t kind_of(State state)
    {
        return state == State::failed ? 1 : state == State::cancelled ? 2 : 3;
    }

    mutable std::mutex mutex_;
    std::unordered_map<std::string, std::int64_t> numbers_; ///< by reference
    std::unordered_map<std::int64_t, std::string> references_;
};

Response success(std::string_view message, Json data)
{
    return json_response(
        200, Json::object({{"status", "success"}, {"message", message}, {"data", std::move(data)}})
    );
}

Response error(int status, std::string_view message)
{
    return json_response(
        status, Json::object({{"status", "error"}, {"message", message}, {"data", nullptr}})
    );
}

Response unknown_transaction()
{
    return error(400, "No transaction was found for this id");
}

void override_with(Json::Object& members, const Json::Object& overrides)
{
    for (const auto& wanted : overrides) {
        std::erase_if(members, [&](const auto& member) { return member.first == wanted.first; });
        if (!wanted.second.is_null()) members.push_back(wanted);
    }
}

class Flutterwave final : public Twin {
public:
    explicit Flutterwave(TwinServices& services)
        : Twin{"flutterwave", services},
          secret_key_{services.settings.take("flutterwave.secret_key", "FLWSECK_TEST-sandbox-X")},
          secret_hash_{services.settings.take("flutterwave.secret_hash", "flw-test-secret-hash")},
          webhooks_{services.settings.take("flutterwave.webhooks", "nested")}
    {
        using Act = Response (Flutterwave::*)(const Request&, std::string_view) const;
        const auto add = [this](std::string_view method, std::string_view path, Act act) {
            route(method, path, [this, act](const Request& request, std::string_view matched) {
                if (header(request.headers, "authorization") != "Bearer " + secret_key_) {
                    return error(401, "Invalid authorization key");
                }
                return (this->*act)(request, matched);
            });
        };
        add("POST", "/v3/payments", &Flutterwave::open);
        add("GET", "/v3/transactions/verify_by_reference", &Flutterwave::verify_by_reference);
        add("GET", "/v3/transactions/*/verify", &Flutterwave::verify_by_id);
        add("POST", "/v3/transactions/*/refund", &Flutterwave::refund);
        add("GET", "/v3/refunds/*", &Flutterwave::show_refund);
        add_common_routes();
    }

    HttpRequest
    notification(const Transaction& transaction, const NotificationWish& wish) const override
    {
        const auto& shape = wish.shape.empty() ? webhooks_ : wish.shape;
        const auto body = to_text(message(transaction, shape, wish));
        HttpRequest request{
            .method = "POST",
            .url = transaction.notify_url,
            .headers = {{"content-type", "application/json"}},
            .body = body,
        };
        if (wish.signature == Signature::none) return request;
        const auto key = wish.signature == Signature::wrong ? "not " + secret_hash_ : secret_hash_;
        if (shape == "v4") {
            const auto signature = to_base64(hmac_sha256(key, body));
            request.headers.emplace_back("flutterwave-signature", signature);
        } else {
            const auto* name = shape == "v4_plain" ? "flutterwave-signature" : "verif-hash";
            request.headers.emplace_back(name, key);
        }
        return request;
    }

    WayBack way_back(const Transaction& transaction) const override
    {
        if (transaction.return_url.empty()) return {.method = "get", .url = {}};
        const auto tried = status_of(transaction.state);
        std::string_view status = tried.empty() ? "cancelled" : tried;
        if (transaction.state == State::paid && !is_card(transaction)) status = "completed";
        auto url = with_query(transaction.return_url, "status", status);
        url = with_query(url, "tx_ref", transaction.reference);
        if (status != "cancelled") {
            url = with_query(url, "transaction_id", numbers_.of(transaction));
        }
        return {.method = "get", .url = url};
    }

    Json::Object tollgate_settings() const override
    {
        return {
            {"secret_key", secret_key_},
            {"secret_hash", secret_hash_},
            {"api_url", url("/v3")},
        };
    }

    Sample sample() const override
    {
        return {
            .amount = "1500",
            .currency = "XOF",
            .outcomes = {{"decline", "failed"}, {"cancel", "cancelled"}},
        };
    }

    bool is_acknowledged(const Delivery& delivery) const override { return delivery.status == 200; }

    std::vector<std::chrono::milliseconds> retry_waits() const override
    {
        constexpr std::size_t repetitions = 3;
        return std::vector<std::chrono::milliseconds>(repetitions, std::chrono::minutes{30});
    }

private:
    static std::string refusal_of_opening(const Json& json)
    {
        if (!has_text(json, "tx_ref")) return "tx_ref is required";
        const auto currency = parse_currency(json.text("currency"));
        if (!currency || std::ranges::find(currencies, *currency) == currencies.end()) {
            return "currency is not supported";
        }
        if (!money_of(json, *currency)) return "amount should be a valid number";
        if (!is_http_url(json.text("redirect_url"))) return "redirect_url must be a valid url";
        const auto* customer = json.find("customer");
        if (customer == nullptr || !has_text(*customer, "email")) {
            return "customer email is required";
        }
        return {};
    }

    Transaction transaction_of(const Json& json) const
    {
        Transaction transaction;
        transaction.reference = json.text("tx_ref");
        transaction.token = "flwlnk-" + new_token();
        transaction.price = *money_of(json, *parse_currency(json.text("currency")));
        transaction.notify_url = entered_notify_url();
        transaction.return_url = json.text("redirect_url");
        transaction.created_at = now();
        if (const auto* customizations = json.find("customizations")) {
            transaction.description = customizations->text("title");
        }
        const auto& customer = *json.find("customer");
        for (const auto* name : {"email", "name", "phonenumber"})
            transaction.details.emplace_back(name, customer.text(name));
        if (const auto* meta = json.find("meta"))
            transaction.details.emplace_back("meta", to_text(*meta));
        return transaction;
    }

    Response open(const Request& request, std::string_view) const
    {
        const auto json = parse_json(request.body);
        if (!json || json->object() == nullptr) return error(400, "Invalid request body");
        if (const auto why = refusal_of_opening(*json); !why.empty()) return error(400, why);
        const auto transaction = transaction_of(*json);
        const auto manner = ledger().behaviour_of(transaction.reference)->open;
        if (manner == OpenManner::server_error) return server_error();
        if (manner == OpenManner::refuse) return error(400, "Merchant is not enabled");
        if (!ledger().add(transaction)) return error(400, "Duplicate transaction reference");
        if (manner == OpenManner::garbage) return garbage();
        if (manner == OpenManner::hang) services().hold.wait(hang_max);
        return success("Hosted Link", Json::object({{"link", payment_url(transaction)}}));
    }

    Response verify_by_reference(const Request& request, std::string_view) const
    {
        const auto query = parse_form(request.query);
        const std::string reference{query ? field(*query, "tx_ref") : std::string_view{}};
        if (reference.empty()) return error(400, "tx_ref is required");
        return verified(reference, {});
    }

    Response verify_by_id(const Request&, std::string_view id) const
    {
        return verified(numbers_.reference_of(id), id);
    }

    /// `id` is empty when the merchant asked by reference.
    Response verified(const std::string& reference, std::string_view id) const
    {
        const auto asked = ledger().ask(reference);
        const auto& behaviour = *asked.behaviour;
        if (behaviour.check == CheckManner::server_error) return server_error();
        if (behaviour.check == CheckManner::garbage) return garbage();
        if (behaviour.check == CheckManner::hang) services().hold.wait(hang_max);
        if (behaviour.check == CheckManner::slow) services().hold.wait(behaviour.check_delay);
        const auto& transaction = asked.transaction;
        if (!transaction || behaviour.check == CheckManner::not_found ||
            status_of(transaction->state).empty()) {
            return unknown_transaction();
        }
        if (!id.empty() && id != numbers_.of(*transaction)) return unknown_transaction();
        return success("Transaction fetched successfully", told(*transaction, behaviour));
    }

    Json told(const Transaction& transaction, const Behaviour& behaviour) const
    {
        auto data = data_of(transaction);
        Json::Object other;
        if (behaviour.check_amount)
            other.emplace_back("amount", number_of(*behaviour.check_amount));
        if (behaviour.check_currency) other.emplace_back("currency", *behaviour.check_currency);
        if (behaviour.check_reference) other.emplace_back("tx_ref", *behaviour.check_reference);
        if (behaviour.check_status) other.emplace_back("status", *behaviour.check_status);
        if (behaviour.unknown_fields) other.emplace_back("undocumented", "1");
        for (const auto& name : behaviour.check_omit)
            other.emplace_back(name, nullptr);
        override_with(data, other);
        return data;
    }

    Json customer_of(const Transaction& transaction) const
    {
        const auto name = field(transaction.details, "name");
        return Json::object({
            {"id", 252759},
            {"name", name.empty() ? "Anonymous customer" : name},
            {"phone_number", field(transaction.details, "phonenumber")},
            {"email", field(transaction.details, "email")},
            {"created_at", iso_time(transaction.created_at)},
        });
    }

    /// What verify and the nested webhook say.
    Json::Object data_of(const Transaction& transaction) const
    {
        const auto fee = fee_of(transaction);
        const auto charged = add(transaction.price, fee);
        Json::Object data{
            {"id", Json::Number{numbers_.of(transaction)}},
            {"tx_ref", transaction.reference},
            {"flw_ref", "FLW-MOCK-" + transaction.token.substr(transaction.token.size() / 2)},
            {"device_fingerprint", "N/A"},
            {"amount", number_of(transaction.price)},
            {"currency", code(transaction.price.currency)},
            {"charged_amount", number_of(charged ? *charged : transaction.price)},
            {"app_fee", number_of(fee)},
            {"merchant_fee", 0},
            {"processor_response", transaction.state == State::failed ? "Declined" : "success"},
            {"auth_model", is_card(transaction) ? "PIN" : "AUTH"},
            {"ip", "192.0.2.1"},
            {"narration", "Sandbox"},
            {"status", status_of(transaction.state)},
            {"payment_type", is_card(transaction) ? "card" : "mobilemoneyfranco"},
            {"created_at", iso_time(transaction.created_at)},
            {"account_id", 73362},
            {"meta", meta_of(transaction)},
            {"amount_settled", number_of(transaction.price)},
            {"customer", customer_of(transaction)},
        };
        if (is_card(transaction)) data.emplace_back("card", card());
        return data;
    }

    static Json meta_of(const Transaction& transaction)
    {
        return parse_json(field(transaction.details, "meta")).value_or(Json{});
    }

    static Json card()
    {
        return Json::object({
            {"first_6digits", "553188"},
            {"last_4digits", "2950"},
            {"issuer", "MASTERCARD CREDIT"},
            {"country", "NG"},
            {"type", "MASTERCARD"},
            {"expiry", "09/32"},
        });
    }

    Json message(
        const Transaction& transaction, std::string_view shape, const NotificationWish& wish
    ) const
    {
        if (shape == "test") return Json::object({{"event", "test_assess"}});
        const auto with_wishes = [&wish](Json::Object members) {
            if (wish.unknown_fields) members.emplace_back("undocumented", "1");
            override_with(members, wish.overrides);
            return Json{std::move(members)};
        };
        if (shape == "flat") return with_wishes(flat(transaction));
        if (shape.starts_with("v4")) {
            return Json::object({
                {"webhook_id", "wbk_" + transaction.token.substr(transaction.token.size() / 2)},
                {"timestamp", milliseconds_since_1970()},
                {"type", "charge.completed"},
                {"data", with_wishes(v4_data(transaction))},
            });
        }
        if (shape == "payout") {
            return Json::object({
                {"event", "transfer.completed"},
                {"event.type", "Transfer"},
                {"data", with_wishes({{"id", 33286}, {"reference", transaction.reference}})},
            });
        }
        auto data = data_of(transaction);
        std::erase_if(data, [](const auto& member) {
            return is_one_of(member.first, {"meta", "amount_settled"});
        });
        return Json::object({
            {"event", "charge.completed"},
            {"data", with_wishes(std::move(data))},
            {"meta_data", meta_of(transaction)},
            {"event.type",
             is_card(transaction) ? "CARD_TRANSACTION" : "MOBILEMONEYFRANCO_TRANSACTION"},
        });
    }

    std::int64_t milliseconds_since_1970() const
    {
        using std::chrono::milliseconds;
        return std::chrono::duration_cast<milliseconds>(now().time_since_epoch()).count();
    }

    Json::Object flat(const Transaction& transaction) const
    {
        return {
            {"id", Json::Number{numbers_.of(transaction)}},
            {"txRef", transaction.reference},
            {"flwRef", "FLW-MOCK-" + transaction.token.substr(transaction.token.size() / 2)},
            {"orderRef", "URF_1"},
            {"paymentPlan", nullptr},
            {"createdAt", iso_time(transaction.created_at)},
            {"amount", number_of(transaction.price)},
            {"charged_amount", number_of(transaction.price)},
            {"status", status_of(transaction.state)},
            {"IP", "192.0.2.1"},
            {"currency", code(transaction.price.currency)},
            {"appfee", number_of(fee_of(transaction))},
            {"merchantfee", 0},
            {"merchantbearsfee", 1},
            {"customer",
             Json::object({
                 {"id", 252759},
                 {"phone", field(transaction.details, "phonenumber")},
                 {"fullName", field(transaction.details, "name")},
                 {"email", field(transaction.details, "email")},
             })},
            {"entity", Json::object({{"id", "NO-ENTITY"}})},
            {"event.type", "CARD_TRANSACTION"},
        };
    }

    Json::Object v4_data(const Transaction& transaction) const
    {
        return {
            {"id", "chg_" + numbers_.of(transaction)},
            {"amount", number_of(transaction.price)},
            {"currency", code(transaction.price.currency)},
            {"status", transaction.state == State::paid ? "succeeded" : "failed"},
            {"reference", transaction.reference},
            {"customer",
             Json::object({{"id", "cus_1"}, {"email", field(transaction.details, "email")}})},
            {"meta", Json::object({})},
            {"redirect_url", transaction.return_url},
            {"created_datetime", iso_time(transaction.created_at)},
        };
    }

    Response refund(const Request& request, std::string_view id) const
    {
        const auto json = parse_json(request.body);
        const auto transaction = ledger().find(numbers_.reference_of(id));
        if (!transaction || id != numbers_.of(*transaction)) return unknown_transaction();
        if (!json || json->object() == nullptr) return error(400, "Invalid request body");
        const auto manner = ledger().behaviour_of(transaction->reference)->refund;
        if (manner == RefundManner::server_error) return server_error();
        if (manner == RefundManner::refuse) return error(400, "Insufficient balance");
        const auto amount = money_of(*json, transaction->price.currency);
        if (json->find("amount") != nullptr && !amount) return error(400, "amount is not valid");

        GivenBack given;
        given.token = std::to_string(++refunds_);
        given.id = has_text(*json, "comments") ? json->text("comments") : given.token;
        given.amount = amount.value_or(transaction->price);
        if (manner != RefundManner::pending) given.state = State::paid;
        if (!ledger().add_refund(transaction->reference, given)) {
            return error(400, "Refund amount is greater than what is left of the transaction");
        }
        if (manner == RefundManner::garbage) return garbage();
        if (manner == RefundManner::hang) services().hold.wait(hang_max);
        return success("Transaction refund initiated", told(*transaction, given));
    }

    Response show_refund(const Request&, std::string_view id) const
    {
        const auto transaction = ledger().find_by_refund(std::string{id});
        if (!transaction) return error(404, "Refund not found");
        const auto found = std::ranges::find(transaction->refunds, id, &GivenBack::token);
        if (found == transaction->refunds.end()) return error(404, "Refund not found");
        return success("Refund fetched", told(*transaction, *found));
    }

    Json told(const Transaction& transaction, const GivenBack& refund) const
    {
        return Json::object({
            {"id", Json::Number{refund.token}},
            {"account_id", 73362},
            {"tx_id", Json::Number{numbers_.of(transaction)}},
            {"flw_ref", "URF_1577867664541_3572735"},
            {"wallet_id", 74639},
            {"amount_refunded", number_of(refund.amount)},
            {"status", refund_status_of(refund.state)},
            {"destination", "payment_source"},
            {"comments", refund.id},
            {"meta", Json::object({{"source", "availablebalance"}})},
            {"created_at", iso_time(now())},
        });
    }

    std::string secret_key_;
    std::string secret_hash_;
    std::string webhooks_;
    mutable Numbers numbers_;
    mutable std::atomic<int> refunds_{75922};
};

} // namespace

std::unique_ptr<Twin> make_flutterwave_twin(TwinServices& services)
{
    return std::make_unique<Flutterwave>(services);
}

} // namespace tollgate::twins
