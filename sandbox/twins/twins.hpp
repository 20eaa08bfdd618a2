// All twins: one per line of core/gateways/registry.def, each below `/<gateway>/`.
//
// Threads  any thread may call handle()
#pragma once

#include "sandbox/twins/twin.hpp"

#include <map>
#include <memory>
#include <string>

namespace tollgate::twins {

class Twins {
public:
    /// Throws std::invalid_argument when there are settings that no twin knows.
    explicit Twins(TwinServices& services);

    Handled handle(const Request& request) const;
    /// By gateway: what it can do, what a Tollgate is told, and an order that it takes.
    Json description() const;

private:
    std::map<std::string, std::unique_ptr<const Twin>, std::less<>> twins_;
};

} // namespace tollgate::twins
