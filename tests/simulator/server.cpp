#include "tests/simulator/server.hpp"

#include "core/settle/confirmer.hpp"
#include "core/settle/schedule.hpp"
#include "tests/simulator/prints.hpp"
#include "tests/simulator/world.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tollgate::simulator {
namespace {

constexpr std::chrono::minutes lease_duration{10};
constexpr std::size_t answers_per_batch = 2;
const Headers no_headers;

bool every_gateway(const GatewayName&)
{
    return true;
}

} // namespace

Server::Server(World& world, Tables& tables, std::size_t number)
    : world_{world}, tables_{tables}, number_{number},
      store_{tables, world.interruptions(), [this](const auto& asked) { note_settled(asked); }}
{
    lose_memory();
}

Instant Server::ServerClock::now() const
{
    return server_.world_.now_at(server_.number_);
}

CheckQueue::Time Server::steady() const
{
    return CheckQueue::Time{world_.now().time_since_epoch()};
}

void Server::lose_memory()
{
    queue_ = std::make_unique<CheckQueue>(CheckLimits{});
    answers_.clear();
    owed_.clear();
    true_at_.clear();
    refund_true_at_.clear();
    settling_ = 0;
    reconciling_ = false;
    history_ = {};
}

template <class T>
void Server::hear(const T& value)
{
    if (world_.is_observed()) world_.heard(print_of(value));
}

void Server::note(std::uint64_t what, std::uint64_t print)
{
    if (!world_.is_observed()) return;
    if (queue_->room() == checker_payments_max) history_ = {};
    simulator::add(history_, world_.now());
    history_.add(what).add(print);
}

bool Server::enqueue(
    const PaymentRef& payment, std::string cause, const CheckQueue::WaiterPtr& waiter
)
{
    note(waiter ? 1 : 2, print_of(payment));
    return queue_->add(payment, std::move(cause), steady(), waiter);
}

// As Opener does, with what it needs of a gateway's dialogue.
void Server::open(const Payment& payment)
{
    const auto insertion = store_.insert(payment);
    if (!insertion.inserted) return;
    world_.pause("the opening travels");
    auto& truth = world_.gateway().truth(payment.id);
    truth.opened = true;
    world_.pause("the opening's answer travels");
    if (world_.loses_message() || world_.plan(payment.id).by_hand) return;
    const Opened opened{.gateway_ref = truth.name, .payment_url = "https://pay.example"};
    store_.record_opened(payment.id, opened, clock_.now());
}

void Server::take_notifications(std::span<const Message> messages)
{
    std::vector<Notification> notifications;
    for (const auto& message : messages) {
        const auto& payment = world_.payment(message.payment);
        const Claim claim{
            .reference = message.names_reference ? payment.reference : Reference{},
            .gateway_ref = world_.gateway().truth(payment.id).name,
            .proof = message.proof,
            .record = message.body,
        };
        const Inbound inbound{"POST", no_headers, {}, message.body};
        notifications.push_back(notification_of(world_.adapter(), inbound, claim, clock_.now()));
    }
    const auto received = store_.receive(notifications);
    for (std::size_t i = 0; i < received.size(); ++i) {
        const auto& payment = received[i].payment;
        if (payment && received[i].ask && enqueue(*payment, "notification")) {
            owed_.insert(payment->id.get());
        }
    }
    ask_next();
    world_.pause("the acknowledgement is sent");
    for (std::size_t i = 0; i < received.size(); ++i)
        world_.acknowledged(messages[i], received[i], notifications[i]);
}

void Server::show_return_page(const PaymentId& id)
{
    const auto payment = store_.find(id);
    if (!payment || !is_open(payment->state) || world_.plan(id).by_hand) return;
    const auto waiter = std::make_shared<CheckQueue::Waiter>();
    if (!enqueue(payment->ref(), "return", waiter)) return;
    ask_next();
    world_.pause("the customer waits"); // until there is an answer, or he is tired of it
    world_.shown(*store_.find(id));
}

void Server::start_reconciler()
{
    reconciling_ = true;
    world_.spawn(number_, "reconcile", 0, [this] {
        try {
            reconcile();
        } catch (const StoreUnavailable&) { // it tries again later
        }
        reconciling_ = false;
    });
}

void Server::reconcile()
{
    const auto now = clock_.now();
    const auto due = store_.take_due({
        .owner = fmt::format("{}-{}", number_, world_.steps()),
        .now = now,
        .until = now + lease_duration,
        .payments_max = std::min(batch_rows_max, queue_->room()),
    });
    for (const auto& payment : due)
        enqueue(payment, "reconcile");
    ask_next();
}

void Server::refund(const PaymentId& id, std::optional<Money> amount)
{
    const auto payment = store_.find(id);
    if (!payment) return;
    const auto tell = [this](const Gateway&, const PaymentRef& ref) { return tell_refund(ref); };
    Refunder refunder{store_, tell, clock_};
    refunder.refund(world_.adapter(), *payment, amount, "operator");
}

void Server::confirm(const PaymentId& id, bool paid)
{
    const auto payment = store_.find(id);
    if (!payment || !is_confirmed_by_hand(*payment)) return;
    Confirmer confirmer{store_, clock_};
    if (paid) {
        confirmer.paid(*payment, {}, "operator");
        world_.confirmed(id);
    } else if (!payment->facts.paid) {
        confirmer.cancelled(*payment, "operator");
    }
}

