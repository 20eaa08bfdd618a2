#include "core/gateways/registry.hpp"

#include "core/support/check.hpp"

#include <algorithm>
#include <array>

namespace tollgate {

#define TOLLGATE_GATEWAY(name) const GatewayKind& kind_of_##name();
#include "core/gateways/registry.def"
#undef TOLLGATE_GATEWAY

namespace {

const GatewayKind& kind_of(std::string_view name)
{
    const auto* kind = find_kind(name);
    check(kind != nullptr, "a configured gateway that does not exist");
    return *kind;
}

std::string
url_or(const GatewaySettings& settings, std::string_view name, const std::string& fallback)
{
    auto url = settings.text(name);
    return url.empty() ? fallback : url;
}

} // namespace

std::span<const GatewayKind* const> gateway_kinds()
{
    static const std::array kinds{
#define TOLLGATE_GATEWAY(name) &kind_of_##name(),
#include "core/gateways/registry.def"
#undef TOLLGATE_GATEWAY
    };
    return kinds;
}

const GatewayKind* find_kind(std::string_view name)
{
    const auto kinds = gateway_kinds();
    const auto found =
        std::ranges::find(kinds, name, [](const auto* kind) { return kind->spec.name; });
    return found == kinds.end() ? nullptr : *found;
}

std::span<const GatewaySpec> gateway_specs()
{
    static const auto specs = [] {
        std::vector<GatewaySpec> all;
        for (const auto* kind : gateway_kinds())
            all.push_back(kind->spec);
        return all;
    }();
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
                .gateway = kind_of(name).make(settings),
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
