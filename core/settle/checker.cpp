#include "core/settle/checker.hpp"

#include "core/support/log.hpp"

#include <algorithm>
#include <utility>

namespace tollgate {
namespace {

/// The settling threads have their next batches ready while they write.
constexpr std::size_t unsettled_answers_max = 2 * batch_rows_max;
/// Beside a batch that is being written, another is worth a transaction of its own from this size.
constexpr std::size_t second_batch_rows = batch_rows_max / 2;
/// How often is looked for what may be asked because time has passed.
constexpr std::chrono::milliseconds tick{500};

using Steady = std::chrono::steady_clock;

bool every_gateway(const GatewayName&)
{
    return true;
}

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

void log_fault(const Asked& asked)
{
    if (asked.answer) return;
    log_warning(
        "check.failed",
        {{"payment", id_text(asked.payment)},
         {"error", code(asked.answer.error().error)},
         {"detail", asked.answer.error().detail}}
    );
}

/// What is not settled or has no answer is asked about again.
CheckQueue::End end_of(const Asked& asked, std::span<const Settled> settled)
{
    const auto found = std::ranges::find(settled, asked.payment, &Settled::payment);
    if (!asked.answer || found == settled.end()) return CheckQueue::End::unanswered;
    const bool open = is_open(found->after) || is_unpaid_end(found->after);
    return open || !asked.refund.empty() ? CheckQueue::End::open : CheckQueue::End::closed;
}

} // namespace

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
        finished_.wait_for(lock, wait, [&] { return !queue_.is_busy(every_gateway); });
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
    const auto waiter = std::make_shared<CheckQueue::Waiter>();
    if (!add(payment, std::move(cause), waiter)) return false;
    std::unique_lock lock{mutex_};
    finished_.wait_for(lock, wait, [&] { return waiter->done || stopping_; });
    return waiter->settled;
}

void Checker::drain()
{
    std::unique_lock lock{mutex_};
    finished_.wait(lock, [&] { return !queue_.is_busy(every_gateway) || stopping_; });
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
    while (const auto question = next_question())
        ask(*question);
}

std::optional<CheckQueue::Question> Checker::next_question()
{
    const std::lock_guard lock{mutex_};
    if (answers_.size() >= unsettled_answers_max || stopping_) return {};
    return queue_.next(Steady::now(), every_gateway);
}

void Checker::ask(const CheckQueue::Question& question)
{
    const auto& payment = question.payment;
    const auto* gateway = services_.gateways.find(payment.gateway.get());
    if (gateway == nullptr || !gateway->capabilities().can_check) {
        const auto* why = gateway == nullptr ? "not configured" : "nobody can be asked";
        const GatewayFault fault{GatewayError::unavailable, why};
        take({.payment = payment.id, .cause = question.cause, .answer = Unexpected{fault}});
        return;
    }
    services_.courier.ask<Answer>(
        *gateway,
        [gateway, payment](Replies replies) { return gateway->check(payment, replies); },
        [this, payment, cause = question.cause](Courier::Result<Answer> answer) {
            take({
                .payment = payment.id,
                .cause = cause,
                .answer = std::move(answer),
                .refund = payment.refund ? payment.refund->id : Reference{},
            });
            ask_next();
        }
    );
}

void Checker::take(Asked asked)
{
    const std::lock_guard lock{mutex_};
    if (stopping_) return;
    queue_.answered(asked.payment);
    answers_.push_back(std::move(asked));
    if (answers_.size() == 1 || answers_.size() == second_batch_rows) answered_.notify_one();
}

bool Checker::is_batch_ready() const
{
    return answers_.size() >= (settling_ == 0 ? 1 : second_batch_rows);
}

void Checker::run()
{
    std::unique_lock lock{mutex_};
    while (true) {
        if (!answered_.wait_for(lock, tick, [&] { return is_batch_ready() || stopping_; })) {
            lock.unlock();
            ask_next(); // what rested, or what time has opened a gateway to
            lock.lock();
            continue;
        }
        if (answers_.empty()) return;
        ++settling_;
        const auto count = std::min(answers_.size(), batch_rows_max);
        const auto end = answers_.begin() + static_cast<std::ptrdiff_t>(count);
        const std::vector<Asked> batch{
            std::make_move_iterator(answers_.begin()), std::make_move_iterator(end)};
        answers_.erase(answers_.begin(), end);
        lock.unlock();
        ask_next();
        write(batch);
        lock.lock();
        --settling_;
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

void Checker::finish(std::span<const Asked> batch, const Settlement& settlement)
{
    {
        const std::lock_guard lock{mutex_};
        const auto now = Steady::now();
        const auto settled = settlement ? std::span{*settlement} : std::span<const Settled>{};
        for (const auto& asked : batch)
            queue_.finish(asked.payment, end_of(asked, settled), now);
    }
    finished_.notify_all();
    ask_next();
}

} // namespace tollgate
