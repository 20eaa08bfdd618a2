// MTN MoMo, Collections and the refunds of Disbursements, with the provisioning of the sandbox.
//
// Users:   POST /mtn_momo/v1_0/apiuser, POST …/apiuser/{uuid}/apikey, GET …/apiuser/{uuid}; each
//          belongs to the product of its subscription key. One is there from the beginning
// Tokens:  POST /mtn_momo/{collection,disbursement}/token/, Basic user:key, no body; a token opens
//          its own product only
// Open:    POST /mtn_momo/collection/v1_0/requesttopay, X-Reference-Id a UUID version 4; 202, empty
// Check:   GET …/requesttopay/{uuid}
// Refund:  POST /mtn_momo/disbursement/v1_0/refund, GET …/refund/{uuid}
// Notify:  PUT to X-Callback-Url, JSON as in the answer to a check, unsigned; by POST with
//          `notify_shape` post, without a body with `only_required`
// Errors:  {"code", "message"}; 400 has no body; 401 is the API management's own JSON
// Payers:  46733123450 to …463 decide by themselves, as MTN's sandbox does; all others wait for the
//          customer, which MTN's sandbox does not
// Settings: mtn_momo.api_key, .api_secret, .subscription_key, .disbursement_subscription_key,
//          .target_environment (sandbox), .currency (EUR), .ongoing_s (30: how long 46733123453
//          stays open)
// Silent:  where the documentation says nothing: wrong credentials are 401 login_failed; an
//          externalId is taken once; `open: refuse` is PAYEE_NOT_ALLOWED_TO_RECEIVE, `refund:
//          refuse` NOT_ALLOWED; what the customer declines is APPROVAL_REJECTED; `check_code` is
//          the reason
// Source:  momodeveloper.mtn.com, "Callback", "Common Error Codes", "Sandbox Use Cases"
#include "core/crypto/encoding.hpp"
#include "core/crypto/random.hpp"
#include "core/support/text.hpp"
#include "sandbox/twins/announce.hpp"
#include "sandbox/twins/twin.hpp"
#include "sandbox/twins/wire.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

