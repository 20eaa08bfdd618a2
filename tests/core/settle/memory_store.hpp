// The Store interface over a map, with the real decision: what a database would keep, and the
// mishaps that a test wants it to have.
//
// Threads  any
#pragma once

#include "core/settle/decide.hpp"
#include "core/settle/store.hpp"
#include "tests/core/settle/samples.hpp"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace tollgate {

class MemoryStore final : public Store {
public:
    // --- what a test sets and sees

    /// Every transaction that touches this record or payment id fails.
    void refuse(const std::string& record_or_id)
    {
        const std::lock_guard lock{mutex_};
        poison_.insert(record_or_id);
    }
    /// From now on receive() and settle() wait for open_gate().
    void close_gate()
    {
        const std::lock_guard lock{mutex_};
        gate_open_ = false;
    }
    void open_gate()
    {
        {
            const std::lock_guard lock{mutex_};
            gate_open_ = true;
        }
        changed_.notify_all();
    }
    /// Waits until somebody stands at the gate.
    void wait_for_caller()
    {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [&] { return at_gate_ > 0; });
    }
    void add(Payment payment)
    {
        const std::lock_guard lock{mutex_};
        const auto id = payment.id.get();
        payments_.insert_or_assign(id, std::move(payment));
    }

    /// How many payments were ever leased.
    std::size_t leased() const
    {
        const std::lock_guard lock{mutex_};
        return leases_.size();
    }

    std::multiset<std::string> received() const
    {
        const std::lock_guard lock{mutex_};
        return received_;
    }
    /// Sizes of the batches that were committed.
    std::vector<std::size_t> receive_batches() const
    {
        const std::lock_guard lock{mutex_};
        return receive_batches_;
    }
    std::vector<std::size_t> settle_batches() const
    {
        const std::lock_guard lock{mutex_};
        return settle_batches_;
    }
    /// `id from to`, in order.
    std::vector<std::string> events() const
    {
        const std::lock_guard lock{mutex_};
        return events_;
    }

    /// The refunds that settled answers spoke of, in order; empty for none.
    std::vector<std::string> refunds_asked() const
    {
        const std::lock_guard lock{mutex_};
        return refunds_asked_;
    }
    std::vector<Evidence> evidence() const
    {
        const std::lock_guard lock{mutex_};
        return evidence_;
    }
    /// What the events say, in order.
    std::vector<std::string> causes() const
    {
        const std::lock_guard lock{mutex_};
        return causes_;
    }

    // --- Store

    using Store::insert;
    Insertion insert(const Payment& payment, const ShopUrls& urls) override
    {
        const std::lock_guard lock{mutex_};
        int attempts = 0;
        for (const auto& [id, known] : payments_) {
            if (known.merchant != payment.merchant || known.order != payment.order) continue;
            if (!is_unpaid_end(known.state)) return {.inserted = false, .payment = known};
            ++attempts;
        }
        auto inserted = payment;
        inserted.attempt = attempts + 1;
        payments_.emplace(inserted.id.get(), inserted);
        urls_.emplace(inserted.id.get(), urls);
        return {.inserted = true, .payment = inserted};
    }

    ShopUrls urls_of(const PaymentId& id) override
    {
        const std::lock_guard lock{mutex_};
        const auto found = urls_.find(id.get());
        return found == urls_.end() ? ShopUrls{} : found->second;
    }

    void record_opened(const PaymentId& id, const Opened& opened, Instant) override
    {
        const std::lock_guard lock{mutex_};
        auto& payment = payments_.at(id.get());
        payment.gateway_ref = opened.gateway_ref;
        payment.payment_url = opened.payment_url;
    }

    std::optional<Payment> find(const PaymentId& id) override
    {
        const std::lock_guard lock{mutex_};
        const auto found = payments_.find(id.get());
        if (found == payments_.end()) return {};
        return found->second;
    }

    std::optional<Payment> find(const Reference& reference) override
    {
        const std::lock_guard lock{mutex_};
        const auto* found = by_reference(reference);
        if (found == nullptr) return {};
        return *found;
    }

    std::optional<Payment> find(const Merchant& merchant, const OrderRef& order) override
    {
        const std::lock_guard lock{mutex_};
        std::optional<Payment> newest;
        for (const auto& [id, payment] : payments_) {
            if (payment.merchant != merchant || payment.order != order) continue;
            if (!newest || newest->attempt < payment.attempt) newest = payment;
        }
        return newest;
    }

    std::vector<GrantRow> grants_of(const PaymentId&) override { return {}; }
    std::string last_answer(const PaymentId&) override { return {}; }

    std::vector<Received> receive(std::span<const Notification> notifications) override
    {
        std::unique_lock lock{mutex_};
        pass_gate(lock);
        for (const auto& one : notifications)
            throw_if_refused(one.record);
        std::vector<Received> receipts;
        for (const auto& one : notifications) {
            received_.insert(one.record);
            auto& receipt = receipts.emplace_back();
            const auto* payment = by_reference(one.reference);
            if (payment != nullptr) {
                receipt = {.payment = payment->ref(), .ask = true, .kept = true};
            } else {
                orphans_.push_back(one);
            }
        }
        receive_batches_.push_back(notifications.size());
        return receipts;
    }

    RefundBegun begin_refund(const RefundOrder& order) override
    {
        const std::lock_guard lock{mutex_};
        throw_if_refused(order.payment.get());
        auto& payment = payments_.at(order.payment.get());
        auto decision = decide_refund(payment, order);
        if (decision.event) note(payment, *decision.event);
        payment = decision.after;
        return {.kind = decision.kind, .payment = payment};
    }

    std::vector<Settled> settle(std::span<const Asked> asked, Instant now) override
    {
        std::unique_lock lock{mutex_};
        pass_gate(lock);
        for (const auto& one : asked)
            throw_if_refused(one.payment.get());
        std::vector<Settled> settled;
        for (const auto& one : asked) {
            auto& payment = payments_.at(one.payment.get());
            const auto decision = decide(payment, one, {grants_}, now);
            const auto after = decision.after.state;
            settled.push_back({payment.id, payment.state, after, payment.gateway});
            refunds_asked_.push_back(one.refund.get());
            if (decision.event) note(payment, *decision.event);
            if (decision.evidence) evidence_.push_back(*decision.evidence);
            payment = decision.after;
        }
        settle_batches_.push_back(asked.size());
        return settled;
    }

    std::vector<PaymentRef> take_due(const Lease& lease) override
    {
        const std::lock_guard lock{mutex_};
        std::vector<PaymentRef> due;
        for (auto& [id, payment] : payments_) {
            if (due.size() == lease.payments_max) break;
            if (!payment.check_due_at || *payment.check_due_at > lease.now) continue;
            if (const auto held = leases_.find(id);
                held != leases_.end() && held->second >= lease.now) {
                continue;
            }
            leases_.insert_or_assign(id, lease.until);
            due.push_back(payment.ref());
        }
        return due;
    }

    OrphansMatched match_orphans(const OrphanTurn&, Instant now) override
    {
        const std::lock_guard lock{mutex_};
        OrphansMatched matched;
        std::erase_if(orphans_, [&](const Notification& one) {
            auto* payment = by_reference(one.reference);
            if (payment == nullptr) return false;
            payment->check_due_at = now;
            ++matched.payments;
            return true;
        });
        return matched;
    }

    UsedGrant use_grant(const GrantRequest&) override { return {}; }
    void check_ready() override {}

