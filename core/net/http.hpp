// HTTP messages as values. Adapters make and read them; only http_client.cpp sends them.
//
// Shape    header names are lower case
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tollgate {

using Headers = std::vector<std::pair<std::string, std::string>>;

/// The first value of `name` (lower case), empty when absent.
inline std::string_view header(const Headers& headers, std::string_view name)
{
    for (const auto& [key, value] : headers) {
        if (key == name) return value;
    }
    return {};
}

struct HttpRequest {
    std::string method;
    std::string url;
    Headers headers;
    std::string body;
    bool once = false;        ///< must not arrive twice
    bool public_only = false; ///< only to addresses of the public Internet, and by no proxy
};

struct HttpReply {
    int status = 0;
    Headers headers;
    std::string body;
};

/// Why there is no reply. None of them but refused_by_us says that the other side did not act.
enum class HttpError { timeout, connection, too_large, refused_by_us };

std::string_view code(HttpError error);

} // namespace tollgate
