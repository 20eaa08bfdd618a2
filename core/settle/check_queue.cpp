#include "core/settle/check_queue.hpp"

#include "core/support/check.hpp"

#include <algorithm>
#include <utility>

namespace tollgate {

bool CheckQueue::add(
    const PaymentRef& payment, std::string cause, Time now, const WaiterPtr& waiter
)
{
    end_rests(now);
    if (const auto found = entries_.find(payment.id.get()); found != entries_.end()) {
        join(found->second, payment, waiter);
        return true;
    }
    auto& lines = lines_[payment.gateway.get()];
    // Fails for a gateway without answers before it does for the others.
    if (lines.payments >= room()) return false;
    auto& entry = entries_[payment.id.get()];
    entry.question = {payment, std::move(cause)};
    entry.lines = &lines;
    ++lines.payments;
    if (waiter) entry.waiters.push_back(waiter);
    wait(entry, now);
    return true;
}

void CheckQueue::join(Entry& entry, const PaymentRef& payment, const WaiterPtr& waiter)
{
    // A refund may have begun since, or the gateway's own name have come with a message.
    entry.question.payment = payment;
    switch (entry.place) {
    case Place::waiting:
        if (!waiter) return;
        if (entry.waiters.empty()) {
            auto& [customers, others, in_flight, payments] = *entry.lines;
            customers.splice(customers.end(), others, entry.position);
        }
        entry.waiters.push_back(waiter);
        return;
    case Place::under_way:
    case Place::settling:
        // A customer who waits is served by the answer under way; a notification may be newer.
        if (waiter) {
            entry.waiters.push_back(waiter);
        } else {
            entry.again = true;
        }
        return;
    case Place::resting:
        if (waiter) { // nothing newer can be had before it rises
            *waiter = {.done = true, .settled = entry.settled};
        } else if (!std::exchange(entry.again, true)) {
            ++rising_;
        }
        return;
    }
    impossible("place of a question");
}

void CheckQueue::wait(Entry& entry, Time now)
{
    auto& line = entry.waiters.empty() ? entry.lines->others : entry.lines->customers;
    entry.place = Place::waiting;
    entry.since = now;
    entry.again = false;
    entry.position = line.insert(line.end(), &entry);
}

void CheckQueue::end_rests(Time now)
{
    while (!resting_.empty() && now - resting_.front()->since >= limits_.interval) {
        auto& entry = *resting_.front();
        resting_.pop_front();
        if (entry.again) {
            --rising_;
            wait(entry, now);
        } else {
            erase(entry);
        }
    }
}

bool CheckQueue::has_place(const Lines& lines) const
{
    const auto free = limits_.in_flight_max - std::min(in_flight_, limits_.in_flight_max);
    return free > 0 && lines.in_flight <= free && lines.in_flight < limits_.gateway_in_flight_max;
}

CheckQueue::Entry* CheckQueue::take(Lines& lines, const Gate& gate, bool customers_only)
{
    auto& line = customers_only ? lines.customers : lines.others;
    if (line.empty() || !has_place(lines)) return nullptr;
    auto* entry = line.front();
    if (!gate(entry->question.payment.gateway)) return nullptr;
    line.pop_front();
    return entry;
}

std::optional<CheckQueue::Question> CheckQueue::next(Time now, const Gate& gate)
{
    end_rests(now);
    for (const bool customers : {true, false}) {
        auto turn = lines_.upper_bound(served_);
        for (std::size_t i = 0; i < lines_.size(); ++i) {
            if (turn == lines_.end()) turn = lines_.begin();
            if (auto* entry = take(turn->second, gate, customers)) {
                served_ = turn->first;
                entry->place = Place::under_way;
                ++entry->lines->in_flight;
                ++in_flight_;
                return entry->question;
            }
            ++turn;
        }
    }
    return {};
}

std::optional<CheckQueue::Question> CheckQueue::next_given_up(Time now)
{
    for (auto& [name, lines] : lines_) {
        for (auto* line : {&lines.customers, &lines.others}) {
            if (line->empty() || now - line->front()->since < question_waits_max) continue;
            auto& entry = *line->front();
            line->pop_front();
            entry.place = Place::settling;
            ++settling_;
            return entry.question;
        }
    }
    return {};
}

void CheckQueue::answered(const PaymentId& payment)
{
    auto& entry = entry_of(payment);
    check(entry.place == Place::under_way, "an answer without a question");
    entry.place = Place::settling;
    --entry.lines->in_flight;
    --in_flight_;
    ++settling_;
}

void CheckQueue::finish(const PaymentId& payment, End end, Time now)
{
    auto& entry = entry_of(payment);
    check(entry.place == Place::settling, "a settlement without an answer");
    --settling_;
    entry.settled = end != End::unanswered;
    for (const auto& waiter : std::exchange(entry.waiters, {}))
        *waiter = {.done = true, .settled = entry.settled};
    if (end != End::closed) {
        entry.place = Place::resting;
        entry.since = now;
        resting_.push_back(&entry);
        if (entry.again) ++rising_;
    } else if (entry.again) {
        wait(entry, now);
    } else {
        erase(entry);
    }
    end_rests(now);
}

void CheckQueue::release_waiters(const GatewayName& gateway)
{
    const auto found = lines_.find(gateway.get());
    if (found == lines_.end()) return;
    auto& lines = found->second;
    for (auto* entry : lines.customers) {
        for (const auto& waiter : std::exchange(entry->waiters, {}))
            *waiter = {.done = true, .settled = false};
    }
    lines.others.splice(lines.others.begin(), lines.customers);
}

bool CheckQueue::is_busy(const Gate& gate) const
{
    if (in_flight_ + settling_ + rising_ > 0) return true;
    return std::ranges::any_of(lines_, [&](const auto& entry) {
        const auto& [name, lines] = entry;
        const bool empty = lines.customers.empty() && lines.others.empty();
        return !empty && gate(GatewayName{name});
    });
}

std::size_t CheckQueue::waiting(const GatewayName& gateway) const
{
    const auto found = lines_.find(gateway.get());
    if (found == lines_.end()) return 0;
    return found->second.customers.size() + found->second.others.size();
}

void CheckQueue::erase(Entry& entry)
{
    --entry.lines->payments;
    entries_.erase(entries_.find(entry.question.payment.id.get()));
}

CheckQueue::Entry& CheckQueue::entry_of(const PaymentId& payment)
{
    const auto found = entries_.find(payment.get());
    check(found != entries_.end(), "a payment that nobody asked about");
    return found->second;
}

} // namespace tollgate
