// Requests and replies as most gateways write them, so that an adapter says only what is its own.
//
// Errors   GatewayFault; nothing here ever says that a payment failed
#pragma once

#include "core/gateways/gateway.hpp"
#include "core/support/json.hpp"

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace tollgate {

Unexpected<GatewayFault> fault(GatewayError error, std::string detail);

HttpRequest get(std::string url, Headers headers = {});
HttpRequest post_json(std::string url, const Json& body, Headers headers = {});
HttpRequest post_form(std::string url, const Fields& fields, Headers headers = {});
/// Adds a member to `object` unless there is nothing to say.
void add_given(Json& object, std::string name, std::string_view value);

/// Whether the gateway did not work: 5xx and 429 say nothing about what was asked.
bool is_outage(const HttpReply& reply);
/// `HTTP 503`, for the operator.
std::string status_words(const HttpReply& reply);
/// The JSON of a reply, whatever its status; an outage is `unavailable`, anything that is neither
/// an object nor an array `malformed`.
Expected<Json, GatewayFault> json_of(const HttpReply& reply);
/// The same, but only an object is good.
Expected<Json, GatewayFault> object_of(const HttpReply& reply);
/// The object that the body of a notification is, if it is one.
std::optional<Json> parse_object(std::string_view body);
/// The member `name` of `json` if it is an object, otherwise an empty object.
const Json& member_object(const Json& json, std::string_view name);

/// What a gateway says was paid, in major units, `1500.00`, and the code of a currency, `XOF`.
/// Zero in the currency of `price`, which the core holds for review, when it cannot be read.
Money stated_money(std::string_view amount, std::string_view currency, Money price);

/// Our reference in the first of these fields that has one.
std::optional<Reference>
reference_in(const Fields& fields, std::initializer_list<std::string_view> names);

} // namespace tollgate
