#include "sandbox/twins/twins.hpp"

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

Response Twins::handle(const Request& request) const
{
    std::string_view rest = request.path;
    if (rest.starts_with('/')) rest.remove_prefix(1);
    const auto found = twins_.find(rest.substr(0, rest.find('/')));
    if (found == twins_.end()) return text_response(404, "no such twin\n");
    return found->second->handle(request);
}

} // namespace tollgate::twins
