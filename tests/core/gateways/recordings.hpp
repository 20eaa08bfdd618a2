// Plays tests/recordings/<gateway>.json against an adapter: what a gateway sends, and in words what
// we must make of it.
//
// Shape    notifications: `ping`, a code of VerifyError, or `<accepted form> <reference>`
//          replies: a code of GatewayError, or the status of a payment that knew nothing before,
//          followed by what was paid, if anything; `unchanged` and `pending` both mean no new fact
//          openings: a code of GatewayError, or `opened <gateway's reference> <payment URL>`
#pragma once

#include "core/config/config.hpp"
#include "core/gateways/gateway.hpp"
#include "core/support/json.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

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

inline HttpReply reply_of(const Json& row)
{
    const auto status = row.text("status");
    return {
        .status = status.empty() ? 200 : std::stoi(status),
        .headers = {},
        .body = row.text("body"),
    };
}

inline PaymentRef payment_of(const Json& recording, const Json& row)
{
    const auto price = row.text("price");
    return {
        .id = PaymentId{"0123456789abcdef"},
        .gateway = {},
        .reference = Reference{recording.text("reference")},
        .gateway_ref = {},
        .price = money_of(price.empty() ? recording.text("price") : price),
    };
}

inline std::string words_of(const Gateway& gateway, const Inbound& inbound)
{
    if (gateway.is_ping(inbound)) return "ping";
    const auto claim = gateway.verify(inbound);
    if (!claim) return std::string{code(claim.error())};
    return claim->detail + ' ' + claim->reference.get();
}

inline std::string words_of(const Facts& facts, const Money& price)
{
    if (facts == Facts{}) return "unchanged";
    std::string words{code(status(facts, price))};
    if (facts.paid)
        words += ' ' + major_text(*facts.paid) + ' ' + std::string{code(facts.paid->currency)};
    return words;
}

inline std::string words_of(const Step<Answer>& step, const Money& price)
{
    const auto* answer = std::get_if<Expected<Answer, GatewayFault>>(&step);
    if (answer == nullptr) return "another request";
    if (!*answer) return std::string{code(answer->error().error)};
    return words_of((*answer)->facts, price);
}

inline std::string words_of(const Step<Opened>& step)
{
    const auto* opened = std::get_if<Expected<Opened, GatewayFault>>(&step);
    if (opened == nullptr) return "another request";
    if (!*opened) return std::string{code(opened->error().error)};
    return "opened " + (*opened)->gateway_ref.get() + ' ' + (*opened)->payment_url;
}

} // namespace tollgate::recordings
