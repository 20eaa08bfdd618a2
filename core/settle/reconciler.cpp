#include "core/settle/reconciler.hpp"

#include "core/crypto/encoding.hpp"
#include "core/crypto/random.hpp"
#include "core/support/fail_point.hpp"
#include "core/support/log.hpp"

#include <malloc.h>

#include <algorithm>

namespace tollgate {
namespace {

constexpr std::chrono::seconds interval{2};
/// Longer than a dialogue with every step timing out.
constexpr std::chrono::minutes lease_duration{10};
constexpr std::size_t owner_bytes = 16;

/// Takes no more than the checker has room for: a lease that nobody works on only delays.
std::size_t take_and_ask(Store& store, Checker& checker, const Clock& clock)
{
    const auto now = clock.now();
    const auto due = store.take_due({
        .owner = to_hex(random_bytes(owner_bytes)),
        .now = now,
        .until = now + lease_duration,
        .payments_max = std::min(batch_rows_max, checker.room()),
    });
    if (!due.empty()) fail_point("reconcile.leased");
    for (const auto& payment : due)
        checker.enqueue(payment, "reconcile");
    return due.size();
}

} // namespace

std::size_t reconcile_once(Store& store, Checker& checker, const Clock& clock)
{
    std::size_t total = 0;
    while (const auto taken = take_and_ask(store, checker, clock)) {
        total += taken;
        checker.drain();
    }
    return total;
}

Reconciler::Reconciler(Store& store, Checker& checker, const Clock& clock)
    : store_{store}, checker_{checker}, clock_{clock}, thread_{[this] { run(); }}
{
}

Reconciler::~Reconciler()
{
    {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
    }
    stop_.notify_all();
    thread_.join();
}

void Reconciler::run()
{
    std::unique_lock lock{mutex_};
    while (!stop_.wait_for(lock, interval, [&] { return stopping_.load(); })) {
        lock.unlock();
        try {
            while (take_and_ask(store_, checker_, clock_) == batch_rows_max && !stopping_) {
            }
        } catch (const std::exception& error) {
            log_warning("reconcile.failed", {{"what", error.what()}});
        }
        // What a burst needed goes back to the system, which shared hosting counts.
        if (checker_.room() == checker_payments_max) ::malloc_trim(0);
        lock.lock();
    }
}

} // namespace tollgate