private:
    void pass_gate(std::unique_lock<std::mutex>& lock)
    {
        ++at_gate_;
        changed_.notify_all();
        changed_.wait(lock, [&] { return gate_open_; });
        --at_gate_;
    }

    void throw_if_refused(const std::string& text) const
    {
        if (poison_.contains(text)) throw std::runtime_error{"the database refuses " + text};
    }

    void note(const Payment& payment, const Event& event)
    {
        events_.push_back(payment.id.get() + ' ' + event.from + ' ' + event.to);
        causes_.push_back(event.cause);
    }

    Payment* by_reference(const Reference& reference)
    {
        const auto found = std::ranges::find_if(payments_, [&](const auto& entry) {
            return entry.second.reference == reference;
        });
        return found == payments_.end() ? nullptr : &found->second;
    }

    GrantMaker grants_ = samples::grant_maker();
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    bool gate_open_ = true;
    int at_gate_ = 0;
    std::set<std::string> poison_;
    std::map<std::string, Payment> payments_;
    std::map<std::string, ShopUrls> urls_;
    std::map<std::string, Instant> leases_;
    std::multiset<std::string> received_;
    std::vector<Notification> orphans_;
    std::vector<std::size_t> receive_batches_;
    std::vector<std::size_t> settle_batches_;
    std::vector<std::string> events_;
    std::vector<std::string> causes_;
    std::vector<std::string> refunds_asked_;
    std::vector<Evidence> evidence_;
};

} // namespace tollgate
