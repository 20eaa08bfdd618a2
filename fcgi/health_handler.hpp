// `/healthz` and `/readyz`: what a supervisor asks.
#pragma once

#include "core/settle/store.hpp"
#include "fcgi/http_message.hpp"

namespace tollgate {

/// The process lives.
Response handle_health();
/// The database answers and its schema fits.
Response handle_ready(Store& store);

} // namespace tollgate
