// `/metrics`: what a monitoring system reads. Figures of the tables are of all processes, counters
// of the one that answers. Nothing in it names a customer, an order or a secret.
//
// Errors   without the database: tollgate_database_up 0, and the counters of the process alone
#pragma once

#include "core/support/clock.hpp"
#include "fcgi/http_message.hpp"

namespace tollgate {

class Checker;
class Pool;

Response handle_metrics(Pool& pool, const Checker& checker, const Clock& clock);

} // namespace tollgate
