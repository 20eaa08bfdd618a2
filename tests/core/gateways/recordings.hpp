// Plays tests/recordings/<gateway>.json against an adapter: what a gateway sends, and in words what
// we must make of it. contract_test.cpp plays every list below for every gateway.
//
// Shape    {"source", "settings", "reference", "price", "gateway_ref", and these lists}
//          A row's reply is `status` (200 when absent) and `body`, or `replies`: a list of such for
//          a dialogue of several requests. A row may replace `settings` (given ones are added),
//          `price`, `gateway_ref`. A body may be JSON, which is then written compactly.
//
//          notifications  `method` (POST), `headers`, `query`, `body`; expect `ping`, a code of
//                         VerifyError, `<proof> <form> <reference>` (the gateway's own name when
//                         ours is not said), or `<proof> <form> nothing` for a message about no
//                         payment
//          replies        to check(); expect a code of GatewayError, or the status of a payment
//                         that knew nothing before, followed by what was paid, if anything;
//                         `unpaid` when it says that nothing was paid so far, `unchanged` when
//                         there is no new fact
//          openings       expect a code of GatewayError, or `opened <gateway's name> <URL>`
//          refunds        to refund(), or to check() when `asked` is true, about the refund
//                         `refund`: {"id", "amount", "total", "gateway_ref"}; expect as for
//                         replies, then `, refund <outcome>` unless unknown
//          objections     `price`, `customer`; expect the rules that are broken, joined by `; `
//          tokens         `access`, a reply; expect a code of GatewayError, or
//                         `<authorization> <seconds>`
#pragma once

#include "core/config/config.hpp"
#include "core/gateways/gateway.hpp"
#include "core/support/json.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::recordings {

inline Json load(std::string_view gateway)
{
    const auto path =
        std::string{TOLLGATE_SOURCE_DIR "/tests/recordings/"} + std::string{gateway} + ".json";
    std::ifstream file{path, std::ios::binary};
    auto json = parse_json(std::string{std::istreambuf_iterator<char>{file}, {}});
    BOOST_REQUIRE_MESSAGE(json.has_value(), path << " is JSON");
    return *std::move(json);
}

inline GatewaySettings settings_of(const Json& recording, std::string_view gateway)
{
    GatewaySettings settings{.gateway = std::string{gateway}, .values = {}};
    for (const auto& [name, value] : *recording.find("settings")->object()) {
        settings.values.emplace(name, Secret{value.text()});
    }
    return settings;
}

/// `1500 XOF`
inline Money money_of(std::string_view text)
{
    const auto space = text.find(' ');
    const auto currency = parse_currency(text.substr(space + 1));
    BOOST_REQUIRE(currency.has_value());
    const auto money = parse_major(text.substr(0, space), *currency);
    BOOST_REQUIRE(money.has_value());
    return *money;
}

inline const Json::Array& rows_of(const Json& recording, std::string_view name)
{
    const auto* rows = recording.find(name);
    BOOST_REQUIRE(rows != nullptr && rows->array() != nullptr && !rows->array()->empty());
    return *rows->array();
}

inline Headers headers_of(const Json& row)
{
    Headers headers;
    const auto* given = row.find("headers");
    if (given == nullptr) return headers;
    for (const auto& [name, value] : *given->object())
        headers.emplace_back(name, value.text());
    return headers;
}

/// A text as it is, anything else as compact JSON; empty when absent.
inline std::string body_of(const Json& row)
{
    const auto* body = row.find("body");
    if (body == nullptr) return {};
    return body->string() != nullptr ? *body->string() : to_text(*body);
}

inline HttpReply reply_of(const Json& row)
{
    const auto status = row.text("status");
    return {
        .status = status.empty() ? 200 : std::stoi(status),
        .headers = headers_of(row),
        .body = body_of(row),
    };
}

inline std::vector<HttpReply> replies_of(const Json& row)
{
    const auto* list = row.find("replies");
    if (list == nullptr) return {reply_of(row)};
    std::vector<HttpReply> replies;
    for (const auto& one : *list->array())
        replies.push_back(reply_of(one));
    return replies;
}

