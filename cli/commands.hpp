// The commands of `tollgate`. Each writes its result to standard output, its errors to standard
// error, and returns the process's exit code.
#pragma once

#include "core/config/config.hpp"

#include <string>

namespace tollgate {

/// Applies what is missing of the schema and says what it did.
int run_migrate(const Config& config);

struct KeyOptions {
    std::string name;
    std::string merchant = "main";
};

/// Prints the new key, and nothing else, on standard output.
int run_keys_add(const Config& config, const KeyOptions& options);
int run_keys_list(const Config& config);
int run_keys_revoke(const Config& config, const KeyOptions& options);

/// Asks about every payment that is due: the one line of cron.
int run_reconcile(const Config& config);

} // namespace tollgate