namespace tollgate::twins {
namespace {

constexpr std::size_t message_length_max = 160;
constexpr std::chrono::seconds token_lasts{3600};
/// After the answer to the opening, as from a system that has its own queue.
constexpr std::chrono::milliseconds callback_delay{300};

/// A payer of the sandbox who needs nobody to decide for him.
struct Payer {
    std::string_view number;
    State state;
    std::string_view reason;
};

// clang-format off
constexpr std::array<Payer, 12> deciding_payers{{
    {"46733123450", State::failed,    "INTERNAL_PROCESSING_ERROR"},
    {"46733123451", State::cancelled, "APPROVAL_REJECTED"},
    {"46733123452", State::expired,   "EXPIRED"},
    {"46733123455", State::failed,    "PAYER_NOT_FOUND"},
    {"46733123456", State::failed,    "PAYEE_NOT_ALLOWED_TO_RECEIVE"},
    {"46733123457", State::failed,    "NOT_ALLOWED"},
    {"46733123458", State::failed,    "NOT_ALLOWED_TARGET_ENVIRONMENT"},
    {"46733123459", State::failed,    "INVALID_CALLBACK_URL_HOST"},
    {"46733123460", State::failed,    "INVALID_CURRENCY"},
    {"46733123461", State::failed,    "INTERNAL_PROCESSING_ERROR"},
    {"46733123462", State::failed,    "SERVICE_UNAVAILABLE"},
    {"46733123463", State::expired,   "COULD_NOT_PERFORM_TRANSACTION"},
}};
// clang-format on

constexpr std::string_view ongoing_payer = "46733123453";

struct ApiUser {
    std::string callback_host; ///< empty: any
    std::string key;           ///< empty: none yet
};

bool is_uuid_v4(std::string_view text)
{
    constexpr std::string_view form = "xxxxxxxx-xxxx-4xxx-vxxx-xxxxxxxxxxxx";
    return std::ranges::equal(text, form, [](char c, char wanted) {
        if (wanted == 'v') return std::string_view{"89abAB"}.find(c) != std::string_view::npos;
        return wanted == 'x' ? hex_digit_value(c) >= 0 : c == wanted;
    });
}

std::string host_of(std::string_view url)
{
    const auto scheme = url.find("://");
    if (scheme == std::string_view::npos) return {};
    const auto rest = url.substr(scheme + 3);
    return lower(rest.substr(0, rest.find_first_of(":/?")));
}

bool has_header(const Request& request, std::string_view name)
{
    return std::ranges::any_of(request.headers, [&](const auto& one) { return one.first == name; });
}

std::string header_text(const Request& request, std::string_view name)
{
    return std::string{header(request.headers, name)};
}

Response refuse(int status, std::string_view code, std::string_view message = "Not carried out.")
{
    return json_response(status, Json::object({{"code", code}, {"message", message}}));
}

Response only_status(int status)
{
    return text_response(status, "");
}

Response access_denied(std::string_view why)
{
    const auto message = "Access denied due to " + std::string{why};
    return json_response(401, Json::object({{"statusCode", 401}, {"message", message}}));
}

Response not_found()
{
    return refuse(404, "RESOURCE_NOT_FOUND", "Requested resource was not found.");
}

Response already_there()
{
    constexpr auto words = "Duplicated reference id. Creation of resource failed.";
    return refuse(409, "RESOURCE_ALREADY_EXIST", words);
}

/// The amount when MTN would take it: a text, without a point where the currency has no decimals.
std::optional<Money> amount_of(const Json& json, Currency currency)
{
    if (!has_text(json, "amount")) return std::nullopt;
    const auto amount = parse_major(json.text("amount"), currency);
    if (!amount || amount->minor_units <= 0) return std::nullopt;
    const bool has_point = json.text("amount").find('.') != std::string::npos;
    const bool has_decimals = major_text(*amount).find('.') != std::string::npos;
    if (has_point && !has_decimals) return std::nullopt;
    return *amount;
}

/// Of letters that every phone can show.
bool are_messages_fine(const Json& json)
{
    return std::ranges::all_of(std::array{"payerMessage", "payeeNote"}, [&](const char* name) {
        const auto text = json.text(name);
        return text.size() <= message_length_max &&
               std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
    });
}

std::string_view status_of(State state)
{
    if (state == State::paid) return "SUCCESSFUL";
    return is_final(state) ? "FAILED" : "PENDING";
}

/// Empty when nothing failed.
std::string_view reason_of(const Transaction& transaction)
{
    const auto payer = field(transaction.details, "partyId");
    const auto* decides = std::ranges::find(deciding_payers, payer, &Payer::number);
    if (decides != deciding_payers.end() && decides->state == transaction.state) {
        return decides->reason;
    }
    switch (transaction.state) {
    case State::failed: return "APPROVAL_REJECTED";
    case State::cancelled: return "TRANSACTION_CANCELED";
    case State::expired: return "EXPIRED";
    case State::pending:
    case State::processing:
    case State::paid: return "";
    }
    impossible("state of a transaction");
}

/// MTN's number of a successful transaction.
std::string transaction_number(const Transaction& transaction)
{
    std::string digits;
    for (const char c : transaction.token.substr(0, 8))
        digits += static_cast<char>('0' + hex_digit_value(c) % 10);
    return digits;
}

void override_members(Json::Object& members, const Json::Object& overrides)
{
    for (const auto& given : overrides) {
        std::erase_if(members, [&](const auto& member) { return member.first == given.first; });
        if (!given.second.is_null()) members.push_back(given);
    }
}

class MtnMomo final : public Twin {
public:
    explicit MtnMomo(TwinServices& services)
        : Twin{"mtn_momo", services}, api_key_{take(
                                          "api_key", "c72025f5-5cd1-4630-99e4-8ba4722fad56"
                                      )},
          api_secret_{take("api_secret", "f1db798c98df4bcf83b538175893bbf0")},
          subscription_keys_{
              {"collection", take("subscription_key", "d484a1f0d34f4301916d0f2c9e9106a2")},
              {"disbursement",
               take("disbursement_subscription_key", "7c3e5a1b9d8f4e2c6a0b8d7f5e3c1a9b")}},
          environment_{take("target_environment", "sandbox")},
          currency_{parse_currency(take("currency", "EUR")).value_or(Currency::EUR)},
          ongoing_lasts_{parse_integer(take("ongoing_s", "30")).value_or(0)}
    {
        const auto host = host_of(services.notify_base);
        for (const auto& [product, key] : subscription_keys_)
            users_[product + ' ' + api_key_] = {host, api_secret_};
        add("POST", "/v1_0/apiuser", &MtnMomo::make_user);
        add("POST", "/v1_0/apiuser/*/apikey", &MtnMomo::make_key);
        add("GET", "/v1_0/apiuser/*", &MtnMomo::show_user);
        add("POST", "/collection/token", &MtnMomo::make_token);
        add("POST", "/disbursement/token", &MtnMomo::make_token);
        add("POST", "/collection/v1_0/requesttopay", &MtnMomo::open);
        add("GET", "/collection/v1_0/requesttopay/*", &MtnMomo::check);
        add("POST", "/disbursement/v1_0/refund", &MtnMomo::give_back);
        add("GET", "/disbursement/v1_0/refund/*", &MtnMomo::check_refund);
        add_common_routes();
    }

