// Finds payments that are due in the table and hands them to the checker: the memory that survives
// a crash. It runs as a thread of the daemon, or once from cron; both at the same time do no harm,
// because a lease gives each payment to one of them.
#pragma once

#include "core/settle/checker.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace tollgate {

/// Takes what is due and asks, until nothing is due. Returns how many were taken.
std::size_t reconcile_once(Store& store, Checker& checker, const Clock& clock);

class Reconciler {
public:
    Reconciler(Store& store, Checker& checker, const Clock& clock);
    ~Reconciler();
    Reconciler(const Reconciler&) = delete;
    Reconciler& operator=(const Reconciler&) = delete;

private:
    void run();

    Store& store_;
    Checker& checker_;
    const Clock& clock_;
    std::mutex mutex_;
    std::condition_variable stop_;
    std::atomic<bool> stopping_ = false;
    std::thread thread_;
};

} // namespace tollgate
