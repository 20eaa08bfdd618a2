#include "core/gateways/novabanka_message.hpp"

#include "core/crypto/constant_time.hpp"
#include "core/crypto/digest.hpp"
#include "core/crypto/encoding.hpp"
#include "core/gateways/dialogue.hpp"
#include "core/gateways/redaction.hpp"
#include "core/support/text.hpp"

#include <algorithm>
#include <array>

namespace tollgate::novabanka {
namespace {

constexpr std::string_view secret_place = "SECRET";

// clang-format off
constexpr std::array<std::string_view, 8> never_kept{
    "msgverifier", "password", "secret", "cavv",
    "buyerfirstname", "buyerlastname", "buyeruserid", "buyeremailaddress"};
constexpr std::array<std::string_view, 4> masked{
    "buyerphonenumber", "cardnumber", "pan", "cardsha2"};
// clang-format on

Json with_lower_names(const Json& json)
{
    if (const auto* elements = json.array()) {
        Json::Array lowered;
        for (const auto& element : *elements)
            lowered.push_back(with_lower_names(element));
        return Json{std::move(lowered)};
    }
    const auto* members = json.object();
    if (members == nullptr) return json;
    Json::Object lowered;
    for (const auto& [name, value] : *members)
        lowered.emplace_back(lower(name), with_lower_names(value));
    return Json{std::move(lowered)};
}

/// Read once more, because a name may come twice now, and a form may carry what is not UTF-8.
std::optional<Json> readable(const Json& json)
{
    return parse_json(to_text(with_lower_names(json)));
}

std::optional<Json> form_of(std::string_view body)
{
    const auto fields = parse_form(body);
    if (!fields) return {};
    Json::Object members;
    for (const auto& [name, value] : *fields)
        members.emplace_back(name, value);
    return Json{std::move(members)};
}

std::string signed_text(const Json& message, const Layout& layout, const Secret& secret)
{
    std::string text{layout.message};
    auto fields = layout.fields;
    while (!fields.empty()) {
        const auto name = fields.substr(0, fields.find(' '));
        fields.remove_prefix(std::min(fields.size(), name.size() + 1));
        text += name == secret_place ? std::string{secret.expose()} : message.text(name);
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

std::optional<Json> read_message(std::string_view body)
{
    const auto json = trim(body).starts_with('{') ? parse_json(body) : form_of(body);
    return json ? readable(*json) : std::nullopt;
}

Expected<Json, GatewayFault> read_message(const HttpReply& reply)
{
    const auto json = object_of(reply);
    if (!json) return Unexpected{json.error()};
    auto message = readable(*json);
    if (!message) return fault(GatewayError::malformed, "a name comes twice");
    return *std::move(message);
}

Json sealed(Json message, const Layout& layout, const Secret& secret)
{
    const auto text = signed_text(with_lower_names(message), layout, secret);
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

bool is_valid(const Json& message)
{
    return lower(message.text("type")) == "valid";
}

std::string words_of(const Json& message)
{
    std::string words;
    for (const auto* name : {"status", "result", "responsecode", "errorcode", "errordesc"}) {
        const auto word = message.text(name);
        if (!word.empty()) words += (words.empty() ? "" : " ") + word;
    }
    return words;
}

std::string record_of(const Json& message)
{
    Json::Object kept;
    for (const auto& [name, value] : *message.object()) {
        const bool dropped = std::ranges::find(never_kept, name) != never_kept.end();
        if (!dropped) kept.emplace_back(name, value);
    }
    return to_text(redacted(Json{std::move(kept)}, masked));
}

} // namespace tollgate::novabanka
