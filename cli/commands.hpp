// The commands of `tollgate`. Each writes its result to standard output, its errors to standard
// error, and returns the process's exit code.
#pragma once

#include "core/config/config.hpp"

#include <string>
#include <vector>

namespace tollgate {

inline constexpr int exit_code_not_done = 1;
inline constexpr int exit_code_timed_out = 2;    ///< watched, and it has not ended
inline constexpr int exit_code_under_way = 3;    ///< begun; how it ends is not known yet
inline constexpr int exit_code_no_payment = 66;  ///< EX_NOINPUT of sysexits.h
inline constexpr int exit_code_unavailable = 69; ///< EX_UNAVAILABLE

/// Names every mistake.
int refuse(const std::vector<ConfigMistake>& mistakes);
/// `tollgate: …`, why it was not done.
int not_done(const std::string& why);

/// Of a configuration without a mistake, whether the profile has one: in its file, or where it does
/// not fit the shop's tables.
int run_check_config(const Config& config);
/// Applies what is missing of the schema and says what it did.
int run_migrate(const Config& config);
/// Asks about every payment that is due, then delivers the events that are: the one line of cron.
int run_reconcile(const Config& config);

/// Removes what is older than `retention` says, or says what it would remove.
int run_purge(const Config& config, bool dry_run);

struct KeyOptions {
    std::string name;
    std::string merchant = "main";
    std::string scopes = "read open refund confirm";
};

struct KeyRotation {
    std::string name;
    std::string merchant;        ///< empty: whosever key has the name, if that is clear
    std::string overlap = "24h"; ///< so long the old key works on
};

/// Prints the new key, and nothing else, on standard output; so does rotating.
int run_keys_add(const Config& config, const KeyOptions& options);
int run_keys_list(const Config& config, bool json);
int run_keys_rotate(const Config& config, const KeyRotation& options);
/// Ends all keys of the name at once.
int run_keys_revoke(const Config& config, const std::string& name);

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

struct WatchOptions {
    PaymentName payment; ///< its name may also be an address or an order
    int timeout_s = 300;
    bool json = false;
};

/// Follows a payment until it ends or the time is up, and prints what is known then.
int run_watch(const Config& config, const WatchOptions& options);

struct AttentionOptions {
    bool json = false;
    bool all = false; ///< what was dealt with, too
    int rows_max = 100;
    std::string done; ///< instead: the reference of one that is dealt with
};

/// Lists what an operator should look at.
int run_attention(const Config& config, const AttentionOptions& options);

/// What only a person can know about a payment.
int run_confirm(const Config& config, const ConfirmOptions& options);
int run_refund(const Config& config, const RefundOptions& options);

/// Which events are listed; all that are not delivered unless one of these is said.
struct EventList {
    bool parked = false;
    bool pending = false;
    PaymentName payment; ///< with this: all of it, the delivered ones too
    bool json = false;
};

/// Which events are sent again: one of these.
struct EventReplay {
    std::string event; ///< its id
    bool parked = false;
    PaymentName payment;
    std::string since; ///< all that happened then and later
};

/// Which grants, and what becomes of them.
struct GrantsWish {
    PaymentName payment;
    std::string file;    ///< empty: all of the payment
    int uses = 0;        ///< so many left; 0: as before
    std::string expires; ///< empty: as before
    bool json = false;
};

int run_grants_list(const Config& config, const GrantsWish& wish);
/// New links; the old ones are dead.
int run_grants_reissue(const Config& config, const GrantsWish& wish);
int run_grants_extend(const Config& config, const GrantsWish& wish);
int run_grants_revoke(const Config& config, const GrantsWish& wish);

/// Looks at the installation as the world does. exit_code_not_done when something is wrong.
int run_doctor(const Config& config, bool json);

int run_events_list(const Config& config, const EventList& wish);
int run_events_replay(const Config& config, const EventReplay& wish);

} // namespace tollgate
