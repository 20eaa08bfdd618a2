// What the texts of a configuration must be.
#pragma once

#include "core/config/addresses.hpp"
#include "core/config/setting_reader.hpp"
#include "core/crypto/webhook_signature.hpp"
#include "core/support/text.hpp"
#include "core/support/url.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace tollgate {

/// Without control characters.
inline bool is_line(std::string_view text)
{
    return std::ranges::none_of(text, [](char c) {
        const auto code = static_cast<unsigned char>(c);
        return code < 0x20 || code == 0x7f;
    });
}

inline const TextRule any_secret{
    "a text that is not empty",
    [](std::string_view) { return true; },
};

inline constexpr std::size_t long_secret_bytes_min = 32;

inline const TextRule long_secret{
    fmt::format("a text of at least {} characters", long_secret_bytes_min),
    [](std::string_view text) { return text.size() >= long_secret_bytes_min; },
};

inline const TextRule webhook_secret{
    fmt::format(
        "whsec_ and the base64 of {} to {} random bytes",
        webhook_key_bytes_min,
        webhook_key_bytes_max
    ),
    [](std::string_view text) { return webhook_key(text).has_value(); },
};

inline const TextRule line_of_text{"one line of text, not empty", is_line};

inline const TextRule http_url{
    "an http or https address such as https://shop.example/, without user and "
    "fragment",
    is_http_url,
};

inline const TextRule base_url{
    "an http or https address such as https://pay.shop.example, without user, query "
    "and fragment",
    [](std::string_view text) {
        return is_http_url(text) && text.find('?') == std::string_view::npos;
    },
};

inline const TextRule absolute_path{
    "an absolute path",
    [](std::string_view text) { return text.starts_with('/') && is_line(text); },
};

inline const TextRule socket_path{
    fmt::format("the path of a unix socket, absolute, at most {} bytes", socket_path_bytes_max),
    is_socket_path,
};

inline const TextRule listen_address{
    fmt::format(
        "the path of a unix socket (absolute, at most {} bytes) or address:port, such as "
        "127.0.0.1:9000",
        socket_path_bytes_max
    ),
    is_listen_address,
};

inline const TextRule profile{
    "native, django_store, woocommerce_hpos, woocommerce_posts, or the path of a profile (it "
    "contains a /)",
    [](std::string_view text) {
        return text == "native" || text == "django_store" || text == "woocommerce_hpos" ||
               text == "woocommerce_posts" || text.find('/') != std::string_view::npos;
    },
};

inline constexpr std::size_t table_prefix_bytes_max = 32;

/// It becomes part of SQL.
inline const TextRule table_prefix{
    fmt::format("1 to {} letters of A-Z a-z, digits and _", table_prefix_bytes_max),
    [](std::string_view text) {
        return !text.empty() && text.size() <= table_prefix_bytes_max &&
               std::ranges::all_of(text, [](char c) {
                   const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
                   return letter || is_digit(c) || c == '_';
               });
    },
};

inline const TextRule web_prefix{
    "a path of the web server that begins and ends with /, such as /protected/",
    [](std::string_view text) {
        return text.starts_with('/') && text.ends_with('/') && is_line(text);
    },
};

} // namespace tollgate