    HttpRequest
    notification(const Transaction& transaction, const NotificationWish& wish) const override
    {
        auto members = members_of(transaction);
        if (wish.unknown_fields) members.emplace_back("undocumented", "1");
        override_members(members, wish.overrides);
        return {
            .method = wish.shape == "post" ? "POST" : "PUT",
            .url = transaction.notify_url,
            .headers = {{"content-type", "application/json"}},
            .body = wish.only_required ? std::string{} : to_text(Json{std::move(members)}),
        };
    }

    WayBack way_back(const Transaction&) const override { return {}; }

    /// Twenty repetitions a second apart, then thirty every two minutes.
    std::vector<std::chrono::milliseconds> retry_waits() const override
    {
        std::vector<std::chrono::milliseconds> waits(20, std::chrono::seconds{1});
        waits.insert(waits.end(), 30, std::chrono::minutes{2});
        return waits;
    }

    Json::Object tollgate_settings() const override
    {
        return {
            {"api_key", api_key_},
            {"api_secret", api_secret_},
            {"subscription_key", subscription_keys_.at("collection")},
            {"target_environment", environment_},
            {"api_url", url("")},
            {"disbursement_api_key", api_key_},
            {"disbursement_api_secret", api_secret_},
            {"disbursement_subscription_key", subscription_keys_.at("disbursement")},
        };
    }

    Sample sample() const override
    {
        return {
            .amount = major_text({1500, currency_}),
            .currency = std::string{code(currency_)},
            .phone = "+256772123456",
            .outcomes = {{"decline", "cancelled"}, {"cancel", "cancelled"}, {"expire", "expired"}},
        };
    }

private:
    using Handler = Response (MtnMomo::*)(const Request&, std::string_view) const;

    void add(std::string_view methods, std::string_view path, Handler handler)
    {
        route(methods, path, [this, handler](const Request& request, std::string_view matched) {
            return (this->*handler)(request, matched);
        });
    }

    std::string take(std::string_view name, std::string_view fallback) const
    {
        return services().settings.take("mtn_momo." + std::string{name}, fallback);
    }

    /// Whose subscription key the request carries; empty when nobody's.
    std::string product_of(const Request& request) const
    {
        const auto key = header(request.headers, "ocp-apim-subscription-key");
        for (const auto& [product, known] : subscription_keys_) {
            if (key == known) return product;
        }
        return {};
    }

    Response make_user(const Request& request, std::string_view) const
    {
        const auto product = product_of(request);
        if (product.empty()) return access_denied("invalid subscription key.");
        const auto uuid = header_text(request, "x-reference-id");
        const auto json = parse_json(request.body);
        if (!is_uuid_v4(uuid) || !json || !has_text(*json, "providerCallbackHost")) {
            return only_status(400);
        }
        const std::lock_guard lock{mutex_};
        const ApiUser user{lower(json->text("providerCallbackHost")), {}};
        const bool fresh = users_.try_emplace(product + ' ' + uuid, user).second;
        return fresh ? only_status(201) : already_there();
    }

