// Airtel Money, Airtel Africa Open API, Collection, of one country.
//
// Token:   POST /airtel_money/auth/oauth2/token, JSON; 180 s, told as a text
// Open:    POST /airtel_money/merchant/v1/payments/ (or v2, which always wants a signature), JSON
// Check:   GET /airtel_money/standard/v1/payments/{the merchant's id}
// Refund:  POST /airtel_money/standard/v1/payments/refund (or v2), in full
// Key:     GET /airtel_money/v1/rsa/encryption-keys, RSA 1024 bit
// Notify:  POST to the URL entered in the portal, JSON {"transaction":{…},"hash"}
// Every call wants the token, X-Country and X-Currency.
//
// Settings airtel_money.country (ZM), .currency (ZMW), .client_id, .client_secret; .callback_key
//          (empty: callback authentication is off); .signing (off, on); .version (v1, v2): the path
//          that Tollgate is told
// Shapes   of a notification's hash: made over the bytes as sent; `compact`, sent with blanks;
//          `inner`, over the transaction alone; `pretty`, over two blanks a level, sent compactly;
//          `header`, in a header of that name
// Silent   is the documentation here: who is not known gets 401 {"error": "invalid_client"}; an
//          unknown id 200 with DP00800001025; `open: refuse` is ESB000039, `refund: refuse`
//          ESB000011, a refund under way DP00800001000; `check_amount` and `check_currency` add
//          what an enquiry has not
// Source:  portals of Airtel Zambia and Madagascar as public notes copy them
#include "core/crypto/encoding.hpp"
#include "core/crypto/envelope.hpp"
#include "core/crypto/hmac.hpp"
#include "core/support/json_text.hpp"
#include "core/support/text.hpp"
#include "sandbox/twins/twin.hpp"
#include "sandbox/twins/wire.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace tollgate::twins {
namespace {

constexpr auto api_scope = "api";
constexpr std::chrono::seconds token_lasts{180};
constexpr std::size_t id_length_max = 30;
constexpr std::size_t reference_length_min = 4;
constexpr std::size_t reference_length_max = 64;
constexpr std::size_t msisdn_length = 9;

// Of the sandbox alone; nothing is hidden by it.
constexpr auto public_key =
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDGDSQ5M2QsskJiu65tnxrxSVP/uLldonnPxw69RgsjQ2Zj"
    "OKrk+FTePwyRvNLopF9SJgQeluhD9VIyvT1ckBNVs5m6rSRgUNO8xWPtODaDuvxcSs8OjBdGZZHhQ/9BxGaA"
    "dlBqEw1PzHarmkIuFlqqdo4JE/n9j1qcAh1HK3xFZwIDAQAB";
constexpr auto private_key =
    "MIICeAIBADANBgkqhkiG9w0BAQEFAASCAmIwggJeAgEAAoGBAMYNJDkzZCyyQmK7rm2fGvFJU/+4uV2iec/H"
    "Dr1GCyNDZmM4quT4VN4/DJG80uikX1ImBB6W6EP1UjK9PVyQE1WzmbqtJGBQ07zFY+04NoO6/FxKzw6MF0Zl"
    "keFD/0HEZoB2UGoTDU/MdquaQi4WWqp2jgkT+f2PWpwCHUcrfEVnAgMBAAECgYEAlv8B9RJ3d5RZBMmuzSkW"
    "84tCnZ8KxJbRZFaRqEC00Sfb8h4MPRIQMnnDbYGXE4PuoMUXMvM/FkD9cG3TULUP51gSs1bQsNfExG+wO4Ld"
    "zmQFAMnJhdSAh3ya8Xg0ydVEPCxJsRLEzrSBI1QMZJS7YeOPsvzui1OuO3HNHDB0frECQQD6AIBDN0LAXt6W"
    "zaG2EGbihUZZW5G2dh9vbRnpt3YnfJ2UQS5AQNHi3fz93aBbSsr/JT8FdorHnlA0P35yLwvFAkEAys2P/Rpw"
    "iBjUHfvLlwFEtQjF4SrG8MBasVAFQkp9eCML9eC52Tlo2SadGl7VJXTahccW3V8UnqMfsNgWOVBDOwJACD1b"
    "/NslaBG4ZGACpG2F9pFN8EQEWW8rOhDuebWCP2rsBqbfT17TjBak7/kN//RHHIGtwhBWIp4lJpOxJzJFwQJB"
    "AKx/rLncg1s/wyy9v63xpj9V9vpPKGgfNQUcy1xXf+Fv7fx16Z6a9lO+RGLpxuLVQgoIDaq99Qv6NDp3km+t"
    "lYECQQDzAtfcamI0k94gZGQFG+a5P0ZDJBluRg30FWhFhzchnXKOaUCkAkbJwZf9dYB+BNGNJ89NveR39qrQ"
    "c2aVYJIG";

/// Why a call is not carried out, in the gateway's codes.
struct Refusal {
    std::string_view response_code;
    std::string_view result_code;
    std::string_view message;
    int status = 200;
};

/// A code of the collection, `006`.
std::string collection_code(std::string_view digits)
{
    return "DP00800001" + std::string{digits};
}

struct Standing {
    std::string_view status;
    std::string_view digits; ///< of the response code
};

Standing standing_of(State state)
{
    switch (state) {
    case State::pending:
    case State::processing: return {"TIP", "006"};
    case State::paid: return {"TS", "001"};
    case State::failed: return {"TF", "007"};
    case State::cancelled: return {"TF", "008"};
    case State::expired: return {"TE", "029"};
    }
    impossible("state of a transaction");
}

bool is_plain(std::string_view text, std::string_view more = {})
{
    return std::ranges::all_of(text, [more](char c) {
        return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') ||
               more.find(c) != std::string_view::npos;
    });
}

const Json& object_in(const Json& json, std::string_view name)
{
    static const Json none{Json::Object{}};
    const auto* found = json.find(name);
    return found != nullptr && found->object() != nullptr ? *found : none;
}

bool is_text_or_absent(const Json& json, std::string_view name, std::string_view expected)
{
    return json.find(name) == nullptr || json.text(name) == expected;
}

/// The transaction's JSON without the members that a test wants left out.
Json without(const Json& json, const std::vector<std::string>& names)
{
    auto members = *json.object();
    for (const auto& name : names)
        std::erase_if(members, [&](const Json::Member& member) { return member.first == name; });
    return Json{std::move(members)};
}

class AirtelMoney final : public Twin {
public:
    explicit AirtelMoney(TwinServices& services)
        : Twin{"airtel_money", services}, country_{setting("country", "ZM")},
          currency_{setting("currency", "ZMW")}, client_id_{setting("client_id", "airtel-sandbox")},
          client_secret_{setting("client_secret", "airtel-sandbox-client-secret")},
          callback_key_{setting("callback_key", "a4f48f692d2b4df9acbad7dff60a32a6")},
          signing_{setting("signing", "off") == "on"}, version_{setting("version", "v1")}
    {
        add("POST", "/auth/oauth2/token", &AirtelMoney::give_token);
        add("GET", "/v1/rsa/encryption-keys", &AirtelMoney::tell_key);
        add("POST", "/merchant/v1/payments", &AirtelMoney::open);
        add("POST", "/merchant/v2/payments", &AirtelMoney::open);
        add("POST", "/standard/v1/payments/refund", &AirtelMoney::refund);
        add("POST", "/standard/v2/payments/refund", &AirtelMoney::refund);
        add("GET", "/standard/v1/payments/*", &AirtelMoney::check);
        add_common_routes();
    }

