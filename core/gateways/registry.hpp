// The gateways that exist, made from registry.def.
#pragma once

#include "core/config/config.hpp"
#include "core/gateways/gateway.hpp"

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate {

/// Every gateway that exists, in the order of registry.def.
std::span<const GatewayKind* const> gateway_kinds();
/// nullptr when there is none of that name.
const GatewayKind* find_kind(std::string_view name);
/// Every gateway's name and settings: what load_config() needs to judge `[gateway.<name>]`.
std::span<const GatewaySpec> gateway_specs();

/// The gateways that are configured. A gateway without its secret is not among them: the
/// configuration was refused before.
class Gateways {
public:
    explicit Gateways(const Config& config);

    /// nullptr when there is no such gateway or it is not configured.
    const Gateway* find(std::string_view name) const;
    /// The names of those that are configured.
    std::vector<std::string> names() const;
    /// Its notify URL and return URL, as configured or below public_url.
    std::string notify_url(const Gateway& gateway) const;
    std::string return_url(const Gateway& gateway) const;

private:
    struct Entry {
        std::unique_ptr<const Gateway> gateway;
        std::string notify_url;
        std::string return_url;
    };
    std::map<std::string, Entry, std::less<>> entries_;
};

} // namespace tollgate
