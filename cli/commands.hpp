// The commands of `tollgate`. Each writes its result to standard output, its errors to standard
// error, and returns the process's exit code.
#pragma once

#include "core/config/config.hpp"

#include <string>
#include <vector>

namespace tollgate {

inline constexpr int exit_code_not_done = 1;
inline constexpr int exit_code_under_way = 3; ///< begun; how it ends is not known yet

/// Names every mistake.
int refuse(const std::vector<ConfigMistake>& mistakes);
/// `tollgate: …`, why it was not done.
int not_done(const std::string& why);

/// Applies what is missing of the schema and says what it did.
int run_migrate(const Config& config);
/// Asks about every payment that is due: the one line of cron.
int run_reconcile(const Config& config);

/// Removes what is older than `retention` says, or says what it would remove.
int run_purge(const Config& config, bool dry_run);

struct KeyOptions {
    std::string name;
    std::string merchant = "main";
};

/// Prints the new key, and nothing else, on standard output.
int run_keys_add(const Config& config, const KeyOptions& options);
int run_keys_list(const Config& config);
int run_keys_revoke(const Config& config, const KeyOptions& options);

struct GatewayTable {
    bool json = false;
    bool all = false; ///< whatever is configured here: no configuration is read
};

/// What the gateways can do, and which are configured here.
int run_gateways(const ConfigSource& source, const GatewayTable& wish);

/// Which payment is meant.
struct PaymentName {
    std::string name;  ///< its id or its reference, or empty:
    std::string order; ///< the newest payment of this order
    std::string merchant = "main";
};

struct ConfirmOptions {
    PaymentName payment;
    bool paid = false; ///< one of these two
    bool cancelled = false;
    std::string amount; ///< when paid; empty: the price
};

struct RefundOptions {
    PaymentName payment;
    std::string amount; ///< empty: all that is left
    std::string ended;  ///< `done` or `refused`: how the one that is under way ended
};

/// What only a person can know about a payment.
int run_confirm(const Config& config, const ConfirmOptions& options);
int run_refund(const Config& config, const RefundOptions& options);

} // namespace tollgate
