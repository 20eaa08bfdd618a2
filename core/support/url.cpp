#include "core/support/url.hpp"

#include "core/support/text.hpp"

#include <algorithm>

namespace tollgate {
namespace {

constexpr bool is_letter_or_digit(char c)
{
    return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z');
}

constexpr bool is_one_of(std::string_view characters, char c)
{
    return characters.find(c) != std::string_view::npos;
}

void append_escaped(std::string& out, char c)
{
    constexpr std::string_view digits = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += digits[byte >> 4];
    out += digits[byte & 15];
}

/// The byte that `%XX` at the beginning of `text` stands for.
std::optional<char> escaped_byte(std::string_view text)
{
    if (text.size() < 3) return std::nullopt;
    const int high = hex_digit_value(text[1]);
    const int low = hex_digit_value(text[2]);
    if (high < 0 || low < 0) return std::nullopt;
    return static_cast<char>(high * 16 + low);
}

std::optional<std::string> decode(std::string_view text, char plus)
{
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            const auto byte = escaped_byte(text.substr(i));
            if (!byte) return std::nullopt;
            out += *byte;
            i += 2;
        } else {
            out += text[i] == '+' ? plus : text[i];
        }
    }
    return out;
}

/// Text as it stands in a form: what the WHATWG serializer leaves, a plus for a space, else %XX.
void append_form_text(std::string& out, std::string_view text)
{
    for (const char c : text) {
        if (c == ' ') {
            out += '+';
        } else if (is_letter_or_digit(c) || is_one_of("*-._", c)) {
            out += c;
        } else {
            append_escaped(out, c);
        }
    }
}

bool is_url_character(char c)
{
    return c > ' ' && c < '\x7f' &&
           !is_one_of("\\\"<>", c); // browsers take a backslash for a slash
}

bool is_port(std::string_view text)
{
    constexpr int port_max = 65535;
    if (!all_digits(text) || text.size() > 5) return false;
    int port = 0;
    for (const char c : text)
        port = port * 10 + (c - '0');
    return port > 0 && port <= port_max;
}

/// `example.org`, `[::1]`
bool is_host(std::string_view text)
{
    if (text.starts_with('[')) {
        const auto address = text.substr(1, text.size() - 2);
        return text.size() > 3 && text.ends_with(']') && std::ranges::all_of(address, [](char c) {
                   return hex_digit_value(c) >= 0 || c == ':' || c == '.';
               });
    }
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return is_letter_or_digit(c) || is_one_of("-._", c);
    });
}

/// `example.org:8080`; a user is no part of it.
bool is_authority(std::string_view text)
{
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos || text.ends_with(']')) return is_host(text);
    return is_host(text.substr(0, colon)) && is_port(text.substr(colon + 1));
}

/// `127.0.0.1`; not the other spellings that some resolvers understand.
bool is_ipv4_address(std::string_view text)
{
    constexpr int bytes = 4;
    for (int i = 0; i < bytes; ++i) {
        const auto byte = text.substr(0, text.find('.'));
        if (!all_digits(byte) || byte.size() > 3) return false;
        text.remove_prefix(byte.size());
        const bool last = i == bytes - 1;
        if (text.starts_with('.') == last) return false;
        if (!last) text.remove_prefix(1);
    }
    return text.empty();
}

} // namespace

std::string_view field(const Fields& fields, std::string_view name)
{
    const auto found = std::ranges::find(fields, name, &Fields::value_type::first);
    return found == fields.end() ? std::string_view{} : std::string_view{found->second};
}

bool has_field(const Fields& fields, std::string_view name)
{
    return std::ranges::find(fields, name, &Fields::value_type::first) != fields.end();
}

std::optional<Fields> parse_form(std::string_view text)
{
    Fields fields;
    while (!text.empty()) {
        const auto pair = text.substr(0, text.find('&'));
        text.remove_prefix(std::min(text.size(), pair.size() + 1));
        if (pair.empty()) continue;
        const auto name_text = pair.substr(0, pair.find('='));
        auto name = decode(name_text, ' ');
        auto value = decode(pair.substr(std::min(pair.size(), name_text.size() + 1)), ' ');
        if (!name || !value || fields.size() == form_fields_max) return std::nullopt;
        fields.emplace_back(std::move(*name), std::move(*value));
    }
    return fields;
}

std::string to_form(const Fields& fields)
{
    std::string out;
    for (const auto& [name, value] : fields) {
        if (!out.empty()) out += '&';
        append_form_text(out, name);
        out += '=';
        append_form_text(out, value);
    }
    return out;
}

std::string percent_encode(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        if (is_letter_or_digit(c) || is_one_of("-._~", c)) {
            out += c;
        } else {
            append_escaped(out, c);
        }
    }
    return out;
}

std::string encoded_path(std::string_view path)
{
    std::string result;
    while (true) {
        const auto slash = path.find('/');
        result += percent_encode(path.substr(0, slash));
        if (slash == std::string_view::npos) return result;
        result += '/';
        path.remove_prefix(slash + 1);
    }
}

std::optional<std::string> percent_decode(std::string_view text)
{
    return decode(text, '+');
}

std::string with_query(std::string_view base, std::string_view name, std::string_view value)
{
    const auto address = base.substr(0, base.find('#'));
    std::string out{address};
    if (address.find('?') == std::string_view::npos) {
        out += '?';
    } else if (!address.ends_with('?') && !address.ends_with('&')) {
        out += '&';
    }
    out += percent_encode(name);
    out += '=';
    out += percent_encode(value);
    out += base.substr(address.size());
    return out;
}

bool is_http_url(std::string_view text)
{
    if (!std::ranges::all_of(text, is_url_character)) return false;
    if (text.find('#') != std::string_view::npos) return false;
    const auto scheme = text.substr(0, text.find("://"));
    if (lower(scheme) != "http" && lower(scheme) != "https") return false;
    const auto rest = text.substr(std::min(text.size(), scheme.size() + 3));
    return is_authority(rest.substr(0, rest.find_first_of("/?")));
}

std::string_view host_of(std::string_view url)
{
    url.remove_prefix(url.find("://") + 3);
    const auto authority = url.substr(0, url.find_first_of("/?"));
    if (authority.starts_with('[')) return authority.substr(1, authority.find(']') - 1);
    return authority.substr(0, authority.find(':'));
}

bool is_loopback_host(std::string_view host)
{
    if (lower(host) == "localhost" || host == "::1") return true;
    return is_ipv4_address(host) && host.starts_with("127.");
}

} // namespace tollgate
