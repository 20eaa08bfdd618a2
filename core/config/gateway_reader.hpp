// The gateways' sections, and what can be derived from them.
#pragma once

#include "core/config/config.hpp"
#include "core/config/setting_reader.hpp"

#include <span>
#include <string>
#include <vector>

namespace tollgate {

/// Whether it has a section or a variable.
bool is_named(const SettingReader& reader, const GatewaySpec& gateway);

/// Every gateway that is named; that there is none at all is a mistake, too. In the sandbox the
/// fallbacks are those for it.
std::vector<GatewaySettings>
read_gateways(SettingReader& reader, std::span<const GatewaySpec> specs, bool sandbox);

/// Scheme and host of the gateways' notify URLs, which lead to Tollgate; empty when there is none
/// or they disagree.
std::string derived_public_url(std::span<const GatewaySettings> gateways);

/// Does not reveal the secrets it is made of; empty when there are none. What everybody knows, a
/// fallback for the sandbox, is no secret.
Secret derived_key(std::span<const GatewaySettings> gateways, std::span<const GatewaySpec> specs);

} // namespace tollgate