    Response make_key(const Request& request, std::string_view uuid) const
    {
        const auto product = product_of(request);
        if (product.empty()) return access_denied("invalid subscription key.");
        constexpr std::size_t key_bytes = 16;
        const std::lock_guard lock{mutex_};
        const auto user = users_.find(product + ' ' + std::string{uuid});
        if (user == users_.end()) return not_found();
        user->second.key = to_hex(random_bytes(key_bytes));
        return json_response(201, Json::object({{"apiKey", user->second.key}}));
    }

    Response show_user(const Request& request, std::string_view uuid) const
    {
        const auto product = product_of(request);
        if (product.empty()) return access_denied("invalid subscription key.");
        const std::lock_guard lock{mutex_};
        const auto user = users_.find(product + ' ' + std::string{uuid});
        if (user == users_.end()) return not_found();
        return json_response(
            200,
            Json::object({
                {"providerCallbackHost", user->second.callback_host},
                {"targetEnvironment", environment_},
            })
        );
    }

    bool are_credentials_right(const std::string& product, std::string_view authorization) const
    {
        constexpr std::string_view scheme = "Basic ";
        if (!authorization.starts_with(scheme)) return false;
        const auto pair = from_base64(authorization.substr(scheme.size())).value_or("");
        const auto colon = pair.find(':');
        if (colon == std::string::npos) return false;
        const std::lock_guard lock{mutex_};
        const auto user = users_.find(product + ' ' + pair.substr(0, colon));
        return user != users_.end() && !user->second.key.empty() &&
               user->second.key == pair.substr(colon + 1);
    }

    Response make_token(const Request& request, std::string_view) const
    {
        const auto product = product_of(request);
        const bool right_path = request.path.starts_with("/mtn_momo/" + product + "/");
        if (product.empty() || !right_path) return access_denied("invalid subscription key.");
        const auto behaviour = ledger().behaviour_of("*");
        if (behaviour->token == TokenManner::server_error) return server_error();
        if (!request.body.empty()) return only_status(400);
        if (behaviour->token == TokenManner::refuse ||
            !are_credentials_right(product, header(request.headers, "authorization"))) {
            return json_response(401, Json::object({{"error", "login_failed"}}));
        }
        const auto lasts = behaviour->token_lasts.value_or(token_lasts);
        return json_response(
            200,
            Json::object({
                {"access_token", tokens().issue(product, now(), lasts)},
                {"token_type", "access_token"},
                {"expires_in", static_cast<std::int64_t>(lasts.count())},
            })
        );
    }

    /// What is wrong with a call to `product` whatever it is about.
    std::optional<Response> refusal_of_call(const Request& request, const char* product) const
    {
        if (product_of(request) != product) return access_denied("invalid subscription key.");
        constexpr std::string_view scheme = "Bearer ";
        const auto authorization = header(request.headers, "authorization");
        const auto token = authorization.substr(std::min(authorization.size(), scheme.size()));
        if (!authorization.starts_with(scheme) || !tokens().is_good(product, token, now())) {
            return access_denied("an invalid or expired token.");
        }
        const auto environment = header(request.headers, "x-target-environment");
        if (environment.empty()) return only_status(400);
        if (environment != environment_) return refuse(500, "NOT_ALLOWED_TARGET_ENVIRONMENT");
        return std::nullopt;
    }

    /// What is wrong with a posted request, whether to pay or to give back.
    std::optional<Response> refusal_of_post(const Request& request, const Json& json) const
    {
        if (!is_uuid_v4(header(request.headers, "x-reference-id"))) return only_status(400);
        if (json.object() == nullptr || !has_text(json, "externalId")) return only_status(400);
        if (!has_text(json, "currency") || !has_text(json, "amount")) return only_status(400);
        if (json.text("currency") != code(currency_)) return refuse(500, "INVALID_CURRENCY");
        if (!amount_of(json, currency_) || !are_messages_fine(json)) return only_status(400);
        return std::nullopt;
    }

