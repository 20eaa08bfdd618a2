// The addresses a configuration holds, read strictly.
#pragma once

#include "core/config/config.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate {

inline constexpr std::size_t socket_path_bytes_max = 107; ///< sun_path of unix(7), less its NUL

/// `host:port` or `host`, a name or an IPv4 address; the port is 3306 when there is none.
std::optional<DatabaseHost> parse_database_host(std::string_view text);

/// Absolute and short enough for the kernel.
bool is_socket_path(std::string_view text);

/// The path of a unix socket, or `address:port`.
bool is_listen_address(std::string_view text);

/// `scheme://host[:port]` of a text that is_http_url().
std::string origin_of(std::string_view url);

struct DatabaseUrl {
    std::vector<DatabaseHost> hosts; ///< one, or none when there is a socket
    std::string socket;
    std::string name;
    std::string user;
    Secret password;
};

/// `mysql://user:password@host:port/name`, percent-encoded. With `?socket=/path` the host is
/// missing or `localhost`. Any other parameter gives nothing: it would be silently ignored.
std::optional<DatabaseUrl> parse_database_url(std::string_view text);

} // namespace tollgate
