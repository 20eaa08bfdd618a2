#include "core/settle/checker.hpp"

#include "core/settle/counters.hpp"
#include "core/support/fail_point.hpp"
#include "core/support/log.hpp"
#include "core/support/waiting.hpp"

#include <algorithm>
#include <utility>

namespace tollgate {
namespace {

/// The settling threads have their next batches ready while they write or pause.
constexpr std::size_t unsettled_answers_max = 4 * batch_rows_max;
/// How often is looked for what may be asked because time has passed.
constexpr std::chrono::milliseconds tick{250};

using Steady = std::chrono::steady_clock;

void log_settled(const Settled& settled)
{
    if (settled.before == settled.after) return;
    log_debug(
        "payment.settled",
        {{"payment", id_text(settled.payment)},
         {"from", code(settled.before)},
         {"to", code(settled.after)}}
    );
}

/// That a gateway is away is said once, not for every payment.
void log_fault(const Asked& asked)
{
    if (asked.answer || asked.answer.error().error == GatewayError::not_asked) return;
    log_warning(
        "check.failed",
        {{"payment", id_text(asked.payment)},
         {"error", code(asked.answer.error().error)},
         {"detail", asked.answer.error().detail}}
    );
}

Asked unanswered(const PaymentRef& payment, std::string cause, GatewayFault fault)
{
    return {
        .payment = payment.id,
        .cause = std::move(cause),
        .answer = Unexpected{std::move(fault)},
        .messages = payment.messages,
    };
}

bool may_change_soon(const Asked& asked, const Settled& settled)
{
    return may_become_paid(settled.after) || !asked.refund.empty();
}

} // namespace

Asked not_asked(const PaymentRef& payment, std::string cause)
{
    return unanswered(payment, std::move(cause), {GatewayError::not_asked, "the gateway is away"});
}

CheckLimits check_limits(const CheckConfig& config)
{
    return {
        .in_flight_max = static_cast<std::size_t>(config.in_flight_max),
        .gateway_in_flight_max = static_cast<std::size_t>(config.gateway_in_flight_max),
    };
}

Checker::Checker(const CheckerServices& services, const CheckLimits& limits)
    : services_{services}, queue_{limits}
{
    for (std::size_t i = 0; i < settle_threads; ++i)
        threads_.emplace_back([this] { run(); });
}

Checker::~Checker()
{
    stop(std::chrono::milliseconds{0});
}

void Checker::stop(std::chrono::milliseconds wait)
{
    if (threads_.empty()) return;
    {
        std::unique_lock lock{mutex_};
        closed_ = true;
        finished_.wait_for(lock, wait, [&] { return is_idle(); });
        stopping_ = true;
    }
    answered_.notify_all();
    finished_.notify_all();
    for (auto& thread : threads_)
        thread.join();
    threads_.clear();
}

bool Checker::enqueue(const PaymentRef& payment, std::string cause)
{
    return add(payment, std::move(cause), nullptr);
}

bool Checker::check_now(
    const PaymentRef& payment, std::string cause, std::chrono::milliseconds wait
)
{
    if (is_away(payment.gateway)) { // asked when it is back; nobody waits for that
        enqueue(payment, std::move(cause));
        return false;
    }
    const auto waiter = std::make_shared<CheckQueue::Waiter>();
    if (!add(payment, std::move(cause), waiter)) return false;
    const Waiting waiting;
    std::unique_lock lock{mutex_};
    finished_.wait_for(lock, wait, [&] { return waiter->done || stopping_; });
    return waiter->settled;
}

bool Checker::wait_until_fewer(std::size_t payments, std::chrono::milliseconds wait)
{
    std::unique_lock lock{mutex_};
    const auto ready = [&] { return closed_ || queue_.ahead(present()) < payments; };
    return finished_.wait_for(lock, wait, ready) && !closed_;
}

void Checker::drain()
{
    std::unique_lock lock{mutex_};
    finished_.wait(lock, [&] { return is_idle() || stopping_; });
}

void Checker::leave(std::chrono::milliseconds wait)
{
    const auto end = Steady::now() + wait;
    std::unique_lock lock{mutex_};
    do {
        if (!finished_.wait_until(lock, end, [&] { return is_idle() || stopping_; })) return;
    } while (!stopping_ && give_up([&] { return queue_.next_unasked(present()); }));
}

std::size_t Checker::ahead() const
{
    const std::lock_guard lock{mutex_};
    return queue_.ahead(present());
}

CheckQueue::Gate Checker::present() const
{
    return [this](const GatewayName& name) { return !is_away(name); };
}

bool Checker::is_idle() const
{
    return !queue_.is_busy(present());
}

const Gateway* Checker::askable(const GatewayName& name) const
{
    const auto* gateway = services_.gateways.find(name.get());
    return gateway != nullptr && gateway->capabilities().can_check ? gateway : nullptr;
}

bool Checker::is_away(const GatewayName& name) const
{
    const auto* gateway = askable(name);
    return gateway != nullptr && services_.courier.is_away(*gateway);
}

std::vector<GatewayHealth> Checker::health() const
{
    auto health = services_.courier.health();
    const std::lock_guard lock{mutex_};
    for (auto& one : health)
        one.waiting = queue_.waiting(GatewayName{one.gateway});
    return health;
}

bool Checker::add(const PaymentRef& payment, std::string cause, const CheckQueue::WaiterPtr& waiter)
{
    {
        const std::lock_guard lock{mutex_};
        if (closed_) return false;
        if (!queue_.add(payment, std::move(cause), Steady::now(), waiter)) return false;
    }
    ask_next();
    return true;
}

std::size_t Checker::room() const
{
    const std::lock_guard lock{mutex_};
    return closed_ ? 0 : queue_.room();
}

void Checker::ask_next()
{
    while (const auto next = next_question())
        ask(*next);
}

std::optional<Checker::Next> Checker::next_question()
{
    const std::lock_guard lock{mutex_};
    if (answers_.size() >= unsettled_answers_max || stopping_) return {};
    Next next{};
    auto question = queue_.next(Steady::now(), [&](const GatewayName& name) {
        next.gateway = askable(name);
        next.pass =
            next.gateway == nullptr ? Courier::Pass{} : services_.courier.admit(*next.gateway);
        return next.pass.has_value();
    });
    if (!question) return {};
    next.question = *std::move(question);
    return next;
}

void Checker::ask(const Next& next)
{
    const auto& [payment, cause] = next.question;
    const auto* gateway = next.gateway;
    if (gateway == nullptr) {
        take(unanswered(payment, cause, {GatewayError::unavailable, "nobody can be asked"}));
        return;
    }
    counters::questions.add({gateway->name()});
    services_.courier.ask<Answer>(
        *gateway,
        *next.pass,
        [gateway, payment](Replies replies) { return gateway->check(payment, replies); },
        [this, payment, cause](Courier::Result<Answer> answer) {
            if (!answer)
                counters::failures.add({payment.gateway.get(), code(answer.error().error)});
            take({
                .payment = payment.id,
                .cause = cause,
                .answer = std::move(answer),
                .refund = payment.refund ? payment.refund->id : Reference{},
                .messages = payment.messages,
            });
            ask_next();
        }
    );
}

void Checker::take(Asked asked)
{
    fail_point("check.answered");
    const std::lock_guard lock{mutex_};
    if (stopping_) return;
    queue_.answered(asked.payment);
    if (!asked.answer) release_waiters(queue_.question(asked.payment).payment.gateway);
    answers_.push_back(std::move(asked));
    if (answers_.size() == 1) full_at_ = Steady::now() + settle_wait;
    if (answers_.size() == 1 || is_batch_ready()) answered_.notify_one();
}

/// When it has just gone away.
void Checker::release_waiters(const GatewayName& gateway)
{
    if (!is_away(gateway)) return;
    queue_.release_waiters(gateway);
    finished_.notify_all();
}

void Checker::settle_overdue()
{
    const std::lock_guard lock{mutex_};
    give_up([&] { return queue_.next_overdue(Steady::now()); });
}

/// Settles what `next` names without an answer, a few batches at once; false when that is nothing.
template <class NextQuestion>
bool Checker::give_up(NextQuestion next)
{
    bool some = false;
    while (answers_.size() < unsettled_answers_max) {
        const auto question = next();
        if (!question) break;
        answers_.push_back(not_asked(question->payment, question->cause));
        some = true;
    }
    if (some) answered_.notify_one();
    return some;
}

bool Checker::is_batch_ready() const
{
    if (answers_.empty()) return false;
    if (queue_.is_awaited()) return true;
    const auto now = Steady::now();
    const bool pressed = services_.is_pressed && services_.is_pressed();
    if (pressed && (settling_ > 0 || now < rested_at_)) return false;
    if (answers_.size() >= batch_rows_max) return true;
    return settling_ == 0 && (now >= full_at_ || (!pressed && queue_.is_quiet()));
}

std::chrono::milliseconds Checker::time_to_wait() const
{
    return answers_.empty() ? tick : std::min(tick, settle_wait);
}

std::vector<Asked> Checker::take_batch()
{
    const auto count = std::min(answers_.size(), batch_rows_max);
    const auto end = answers_.begin() + static_cast<std::ptrdiff_t>(count);
    std::vector<Asked> batch{
        std::make_move_iterator(answers_.begin()), std::make_move_iterator(end)};
    answers_.erase(answers_.begin(), end);
    full_at_ = Steady::now() + settle_wait;
    return batch;
}

void Checker::run()
{
    std::unique_lock lock{mutex_};
    while (true) {
        const auto ready = [&] { return is_batch_ready() || stopping_; };
        if (!answered_.wait_for(lock, time_to_wait(), ready)) {
            lock.unlock();
            settle_overdue();
            ask_next(); // what rested, or what time has opened a gateway to
            lock.lock();
            continue;
        }
        if (answers_.empty()) return;
        ++settling_;
        const auto batch = take_batch();
        lock.unlock();
        ask_next();
        write(batch);
        lock.lock();
        --settling_;
        rested_at_ = Steady::now() + settle_pause;
    }
}

void Checker::write(std::span<const Asked> batch)
{
    for (const auto& asked : batch)
        log_fault(asked);
    const auto settlement = settle(batch);
    if (!settlement && settlement.error() == Failure::refused && batch.size() > 1) {
        settle_each(batch);
    } else {
        finish(batch, settlement);
    }
}

Checker::Settlement Checker::settle(std::span<const Asked> batch)
{
    try {
        auto settled = services_.store.settle(batch, services_.clock.now());
        for (const auto& one : settled)
            log_settled(one);
        return settled;
    } catch (const StoreUnavailable& error) {
        log_error("settle.failed", {{"payments", batch.size()}, {"what", error.what()}});
        return Unexpected{Failure::unavailable};
    } catch (const std::exception& error) {
        log_error("settle.failed", {{"payments", batch.size()}, {"what", error.what()}});
        return Unexpected{Failure::refused};
    }
}

// One payment that the database refuses, or whose order profile fails, must not hold up the others.
void Checker::settle_each(std::span<const Asked> batch)
{
    for (std::size_t i = 0; i < batch.size(); ++i) {
        const auto one = batch.subspan(i, 1);
        finish(one, settle(one));
    }
}

CheckQueue::End Checker::end_of(const Asked& asked, const Settled& settled)
{
    using enum CheckQueue::End;
    if (asked.answer) return may_change_soon(asked, settled) ? open : closed;
    return is_away(queue_.question(asked.payment).payment.gateway) ? away : unanswered;
}

void Checker::finish(std::span<const Asked> batch, const Settlement& settlement)
{
    {
        const std::lock_guard lock{mutex_};
        const auto now = Steady::now();
        const auto settled = settlement ? std::span{*settlement} : std::span<const Settled>{};
        for (const auto& asked : batch) {
            const auto found = std::ranges::find(settled, asked.payment, &Settled::payment);
            const auto end =
                found == settled.end() ? CheckQueue::End::unanswered : end_of(asked, *found);
            queue_.finish(asked.payment, end, now);
        }
    }
    finished_.notify_all();
    ask_next();
}

} // namespace tollgate