void Server::end_refund(const PaymentId& id, bool done)
{
    const auto payment = store_.find(id);
    if (!payment || !payment->refund) return;
    Confirmer{store_, clock_}.refund_ended(*payment, done, "operator");
}

bool Server::has_due() const
{
    if (reconciling_) return false;
    const auto due = tables_.find_due({.owner = {}, .now = clock_.now(), .until = {}});
    return !due.empty();
}

bool Server::is_idle() const
{
    return answers_.empty() && settling_ == 0 && !queue_->is_busy(every_gateway);
}

bool Server::has_memory() const
{
    return !answers_.empty() || queue_->room() != checker_payments_max;
}

void Server::wake()
{
    ask_next();
}

void Server::check_debts() const
{
    law(owed_.empty() || !is_idle(), "a notification that no question followed");
}

void Server::ask_next()
{
    note(3, 0);
    while (const auto question = queue_->next(steady(), every_gateway)) {
        const auto print = world_.is_observed() ? print_of(question->payment) : 0;
        world_.spawn(number_, "check", print, [this, question = *question] { ask(question); });
    }
}

void Server::ask(const CheckQueue::Question& question)
{
    const auto& payment = question.payment;
    auto answer = answer_of_gateway(payment);
    note(4, print_of(payment.id));
    queue_->answered(payment.id);
    answers_.push_back({
        .payment = payment.id,
        .cause = question.cause,
        .answer = std::move(answer),
        .refund = payment.refund ? payment.refund->id : Reference{},
        .messages = payment.messages,
    });
    ask_next();
}

Expected<Answer, GatewayFault> Server::answer_of_gateway(const PaymentRef& payment)
{
    const Unexpected silence{GatewayFault{GatewayError::unavailable, "timeout"}};
    world_.pause("the question travels");
    owed_.erase(payment.id.get());
    if (world_.plan(payment.id).by_hand || world_.loses_message()) return silence;
    auto& truth = world_.gateway().truth(payment.id);
    const auto steps_back = world_.stale_steps(truth);
    const bool is_riddle = world_.speaks_in_riddles();
    auto answer = is_riddle ? world_.gateway().riddle(payment, world_.steps())
                            : world_.gateway().answer(payment, steps_back, world_.steps());
    const bool is_true = steps_back == 0 && !is_riddle;
    true_at_[payment.id.get()] = is_true ? world_.steps() : 0;
    hear(answer);
    world_.tell([&] { return "  the gateway says " + answer.record; });
    world_.pause("the answer travels");
    if (world_.loses_message()) return silence;
    return answer;
}

// The request travels by itself; going on before it has arrived is a time-out.
Expected<Answer, GatewayFault> Server::tell_refund(const PaymentRef& payment)
{
    const auto& request = world_.send(payment);
    world_.pause("the refund's answer is awaited");
    if (!request.arrived || world_.loses_message()) {
        return Unexpected{GatewayFault{GatewayError::unavailable, "timeout"}};
    }
    auto answer = world_.gateway().answer(payment, 0, world_.steps());
    refund_true_at_[payment.id.get()] = world_.steps();
    hear(answer);
    answer.detail = "refund";
    if (answer.refund == RefundOutcome::refused) {
        return Unexpected{GatewayFault{GatewayError::refused, "no"}};
    }
    return answer;
}

void Server::start_settling()
{
    const auto count = std::min(answers_.size(), answers_per_batch);
    const auto end = answers_.begin() + static_cast<std::ptrdiff_t>(count);
    std::vector<Asked> batch{answers_.begin(), end};
    answers_.erase(answers_.begin(), end);
    ++settling_;
    const auto print = world_.is_observed() ? print_of(batch) : 0;
    world_.spawn(number_, "settle", print, [this, batch = std::move(batch)] { settle(batch); });
}

void Server::settle(std::span<const Asked> batch)
{
    try {
        finish(batch, store_.settle(batch, clock_.now()));
    } catch (const StoreUnavailable&) {
        finish(batch, {});
    }
}

void Server::note_settled(std::span<const Asked> batch)
{
    for (const auto& asked : batch) {
        if (!asked.answer || asked.source != Source::gateway) continue;
        const bool of_refund = asked.cause == "refund";
        const auto& true_at = of_refund ? refund_true_at_ : true_at_;
        const auto found = true_at.find(asked.payment.get());
        if (found == true_at.end()) continue;
        auto& answered = world_.gateway().truth(asked.payment).answered;
        answered = std::max(answered, found->second);
    }
}

void Server::finish(std::span<const Asked> batch, std::span<const Settled> settled)
{
    --settling_;
    for (const auto& asked : batch) {
        const auto found = std::ranges::find(settled, asked.payment, &Settled::payment);
        auto end = CheckQueue::End::unanswered;
        if (found != settled.end() && asked.answer) {
            const bool more = may_become_paid(found->after);
            end = more ? CheckQueue::End::open : CheckQueue::End::closed;
        }
        note(5 + static_cast<std::uint64_t>(end), print_of(asked.payment));
        queue_->finish(asked.payment, end, steady());
    }
    ask_next();
}

std::size_t Server::true_at(const PaymentId& id) const
{
    const auto found = true_at_.find(id.get());
    return found == true_at_.end() ? 0 : found->second;
}

void Server::add_to(Fingerprint& print) const
{
    simulator::add(print, answers_);
    simulator::add(print, reconciling_);
    print.add(static_cast<std::uint64_t>(settling_));
    for (const auto& payment : owed_)
        print.add(payment);
    if (queue_->room() != checker_payments_max) print.add(history_.value());
}

} // namespace tollgate::simulator
