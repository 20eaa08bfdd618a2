#include "core/settle/reconciler.hpp"

#include "core/crypto/encoding.hpp"
#include "core/crypto/random.hpp"
#include "core/support/fail_point.hpp"
#include "core/support/log.hpp"

#include <malloc.h>

#include <algorithm>

namespace tollgate {
namespace {

constexpr std::chrono::milliseconds interval{2'000};
/// While there is more than the checker has room for.
constexpr std::chrono::milliseconds busy_interval{50};
constexpr std::chrono::seconds orphan_interval{10};
constexpr std::size_t owner_bytes = 16;
constexpr auto cause = "reconcile";
/// Rounds of questions that fill all that may be in flight: one is, one waits.
constexpr std::size_t rounds_ahead = 2;

std::size_t room_for(const ReconcileServices& services)
{
    const auto ahead = services.checker.ahead();
    return ahead < services.limits.ahead ? services.limits.ahead - ahead : 0;
}

/// Takes up to `payments_max` of what was due at `due_at`.
std::size_t
take_and_ask(const ReconcileServices& services, Instant due_at, std::size_t payments_max)
{
    const auto lease = std::chrono::duration_cast<Duration>(services.limits.lease);
    const auto due = services.store.take_due({
        .owner = to_hex(random_bytes(owner_bytes)),
        .now = due_at,
        .until = services.clock.now() + lease,
        .payments_max = std::min(batch_rows_max, payments_max),
    });
    if (!due.empty()) fail_point("reconcile.leased");
    std::vector<Asked> left;
    for (const auto& payment : due) {
        if (!services.checker.enqueue(payment, cause)) left.push_back(not_asked(payment, cause));
    }
    // Room ends with a gateway that is away: the table is told, and nothing stays leased in vain.
    if (!left.empty()) services.store.settle(left, services.clock.now());
    return due.size();
}

void log_matched(const OrphansMatched& matched)
{
    if (matched.payments > 0) log_info("orphans.matched", {{"payments", matched.payments}});
}

void match_all_orphans(Store& store, Instant now)
{
    OrphanTurn turn;
    while (true) {
        const auto matched = store.match_orphans(turn, now);
        log_matched(matched);
        if (!matched.next) return;
        turn = *matched.next;
    }
}

/// Returns how many were taken.
std::size_t take_all(const ReconcileServices& services)
{
    using Watch = std::chrono::steady_clock;
    const auto now = services.clock.now();
    const auto end = Watch::now() + reconcile_take_for;
    std::size_t total = 0;
    while (true) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Watch::now());
        const auto has_room = services.checker.wait_until_fewer(services.limits.ahead, left);
        if (!has_room || left.count() <= 0) return total;
        // What becomes due from now on is for the next run, or this one might never end.
        const auto taken = take_and_ask(services, now, room_for(services));
        if (taken == 0) return total;
        total += taken;
    }
}

} // namespace

// A dialogue is its steps and the fetching of a token.
ReconcileLimits::ReconcileLimits(const CheckConfig& config)
    : ahead{
          rounds_ahead *
          static_cast<std::size_t>(std::min(config.in_flight_max, config.gateway_in_flight_max))},
      lease{(rounds_ahead + 1) * (dialogue_steps_max + 1) * config.timeout}
{
}

std::size_t reconcile_once(const ReconcileServices& services)
{
    match_all_orphans(services.store, services.clock.now());
    const auto taken = take_all(services);
    services.checker.leave(services.limits.lease);
    return taken;
}

Reconciler::Reconciler(const ReconcileServices& services)
    : services_{services}, thread_{[this] { run(); }}
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
    auto wait = interval;
    while (!stop_.wait_for(lock, wait, [&] { return stopping_.load(); })) {
        lock.unlock();
        wait = interval;
        try {
            if (turn()) wait = busy_interval;
        } catch (const std::exception& error) {
            log_warning("reconcile.failed", {{"what", error.what()}});
        }
        // What a burst needed goes back to the system, which shared hosting counts.
        if (services_.checker.room() == checker_payments_max) ::malloc_trim(0);
        lock.lock();
    }
}

/// True when more may be due than there was room for.
bool Reconciler::turn()
{
    match_orphans();
    while (!stopping_) {
        const auto room = room_for(services_);
        if (room == 0) return true;
        const auto taken = take_and_ask(services_, services_.clock.now(), room);
        if (taken < std::min(room, batch_rows_max)) return false;
    }
    return false;
}

/// A part of them each time, so that a great many cost no more at once.
void Reconciler::match_orphans()
{
    const auto now = services_.clock.now();
    if (now - orphans_matched_at_ < orphan_interval) return;
    orphans_matched_at_ = now;
    const auto matched = services_.store.match_orphans(orphans_, now);
    log_matched(matched);
    orphans_ = matched.next.value_or(OrphanTurn{});
}

} // namespace tollgate
