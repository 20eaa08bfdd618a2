#include "sandbox/twins/twins.hpp"

#include "core/gateways/registry.hpp"
#include "sandbox/twins/wire.hpp"

namespace tollgate::twins {

// Each is defined in sandbox/twins/<name>.cpp.
#define TOLLGATE_GATEWAY(name) std::unique_ptr<Twin> make_##name##_twin(TwinServices& services);
#include "core/gateways/registry.def"
#undef TOLLGATE_GATEWAY

Twins::Twins(TwinServices& services)
{
#define TOLLGATE_GATEWAY(name) twins_.emplace(#name, make_##name##_twin(services));
#include "core/gateways/registry.def"
#undef TOLLGATE_GATEWAY
    services.settings.require_all_taken();
}

Json Twins::description() const
{
    Json::Object twins;
    for (const auto* kind : gateway_kinds()) {
        const std::string name{kind->spec.name};
        const auto& twin = twins_.at(name);
        const auto& can = kind->capabilities;
        const auto sample = twin->sample();
        Json::Object outcomes;
        for (const auto& [decision, status] : sample.outcomes)
            outcomes.emplace_back(decision, status);
        twins.emplace_back(
            name,
            Json::object({
                {"title", kind->title},
                {"flow", code(can.flow)},
                {"notifications", code(can.notifications)},
                {"refunds", code(can.refunds)},
                {"settings", twin->tollgate_settings()},
                {"amount", sample.amount},
                {"currency", sample.currency},
                {"phone", sample.phone},
                {"tells_amount", sample.tells_amount},
                {"outcomes", std::move(outcomes)},
            })
        );
    }
    return twins;
}

Handled Twins::handle(const Request& request) const
{
    std::string_view rest = request.path;
    if (rest.starts_with('/')) rest.remove_prefix(1);
    const auto found = twins_.find(rest.substr(0, rest.find('/')));
    if (found == twins_.end()) return text_response(404, "no such twin\n");
    return found->second->handle(request);
}

} // namespace tollgate::twins