    HttpRequest
    notification(const Transaction& transaction, const NotificationWish& wish) const override
    {
        const auto message = Json::object({{"transaction", notified(transaction, wish)}});
        HttpRequest request{
            .method = "POST",
            .url = transaction.notify_url,
            .headers = {{"content-type", "application/json"}},
            .body = to_text(message),
        };
        if (callback_key_.empty() || wish.signature == Signature::none) return request;
        const auto key =
            wish.signature == Signature::wrong ? "not " + callback_key_ : callback_key_;
        const auto hash = to_base64(hmac_sha256(key, hashed_text(message, wish.shape)));
        if (wish.shape == "header") {
            request.headers.emplace_back("hash", hash);
            return request;
        }
        auto with_hash = message;
        with_hash.add("hash", hash);
        request.body = wish.shape == "compact" ? pretty_text(with_hash) : to_text(with_hash);
        return request;
    }

    WayBack way_back(const Transaction&) const override { return {.method = "get", .url = {}}; }

    Json::Object tollgate_settings() const override
    {
        Json::Object told{
            {"client_id", client_id_},
            {"client_secret", client_secret_},
            {"country", country_},
            {"message_signing", signing_ ? "on" : "off"},
            {"payments_path_version", version_},
            {"api_url", url("")},
        };
        if (!callback_key_.empty()) told.emplace_back("callback_key", callback_key_);
        return told;
    }

