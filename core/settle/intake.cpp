#include "core/settle/intake.hpp"

#include "core/crypto/digest.hpp"
#include "core/support/fail_point.hpp"

#include <algorithm>
#include <iterator>

namespace tollgate {
namespace {

/// After a batch of several; the next one of a flood comes within that.
constexpr std::chrono::milliseconds press_lasts{10};

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

void Intake::put(Notification notification, OnDone on_done)
{
    {
        const std::lock_guard lock{mutex_};
        if (queue_.size() + writing_ >= queue_max_) throw IntakeFull{};
        queue_.push_back({std::move(notification), std::move(on_done)});
    }
    // While one tells how it went, another who comes may lead already.
    for (auto batch = take_batch(); !batch.empty(); batch = take_batch()) {
        fail_point("intake.before_write");
        write(batch);
        fail_point("intake.after_commit");
        end_lead();
        for (auto& entry : batch)
            entry.on_done(std::move(entry.outcome));
    }
}

bool Intake::is_pressed() const
{
    return std::chrono::steady_clock::now() < pressed_until_.load(std::memory_order_relaxed);
}

/// Nothing when somebody else leads, or nothing waits; whoever gets something leads.
Intake::Batch Intake::take_batch()
{
    const std::lock_guard lock{mutex_};
    Batch batch;
    if (led_ || queue_.empty()) return batch;
    const auto count = static_cast<std::ptrdiff_t>(std::min(queue_.size(), batch_rows_max));
    std::move(queue_.begin(), queue_.begin() + count, std::back_inserter(batch));
    queue_.erase(queue_.begin(), queue_.begin() + count);
    writing_ = batch.size();
    led_ = true;
    if (batch.size() > 1) pressed_until_ = Time::max();
    return batch;
}

void Intake::end_lead()
{
    const std::lock_guard lock{mutex_};
    if (writing_ > 1) pressed_until_ = std::chrono::steady_clock::now() + press_lasts;
    writing_ = 0;
    led_ = false;
}

void Intake::write(Batch& batch)
{
    try {
        std::vector<Notification> notifications;
        notifications.reserve(batch.size());
        for (const auto& entry : batch)
            notifications.push_back(entry.notification);
        auto received = store_.receive(notifications);
        for (std::size_t i = 0; i < batch.size(); ++i)
            batch[i].outcome = std::move(received[i]);
    } catch (const StoreUnavailable&) {
        for (auto& entry : batch)
            entry.outcome = std::current_exception();
    } catch (...) { // whatever it is, nobody may be left waiting
        for (auto& entry : batch)
            write_one(entry);
    }
}

void Intake::write_one(Entry& entry)
{
    try {
        entry.outcome = std::move(store_.receive({&entry.notification, 1}).front());
    } catch (...) {
        entry.outcome = std::current_exception();
    }
}

} // namespace tollgate
