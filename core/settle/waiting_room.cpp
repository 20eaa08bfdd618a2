#include "core/settle/waiting_room.hpp"

#include "core/support/waiting.hpp"

#include <algorithm>

namespace tollgate {

std::optional<WaitingRoom::Place> WaitingRoom::take(const PaymentId& payment)
{
    const std::lock_guard lock{mutex_};
    if (closed_ || guests_.size() >= places_) return {};
    if (std::ranges::count(guests_, payment, &Guest::payment) >= guests_per_payment_max) return {};
    return Place{*this, guests_.insert(guests_.end(), Guest{.payment = payment})};
}

void WaitingRoom::announce(std::span<const Settled> settled)
{
    const std::lock_guard lock{mutex_};
    for (auto& guest : guests_) {
        const auto one = std::ranges::find(settled, guest.payment, &Settled::payment);
        if (one != settled.end() && one->before != one->after) guest.called = true;
    }
    called_.notify_all();
}

void WaitingRoom::close()
{
    const std::lock_guard lock{mutex_};
    closed_ = true;
    called_.notify_all();
}

WaitingRoom::Place::~Place()
{
    if (room_ == nullptr) return;
    const std::lock_guard lock{room_->mutex_};
    room_->guests_.erase(guest_);
}

void WaitingRoom::Place::wait_until(Time end)
{
    const Waiting waiting;
    std::unique_lock lock{room_->mutex_};
    room_->called_.wait_until(lock, end, [&] { return guest_->called || room_->closed_; });
}

} // namespace tollgate
