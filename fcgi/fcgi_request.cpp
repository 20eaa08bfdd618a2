#include "fcgi/fcgi_request.hpp"

#include "core/crypto/encoding.hpp"
#include "core/crypto/random.hpp"
#include "core/support/check.hpp"
#include "core/support/text.hpp"
#include "core/support/url.hpp"
#include "fcgi/fcgi_loop.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <system_error>

namespace tollgate {
namespace {

constexpr std::size_t request_id_bytes_min = 8;
constexpr std::size_t request_id_bytes_max = 64;
constexpr std::size_t random_id_bytes = 16;

struct KnownParameter {
    std::string_view name;
    std::string_view Parameters::*member;
};

constexpr std::array known_parameters{
    KnownParameter{"REQUEST_METHOD", &Parameters::method},
    KnownParameter{"REQUEST_URI", &Parameters::uri},
    KnownParameter{"SCRIPT_NAME", &Parameters::script_name},
    KnownParameter{"PATH_INFO", &Parameters::path_info},
    KnownParameter{"QUERY_STRING", &Parameters::query},
    KnownParameter{"CONTENT_TYPE", &Parameters::content_type},
    KnownParameter{"CONTENT_LENGTH", &Parameters::content_length},
    KnownParameter{"REQUEST_ID", &Parameters::request_id},
};

void take(Parameters& parameters, std::string_view name, std::string_view value)
{
    constexpr std::string_view prefix = "HTTP_";
    if (name.starts_with(prefix)) {
        parameters.http.emplace_back(name.substr(prefix.size()), value);
        return;
    }
    const auto* const known = std::ranges::find(known_parameters, name, &KnownParameter::name);
    if (known != known_parameters.end()) parameters.*(known->member) = value;
}

Unexpected<Response> refusal(int status, std::string_view text)
{
    Response response;
    response.status = status;
    response.body = text;
    return Unexpected{std::move(response)};
}

bool is_id_character(char c)
{
    return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') || c == '-';
}

bool is_control(char c)
{
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

std::optional<std::string> path_of(const Parameters& parameters)
{
    std::optional<std::string> path;
    if (parameters.uri.empty()) {
        // CGI hands these two over decoded.
        path = std::string{parameters.script_name}.append(parameters.path_info);
    } else {
        path = percent_decode(parameters.uri.substr(0, parameters.uri.find('?')));
    }
    if (!path || !path->starts_with('/')) return std::nullopt;
    if (std::ranges::any_of(*path, is_control)) return std::nullopt;
    return path;
}

Expected<std::size_t, Response> body_size(const Parameters& parameters)
{
    const auto text = parameters.content_length;
    if (text.empty()) {
        constexpr std::array methods_with_body{"POST", "PUT", "PATCH"};
        const bool needed =
            std::ranges::find(methods_with_body, parameters.method) != std::end(methods_with_body);
        if (needed) return refusal(411, "length required\n");
        return std::size_t{0};
    }
    if (!all_digits(text)) return refusal(400, "bad content length\n");
    std::size_t size = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
    if (error != std::errc{} || size > body_bytes_max) return refusal(413, "body too large\n");
    return size;
}

Headers headers_of(const Parameters& parameters)
{
    Headers headers;
    headers.reserve(parameters.http.size() + 2);
    for (const auto& [name, value] : parameters.http) {
        // nginx sends these two both ways; CGI's own spelling is the one that counts.
        if (name == "CONTENT_TYPE" || name == "CONTENT_LENGTH") continue;
        std::string header_name = lower(name);
        std::ranges::replace(header_name, '_', '-');
        headers.emplace_back(std::move(header_name), value);
    }
    if (!parameters.content_type.empty()) {
        headers.emplace_back("content-type", parameters.content_type);
    }
    if (!parameters.content_length.empty()) {
        headers.emplace_back("content-length", parameters.content_length);
    }
    return headers;
}

struct Reason {
    int status;
    std::string_view phrase;
};

constexpr std::array reasons{
    Reason{200, "OK"},
    Reason{201, "Created"},
    Reason{202, "Accepted"},
    Reason{204, "No Content"},
    Reason{206, "Partial Content"},
    Reason{301, "Moved Permanently"},
    Reason{302, "Found"},
    Reason{303, "See Other"},
    Reason{304, "Not Modified"},
    Reason{307, "Temporary Redirect"},
    Reason{400, "Bad Request"},
    Reason{401, "Unauthorized"},
    Reason{402, "Payment Required"},
    Reason{403, "Forbidden"},
    Reason{404, "Not Found"},
    Reason{405, "Method Not Allowed"},
    Reason{409, "Conflict"},
    Reason{410, "Gone"},
    Reason{411, "Length Required"},
    Reason{412, "Precondition Failed"},
    Reason{413, "Content Too Large"},
    Reason{415, "Unsupported Media Type"},
    Reason{416, "Range Not Satisfiable"},
    Reason{422, "Unprocessable Content"},
    Reason{429, "Too Many Requests"},
    Reason{431, "Request Header Fields Too Large"},
    Reason{500, "Internal Server Error"},
    Reason{502, "Bad Gateway"},
    Reason{503, "Service Unavailable"},
    Reason{504, "Gateway Timeout"},
};

// Never empty: nginx 1.22 copies the line as it is, and HTTP wants something after the number.
std::string_view phrase_of(int status)
{
    const auto* const reason = std::ranges::find(reasons, status, &Reason::status);
    return reason == reasons.end() ? "Other" : reason->phrase;
}

void append_header(std::string& text, std::string_view name, std::string_view value)
{
    constexpr std::string_view line_breaks{"\r\n\0", 3};
    check(!name.empty(), "a header without a name");
    check(name.find_first_of(line_breaks) == std::string_view::npos, "line break in header name");
    check(value.find_first_of(line_breaks) == std::string_view::npos, "line break in header value");
    text.append(name).append(": ").append(value).append("\r\n");
}

std::int64_t length_of(const Response& response)
{
    return response.file ? response.file->bytes() : static_cast<std::int64_t>(response.body.size());
}

} // namespace

std::int64_t FileBody::bytes() const
{
    auto sum = static_cast<std::int64_t>(after.size());
    for (const auto& part : parts)
        sum += static_cast<std::int64_t>(part.before.size()) + part.length;
    return sum;
}

Parameters read_parameters(const char* const* lines)
{
    // libfcgi has read them all by now, whatever their number. The limit keeps them from our own
    // code; it is the web server that bounds what arrives.
    Parameters parameters;
    std::size_t count = 0;
    std::size_t bytes = 0;
    for (; *lines != nullptr; ++lines) {
        const std::string_view line{*lines};
        bytes += line.size();
        if (++count > parameters_max || bytes > header_bytes_max) {
            parameters.too_many = true;
            break;
        }
        const auto equals = line.find('=');
        if (equals == std::string_view::npos) continue;
        take(parameters, line.substr(0, equals), line.substr(equals + 1));
    }
    return parameters;
}

std::string request_id(const Parameters& parameters)
{
    const auto id = parameters.request_id;
    const bool good = id.size() >= request_id_bytes_min && id.size() <= request_id_bytes_max &&
                      std::ranges::all_of(id, is_id_character);
    return good ? std::string{id} : to_hex(random_bytes(random_id_bytes));
}

Expected<RequestHead, Response> request_head(const Parameters& parameters)
{
    if (parameters.too_many) return refusal(431, "request header too large\n");
    if (parameters.method.empty()) return refusal(400, "no method\n");
    auto path = path_of(parameters);
    if (!path) return refusal(400, "bad path\n");
    auto size = body_size(parameters);
    if (!size) return Unexpected{size.error()};
    RequestHead head;
    head.request.method = parameters.method;
    head.request.path = std::move(*path);
    head.request.query = parameters.query;
    head.request.headers = headers_of(parameters);
    head.body_bytes = *size;
    return head;
}

std::string head_text(const Response& response, std::string_view id)
{
    check(response.status >= 200 && response.status <= 599, "a status that answers nothing");
    constexpr std::size_t usual_head_bytes = 512;
    std::string text;
    text.reserve(usual_head_bytes + (response.file ? 0 : response.body.size()));
    text.append("Status: ").append(std::to_string(response.status)).append(" ");
    text.append(phrase_of(response.status)).append("\r\n");
    append_header(text, "X-Request-Id", id);
    append_header(text, "X-Content-Type-Options", "nosniff");
    if (response.status != 204 && response.status != 304) { // these have no content to describe
        append_header(text, "Content-Type", response.content_type);
        append_header(text, "Content-Length", std::to_string(length_of(response)));
    }
    bool cache_control_given = false;
    for (const auto& [name, value] : response.headers) {
        append_header(text, name, value);
        cache_control_given = cache_control_given || lower(name) == "cache-control";
    }
    if (!cache_control_given) append_header(text, "Cache-Control", "no-store");
    text.append("\r\n");
    return text;
}

} // namespace tollgate
