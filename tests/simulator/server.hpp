// One process of tollgate.fcgi: what its handlers do, in the order in which they do it, over the
// real queue of questions and the real use cases. Its memory is lost when it dies.
//
// The handlers of fcgi/ are thin; each function here is one of them, run as a task of the world.
#pragma once

#include "core/settle/check_queue.hpp"
#include "core/settle/intake.hpp"
#include "core/settle/refunder.hpp"
#include "tests/core/settle/stub_gateway.hpp"
#include "tests/simulator/simulated_store.hpp"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace tollgate::simulator {

class World;

/// A message of the gateway on its way to us.
struct Message {
    std::size_t payment = 0; ///< which of the world's
    Proof proof = Proof::signed_message;
    bool names_reference = true; ///< otherwise only the gateway's own name
    std::string body;
    std::size_t sent = 0; ///< at which step
};

class Server {
public:
    Server(World& world, Tables& tables, std::size_t number);

    // --- what is asked of it; each is the work of a task

    void open(const Payment& payment);
    /// What intake has gathered is one batch.
    void take_notifications(std::span<const Message> messages);
    void show_return_page(const PaymentId& id);
    void refund(const PaymentId& id, std::optional<Money> amount);
    void confirm(const PaymentId& id, bool paid);
    void end_refund(const PaymentId& id, bool done);

    void start_reconciler();
    void start_settling();

    // --- what the world sees

    bool has_due() const; ///< and its reconciler is free
    bool has_answers() const { return !answers_.empty() && settling_ < 2; }
    bool is_idle() const;
    bool has_memory() const;
    /// Time has passed.
    void wake();
    /// Whether every notification is followed by a question.
    void check_debts() const;
    /// The process dies; its tasks are the world's to end.
    void lose_memory();
    /// For the order of things: when the last answer about a payment was true.
    std::size_t true_at(const PaymentId& id) const;
    void add_to(Fingerprint& print) const;

private:
    class ServerClock final : public Clock {
    public:
        explicit ServerClock(const Server& server) : server_{server} {}
        Instant now() const override;

    private:
        const Server& server_;
    };

    void ask_next();
    void ask(const CheckQueue::Question& question);
    Expected<Answer, GatewayFault> answer_of_gateway(const PaymentRef& payment);
    Expected<Answer, GatewayFault> tell_refund(const PaymentRef& payment);
    void settle(std::span<const Asked> batch);
    void note_settled(std::span<const Asked> batch);
    void finish(std::span<const Asked> batch, std::span<const Settled> settled);
    CheckQueue::Time steady() const;
    bool
    enqueue(const PaymentRef& payment, std::string cause, const CheckQueue::WaiterPtr& waiter = {});
    /// What was done to the queue.
    void note(std::uint64_t what, std::uint64_t print);
    template <class T>
    void hear(const T& value);
    void reconcile();

    World& world_;
    Tables& tables_;
    std::size_t number_;
    SimulatedStore store_;
    ServerClock clock_{*this};
    std::unique_ptr<CheckQueue> queue_;
    std::vector<Asked> answers_; ///< not settled yet
    int settling_ = 0;
    bool reconciling_ = false;
    Fingerprint history_; ///< of the queue, since it was empty
    /// By payment: when the last answer to a question, or to a refund, was true, if it was.
    std::map<std::string, std::size_t> true_at_;
    std::map<std::string, std::size_t> refund_true_at_;
    std::set<std::string> owed_; ///< payments with a notification that no question followed yet
};

} // namespace tollgate::simulator