    /// Whether a user of Collections registered the host; which user asks is not looked at.
    bool is_callback_allowed(std::string_view callback_url) const
    {
        const std::lock_guard lock{mutex_};
        return std::ranges::any_of(users_, [&](const auto& one) {
            const auto& host = one.second.callback_host;
            return one.first.starts_with("collection ") &&
                   (host.empty() || host == host_of(callback_url));
        });
    }

    std::optional<Response> refusal_of_opening(const Request& request, const Json& json) const
    {
        if (auto refusal = refusal_of_call(request, "collection")) return refusal;
        if (auto refusal = refusal_of_post(request, json)) return refusal;
        if (has_header(request, "x-callback-url")) {
            const auto callback = header_text(request, "x-callback-url");
            if (!is_http_url(callback)) return only_status(400);
            if (!is_callback_allowed(callback)) return refuse(500, "INVALID_CALLBACK_URL_HOST");
        }
        const auto* payer = json.find("payer");
        if (payer == nullptr || payer->text("partyIdType") != "MSISDN") return only_status(400);
        const auto number = payer->text("partyId");
        if (!all_digits(number) || number.starts_with('0')) return refuse(500, "PAYER_NOT_FOUND");
        return std::nullopt;
    }

    Transaction transaction_of(const Request& request, const Json& json) const
    {
        Transaction transaction;
        transaction.reference = json.text("externalId");
        transaction.token = lower(header(request.headers, "x-reference-id"));
        transaction.price = *amount_of(json, currency_);
        transaction.description = json.text("payerMessage");
        transaction.notify_url = header_text(request, "x-callback-url");
        transaction.language = "en";
        transaction.created_at = now();
        transaction.details = {
            {"partyId", json.find("payer")->text("partyId")},
            {"payeeNote", json.text("payeeNote")},
        };
        const auto payer = field(transaction.details, "partyId");
        const auto* decides = std::ranges::find(deciding_payers, payer, &Payer::number);
        if (decides != deciding_payers.end()) transaction.state = decides->state;
        return transaction;
    }

    Response open(const Request& request, std::string_view) const
    {
        const auto json = parse_json(request.body).value_or(Json{});
        if (auto refusal = refusal_of_opening(request, json)) return *std::move(refusal);
        const auto transaction = transaction_of(request, json);
        auto behaviour = *ledger().behaviour_of(transaction.reference);
        if (behaviour.open == OpenManner::server_error) return server_error();
        if (behaviour.open == OpenManner::refuse) {
            return refuse(500, "PAYEE_NOT_ALLOWED_TO_RECEIVE");
        }
        const bool known = ledger().find_by_token(transaction.token).has_value();
        if (known || !ledger().add(transaction)) return already_there();
        if (is_final(transaction.state) && behaviour.notify != NotifyManner::never) {
            behaviour.notify = NotifyManner::delayed;
            behaviour.notify_delay = callback_delay;
            announce(*this, transaction, behaviour, Patience::but_not_for_delay);
        }
        if (behaviour.open == OpenManner::garbage) return garbage();
        if (behaviour.open == OpenManner::hang) services().hold.wait(hang_max);
        return only_status(202);
    }

    Response check(const Request& request, std::string_view uuid) const
    {
        if (auto refusal = refusal_of_call(request, "collection")) return *std::move(refusal);
        if (!is_uuid_v4(uuid)) return only_status(400);
        const auto asked = ledger().ask(lower(uuid));
        const auto& behaviour = *asked.behaviour;
        if (behaviour.check == CheckManner::server_error) return server_error();
        if (behaviour.check == CheckManner::garbage) return garbage();
        if (behaviour.check == CheckManner::hang) services().hold.wait(hang_max);
        if (behaviour.check == CheckManner::slow) services().hold.wait(behaviour.check_delay);
        if (!asked.transaction || behaviour.check == CheckManner::not_found) return not_found();
        auto members = members_of(as_it_is_by_now(*asked.transaction));
        const std::pair<const char*, const std::optional<std::string>&> said_instead[] = {
            {"amount", behaviour.check_amount},
            {"currency", behaviour.check_currency},
            {"externalId", behaviour.check_reference},
            {"status", behaviour.check_status},
            {"reason", behaviour.check_code},
        };
        for (const auto& [name, value] : said_instead) {
            if (value) override_members(members, {{name, *value}});
        }
        for (const auto& name : behaviour.check_omit)
            override_members(members, {{name, nullptr}});
        if (behaviour.unknown_fields) members.emplace_back("undocumented", "1");
        return json_response(200, Json{std::move(members)});
    }

