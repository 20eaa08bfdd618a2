#include "sandbox/twins/control.hpp"

#include "sandbox/twins/announce.hpp"
#include "sandbox/twins/wire.hpp"

#include <cstdint>
#include <optional>
#include <utility>

namespace tollgate::twins {
namespace {

constexpr std::size_t listed_max = 200;

Response refusal(int status, const std::string& why)
{
    return json_response(status, Json::object({{"error", why}}));
}

Response malformed()
{
    return refusal(400, "the body must be a JSON object");
}

/// The body as a JSON object, or nothing.
std::optional<Json> object_of(const Request& request)
{
    auto json = parse_json(request.body);
    if (!json || json->object() == nullptr) return std::nullopt;
    return json;
}

bool is_true(const Json& json, std::string_view name)
{
    const auto* member = json.find(name);
    return member != nullptr && member->boolean() != nullptr && *member->boolean();
}

Json json_of(const Delivery& delivery)
{
    auto json = Json::object({{"status", delivery.status}, {"body", delivery.body}});
    if (!delivery.error.empty()) json.add("error", delivery.error);
    return json;
}

Json json_of(const std::vector<Delivery>& deliveries, bool with_sent)
{
    Json::Array array;
    for (const auto& delivery : deliveries) {
        array.push_back(json_of(delivery));
        if (with_sent) array.back().add("sent", delivery.sent);
    }
    return array;
}

Json json_of(const std::vector<GivenBack>& refunds)
{
    Json::Array array;
    for (const auto& refund : refunds) {
        array.push_back(Json::object({
            {"id", refund.id},
            {"amount", major_text(refund.amount)},
            {"state", code(refund.state)},
        }));
    }
    return array;
}

Json json_of(const Twin& twin, const Transaction& transaction)
{
    return Json::object({
        {"transaction_id", transaction.reference},
        {"token", transaction.token},
        {"payment_url", twin.payment_url(transaction)},
        {"state", code(transaction.state)},
        {"amount", major_text(transaction.price)},
        {"currency", code(transaction.price.currency)},
        {"refunds", json_of(transaction.refunds)},
        {"description", transaction.description},
        {"notify_url", transaction.notify_url},
        {"return_url", transaction.return_url},
        {"checks", transaction.checks},
        {"notifications", json_of(transaction.deliveries, true)},
    });
}

std::optional<Transaction> seed_of(const Json& json, Instant now)
{
    const auto reference = json.text("transaction_id");
    const auto currency = parse_currency(json.text("currency"));
    if (reference.empty() || !currency) return std::nullopt;
    const auto price = parse_major(json.text("amount"), *currency);
    const auto word = json.text("decision");
    const auto state = parse_decision(word.empty() ? "pending" : word);
    if (!price || !state) return std::nullopt;
    Transaction transaction;
    transaction.reference = reference;
    transaction.token = Twin::new_token();
    transaction.price = *price;
    transaction.notify_url = json.text("notify_url");
    transaction.return_url = json.text("return_url");
    transaction.state = *state;
    transaction.created_at = now;
    if (*state == State::paid) transaction.paid_at = now;
    return transaction;
}

/// What /twin/notify says about one notification; the error is for the caller.
Expected<NotificationWish, std::string> wish_of(const Json& json)
{
    NotificationWish wish;
    if (const auto* fields = json.find("fields"); fields != nullptr) {
        if (fields->object() == nullptr) return Unexpected<std::string>{"fields: not an object"};
        wish.overrides = *fields->object();
    }
    if (json.find("signature") != nullptr) {
        const auto signature = parse_signature(json.text("signature"));
        if (!signature) return Unexpected<std::string>{"wrong value of signature"};
        wish.signature = *signature;
    }
    if (json.find("form") != nullptr) {
        const auto form = parse_form_kind(json.text("form"));
        if (!form) return Unexpected<std::string>{"wrong value of form"};
        wish.form = *form;
    }
    wish.shape = json.text("shape");
    return wish;
}

} // namespace

Response control_behaviour(const Twin& twin, const Request& request, std::string_view)
{
    const auto json = object_of(request);
    if (!json) return malformed();
    if (is_true(*json, "reset")) {
        twin.ledger().behave_honestly();
        twin.services().hold.release();
    } else {
        auto behaviour = parse_behaviour(*json->object());
        if (!behaviour) return refusal(400, behaviour.error());
        const auto reference = json->text("transaction_id");
        twin.ledger().behave(reference.empty() ? "*" : reference, std::move(*behaviour));
    }
    return json_response(200, Json::object({{"ok", true}}));
}

Response control_decide(const Twin& twin, const Request& request, std::string_view)
{
    const auto json = object_of(request);
    if (!json) return malformed();
    const auto state = parse_decision(json->text("decision"));
    if (!state) return refusal(400, "wrong value of decision");
    const auto reference = json->text("transaction_id");
    auto behaviour = *twin.ledger().behaviour_of(reference);
    if (json->find("notify") != nullptr) {
        const auto manner = parse_notify_manner(json->text("notify"));
        if (!manner) return refusal(400, "wrong value of notify");
        behaviour.notify = *manner;
    }
    const auto transaction = twin.ledger().decide(reference, {.state = *state, .at = twin.now()});
    if (!transaction) return refusal(404, "unknown transaction");
    const auto deliveries = announce(twin, *transaction, behaviour, Patience::for_all);
    return json_response(200, Json::object({{"notifications", json_of(deliveries, false)}}));
}

Response control_refund(const Twin& twin, const Request& request, std::string_view)
{
    const auto json = object_of(request);
    if (!json) return malformed();
    const auto state = parse_decision(json->text("decision"));
    if (!state || !is_final(*state)) return refusal(400, "wrong value of decision");
    const auto transaction = twin.ledger().decide_refunds(json->text("transaction_id"), *state);
    if (!transaction) return refusal(404, "unknown transaction");
    return json_response(200, Json::object({{"refunds", json_of(transaction->refunds)}}));
}

Response control_tokens(const Twin& twin, const Request& request, std::string_view)
{
    const auto json = object_of(request);
    if (!json) return malformed();
    if (is_true(*json, "expire")) twin.tokens().expire_all();
    const auto issued = static_cast<std::int64_t>(twin.tokens().issued());
    return json_response(200, Json::object({{"issued", issued}}));
}

Response control_notify(const Twin& twin, const Request& request, std::string_view)
{
    const auto json = object_of(request);
    if (!json) return malformed();
    const auto wish = wish_of(*json);
    if (!wish) return refusal(400, wish.error());
    const auto reference = json->text("transaction_id");
    Transaction transaction;
    transaction.reference = reference;
    transaction.token = Twin::new_token();
    transaction.created_at = twin.now();
    if (auto known = twin.ledger().find(reference)) transaction = std::move(*known);
    if (json->find("url") != nullptr) transaction.notify_url = json->text("url");
    if (!is_http_url(transaction.notify_url)) return refusal(400, "url: neither given nor known");
    const auto delivery = deliver(twin, reference, twin.notification(transaction, *wish));
    return json_response(200, json_of(delivery));
}

Response control_transactions(const Twin& twin, const Request& request, std::string_view)
{
    const auto query = parse_form(request.query);
    if (!query) return refusal(400, "the query cannot be read");
    Json::Array array;
    if (has_field(*query, "transaction_id")) {
        const auto found = twin.ledger().find(std::string{field(*query, "transaction_id")});
        if (found) array.push_back(json_of(twin, *found));
    } else {
        for (const auto& transaction : twin.ledger().newest(listed_max)) {
            array.push_back(json_of(twin, transaction));
        }
    }
    const auto total = static_cast<std::int64_t>(twin.ledger().size());
    return json_response(200, Json::object({{"total", total}, {"transactions", std::move(array)}}));
}

Response control_seed(const Twin& twin, const Request& request, std::string_view)
{
    const auto json = object_of(request);
    const auto* seeds = json ? json->find("transactions") : nullptr;
    if (seeds == nullptr || seeds->array() == nullptr) {
        return refusal(400, "transactions: not an array");
    }
    std::vector<Transaction> transactions;
    for (const auto& seed : *seeds->array()) {
        auto transaction = seed_of(seed, twin.now());
        if (!transaction) {
            return refusal(
                400, "wrong transaction number " + std::to_string(transactions.size() + 1)
            );
        }
        transactions.push_back(std::move(*transaction));
    }
    const auto seeded = static_cast<std::int64_t>(transactions.size());
    for (auto& transaction : transactions) {
        twin.ledger().put(std::move(transaction));
    }
    return json_response(200, Json::object({{"seeded", seeded}}));
}

} // namespace tollgate::twins
