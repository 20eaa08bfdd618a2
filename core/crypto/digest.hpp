// Message digests (FIPS 180-4), as raw bytes.
#pragma once

#include <string>
#include <string_view>

namespace tollgate {

/// 32 bytes.
std::string sha256(std::string_view bytes);
/// 64 bytes.
std::string sha512(std::string_view bytes);

} // namespace tollgate
