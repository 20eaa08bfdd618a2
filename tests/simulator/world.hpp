// A small world: a gateway, a database, two servers, customers, an operator, and time. One step at
// a time, in an order that Choices make; so any order can come.
#pragma once

#include "tests/simulator/fiber.hpp"
#include "tests/simulator/laws.hpp"
#include "tests/simulator/scenario.hpp"
#include "tests/simulator/server.hpp"

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::simulator {

/// A refund's request on its way to the gateway: it arrives whatever becomes of who sent it.
struct RefundRequest {
    PaymentRef payment;
    bool arrived = false;
    bool lost = false; ///< it never will
};

/// What a run consisted of.
struct Seen {
    std::size_t steps = 0;
    std::size_t crashes = 0;
    std::size_t mishaps = 0; ///< of the database and the network
};

/// Writes a run down, step by step.
using Trace = std::function<void(const std::string& line)>;

class World final : private Interruptions {
public:
    World(const Scenario& scenario, Choices& choices, Trace trace = {});
    ~World() override;
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    /// From now on fingerprint() means something.
    void observe() { observed_ = true; }
    /// The whole run. Throws a Violation.
    void run();
    /// One step of the time of trouble; false when nothing can happen any more.
    bool step();
    /// Failures end, all timers run, and everything is held against the laws.
    void calm_down();

    std::size_t steps() const { return seen_.steps; }
    const Seen& seen() const { return seen_; }
    std::uint64_t fingerprint() const; ///< of all that decides about what may follow

    // --- for the servers

    Instant now() const { return now_; }
    Instant now_at(std::size_t server) const { return now_ + scenario_.clock_skew[server]; }
    Choices& choices() { return choices_; }
    GatewayModel& gateway() { return gateway_; }
    const StubGateway& adapter() const { return *adapter_; }
    const Payment& payment(std::size_t index) const { return scenario_.payments[index].payment; }
    const PaymentPlan& plan(const PaymentId& id) const;
    Interruptions& interruptions() { return *this; }
    /// Something goes wrong on the way to the gateway or back.
    bool loses_message();
    std::size_t stale_steps(const Truth& truth);
    bool speaks_in_riddles();
    /// `print` tells tasks of one name apart.
    void spawn(
        std::size_t server, std::string_view what, std::uint64_t print, std::function<void()> work
    );
    void pause(std::string_view where) override;
    bool is_observed() const override { return observed_; }
    void heard(std::uint64_t print) override { current_->story.add(print); }
    RefundRequest& send(const PaymentRef& refund);
    void acknowledged(
        const Message& message, const Received& received, const Notification& notification
    );
    /// A customer sees this.
    void shown(const Payment& payment) const;
    void confirmed(const PaymentId& id) { confirmed_.insert(id.get()); }
    void tell(const std::function<std::string()>& line) const;

private:
    struct Task {
        std::size_t server = 0;
        std::string_view what;
        std::string_view where;
        Fingerprint story; ///< all that it was told
        std::unique_ptr<Fiber> fiber;
    };

    enum class Act : unsigned char {
        resume,    ///< a task goes on
        open,      ///< the shop opens the next payment
        deliver,   ///< a message of the gateway arrives
        move,      ///< the gateway's truth changes
        give_back, ///< the gateway ends a refund
        come_back, ///< a customer returns
        operate,   ///< the operator does the next thing
        reconcile,
        settle,
        arrive, ///< a refund's request reaches the gateway
        crash,
        pass_time,
    };
    struct Action {
        Act act;
        std::size_t server;
        std::size_t index;
    };

    Mishap next_mishap() override;
    void collect();
    bool has_memory(std::size_t server) const;
    void collect_outside();
    void perform(const Action& action);
    void resume(std::size_t index);
    void deliver(std::size_t server, std::size_t index);
    void open(std::size_t server);
    void move(std::size_t index);
    void give_back(std::size_t index);
    void come_back(std::size_t server);
    void notify(std::size_t payment);
    void operate(std::size_t server, std::size_t index);
    void arrive(std::size_t index);
    void crash(std::size_t server);
    void pass_time();
    void pass(Duration time);
    void end_waiting();
    void finish_everything();
    void end_refunds();
    std::optional<Instant> next_due() const;
    void check_liveness();
    std::string text_of(const Action& action) const;
    void add_order_to(Fingerprint& print) const;

    const Scenario& scenario_;
    Choices& choices_;
    Trace trace_;
    Instant now_;
    GatewayModel gateway_;
    GrantMaker grants_;
    Tables tables_;
    std::unique_ptr<StubGateway> adapter_;
    std::array<std::unique_ptr<Server>, 2> servers_;
    std::vector<std::unique_ptr<Task>> tasks_;
    Task* current_ = nullptr;
    std::vector<Action> actions_;
    std::vector<Message> messages_;
    std::vector<std::unique_ptr<RefundRequest>> requests_;
    std::vector<std::size_t> moved_; ///< how many of its moves each payment has made
    std::size_t opened_ = 0;         ///< how many payments the shop has asked for
    std::size_t visits_ = 0;
    std::size_t operations_ = 0;
    std::size_t passages_ = 0;
    std::size_t bodies_ = 0;
    bool calm_ = false;
    bool observed_ = false;
    std::vector<std::size_t> sent_;   ///< when each message was sent
    std::set<std::string> confirmed_; ///< payments whose confirmation was answered with success
    /// By payment: when the last message was sent that was acknowledged.
    std::map<std::string, std::size_t> told_;
    Seen seen_;
};

} // namespace tollgate::simulator
