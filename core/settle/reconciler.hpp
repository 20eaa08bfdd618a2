// Finds payments that are due in the table and hands them to the checker: the memory that survives
// a crash. It runs as a thread of the daemon, or once from cron; both at the same time, on several
// machines, do no harm, because a lease gives each payment to one of them. Notifications that came
// before their payment are given to it, if it is there by now.
#pragma once

#include "core/settle/checker.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace tollgate {

/// How long `reconcile --once` takes payments; what is under way by then is finished.
inline constexpr std::chrono::seconds reconcile_take_for{45};

/// What follows from the limits of a question.
struct ReconcileLimits {
    explicit ReconcileLimits(const CheckConfig& config);

    /// No more is taken while so many are ahead: what waits in line is leased in vain.
    std::size_t ahead;
    /// Enough for all that is ahead, every step of every dialogue just in time: while its process
    /// lives, nobody else takes a payment. When it dies, others have them after so long at most.
    std::chrono::milliseconds lease;
};

/// What the reconciler works with; the owner keeps them alive.
struct ReconcileServices {
    Store& store;
    Checker& checker;
    const Clock& clock;
    ReconcileLimits limits;
};

/// Takes what is due now, for reconcile_take_for at most, asks, and waits for the answers. What
/// could not be asked because its gateway is away is settled as that, so no lease outlives the
/// process. Returns how many were taken.
std::size_t reconcile_once(const ReconcileServices& services);

class Reconciler {
public:
    explicit Reconciler(const ReconcileServices& services);
    ~Reconciler();
    Reconciler(const Reconciler&) = delete;
    Reconciler& operator=(const Reconciler&) = delete;

private:
    void run();
    bool turn();
    void match_orphans();

    ReconcileServices services_;
    OrphanTurn orphans_; ///< the thread's own, as the next
    Instant orphans_matched_at_{};
    std::mutex mutex_;
    std::condition_variable stop_;
    std::atomic<bool> stopping_ = false;
    std::thread thread_;
};

} // namespace tollgate
