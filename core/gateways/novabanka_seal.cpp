#include "core/gateways/novabanka_seal.hpp"

#include "core/crypto/constant_time.hpp"
#include "core/crypto/digest.hpp"
#include "core/crypto/encoding.hpp"
#include "core/support/text.hpp"

#include <algorithm>
#include <string>

namespace tollgate::novabanka {
namespace {

constexpr std::string_view secret_place = "SECRET";

/// What we write is spelled in mixed case, what was read in lower case.
std::string value_of(const Json& message, std::string_view lower_name)
{
    for (const auto& [name, value] : *message.object()) {
        if (lower(name) == lower_name) return value.text();
    }
    return {};
}

std::string signed_text(const Json& message, const Layout& layout, const Secret& secret)
{
    std::string text{layout.message};
    auto fields = layout.fields;
    while (!fields.empty()) {
        const auto name = fields.substr(0, fields.find(' '));
        fields.remove_prefix(std::min(fields.size(), name.size() + 1));
        text += name == secret_place ? std::string{secret.expose()} : value_of(message, name);
    }
    return text;
}

std::string without_white_space(std::string text)
{
    std::erase_if(text, [](char c) {
        return std::string_view{" \t\n\r\f\v"}.find(c) != std::string_view::npos;
    });
    return text;
}

std::string verifier_of(std::string_view text)
{
    return to_base64(sha256(text));
}

} // namespace

Json sealed(Json message, const Layout& layout, const Secret& secret)
{
    const auto text = signed_text(message, layout, secret);
    message.add("msgVerifier", verifier_of(without_white_space(text)));
    return message;
}

std::string_view matching_form(const Json& message, const Layout& layout, const Secret& secret)
{
    if (message.text("msgname") != layout.message) return {};
    const auto given = message.text("msgverifier");
    const auto text = signed_text(message, layout, secret);
    if (equal_in_constant_time(verifier_of(without_white_space(text)), given)) return "stripped";
    if (equal_in_constant_time(verifier_of(text), given)) return "unstripped";
    return {};
}

} // namespace tollgate::novabanka
