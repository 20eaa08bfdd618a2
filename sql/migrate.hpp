// Brings the database's tables to this program's state: numbered migrations, each applied once.
//
// Errors   SchemaError: the database is newer than this program, or a migration was changed after
//          it had been applied; what the connection throws
// Threads  two programs may migrate at once: every statement can run twice
#pragma once

#include "core/support/clock.hpp"

#include <stdexcept>
#include <string>
#include <vector>

namespace tollgate {

class Pool;

class SchemaError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// The number of the last migration that this program has.
int newest_migration();
/// The number of the last one that the database has; 0 when there is none.
int applied_migration(Pool& pool);
/// Applies what is missing and names what was applied.
std::vector<std::string> migrate(Pool& pool, Instant now);

/// The statements of a migration file: comments dropped, split at `;` outside quotes.
std::vector<std::string> split_statements(std::string_view text);

} // namespace tollgate
