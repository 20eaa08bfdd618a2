#include "core/support/multipart.hpp"

#include "core/support/text.hpp"

#include <algorithm>

namespace tollgate {
namespace {

constexpr std::string_view line_end = "\r\n";
constexpr std::size_t boundary_bytes_max = 70; // RFC 2046, section 5.1.1

bool is_token_character(char c) // RFC 9110, section 5.6.2
{
    return c > ' ' && c < '\x7f' &&
           std::string_view{"\"(),/:;<=>?@[\\]{}"}.find(c) == std::string_view::npos;
}

bool is_control_character(char c)
{
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == '\x7f';
}

/// Takes the token at the beginning of `text` off it; empty when there is none.
std::string take_token(std::string_view& text)
{
    const auto end = std::ranges::find_if_not(text, is_token_character);
    const auto size = static_cast<std::size_t>(end - text.begin());
    std::string token{text.substr(0, size)};
    text.remove_prefix(size);
    return token;
}

/// Takes a quoted text off the beginning of `text`, which has a quote there.
std::optional<std::string> take_quoted(std::string_view& text)
{
    std::string value;
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '"') {
            text.remove_prefix(i + 1);
            return value;
        }
        if (text[i] == '\\' && ++i == text.size()) return std::nullopt;
        value += text[i];
    }
    return std::nullopt;
}

std::optional<std::string> take_value(std::string_view& text)
{
    if (text.starts_with('"')) return take_quoted(text);
    auto token = take_token(text);
    if (token.empty()) return std::nullopt;
    return token;
}

/// `; name=value; other="quoted"`: names in lower case, none of them twice.
std::optional<Fields> parse_parameters(std::string_view text)
{
    Fields parameters;
    for (text = trim(text); !text.empty(); text = trim(text)) {
        if (text.front() != ';') return std::nullopt;
        text = trim(text.substr(1));
        auto name = lower(take_token(text));
        if (name.empty() || has_field(parameters, name)) return std::nullopt;
        if (!text.starts_with('=')) return std::nullopt;
        text.remove_prefix(1);
        auto value = take_value(text);
        if (!value) return std::nullopt;
        parameters.emplace_back(std::move(name), std::move(*value));
    }
    return parameters;
}

/// The parameter `name` of a header value such as `form-data; name="x"`, whose kind is `kind`.
std::optional<std::string>
parameter_of(std::string_view header_value, std::string_view kind, std::string_view name)
{
    const auto stated = header_value.substr(0, header_value.find(';'));
    if (lower(trim(stated)) != kind) return std::nullopt;
    const auto parameters = parse_parameters(header_value.substr(stated.size()));
    if (!parameters || field(*parameters, name).empty()) return std::nullopt;
    return std::string{field(*parameters, name)};
}

bool is_boundary_character(char c) // RFC 2046, section 5.1.1
{
    return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') ||
           std::string_view{"'()+_,-./:=? "}.find(c) != std::string_view::npos;
}

std::optional<std::string> boundary_of(std::string_view content_type)
{
    auto boundary = parameter_of(content_type, "multipart/form-data", "boundary");
    if (!boundary || boundary->size() > boundary_bytes_max) return std::nullopt;
    if (boundary->ends_with(' ')) return std::nullopt;
    if (!std::ranges::all_of(*boundary, is_boundary_character)) return std::nullopt;
    return boundary;
}

/// Whether a part with this header line can be taken as it stands.
bool is_plain_header(std::string_view name, std::string_view value)
{
    if (name != "content-transfer-encoding") return true;
    const auto encoding = lower(value);
    return encoding == "7bit" || encoding == "8bit" || encoding == "binary";
}

/// The name of the part that these header lines, without the empty one, belong to.
std::optional<std::string> part_name(std::string_view lines)
{
    std::optional<std::string> part;
    while (!lines.empty()) {
        auto line = lines.substr(0, lines.find(line_end));
        lines.remove_prefix(std::min(lines.size(), line.size() + line_end.size()));
        if (std::ranges::any_of(line, is_control_character)) return std::nullopt;
        const auto name = lower(take_token(line));
        if (name.empty() || !line.starts_with(':')) return std::nullopt;
        const auto value = trim(line.substr(1));
        if (!is_plain_header(name, value)) return std::nullopt;
        if (name != "content-disposition") continue;
        if (part) return std::nullopt;
        part = parameter_of(value, "form-data", "name");
        if (!part) return std::nullopt;
    }
    return part;
}

std::optional<Fields::value_type> parse_part(std::string_view part)
{
    constexpr std::string_view header_end = "\r\n\r\n";
    const auto end = part.find(header_end);
    if (end == std::string_view::npos) return std::nullopt;
    auto name = part_name(part.substr(0, end));
    if (!name) return std::nullopt;
    return Fields::value_type{std::move(*name), part.substr(end + header_end.size())};
}

} // namespace

std::optional<Fields> parse_multipart(std::string_view content_type, std::string_view body)
{
    const auto boundary = boundary_of(content_type);
    if (!boundary) return std::nullopt;
    const std::string delimiter = "\r\n--" + *boundary;
    const auto first = std::string_view{delimiter}.substr(line_end.size());
    if (!body.starts_with(first)) return std::nullopt;
    body.remove_prefix(first.size());

    Fields fields;
    while (body != "--" && body != "--\r\n") {
        if (!body.starts_with(line_end) || fields.size() == form_fields_max) return std::nullopt;
        body.remove_prefix(line_end.size());
        const auto end = body.find(delimiter);
        if (end == std::string_view::npos) return std::nullopt;
        auto part = parse_part(body.substr(0, end));
        if (!part) return std::nullopt;
        fields.push_back(std::move(*part));
        body.remove_prefix(end + delimiter.size());
    }
    return fields;
}

} // namespace tollgate
