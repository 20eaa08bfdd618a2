#include "core/config/addresses.hpp"

#include "core/support/text.hpp"
#include "core/support/url.hpp"

#include <algorithm>
#include <charconv>

namespace tollgate {
namespace {

constexpr auto npos = std::string_view::npos;
constexpr std::string_view database_scheme = "mysql://";

bool is_host_character(char c)
{
    const char small = lower(c);
    return is_digit(c) || (small >= 'a' && small <= 'z') || c == '.' || c == '-' || c == '_';
}

bool is_host(std::string_view text)
{
    return !text.empty() && std::ranges::all_of(text, is_host_character);
}

std::optional<int> parse_port(std::string_view text)
{
    int port = 0;
    if (!all_digits(text) || text.size() > 5) return {};
    std::from_chars(text.data(), text.data() + text.size(), port);
    if (port < 1 || port > 65535) return {};
    return port;
}

// Cuts `text` at `separator`: the part before it is returned, the rest stays; without a separator
// the rest is empty.
std::string_view cut(std::string_view& text, char separator)
{
    const auto at = std::min(text.find(separator), text.size());
    const auto before = text.substr(0, at);
    text.remove_prefix(std::min(at + 1, text.size()));
    return before;
}

bool read_user(std::string_view credentials, DatabaseUrl& url)
{
    const auto user = percent_decode(cut(credentials, ':'));
    auto password = percent_decode(credentials);
    if (!user || user->empty() || !password) return false;
    url.user = *user;
    url.password = Secret{std::move(*password)};
    return true;
}

bool read_parameters(std::string_view query, DatabaseUrl& url)
{
    if (query.empty()) return true;
    const auto fields = parse_form(query);
    if (!fields || fields->size() != 1) return false;
    const auto& [name, value] = fields->front();
    url.socket = value;
    return name == "socket" && is_socket_path(value);
}

bool read_host(std::string_view text, DatabaseUrl& url)
{
    if (!url.socket.empty()) return text.empty() || text == "localhost";
    const auto host = parse_database_host(text);
    if (host) url.hosts.push_back(*host);
    return host.has_value();
}

} // namespace

std::optional<DatabaseHost> parse_database_host(std::string_view text)
{
    const bool has_port = text.find(':') != npos;
    DatabaseHost result{.host = std::string{cut(text, ':')}};
    if (!is_host(result.host)) return {};
    if (!has_port) return result;
    const auto port = parse_port(text);
    if (!port) return {};
    result.port = *port;
    return result;
}

bool is_socket_path(std::string_view text)
{
    return text.starts_with('/') && text.size() <= socket_path_bytes_max;
}

bool is_listen_address(std::string_view text)
{
    if (is_socket_path(text)) return true;
    const auto host = cut(text, ':');
    return is_host(host) && parse_port(text).has_value();
}

std::string origin_of(std::string_view url)
{
    const auto host = url.find("://") + 3;
    return std::string{url.substr(0, url.find_first_of("/?", host))};
}

std::optional<DatabaseUrl> parse_database_url(std::string_view text)
{
    if (!text.starts_with(database_scheme)) return {};
    text.remove_prefix(database_scheme.size());
    auto location = cut(text, '?');
    auto authority = cut(location, '/');
    const auto at = authority.rfind('@');
    const auto name = percent_decode(location);
    if (at == npos || !name || name->empty() || name->find('/') != npos) return {};

    DatabaseUrl url;
    url.name = *name;
    if (!read_user(authority.substr(0, at), url)) return {};
    if (!read_parameters(text, url)) return {};
    if (!read_host(authority.substr(at + 1), url)) return {};
    return url;
}

} // namespace tollgate
