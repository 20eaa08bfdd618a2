#include "core/gateways/clickpesa_checksum.hpp"

#include "core/crypto/constant_time.hpp"
#include "core/crypto/encoding.hpp"
#include "core/crypto/hmac.hpp"
#include "core/support/canonical_json.hpp"
#include "core/support/check.hpp"
#include "core/support/text.hpp"

#include <algorithm>
#include <utility>

namespace tollgate {
namespace {

Json without_checksum(const Json& body)
{
    Json::Object covered;
    for (const auto& member : *body.object()) {
        if (!is_one_of(member.first, {"checksum", "checksumMethod"})) covered.push_back(member);
    }
    return Json{std::move(covered)};
}

/// How an object or a list among the values is written is not specified: as canonical JSON, so that
/// at least what it says is covered.
std::string values_of(const Json& body)
{
    std::string values;
    for (const auto& [name, value] : *body.object()) {
        if (!value.is_null()) values += value.string() ? *value.string() : to_text(value);
    }
    return values;
}

} // namespace

std::string_view code(ChecksumMethod method)
{
    switch (method) {
    case ChecksumMethod::canonical: return "canonical";
    case ChecksumMethod::legacy: return "legacy";
    }
    impossible("checksum method");
}

std::string clickpesa_checksum(std::string_view key, const Json& body, ChecksumMethod method)
{
    const auto covered = canonical(without_checksum(body));
    if (!covered) return {};
    const bool legacy = method == ChecksumMethod::legacy;
    return to_hex(hmac_sha256(key, legacy ? values_of(*covered) : to_text(*covered)));
}

std::vector<std::string> clickpesa_checksums_of(const Json& body, const Headers& headers)
{
    std::vector<std::string> given{lower(body.text("checksum"))};
    for (const auto* name : {"x-clickpesa-signature", "x-clickpesa-checksum", "checksum"})
        given.push_back(lower(header(headers, name)));
    std::erase(given, "");
    return given;
}

std::optional<ChecksumMethod> clickpesa_checksum_method(
    std::string_view key, const Json& body, std::span<const std::string> given
)
{
    for (const auto method : {ChecksumMethod::canonical, ChecksumMethod::legacy}) {
        const auto right = clickpesa_checksum(key, body, method);
        const auto is_right = [&](const std::string& one) {
            return !right.empty() && equal_in_constant_time(one, right);
        };
        if (std::ranges::any_of(given, is_right)) return method;
    }
    return {};
}

} // namespace tollgate
