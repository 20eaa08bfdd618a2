#include "core/gateways/registry.hpp"

#include "core/support/check.hpp"

#include <array>

namespace tollgate {

#define TOLLGATE_GATEWAY(name)                                                                     \
    std::unique_ptr<const Gateway> make_##name(const GatewaySettings& settings);                   \
    std::span<const SettingSpec> settings_of_##name();
#include "core/gateways/registry.def"
#undef TOLLGATE_GATEWAY

namespace {

using Make = std::unique_ptr<const Gateway> (*)(const GatewaySettings&);

struct Maker {
    std::string_view name;
    Make make;
};

constexpr std::array makers{
#define TOLLGATE_GATEWAY(name) Maker{#name, &make_##name},
#include "core/gateways/registry.def"
#undef TOLLGATE_GATEWAY
};

Make maker_of(std::string_view name)
{
    for (const auto& maker : makers) {
        if (maker.name == name) return maker.make;
    }
    impossible("a configured gateway that does not exist");
}

std::string
url_or(const GatewaySettings& settings, std::string_view name, const std::string& fallback)
{
    auto url = settings.text(name);
    return url.empty() ? fallback : url;
}

} // namespace

std::span<const GatewaySpec> gateway_specs()
{
    static const std::array specs{
#define TOLLGATE_GATEWAY(name) GatewaySpec{#name, settings_of_##name()},
#include "core/gateways/registry.def"
#undef TOLLGATE_GATEWAY
    };
    return specs;
}

Gateways::Gateways(const Config& config)
{
    for (const auto& settings : config.gateways) {
        const auto& name = settings.gateway;
        const auto& base = config.server.public_url;
        entries_.emplace(
            name,
            Entry{
                .gateway = maker_of(name)(settings),
                .notify_url = url_or(settings, "notify_url", base + "/notify/" + name),
                .return_url = url_or(settings, "return_url", base + "/return/" + name),
            }
        );
    }
}

const Gateway* Gateways::find(std::string_view name) const
{
    const auto found = entries_.find(name);
    return found == entries_.end() ? nullptr : found->second.gateway.get();
}

std::vector<std::string> Gateways::names() const
{
    std::vector<std::string> names;
    for (const auto& [name, entry] : entries_)
        names.push_back(name);
    return names;
}

std::string Gateways::notify_url(const Gateway& gateway) const
{
    return entries_.find(gateway.name())->second.notify_url;
}

std::string Gateways::return_url(const Gateway& gateway) const
{
    return entries_.find(gateway.name())->second.return_url;
}

} // namespace tollgate