    Sample sample() const override
    {
        return {
            .amount = "49.50",
            .currency = currency_,
            .phone = "+260971234567",
            .tells_amount = false,
            .outcomes = {{"decline", "failed"}, {"cancel", "cancelled"}, {"expire", "expired"}}};
    }

private:
    std::string setting(std::string_view name, std::string_view fallback) const
    {
        return services().settings.take("airtel_money." + std::string{name}, fallback);
    }

    void
    add(std::string_view method,
        std::string_view path,
        Response (AirtelMoney::*handler)(const Request&, std::string_view) const)
    {
        route(method, path, [this, handler](const Request& request, std::string_view matched) {
            return (this->*handler)(request, matched);
        });
    }

    static Response refuse(const Refusal& refusal)
    {
        const auto code = std::to_string(refusal.status);
        const auto status = Json::object({
            {"code", code},
            {"message", refusal.message},
            {"result_code", refusal.result_code},
            {"response_code", refusal.response_code},
            {"success", false},
        });
        return json_response(refusal.status, Json::object({{"status", status}}));
    }

    static Response answer(Json data, std::string_view message, std::string_view response_code)
    {
        const auto status = Json::object({
            {"code", "200"},
            {"message", message},
            {"result_code", "ESB000010"},
            {"response_code", response_code},
            {"success", true},
        });
        return json_response(200, Json::object({{"data", std::move(data)}, {"status", status}}));
    }

    static Response unauthorized(std::string_view error)
    {
        return json_response(401, Json::object({{"error", error}}));
    }

    Response give_token(const Request& request, std::string_view) const
    {
        const auto behaviour = ledger().behaviour_of("");
        if (behaviour->token == TokenManner::server_error) return server_error();
        const auto json = parse_json(request.body).value_or(Json{});
        const bool known = json.text("client_id") == client_id_ &&
                           json.text("client_secret") == client_secret_ &&
                           json.text("grant_type") == "client_credentials";
        if (!known || behaviour->token == TokenManner::refuse)
            return unauthorized("invalid_client");
        const auto lasts = behaviour->token_lasts.value_or(token_lasts);
        return json_response(
            200,
            Json::object({
                {"access_token", tokens().issue(api_scope, now(), lasts)},
                {"expires_in", std::to_string(lasts.count())},
                {"token_type", "bearer"},
            })
        );
    }

    /// What keeps a call from being looked at: the token and the router's two headers.
    std::optional<Response> turned_away(const Request& request) const
    {
        constexpr std::string_view scheme = "Bearer ";
        const auto given = header(request.headers, "authorization");
        if (!given.starts_with(scheme) ||
            !tokens().is_good(api_scope, given.substr(scheme.size()), now())) {
            return unauthorized("invalid_token");
        }
        const auto country = header(request.headers, "x-country");
        const auto currency = header(request.headers, "x-currency");
        if (country.empty() || currency.empty()) {
            return refuse({"ROUTER003", "", "Mandatory request header missing", 400});
        }
        if (country != country_) return refuse({"ROUTER006", "", "Invalid country code", 400});
        if (currency != currency_) return refuse({"ROUTER112", "", "Invalid currency", 400});
        return {};
    }

    Response tell_key(const Request& request, std::string_view) const
    {
        if (auto response = turned_away(request)) return *response;
        const auto data = Json::object({
            {"key_id", 100},
            {"key", public_key},
            {"valid_upto", "31-12-2037 23:59:59"},
        });
        return answer(data, "Success", "DP02010001001");
    }

    /// x-signature holds the body, sealed with what x-key holds.
    static bool is_signed(const Request& request)
    {
        const auto sealed_key = from_base64(header(request.headers, "x-key"));
        const auto sealed_body = from_base64(header(request.headers, "x-signature"));
        if (!sealed_key || !sealed_body) return false;
        const auto opened =
            rsa_decrypt(*from_base64(private_key), RsaPadding::pkcs1, *sealed_key).value_or("");
        const auto colon = std::min(opened.find(':'), opened.size());
        const auto key = from_base64(std::string_view{opened}.substr(0, colon));
        const auto iv =
            from_base64(std::string_view{opened}.substr(std::min(colon + 1, opened.size())));
        if (!key || !iv || key->size() != aes_256_key_bytes || iv->size() != aes_block_bytes) {
            return false;
        }
        return aes_256_cbc_decrypt({*key, *iv}, *sealed_body) == request.body;
    }

