// ClickPesa's checksum: over what a JSON body says, not over its bytes.
//
// Shape    lower-case hex HMAC-SHA256 over the body without its members checksum, checksumMethod:
//          `canonical`, since January 2026: as canonical JSON (canonical_json.hpp);
//          `legacy`: the values of its members in the order of their names, nothing between them
// Errors   empty when the body has no canonical form
// Source   docs.clickpesa.com, "Checksum", "Changelog"
#pragma once

#include "core/net/http.hpp"
#include "core/support/json.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate {

enum class ChecksumMethod { canonical, legacy };
std::string_view code(ChecksumMethod method);

/// `body` must be an object, `key` not empty.
std::string clickpesa_checksum(std::string_view key, const Json& body, ChecksumMethod method);
/// Wherever a message may carry its checksum: which place it is, is not documented.
std::vector<std::string> clickpesa_checksums_of(const Json& body, const Headers& headers);
/// The method by which one of the `given` checksums is the right one of `body`.
std::optional<ChecksumMethod> clickpesa_checksum_method(
    std::string_view key, const Json& body, std::span<const std::string> given
);

} // namespace tollgate
