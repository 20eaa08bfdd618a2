#include "sandbox/twins/wire.hpp"

#include "core/crypto/random.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace tollgate::twins {

Response text_response(int status, std::string_view text)
{
    Response response;
    response.status = status;
    response.body = text;
    return response;
}

Response json_response(int status, const Json& json)
{
    Response response;
    response.status = status;
    response.content_type = "application/json";
    response.body = to_text(json);
    return response;
}

Response html_response(std::string body)
{
    Response response;
    response.content_type = "text/html; charset=utf-8";
    response.body = std::move(body);
    response.headers.emplace_back("cache-control", "no-store");
    return response;
}

Response server_error()
{
    auto response = html_response("<html><body><h1>500 Internal Server Error</h1></body></html>\n");
    response.status = 500;
    return response;
}

Response garbage()
{
    Response response;
    response.content_type = "application/json";
    response.body = R"({"code":"00","message":"SUCC)";
    return response;
}

HttpRequest form_post(const std::string& url, const Fields& fields, FormKind form)
{
    if (form == FormKind::urlencoded) {
        const Headers headers{{"content-type", "application/x-www-form-urlencoded"}};
        return {.method = "POST", .url = url, .headers = headers, .body = to_form(fields)};
    }
    const auto boundary = "----twin" + random_alphanumeric(24); // too long to occur in a value
    std::string body;
    for (const auto& [name, value] : fields) {
        body += "--" + boundary + "\r\ncontent-disposition: form-data; name=\"" + name + "\"\r\n";
        body += "\r\n" + value + "\r\n";
    }
    body += "--" + boundary + "--\r\n";
    const Headers headers{{"content-type", "multipart/form-data; boundary=" + boundary}};
    return {.method = "POST", .url = url, .headers = headers, .body = body};
}

void override_with(Fields& fields, const Json::Object& overrides)
{
    for (const auto& [name, value] : overrides) {
        const auto place = std::ranges::find(fields, name, &Fields::value_type::first);
        if (value.is_null()) {
            if (place != fields.end()) fields.erase(place);
        } else if (place != fields.end()) {
            place->second = value.text();
        } else {
            fields.emplace_back(name, value.text());
        }
    }
}

std::string joined_values(const Fields& fields)
{
    std::string joined;
    for (const auto& [name, value] : fields) {
        joined += value;
    }
    return joined;
}

bool has_text(const Json& json, std::string_view name)
{
    const auto* member = json.find(name);
    return member != nullptr && member->string() != nullptr && !member->string()->empty();
}

std::optional<std::int64_t> parse_integer(std::string_view text)
{
    std::int64_t value = 0;
    const auto* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || rest != end) return std::nullopt;
    return value;
}

std::string date_text(Instant instant)
{
    constexpr std::size_t to_the_second = 19;
    return database_time(instant).substr(0, to_the_second);
}

} // namespace tollgate::twins