/// `name` of the row, otherwise of the recording.
inline std::string text_of(const Json& recording, const Json& row, std::string_view name)
{
    return row.find(name) != nullptr ? row.text(name) : recording.text(name);
}

inline std::optional<Refund> refund_of(const Json& row)
{
    const auto* refund = row.find("refund");
    if (refund == nullptr) return {};
    return Refund{
        .id = Reference{refund->text("id")},
        .amount = money_of(refund->text("amount")),
        .total = money_of(refund->text("total")),
        .gateway_ref = refund->text("gateway_ref"),
    };
}

inline PaymentRef payment_of(const Json& recording, const Json& row)
{
    return {
        .id = PaymentId{"0123456789abcdef"},
        .gateway = {},
        .reference = Reference{recording.text("reference")},
        .gateway_ref = GatewayRef{text_of(recording, row, "gateway_ref")},
        .price = money_of(text_of(recording, row, "price")),
        .refund = refund_of(row),
    };
}

/// The adapter that the row is played against.
inline std::unique_ptr<const Gateway>
gateway_of(const GatewayKind& kind, const Json& recording, const Json& row)
{
    auto settings = settings_of(recording, kind.spec.name);
    if (const auto* own = row.find("settings")) {
        for (const auto& [name, value] : *own->object())
            settings.values.insert_or_assign(name, Secret{value.text()});
    }
    return kind.make(settings);
}

inline std::string words_of(const Gateway& gateway, const Inbound& inbound)
{
    if (gateway.is_ping(inbound)) return "ping";
    const auto claim = gateway.verify(inbound);
    if (!claim) return std::string{code(claim.error())};
    auto whom = claim->reference.get();
    if (whom.empty()) whom = claim->gateway_ref.get();
    if (whom.empty()) whom = "nothing";
    return std::string{code(claim->proof)} + ' ' + claim->detail + ' ' + whom;
}

inline std::string words_of(const Facts& facts, const Money& price)
{
    if (facts == Facts{}) return "unchanged";
    std::string words{code(status(facts, price))};
    if (facts.paid)
        words += ' ' + major_text(*facts.paid) + ' ' + std::string{code(facts.paid->currency)};
    return words;
}

inline std::string_view words_of(RefundOutcome outcome)
{
    switch (outcome) {
    case RefundOutcome::unknown: return "";
    case RefundOutcome::under_way: return ", refund under way";
    case RefundOutcome::done: return ", refund done";
    case RefundOutcome::refused: return ", refund refused";
    }
    impossible("outcome");
}

inline std::string words_of(const Step<Answer>& step, const Money& price)
{
    const auto* answer = std::get_if<Expected<Answer, GatewayFault>>(&step);
    if (answer == nullptr) return "another request";
    if (!*answer) return std::string{code(answer->error().error)};
    const auto& said = **answer;
    const auto& facts = said.facts;
    BOOST_TEST(!(said.unpaid && (facts.paid || facts.refunded || facts.disputed)));
    const auto words = said.unpaid && facts == Facts{} ? "unpaid" : words_of(facts, price);
    return words + std::string{words_of(said.refund)};
}

inline std::string words_of(const Step<Opened>& step)
{
    const auto* opened = std::get_if<Expected<Opened, GatewayFault>>(&step);
    if (opened == nullptr) return "another request";
    if (!*opened) return std::string{code(opened->error().error)};
    return "opened " + (*opened)->gateway_ref.get() + ' ' + (*opened)->payment_url;
}

inline std::string words_of(const std::vector<Objection>& objections)
{
    std::string words;
    for (const auto& objection : objections)
        words += (words.empty() ? "" : "; ") + objection.rule;
    return words;
}

/// The request of a step, which must be one.
inline const Call& call_of(const auto& step)
{
    const auto* call = std::get_if<Call>(&step);
    BOOST_REQUIRE(call != nullptr);
    return *call;
}

} // namespace tollgate::recordings
