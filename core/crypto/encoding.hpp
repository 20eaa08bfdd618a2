// Bytes as text. Decoding is strict: wrong characters, lengths or padding give nothing.
//
// Source   RFC 4648 (base64 with padding; base64url without)
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tollgate {

/// Lower case.
std::string to_hex(std::string_view bytes);
/// Either case, an even number of digits.
std::optional<std::string> from_hex(std::string_view text);
std::string to_base64(std::string_view bytes);
std::optional<std::string> from_base64(std::string_view text);
std::string to_base64url(std::string_view bytes);
std::optional<std::string> from_base64url(std::string_view text);

} // namespace tollgate
