// Asks gateways about payments and settles what they answer, in batches. What is asked next is the
// CheckQueue's business. No more is asked than can be settled soon, so a backlog waits as a line of
// small entries.
//
// An answer that somebody waits for is settled at once, and so is the last one of a burst. Else a
// batch is filled first, for settle_wait at most: a batch costs little more than a payment. Under
// load two batches are written at once, so that one computes while the other waits for the disk.
// But while notifications come faster than they can be written, they go first, for gateways wait
// for their acknowledgement: there is one batch at a time then, and settle_pause between two.
//
// Range    CheckLimits::payments_max payments known at once. Beyond that nothing is lost: their due
//          time stands in the table, where a reconciler finds it.
// Threads  any
#pragma once

#include "core/gateways/registry.hpp"
#include "core/settle/check_queue.hpp"
#include "core/settle/courier.hpp"
#include "core/settle/store.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace tollgate {

inline constexpr std::size_t settle_threads = 2;

inline constexpr std::chrono::milliseconds settle_wait{10};
inline constexpr std::chrono::milliseconds settle_pause{20};

/// What the checker works with; the owner keeps them alive.
struct CheckerServices {
    Store& store;
    const Gateways& gateways;
    Courier& courier;
    const Clock& clock;
    /// Whether notifications come faster than they are written; may be empty.
    std::function<bool()> is_pressed{};
};

/// What is settled of a question that could not be asked because its gateway is away.
Asked not_asked(const PaymentRef& payment, std::string cause);

/// The limits that the configuration names.
CheckLimits check_limits(const CheckConfig& config);

class Checker {
public:
    explicit Checker(const CheckerServices& services, const CheckLimits& limits = {});
    ~Checker();
    Checker(const Checker&) = delete;
    Checker& operator=(const Checker&) = delete;

    /// Asks soon. False when there is no room.
    bool enqueue(const PaymentRef& payment, std::string cause);
    /// Asks, and waits at most `wait` until the answer is settled; not at all for a gateway that is
    /// away. True when it is settled.
    bool check_now(const PaymentRef& payment, std::string cause, std::chrono::milliseconds wait);
    /// How many more payments fit.
    std::size_t room() const;
    /// How many payments are under way or soon will be: without those that wait for a gateway that
    /// is away.
    std::size_t ahead() const;
    /// Waits at most `wait` until ahead() is less than that; false when it is not, or when it takes
    /// no more.
    bool wait_until_fewer(std::size_t payments, std::chrono::milliseconds wait);
    /// Waits until nothing is under way, nor can be: what waits for a gateway that is away is left.
    void drain();
    /// Waits at most `wait` for the same, and tells the table of what is left: for a process that
    /// will not be here when the gateway is back.
    void leave(std::chrono::milliseconds wait);
    std::vector<GatewayHealth> health() const;
    /// Takes nothing more and waits at most `wait` for what is under way. What is not answered by
    /// then stays due in the table; an answer that comes later is dropped, so the courier may be
    /// ended after this and before the checker.
    void stop(std::chrono::milliseconds wait);

private:
    enum class Failure { refused, unavailable };
    using Settlement = Expected<std::vector<Settled>, Failure>;

    /// A question that is under way; without a gateway there is nobody to ask.
    struct Next {
        CheckQueue::Question question;
        const Gateway* gateway = nullptr;
        std::optional<Courier::Pass> pass;
    };

    bool add(const PaymentRef& payment, std::string cause, const CheckQueue::WaiterPtr& waiter);
    const Gateway* askable(const GatewayName& name) const;
    bool is_away(const GatewayName& name) const;
    CheckQueue::Gate present() const;
    bool is_idle() const;
    void ask_next();
    std::optional<Next> next_question();
    void ask(const Next& next);
    void take(Asked asked);
    void release_waiters(const GatewayName& gateway);
    void settle_overdue();
    template <class NextQuestion>
    bool give_up(NextQuestion next);
    bool is_batch_ready() const;
    std::chrono::milliseconds time_to_wait() const;
    std::vector<Asked> take_batch();
    void run();
    void write(std::span<const Asked> batch);
    Settlement settle(std::span<const Asked> batch);
    void settle_each(std::span<const Asked> batch);
    CheckQueue::End end_of(const Asked& asked, const Settled& settled);
    void finish(std::span<const Asked> batch, const Settlement& settlement);

    CheckerServices services_;
    mutable std::mutex mutex_;
    std::condition_variable answered_;
    std::condition_variable finished_;
    CheckQueue queue_;             ///< guarded by mutex_, as all below
    std::vector<Asked> answers_;   ///< not settled yet
    std::size_t settling_ = 0;     ///< batches being written
    CheckQueue::Time full_at_{};   ///< when the first of answers_ has waited long enough
    CheckQueue::Time rested_at_{}; ///< when the pause after the last batch ends
    bool closed_ = false;          ///< takes no more payments
    bool stopping_ = false;        ///< takes no more answers
    std::vector<std::thread> threads_;
};

} // namespace tollgate
