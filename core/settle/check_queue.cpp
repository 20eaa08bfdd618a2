#include "core/settle/check_queue.hpp"

#include "core/support/check.hpp"

#include <algorithm>
#include <utility>

namespace tollgate {
namespace {

/// Answers that wait to be settled: some batches. With so many nothing is gained by asking faster.
constexpr std::size_t unsettled_enough = 192;

template <class Lines>
std::size_t waiting_in(const Lines& lines)
{
    std::size_t count = 0;
    for (const auto& line : lines.waiting)
        count += line.size();
    return count;
}

} // namespace

bool CheckQueue::add(
    const PaymentRef& payment, std::string cause, Time now, const WaiterPtr& waiter
)
{
    end_rests(now);
    if (const auto found = entries_.find(payment.id.get()); found != entries_.end()) {
        join(found->second, payment, waiter);
        return true;
    }
    auto& lines = lines_of(payment.gateway);
    // Fails for a gateway without answers before it does for the others.
    if (lines.payments >= room()) return false;
    auto& entry = entries_[payment.id.get()];
    entry.question = {payment, std::move(cause)};
    entry.lines = &lines;
    ++lines.payments;
    if (waiter) entry.waiters.push_back(waiter);
    wait(entry, waiter ? customer : usual, now);
    return true;
}

void CheckQueue::join(Entry& entry, const PaymentRef& payment, const WaiterPtr& waiter)
{
    // A refund may have begun since, or the gateway's own name have come with a message.
    entry.question.payment = payment;
    switch (entry.place) {
    case Place::waiting:
        if (!waiter) return;
        if (entry.rank != customer) {
            auto& lines = entry.lines->waiting;
            lines[customer].splice(lines[customer].end(), lines[entry.rank], entry.position);
            entry.rank = customer;
        }
        entry.waiters.push_back(waiter);
        return;
    case Place::under_way:
    case Place::settling:
        if (waiter && entry.place == Place::settling && entry.waiters.empty()) ++awaited_;
        // A customer who waits is served by the answer under way; a notification may be newer.
        if (waiter) {
            entry.waiters.push_back(waiter);
        } else {
            entry.again = true;
        }
        return;
    case Place::resting:
        if (waiter) entry.waiters.push_back(waiter);
        if (!std::exchange(entry.again, true)) ++rising_;
        return;
    }
    impossible("place of a question");
}

void CheckQueue::wait(Entry& entry, Rank rank, Time now)
{
    auto& line = entry.lines->waiting[rank];
    entry.place = Place::waiting;
    entry.rank = rank;
    entry.since = now;
    entry.again = false;
    entry.position = line.insert(line.end(), &entry);
}

void CheckQueue::rest(Entry& entry, Time now)
{
    entry.place = Place::resting;
    entry.since = now;
    if (entry.again) ++rising_;
    resting_.push_back(&entry);
    end_rests(now);
}

void CheckQueue::end_rests(Time now)
{
    while (!resting_.empty() && now - resting_.front()->since >= limits_.interval) {
        auto& entry = *resting_.front();
        resting_.pop_front();
        if (entry.again) {
            --rising_;
            wait(entry, entry.waiters.empty() ? usual : customer, now);
        } else {
            erase(entry);
        }
    }
}

bool CheckQueue::has_place(const Lines& lines) const
{
    const auto free = limits_.in_flight_max - std::min(in_flight_, limits_.in_flight_max);
    return free > 0 && lines.in_flight <= free && lines.in_flight < lines.window;
}

CheckQueue::Lines& CheckQueue::lines_of(const GatewayName& gateway)
{
    auto& lines = lines_[gateway.get()];
    if (lines.window == 0) {
        lines.window = std::min(limits_.gateway_in_flight_first, limits_.gateway_in_flight_max);
    }
    return lines;
}

/// An answer is here.
void CheckQueue::adapt(Lines& lines) const
{
    if (settling_ >= unsettled_enough) {
        if (lines.window > limits_.gateway_in_flight_first) --lines.window;
    } else if (lines.in_flight == lines.window && waiting_in(lines) > 0) {
        lines.window = std::min(lines.window + 1, limits_.gateway_in_flight_max);
    }
}

CheckQueue::Entry* CheckQueue::take(Lines& lines, Rank rank, const Gate& gate)
{
    auto& line = lines.waiting[rank];
    if (line.empty() || !has_place(lines)) return nullptr;
    auto* entry = line.front();
    if (!gate(entry->question.payment.gateway)) return nullptr;
    line.pop_front();
    return entry;
}

std::optional<CheckQueue::Question> CheckQueue::next(Time now, const Gate& gate)
{
    end_rests(now);
    for (const auto rank : {customer, usual, silent}) {
        auto turn = lines_.upper_bound(served_);
        for (std::size_t i = 0; i < lines_.size(); ++i) {
            if (turn == lines_.end()) turn = lines_.begin();
            if (auto* entry = take(turn->second, rank, gate)) {
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

std::optional<CheckQueue::Question> CheckQueue::next_overdue(Time now)
{
    for (auto& [name, lines] : lines_) {
        auto& line = lines.waiting[usual];
        if (line.empty() || now - line.front()->since < question_waits_max) continue;
        return give_up(line);
    }
    return {};
}

std::optional<CheckQueue::Question> CheckQueue::next_unasked(const Gate& gate)
{
    for (auto& [name, lines] : lines_) {
        auto& line = lines.waiting[usual];
        if (!line.empty() && !gate(GatewayName{name})) return give_up(line);
    }
    return {};
}

/// The first question in `line` is settled without an answer.
const CheckQueue::Question& CheckQueue::give_up(Line& line)
{
    auto& entry = *line.front();
    line.pop_front();
    entry.place = Place::settling;
    ++settling_;
    return entry.question;
}

const CheckQueue::Question& CheckQueue::question(const PaymentId& payment)
{
    return entry_of(payment).question;
}

void CheckQueue::answered(const PaymentId& payment)
{
    auto& entry = entry_of(payment);
    check(entry.place == Place::under_way, "an answer without a question");
    entry.place = Place::settling;
    adapt(*entry.lines);
    --entry.lines->in_flight;
    --in_flight_;
    ++settling_;
    if (!entry.waiters.empty()) ++awaited_;
}

void CheckQueue::finish(const PaymentId& payment, End end, Time now)
{
    auto& entry = entry_of(payment);
    check(entry.place == Place::settling, "a settlement without an answer");
    --settling_;
    if (!entry.waiters.empty()) --awaited_;
    const bool settled = end == End::closed || end == End::open;
    for (const auto& waiter : std::exchange(entry.waiters, {}))
        *waiter = {.done = true, .settled = settled};
    switch (end) {
    case End::closed:
        if (entry.again) {
            wait(entry, usual, now);
        } else {
            erase(entry);
        }
        return;
    case End::open:
    case End::unanswered: rest(entry, now); return;
    case End::away: wait(entry, silent, now); return;
    }
    impossible("end of a question");
}

void CheckQueue::release_waiters(const GatewayName& gateway)
{
    const auto found = lines_.find(gateway.get());
    if (found == lines_.end()) return;
    auto& lines = found->second.waiting;
    for (auto* entry : lines[customer]) {
        entry->rank = usual;
        for (const auto& waiter : std::exchange(entry->waiters, {}))
            *waiter = {.done = true, .settled = false};
    }
    lines[usual].splice(lines[usual].begin(), lines[customer]);
}

std::size_t CheckQueue::ahead(const Gate& gate) const
{
    auto count = in_flight_ + settling_;
    for (const auto& [name, lines] : lines_) {
        const auto waiting = waiting_in(lines);
        if (waiting > 0 && gate(GatewayName{name})) count += waiting;
    }
    return count;
}

bool CheckQueue::is_quiet() const
{
    return in_flight_ == 0 && std::ranges::all_of(lines_, [](const auto& lines) {
               return waiting_in(lines.second) == 0;
           });
}

std::size_t CheckQueue::waiting(const GatewayName& gateway) const
{
    const auto found = lines_.find(gateway.get());
    return found == lines_.end() ? 0 : waiting_in(found->second);
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