    /// The JSON of a call that is let in, or the answer.
    Expected<Json, Response> body_of(const Request& request) const
    {
        if (auto response = turned_away(request)) return Unexpected{*std::move(response)};
        const bool wants_signature = signing_ || request.path.find("/v2/") != std::string::npos;
        if (wants_signature && !is_signed(request)) {
            return Unexpected{refuse({"DP00800001026", "", "x-signature does not match", 403})};
        }
        auto json = parse_json(request.body);
        if (!json || json->object() == nullptr) {
            return Unexpected{refuse({"", "ESB000008", "Field validation", 400})};
        }
        return *std::move(json);
    }

    std::optional<Refusal> refusal_of_opening(const Json& json) const
    {
        const auto& subscriber = object_in(json, "subscriber");
        const auto& transaction = object_in(json, "transaction");
        const auto reference = json.text("reference");
        const auto id = transaction.text("id");
        const auto msisdn = subscriber.text("msisdn");
        const bool fields_are_good =
            reference.size() >= reference_length_min && reference.size() <= reference_length_max &&
            is_plain(reference, " ") && !id.empty() && id.size() <= id_length_max && is_plain(id);
        if (!fields_are_good || !price_of(transaction)) {
            return Refusal{"", "ESB000008", "Field validation"};
        }
        if (msisdn.starts_with('0')) return Refusal{"", "ESB000036", "MSISDN with a leading 0"};
        if (msisdn.size() != msisdn_length || !all_digits(msisdn)) {
            return Refusal{"", "ESB000033", "Invalid MSISDN"};
        }
        for (const auto* part : {&subscriber, &transaction}) {
            if (!is_text_or_absent(*part, "country", country_)) {
                return Refusal{"", "ESB000034", "Invalid country"};
            }
            if (!is_text_or_absent(*part, "currency", currency_)) {
                return Refusal{"", "ESB000035", "Invalid currency"};
            }
        }
        return {};
    }

    std::optional<Money> price_of(const Json& transaction) const
    {
        const auto price =
            parse_major(transaction.text("amount"), parse_currency(currency_).value());
        if (!price || price->minor_units <= 0) return {};
        return *price;
    }

    Transaction transaction_of(const Json& json) const
    {
        constexpr std::size_t digits = 20;
        const auto& asked = object_in(json, "transaction");
        Transaction transaction;
        transaction.reference = asked.text("id");
        transaction.token = "CI" + upper(new_token().substr(0, digits)); // airtel_money_id
        transaction.price = *price_of(asked);
        transaction.description = json.text("reference");
        transaction.notify_url = entered_notify_url();
        transaction.language = "en";
        transaction.details = {{"msisdn", object_in(json, "subscriber").text("msisdn")}};
        transaction.created_at = now();
        return transaction;
    }

    Response open(const Request& request, std::string_view) const
    {
        if (!request.path.ends_with('/')) return text_response(404, "no such path\n");
        const auto json = body_of(request);
        if (!json) return json.error();
        if (const auto refusal = refusal_of_opening(*json)) return refuse(*refusal);
        const auto transaction = transaction_of(*json);
        const auto manner = ledger().behaviour_of(transaction.reference)->open;
        if (manner == OpenManner::server_error) return server_error();
        if (manner == OpenManner::refuse) {
            return refuse({"", "ESB000039", "Vendor is not configured"});
        }
        if (!ledger().add(transaction)) {
            return refuse({"", "ESB000041", "External Transaction ID already exists."});
        }
        if (manner == OpenManner::garbage) return garbage();
        if (manner == OpenManner::hang) services().hold.wait(hang_max);
        // The prompt was sent: that is all that SUCCESS says here.
        const auto prompted = Json::object({{"id", transaction.reference}, {"status", "SUCCESS"}});
        return answer(Json::object({{"transaction", prompted}}), "SUCCESS", collection_code("006"));
    }

    Response check(const Request& request, std::string_view id) const
    {
        if (auto response = turned_away(request)) return *response;
        const auto asked = ledger().ask(std::string{id});
        const auto& behaviour = *asked.behaviour;
        if (behaviour.check == CheckManner::server_error) return server_error();
        if (behaviour.check == CheckManner::garbage) return garbage();
        if (behaviour.check == CheckManner::hang) services().hold.wait(hang_max);
        if (behaviour.check == CheckManner::slow) services().hold.wait(behaviour.check_delay);
        const bool known = asked.transaction && asked.transaction->reference == id;
        if (!known || behaviour.check == CheckManner::not_found) {
            return refuse({collection_code("025"), "ESB000045", "Transaction not found"});
        }
        const auto standing = standing_of(asked.transaction->state);
        const auto data =
            Json::object({{"transaction", standing_data(*asked.transaction, behaviour)}});
        const auto code = behaviour.check_code.value_or(collection_code(standing.digits));
        return answer(data, "Success", code);
    }

