// What the return page shows, read for all visitors that come together, in one statement.
//
// Threads  any
#pragma once

#include "core/settle/batches.hpp"
#include "core/settle/store.hpp"

#include <optional>

namespace tollgate {

class Pool;

class PaymentViews {
public:
    explicit PaymentViews(Pool& pool);

    std::optional<PaymentView> find(const PaymentId& id) { return batches_.ask(id); }

private:
    Batches<PaymentId, std::optional<PaymentView>> batches_;
};

} // namespace tollgate
