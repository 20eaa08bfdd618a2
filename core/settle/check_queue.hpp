// Which payment is asked about next: the order of questions, without the asking. No thread, no lock
// and no clock of its own, so every order of events can be tried; Checker drives it.
//
// A payment is in one place: waiting, under way, being settled, or at rest after an answer that
// left it open. At most one question about it is under way; what asks meanwhile is served by one
// more, not before question_interval has passed, however often a message is repeated or a page
// reloaded. Customers who look at a page that waits come first; gateways take turns, so that
// thousands of questions to one do not delay a single one to another. What a gateway leaves without
// an answer while it is away stays here, last in line, and is asked when it is back.
//
// How many questions are under way follows from need, as the window of a TCP connection does: more
// while settlement waits for answers, fewer while answers wait for settlement. A gateway that
// answers at once has few, a slow one hundreds, one that stops answering never had many.
//
// Range    CheckLimits. Of room for payments, and of questions under way, a gateway takes no more
//          than it leaves free for the others.
// Threads  none: the owner locks
#pragma once

#include "core/payments/payment.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace tollgate {

inline constexpr std::size_t checker_payments_max = 40'000;
/// Between the answer about a payment and the next question about it, while it is not paid.
inline constexpr std::chrono::milliseconds question_interval{1'000};
/// After that the table is told, once, that a question could not be asked. Longer than a lease:
/// the payment is anybody's again before.
inline constexpr std::chrono::minutes question_waits_max{10};

struct CheckLimits {
    std::size_t payments_max = checker_payments_max;
    std::size_t in_flight_max = 512;
    std::size_t gateway_in_flight_max = 256;
    std::size_t gateway_in_flight_first = 32; ///< before it is known how much is needed
    std::chrono::milliseconds interval = question_interval;
};

class CheckQueue {
public:
    /// A point in time that never jumps.
    using Time = std::chrono::steady_clock::time_point;
    /// Whether one more question to a gateway may be asked now.
    using Gate = std::function<bool(const GatewayName&)>;

    /// Somebody who waits for the answer that is settled next.
    struct Waiter {
        bool done = false;
        bool settled = false;
    };
    using WaiterPtr = std::shared_ptr<Waiter>;

    struct Question {
        PaymentRef payment;
        std::string cause;
    };

    /// How a question ended.
    enum class End {
        closed,     ///< settled, and nothing more is expected soon
        open,       ///< settled, and more is
        unanswered, ///< no answer, or it could not be settled
        away,       ///< no answer, and the gateway is away: asked again when it is back
    };

    explicit CheckQueue(const CheckLimits& limits) : limits_{limits} {}

    /// Wants an answer about `payment`. With a waiter it comes before whatever has time, and is
    /// served by a question under way. False when there is no room.
    bool add(const PaymentRef& payment, std::string cause, Time now, const WaiterPtr& waiter = {});
    /// The question to ask next, which is under way then. `gate` is only asked when its yes is
    /// made use of.
    std::optional<Question> next(Time now, const Gate& gate);
    /// A question that has waited for question_waits_max, to be settled without an answer.
    std::optional<Question> next_overdue(Time now);
    /// The same of one that waits for a gateway that `gate` keeps closed, however short a time.
    std::optional<Question> next_unasked(const Gate& gate);
    /// What is, or was last, asked about a payment that is under way or being settled.
    const Question& question(const PaymentId& payment);
    /// There is an answer, or none will come: another question may take its place.
    void answered(const PaymentId& payment);
    /// The answer is settled, or cannot be.
    void finish(const PaymentId& payment, End end, Time now);
    /// Nobody waits any longer for questions to `gateway` that are not under way.
    void release_waiters(const GatewayName& gateway);

    /// How many more payments fit.
    std::size_t room() const { return limits_.payments_max - entries_.size(); }
    /// How many payments are under way, being settled, or waiting; those that wait for a gateway
    /// that `gate` keeps closed do not count.
    std::size_t ahead(const Gate& gate) const;
    /// Whether there is one of them, or one at rest that is to be asked about again.
    bool is_busy(const Gate& gate) const { return rising_ + ahead(gate) > 0; }
    std::size_t waiting(const GatewayName& gateway) const;
    std::size_t in_flight() const { return in_flight_; }
    /// Whether somebody waits for what is being settled.
    bool is_awaited() const { return awaited_ > 0; }
    /// Whether nothing is under way, nor waits to be.
    bool is_quiet() const;

private:
    enum class Place { waiting, under_way, settling, resting };

    struct Entry;
    using Line = std::list<Entry*>;
    enum Rank : unsigned char { customer, usual, silent };

    /// The questions to one gateway.
    struct Lines {
        std::array<Line, 3> waiting; ///< by rank
        std::size_t in_flight = 0;
        std::size_t window = 0;   ///< so many may be under way
        std::size_t payments = 0; ///< in whatever place
    };

    struct Entry {
        Question question;
        Lines* lines = nullptr;
        Place place = Place::waiting;
        Rank rank = usual;  ///< while it waits
        bool again = false; ///< somebody asked while the question was under way
        Time since{};       ///< in this place
        Line::iterator position{};
        std::vector<WaiterPtr> waiters{};
    };

    using Entries = std::unordered_map<std::string, Entry>;

    void join(Entry& entry, const PaymentRef& payment, const WaiterPtr& waiter);
    void wait(Entry& entry, Rank rank, Time now);
    void rest(Entry& entry, Time now);
    void end_rests(Time now);
    Entry* take(Lines& lines, Rank rank, const Gate& gate);
    const Question& give_up(Line& line);
    bool has_place(const Lines& lines) const;
    void adapt(Lines& lines) const;
    Lines& lines_of(const GatewayName& gateway);
    void erase(Entry& entry);
    Entry& entry_of(const PaymentId& payment);

    CheckLimits limits_;
    Entries entries_;                    ///< by payment id
    std::map<std::string, Lines> lines_; ///< by gateway
    std::string served_;                 ///< the gateway whose turn was last
    Line resting_;                       ///< the first to rise in front
    std::size_t in_flight_ = 0;
    std::size_t settling_ = 0;
    std::size_t awaited_ = 0; ///< of those that are being settled
    std::size_t rising_ = 0;  ///< at rest, and to be asked about again
};

} // namespace tollgate
