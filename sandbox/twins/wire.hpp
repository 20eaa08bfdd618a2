// Pieces of wire formats that the twins share.
#pragma once

#include "core/support/clock.hpp"
#include "core/support/json.hpp"
#include "fcgi/http_message.hpp"
#include "sandbox/twins/behaviour.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tollgate::twins {

Response text_response(int status, std::string_view text);
Response json_response(int status, const Json& json);
Response html_response(std::string body);
/// HTTP 500 as a web server in front of a dead application writes it.
Response server_error();
/// HTTP 200 and JSON that was cut off.
Response garbage();

/// `fields` as a POST to `url`.
HttpRequest form_post(const std::string& url, const Fields& fields, FormKind form);
/// Replaces the fields that `overrides` names, adds new ones, removes those that are null.
void override_with(Fields& fields, const Json::Object& overrides);

/// All values in order of arrival, without a separator.
std::string joined_values(const Fields& fields);

/// True for a member that is a string and not empty; a number is no string.
bool has_text(const Json& json, std::string_view name);
/// Decimal digits with or without a minus, and nothing else.
std::optional<std::int64_t> parse_integer(std::string_view text);
/// `2026-03-04 05:06:07`
std::string date_text(Instant instant);

} // namespace tollgate::twins
