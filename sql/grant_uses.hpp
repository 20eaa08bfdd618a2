// Uses of download grants: checked and counted in one step, for all requests that arrive together.
//
// Threads  any
#pragma once

#include "core/settle/batches.hpp"
#include "core/settle/store.hpp"

namespace tollgate {

class Pool;

class GrantUses {
public:
    explicit GrantUses(Pool& pool);

    UsedGrant use(const GrantRequest& request);

private:
    using Batch = Batches<GrantRequest, UsedGrant>;

    Batch looks_; ///< what only reads does not wait for what is written
    Batch uses_;
};

} // namespace tollgate
