#include "core/settle/checker.hpp"

#include "core/support/fail_point.hpp"
#include "core/support/log.hpp"

#include <algorithm>
#include <utility>

namespace tollgate {
namespace {

/// The settling threads have their next batches ready while they write.
constexpr std::size_t unsettled_answers_max = 2 * batch_rows_max;
/// Beside a batch that is being written, another is worth a transaction of its own from this size.
constexpr std::size_t second_batch_rows = batch_rows_max / 2;

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

} // namespace

Checker::Checker(const CheckerServices& services) : services_{services}
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
        finished_.wait_for(lock, wait, [&] { return entries_.empty(); });
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
    const auto waiter = std::make_shared<Waiter>();
    if (!add(payment, std::move(cause), waiter)) return false;
    std::unique_lock lock{mutex_};
    finished_.wait_for(lock, wait, [&] { return waiter->done || stopping_; });
    return waiter->settled;
}

void Checker::drain()
{
    std::unique_lock lock{mutex_};
    finished_.wait(lock, [&] { return entries_.empty() || stopping_; });
}

bool Checker::add(const PaymentRef& payment, std::string cause, std::shared_ptr<Waiter> waiter)
{
    {
        const std::lock_guard lock{mutex_};
        if (closed_) return false;
        const auto found = entries_.find(payment.id.get());
        if (found != entries_.end()) {
            // A refund may have begun since, or the gateway's own name have come with a message.
            found->second.payment = payment;
            // A customer who waits is served by the answer under way; a notification may be newer.
            if (waiter) {
                found->second.waiters.push_back(std::move(waiter));
            } else {
                found->second.again = true;
            }
            return true;
        }
        if (entries_.size() >= checker_payments_max) return false;
        Entry entry{.payment = payment, .cause = std::move(cause), .waiters = {}};
        auto& added = entries_.emplace(payment.id.get(), std::move(entry)).first->second;
        if (waiter) { // somebody looks at a page that waits: before whatever has time
            added.waiters.push_back(std::move(waiter));
            line_.push_front(&added);
        } else {
            line_.push_back(&added);
        }
    }
    ask_next();
    return true;
}

std::size_t Checker::room() const
{
    const std::lock_guard lock{mutex_};
    return closed_ ? 0 : checker_payments_max - entries_.size();
}

void Checker::ask_next()
{
    while (const auto question = next_question())
        ask(*question);
}

std::optional<Checker::Question> Checker::next_question()
{
    const std::lock_guard lock{mutex_};
    const bool enough =
        asking_ >= services_.courier.in_flight_max() || answers_.size() >= unsettled_answers_max;
    if (line_.empty() || enough || stopping_) return {};
    const auto& entry = *line_.front();
    line_.pop_front();
    ++asking_;
    return Question{entry.payment, entry.cause};
}

void Checker::ask(const Question& question)
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
    fail_point("check.answered");
    const std::lock_guard lock{mutex_};
    if (stopping_) return;
    --asking_;
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
        answered_.wait(lock, [&] { return is_batch_ready() || stopping_; });
        if (answers_.empty()) return;
        ++settling_;
        const auto count = std::min(answers_.size(), batch_rows_max);
        const auto end = answers_.begin() + static_cast<std::ptrdiff_t>(count);
        std::vector<Asked> batch{
            std::make_move_iterator(answers_.begin()), std::make_move_iterator(end)};
        answers_.erase(answers_.begin(), end);
        lock.unlock();
        ask_next();
        for (const auto& asked : batch)
            log_fault(asked);
        const auto outcome = settle(batch);
        if (outcome == Outcome::refused && batch.size() > 1) {
            settle_each(batch);
        } else {
            finish(batch, outcome == Outcome::settled);
        }
        lock.lock();
        --settling_;
    }
}

Checker::Outcome Checker::settle(std::span<const Asked> batch)
{
    try {
        const auto settled = services_.store.settle(batch, services_.clock.now());
        for (const auto& one : settled)
            log_settled(one);
        return Outcome::settled;
    } catch (const StoreUnavailable& error) {
        log_error("settle.failed", {{"payments", batch.size()}, {"what", error.what()}});
        return Outcome::unavailable;
    } catch (const std::exception& error) {
        log_error("settle.failed", {{"payments", batch.size()}, {"what", error.what()}});
        return Outcome::refused;
    }
}

// One payment that the database refuses, or whose order profile fails, must not hold up the others.
void Checker::settle_each(std::span<const Asked> batch)
{
    for (std::size_t i = 0; i < batch.size(); ++i) {
        const auto one = batch.subspan(i, 1);
        finish(one, settle(one) == Outcome::settled);
    }
}

void Checker::finish(std::span<const Asked> batch, bool settled)
{
    {
        const std::lock_guard lock{mutex_};
        for (const auto& asked : batch) {
            const auto found = entries_.find(asked.payment.get());
            check(found != entries_.end(), "an answer that nobody asked for");
            auto& entry = found->second;
            for (const auto& waiter : entry.waiters) {
                waiter->done = true;
                waiter->settled = settled && asked.answer.has_value();
            }
            entry.waiters.clear();
            if (std::exchange(entry.again, false) && !closed_) {
                line_.push_front(&entry);
            } else {
                entries_.erase(found);
            }
        }
    }
    finished_.notify_all();
    ask_next();
}

} // namespace tollgate
