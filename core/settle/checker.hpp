// Asks gateways about payments and settles what they answer, in batches. At most one question per
// payment is under way; a notification that comes meanwhile is followed by one more. No more is
// asked than can be settled soon, so a backlog waits as a line of small entries. Under load two
// batches are written at once, so that one computes while the other waits for the disk.
//
// Range    checker_payments_max payments known at once. Beyond that nothing is lost: their due time
//          stands in the table, where a reconciler finds it.
// Threads  any
#pragma once

#include "core/gateways/registry.hpp"
#include "core/settle/courier.hpp"
#include "core/settle/store.hpp"

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <vector>

namespace tollgate {

inline constexpr std::size_t checker_payments_max = 20'000;
inline constexpr std::size_t settle_threads = 2;

/// What the checker works with; the owner keeps them alive.
struct CheckerServices {
    Store& store;
    const Gateways& gateways;
    Courier& courier;
    const Clock& clock;
};

class Checker {
public:
    explicit Checker(const CheckerServices& services);
    ~Checker();
    Checker(const Checker&) = delete;
    Checker& operator=(const Checker&) = delete;

    /// Asks soon. False when there is no room.
    bool enqueue(const PaymentRef& payment, std::string cause);
    /// Asks, and waits at most `wait` until the answer is settled. True when it is.
    bool check_now(const PaymentRef& payment, std::string cause, std::chrono::milliseconds wait);
    /// How many more payments fit.
    std::size_t room() const;
    /// Waits at most `wait` until fewer payments than that are known; false when they are not, or
    /// when it takes no more.
    bool wait_until_fewer(std::size_t payments, std::chrono::milliseconds wait);
    /// Waits until nothing is under way.
    void drain();
    /// Takes nothing more and waits at most `wait` for what is under way. What is not answered by
    /// then stays due in the table; an answer that comes later is dropped, so the courier may be
    /// ended after this and before the checker.
    void stop(std::chrono::milliseconds wait);

private:
    struct Waiter {
        bool done = false;
        bool settled = false;
    };
    struct Entry {
        PaymentRef payment;
        std::string cause;
        bool again = false; ///< somebody asked while the question was under way
        std::vector<std::shared_ptr<Waiter>> waiters;
    };

    struct Question {
        PaymentRef payment;
        std::string cause;
    };

    bool add(const PaymentRef& payment, std::string cause, std::shared_ptr<Waiter> waiter);
    void ask_next();
    std::optional<Question> next_question();
    void ask(const Question& question);
    void take(Asked asked);
    bool is_batch_ready() const;
    void run();
    enum class Outcome { settled, refused, unavailable };

    Outcome settle(std::span<const Asked> batch);
    void settle_each(std::span<const Asked> batch);
    void finish(std::span<const Asked> batch, bool settled);

    CheckerServices services_;
    mutable std::mutex mutex_;
    std::condition_variable answered_;
    std::condition_variable finished_;
    std::unordered_map<std::string, Entry> entries_; ///< by id; guarded by mutex_, as all below
    std::deque<const Entry*> line_; ///< entries that are not asked about yet; they do not move
    std::size_t asking_ = 0;        ///< questions under way
    std::vector<Asked> answers_;    ///< not settled yet
    std::size_t settling_ = 0;      ///< batches being written
    bool closed_ = false;           ///< takes no more payments
    bool stopping_ = false;         ///< takes no more answers
    std::vector<std::thread> threads_;
};

} // namespace tollgate
