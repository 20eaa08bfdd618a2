#include "core/gateways/dialogue.hpp"

#include <utility>

namespace tollgate {
namespace {

constexpr int too_many_requests = 429;
constexpr int server_errors = 500;

HttpRequest with_body(std::string url, std::string type, std::string body, Headers headers)
{
    headers.emplace_back("content-type", std::move(type));
    headers.emplace_back("accept", "application/json");
    return {
        .method = "POST",
        .url = std::move(url),
        .headers = std::move(headers),
        .body = std::move(body)};
}

} // namespace

Unexpected<GatewayFault> fault(GatewayError error, std::string detail)
{
    return Unexpected{GatewayFault{error, std::move(detail)}};
}

HttpRequest get(std::string url, Headers headers)
{
    headers.emplace_back("accept", "application/json");
    return {.method = "GET", .url = std::move(url), .headers = std::move(headers), .body = {}};
}

HttpRequest post_json(std::string url, const Json& body, Headers headers)
{
    return with_body(std::move(url), "application/json", to_text(body), std::move(headers));
}

HttpRequest post_form(std::string url, const Fields& fields, Headers headers)
{
    const auto type = "application/x-www-form-urlencoded";
    return with_body(std::move(url), type, to_form(fields), std::move(headers));
}

void add_given(Json& object, std::string name, std::string_view value)
{
    if (!value.empty()) object.add(std::move(name), value);
}

bool is_outage(const HttpReply& reply)
{
    return reply.status >= server_errors || reply.status == too_many_requests;
}

std::string status_words(const HttpReply& reply)
{
    return "HTTP " + std::to_string(reply.status);
}

Expected<Json, GatewayFault> json_of(const HttpReply& reply)
{
    if (is_outage(reply)) return fault(GatewayError::unavailable, status_words(reply));
    auto json = parse_json(reply.body);
    if (!json || (json->object() == nullptr && json->array() == nullptr)) {
        return fault(GatewayError::malformed, status_words(reply));
    }
    return *std::move(json);
}

Expected<Json, GatewayFault> object_of(const HttpReply& reply)
{
    auto json = json_of(reply);
    if (json && json->object() == nullptr) {
        return fault(GatewayError::malformed, status_words(reply) + ", a list");
    }
    return json;
}

std::optional<Json> parse_object(std::string_view body)
{
    auto json = parse_json(body);
    return json && json->object() != nullptr ? std::move(json) : std::nullopt;
}

const Json& member_object(const Json& json, std::string_view name)
{
    static const Json none{Json::Object{}};
    const auto* found = json.find(name);
    return found != nullptr && found->object() != nullptr ? *found : none;
}

Money stated_money(std::string_view amount, std::string_view currency, Money price)
{
    const auto known = parse_currency(currency);
    const auto money = known ? parse_major(amount, *known)
                             : Expected<Money, MoneyError>{Unexpected{MoneyError::not_a_number}};
    return money ? *money : Money{0, price.currency};
}

std::optional<Reference>
reference_in(const Fields& fields, std::initializer_list<std::string_view> names)
{
    for (const auto name : names) {
        const auto value = field(fields, name);
        if (is_reference(value)) return Reference{std::string{value}};
    }
    return {};
}

} // namespace tollgate