    /// One payer of the sandbox takes his time.
    Transaction as_it_is_by_now(const Transaction& transaction) const
    {
        const bool late = field(transaction.details, "partyId") == ongoing_payer &&
                          now() - transaction.created_at >= ongoing_lasts_;
        if (!late) return transaction;
        const Decision paid{.state = State::paid, .at = now(), .only_if_open = true};
        return ledger().decide(transaction.reference, paid).value_or(transaction);
    }

    static Json::Object members_of(const Transaction& transaction)
    {
        Json::Object members{
            {"amount", major_text(transaction.price)},
            {"currency", code(transaction.price.currency)},
            {"externalId", transaction.reference},
            {"payer",
             Json::object({
                 {"partyIdType", "MSISDN"},
                 {"partyId", field(transaction.details, "partyId")},
             })},
            {"payerMessage", transaction.description},
            {"payeeNote", field(transaction.details, "payeeNote")},
            {"status", status_of(transaction.state)},
        };
        if (transaction.state == State::paid) {
            members.emplace_back("financialTransactionId", transaction_number(transaction));
        }
        const auto reason = reason_of(transaction);
        if (!reason.empty()) members.emplace_back("reason", reason);
        return members;
    }

    Response give_back(const Request& request, std::string_view) const
    {
        if (auto refusal = refusal_of_call(request, "disbursement")) return *std::move(refusal);
        const auto json = parse_json(request.body).value_or(Json{});
        if (auto refusal = refusal_of_post(request, json)) return *std::move(refusal);
        const auto payment = ledger().find_by_token(lower(json.text("referenceIdToRefund")));
        if (!payment) return not_found();
        const auto manner = ledger().behaviour_of(payment->reference)->refund;
        if (manner == RefundManner::server_error) return server_error();
        if (manner == RefundManner::refuse) return refuse(500, "NOT_ALLOWED");
        const auto uuid = lower(header(request.headers, "x-reference-id"));
        if (ledger().find_by_refund(uuid)) return already_there();
        const bool added = ledger().add_refund(
            payment->reference,
            {
                .id = json.text("externalId"),
                .token = uuid,
                .amount = *amount_of(json, currency_),
                .state = manner == RefundManner::pending ? State::pending : State::paid,
            }
        );
        if (!added) return refuse(500, "NOT_ALLOWED");
        if (manner == RefundManner::garbage) return garbage();
        if (manner == RefundManner::hang) services().hold.wait(hang_max);
        return only_status(202);
    }

    Response check_refund(const Request& request, std::string_view uuid) const
    {
        if (auto refusal = refusal_of_call(request, "disbursement")) return *std::move(refusal);
        if (!is_uuid_v4(uuid)) return only_status(400);
        const auto payment = ledger().find_by_refund(lower(uuid));
        if (!payment) return not_found();
        const auto refund = std::ranges::find(payment->refunds, lower(uuid), &GivenBack::token);
        auto json = Json::object({
            {"amount", major_text(refund->amount)},
            {"currency", code(refund->amount.currency)},
            {"externalId", refund->id},
            {"status", status_of(refund->state)},
        });
        if (refund->state == State::failed) json.add("reason", "NOT_ENOUGH_FUNDS");
        return json_response(200, json);
    }

    std::string api_key_;
    std::string api_secret_;
    std::map<std::string, std::string> subscription_keys_; ///< by product
    std::string environment_;
    Currency currency_;
    std::chrono::seconds ongoing_lasts_;
    mutable std::mutex mutex_;
    mutable std::map<std::string, ApiUser> users_; ///< by product and UUID
};

} // namespace

std::unique_ptr<Twin> make_mtn_momo_twin(TwinServices& services)
{
    return std::make_unique<MtnMomo>(services);
}

} // namespace tollgate::twins
