#include "core/config/gateway_reader.hpp"

#include "core/config/addresses.hpp"
#include "core/config/text_rules.hpp"
#include "core/crypto/encoding.hpp"
#include "core/crypto/hmac.hpp"
#include "core/support/check.hpp"
#include "core/support/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace tollgate {
namespace {

constexpr std::string_view section_prefix = "gateway.";

std::string section_of(const GatewaySpec& gateway)
{
    return fmt::format("{}{}", section_prefix, gateway.name);
}

std::string variable_of(const GatewaySpec& gateway, const SettingSpec& setting)
{
    return fmt::format("{}_{}", upper(gateway.name), upper(setting.name));
}

std::string names_of(std::span<const GatewaySpec> gateways)
{
    std::string names;
    for (const auto& gateway : gateways) {
        if (!names.empty()) names += ", ";
        names += gateway.name;
    }
    return names;
}

std::string read_text(SettingReader& reader, const Setting& setting, const SettingSpec& spec)
{
    if (!spec.choices.empty()) return reader.choice(setting, words(spec.choices));
    if (spec.accepts == nullptr) return reader.text(setting, line_of_text);
    return reader.text(setting, {std::string{spec.allowed}, spec.accepts});
}

Secret read_setting(
    SettingReader& reader, const GatewaySpec& gateway, const SettingSpec& spec, bool sandbox
)
{
    const bool for_sandbox = sandbox && !spec.sandbox_fallback.empty();
    const Setting setting{
        .section = section_of(gateway),
        .key = std::string{spec.name},
        .variable = variable_of(gateway, spec),
        .fallback = std::string{for_sandbox ? spec.sandbox_fallback : spec.fallback},
        .required = spec.required && !for_sandbox,
    };
    switch (spec.kind) {
    case SettingKind::text: return Secret{read_text(reader, setting, spec)};
    case SettingKind::url: return Secret{reader.text(setting, http_url)};
    case SettingKind::secret: return reader.secret(setting, any_secret);
    }
    impossible("setting kind");
}

GatewaySettings read_gateway(SettingReader& reader, const GatewaySpec& gateway, bool sandbox)
{
    GatewaySettings settings{.gateway = std::string{gateway.name}, .values = {}};
    for (const auto& spec : gateway.settings) {
        settings.values.emplace(spec.name, read_setting(reader, gateway, spec, sandbox));
    }
    reader.refuse_unknown_settings(section_of(gateway));
    return settings;
}

// How many sections name a gateway that does not exist.
int refuse_unknown_gateways(SettingReader& reader, std::span<const GatewaySpec> specs)
{
    int unknown = 0;
    for (const auto& [name, section] : reader.document()) {
        if (!name.starts_with(section_prefix)) continue;
        const auto known = std::ranges::find(specs, name, section_of);
        if (known != specs.end()) continue;
        const auto what = fmt::format("[{}] is no gateway; there are {}", name, names_of(specs));
        reader.add_mistake(section.line, what);
        ++unknown;
    }
    return unknown;
}

} // namespace

std::string GatewaySettings::text(std::string_view name) const
{
    return std::string{secret(name)};
}

std::string_view GatewaySettings::secret(std::string_view name) const
{
    const auto found = values.find(name);
    return found == values.end() ? std::string_view{} : found->second.expose();
}

bool is_named(const SettingReader& reader, const GatewaySpec& gateway)
{
    return reader.document().contains(section_of(gateway)) ||
           std::ranges::any_of(gateway.settings, [&](const SettingSpec& setting) {
               return reader.variable(variable_of(gateway, setting)).has_value();
           });
}

std::vector<GatewaySettings>
read_gateways(SettingReader& reader, std::span<const GatewaySpec> specs, bool sandbox)
{
    std::vector<GatewaySettings> gateways;
    for (const auto& spec : specs) {
        if (is_named(reader, spec)) gateways.push_back(read_gateway(reader, spec, sandbox));
    }
    const int unknown = refuse_unknown_gateways(reader, specs);
    if (gateways.empty() && unknown == 0) {
        const auto what = fmt::format(
            "no gateway: add a section [{}<name>] or the gateway's variables; there are {}",
            section_prefix,
            names_of(specs)
        );
        reader.add_mistake(reader.has_file() ? 1 : 0, what);
    }
    return gateways;
}

std::string derived_public_url(std::span<const GatewaySettings> gateways)
{
    std::set<std::string> origins;
    for (const auto& gateway : gateways) {
        const auto url = gateway.text("notify_url");
        if (!url.empty()) origins.insert(origin_of(url));
    }
    return origins.size() == 1 ? *origins.begin() : std::string{};
}

// In the order of the specs, so that the key does not depend on how the settings are given.
Secret derived_key(std::span<const GatewaySettings> gateways, std::span<const GatewaySpec> specs)
{
    std::string secrets;
    for (const auto& spec : specs) {
        const auto gateway = std::ranges::find(gateways, spec.name, &GatewaySettings::gateway);
        if (gateway == gateways.end()) continue;
        for (const auto& setting : spec.settings) {
            const auto secret = gateway->secret(setting.name);
            const bool is_secret = !secret.empty() && secret != setting.sandbox_fallback;
            if (setting.kind != SettingKind::secret || !is_secret) continue;
            secrets += fmt::format("{}.{}={}\n", spec.name, setting.name, secret);
        }
    }
    if (secrets.empty()) return {};
    const Secret material{std::move(secrets)};
    return Secret{to_hex(hmac_sha256(material.expose(), "tollgate server key"))};
}

} // namespace tollgate
