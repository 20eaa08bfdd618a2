// URL and form text, decoded strictly: a wrong escape is an error, never a guess.
//
// Shape    application/x-www-form-urlencoded as in the WHATWG URL standard ('+' is a space)
// Range    form_fields_max fields
// Errors   nothing when an escape is broken or there are too many fields
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tollgate {

inline constexpr std::size_t form_fields_max = 200;

/// Names and values in order of arrival; a name may come more than once.
using Fields = std::vector<std::pair<std::string, std::string>>;

/// The first value of `name`, empty when there is none.
std::string_view field(const Fields& fields, std::string_view name);
bool has_field(const Fields& fields, std::string_view name);

/// Decodes a form body or a query string.
std::optional<Fields> parse_form(std::string_view text);
std::string to_form(const Fields& fields);

/// Everything but letters, digits and `-._~` as %XX.
std::string percent_encode(std::string_view text);
/// Each segment of a path encoded, the slashes kept.
std::string encoded_path(std::string_view path);
/// Decodes %XX; '+' stays a plus. Nothing when an escape is broken.
std::optional<std::string> percent_decode(std::string_view text);

/// `base` with `name=value` added to its query.
std::string with_query(std::string_view base, std::string_view name, std::string_view value);

/// http(s) with a host, no user, no white space or control character, no fragment.
bool is_http_url(std::string_view text);

/// The host of a text that is_http_url(), without the brackets of an IPv6 address: `example.org`,
/// `::1`.
std::string_view host_of(std::string_view url);

/// Whether it is written as the machine itself: `localhost`, `127.…` or `::1`. A name that merely
/// leads there is not.
bool is_loopback_host(std::string_view host);

} // namespace tollgate