    static Json standing_data(const Transaction& transaction, const Behaviour& behaviour)
    {
        const std::string status{standing_of(transaction.state).status};
        Json data{Json::Object{}};
        if (status == "TS") data.add("airtel_money_id", transaction.token);
        data.add("id", behaviour.check_reference.value_or(transaction.reference));
        data.add("message", words_about(transaction));
        data.add("status", behaviour.check_status.value_or(status));
        if (behaviour.check_amount) data.add("amount", *behaviour.check_amount);
        if (behaviour.check_currency) data.add("currency", *behaviour.check_currency);
        if (behaviour.unknown_fields) data.add("undocumented", "1");
        return without(data, behaviour.check_omit);
    }

    /// A sentence for people; it names the customer's number, and nothing may be read from it.
    static std::string words_about(const Transaction& transaction)
    {
        return fmt::format(
            "{} {} {} by {} to SANDBOX LIMITED, Trans ID {}.",
            transaction.state == State::paid ? "Paid" : "Not paid",
            code(transaction.price.currency),
            major_text(transaction.price),
            field(transaction.details, "msisdn"),
            transaction.token
        );
    }

    Response refund(const Request& request, std::string_view) const
    {
        const auto json = body_of(request);
        if (!json) return json.error();
        const auto airtel_id = object_in(*json, "transaction").text("airtel_money_id");
        const auto paid = ledger().find_by_token(airtel_id);
        if (!paid) return refuse({"", "ESB000045", "No transaction", 400});
        const auto manner = ledger().behaviour_of(paid->reference)->refund;
        if (manner == RefundManner::server_error) return server_error();
        const bool waits = manner == RefundManner::pending;
        const GivenBack back{
            .id = airtel_id,
            .token = "CI" + upper(new_token().substr(0, 20)),
            .amount = paid->price,
            .state = waits ? State::pending : State::paid,
        };
        if (manner == RefundManner::refuse || !ledger().add_refund(paid->reference, back)) {
            return refuse({"", "ESB000011", "Failed"});
        }
        if (waits) return refuse({collection_code("000"), "ESB000001", "Ambiguous"});
        if (manner == RefundManner::garbage) return garbage();
        if (manner == RefundManner::hang) services().hold.wait(hang_max);
        return refunded(back);
    }

    /// As documented, `success` included.
    static Response refunded(const GivenBack& back)
    {
        const auto transaction =
            Json::object({{"airtel_money_id", back.token}, {"status", "SUCCESS"}});
        const auto status = Json::object({
            {"code", "200"},
            {"message", "SUCCESS"},
            {"result_code", "ESB000010"},
            {"success", false},
        });
        const auto data = Json::object({{"transaction", transaction}});
        return json_response(200, Json::object({{"data", data}, {"status", status}}));
    }

    static Json notified(const Transaction& transaction, const NotificationWish& wish)
    {
        const auto status = standing_of(transaction.state).status;
        Fields fields{{"id", transaction.reference}};
        if (!wish.only_required) fields.emplace_back("message", words_about(transaction));
        fields.emplace_back("status_code", status);
        if (status == "TS") fields.emplace_back("airtel_money_id", transaction.token);
        if (wish.unknown_fields) fields.emplace_back("undocumented", "1");
        override_with(fields, wish.overrides);
        Json json{Json::Object{}};
        for (const auto& [name, value] : fields)
            json.add(name, value);
        return json;
    }

    /// What the hash is made over; which of these Airtel means is not documented.
    static std::string hashed_text(const Json& message, std::string_view shape)
    {
        if (shape == "inner") return to_text(object_in(message, "transaction"));
        if (shape == "pretty") return pretty_text(message);
        return to_text(message);
    }

    std::string country_;
    std::string currency_;
    std::string client_id_;
    std::string client_secret_;
    std::string callback_key_;
    bool signing_;
    std::string version_;
};

} // namespace

std::unique_ptr<Twin> make_airtel_money_twin(TwinServices& services)
{
    return std::make_unique<AirtelMoney>(services);
}

} // namespace tollgate::twins
