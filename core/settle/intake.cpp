#include "core/settle/intake.hpp"

#include "core/crypto/digest.hpp"
#include "core/support/fail_point.hpp"

#include <algorithm>

namespace tollgate {
namespace {

/// The parts do not run into each other; another gateway's message never has the same digest.
std::string digest_of(const Gateway& gateway, std::initializer_list<std::string_view> parts)
{
    std::string message{gateway.name()};
    for (const auto& part : parts) {
        message += '\0';
        message += part;
    }
    return sha256(message);
}

/// Over that name alone by which the payment is found: whatever else a hint says, a stranger may
/// vary.
std::string digest_of_hint(const Gateway& gateway, const Notification& hint)
{
    const auto seconds = std::chrono::floor<std::chrono::seconds>(hint.received_at);
    const auto interval = seconds.time_since_epoch() / hint_interval;
    const auto& reference = hint.reference.get();
    std::string_view gateway_ref;
    if (reference.empty()) gateway_ref = hint.gateway_ref.get();
    return digest_of(gateway, {"hint", reference, gateway_ref, std::to_string(interval)});
}

} // namespace

Notification notification_of(
    const Gateway& gateway, const Inbound& inbound, const Claim& claim, Instant received_at
)
{
    Notification one{
        .gateway = GatewayName{std::string{gateway.name()}},
        .reference = claim.reference,
        .gateway_ref = claim.gateway_ref,
        .proof = claim.proof,
        .digest = {},
        .record = claim.record,
        .received_at = received_at,
    };
    const bool hint = claim.proof == Proof::none;
    one.digest =
        hint ? digest_of_hint(gateway, one) : digest_of(gateway, {inbound.query, inbound.body});
    return one;
}

Received Intake::put(Notification notification)
{
    Waiter waiter{.notification = std::move(notification)};
    std::unique_lock lock{mutex_};
    if (queue_.size() >= queue_max_) throw IntakeFull{};
    queue_.push_back(&waiter);
    waiter.wake.wait(lock, [&] { return waiter.done || queue_.front() == &waiter; });
    if (!waiter.done) lead(lock);
    if (waiter.error) std::rethrow_exception(waiter.error);
    return std::move(waiter.result);
}

void Intake::lead(std::unique_lock<std::mutex>& lock)
{
    const auto count = std::min(queue_.size(), batch_rows_max);
    const std::vector<Waiter*> batch{
        queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(count)};
    lock.unlock();
    fail_point("intake.before_write");
    write(batch);
    fail_point("intake.after_commit");
    lock.lock();
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(count));
    for (auto* waiter : batch) {
        waiter->done = true;
        waiter->wake.notify_one();
    }
    if (!queue_.empty()) queue_.front()->wake.notify_one();
}

void Intake::write(std::span<Waiter* const> batch)
{
    if (batch.size() == 1) {
        write_one(*batch.front());
        return;
    }
    try {
        std::vector<Notification> notifications;
        notifications.reserve(batch.size());
        for (const auto* waiter : batch)
            notifications.push_back(waiter->notification);
        auto results = store_.receive(notifications);
        for (std::size_t i = 0; i < batch.size(); ++i)
            batch[i]->result = std::move(results[i]);
    } catch (const StoreUnavailable&) {
        for (auto* waiter : batch)
            waiter->error = std::current_exception();
    } catch (...) { // whatever it is, nobody may be left waiting
        for (auto* waiter : batch)
            write_one(*waiter);
    }
}

void Intake::write_one(Waiter& waiter)
{
    try {
        auto results = store_.receive({&waiter.notification, 1});
        waiter.result = std::move(results.front());
    } catch (...) {
        waiter.error = std::current_exception();
    }
}

} // namespace tollgate
