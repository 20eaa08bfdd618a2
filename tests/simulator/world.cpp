#include "tests/simulator/world.hpp"

#include "core/settle/schedule.hpp"
#include "tests/core/settle/samples.hpp"
#include "tests/simulator/prints.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tollgate::simulator {
namespace {

using namespace std::chrono_literals;

constexpr Capabilities gateway_can{.currencies = {}, .refunds = Refunds::partial};
constexpr Money part_given_back{500, Currency::XOF};
/// How far behind a replica of the gateway may be.
constexpr std::chrono::minutes replica_lag_max{10};
/// A payment that was settled otherwise until then is asked about at least once more.
constexpr std::chrono::hours surely_asked_again{24};
/// Longer than a lease, so that a slow answer is overtaken by another server's.
constexpr Duration dialogue_time_max = 11min;
constexpr std::size_t calm_rounds_max = 1'000;
constexpr std::size_t calm_steps_max = 20'000;

} // namespace

World::World(const Scenario& scenario, Choices& choices, Trace trace)
    : scenario_{scenario}, choices_{choices}, trace_{std::move(trace)}, now_{samples::created_at},
      grants_{samples::grant_maker()}, tables_{gateway_, {grants_, scenario.expires_after}},
      adapter_{std::make_unique<StubGateway>(gateway_can)}, moved_(scenario.payments.size())
{
    for (const auto& plan : scenario_.payments)
        gateway_.add(plan.payment);
    for (std::size_t i = 0; i < servers_.size(); ++i)
        servers_[i] = std::make_unique<Server>(*this, tables_, i);
    if (!scenario_.begins_open) return;
    for (std::size_t i = 0; i < gateway_.size(); ++i) {
        tables_.insert(payment(i));
        gateway_.truth(i).opened = true;
        ++opened_;
    }
}

World::~World()
{
    tasks_.clear();
}

void World::run()
{
    while (seen_.steps < scenario_.steps_max && step()) {
    }
    calm_down();
}

// ------------------------------------------------------------------------------- what may happen

bool World::step()
{
    collect();
    if (actions_.empty()) return false;
    const auto chosen = choices_.below(actions_.size());
    perform(actions_[chosen]);
    return true;
}

void World::collect()
{
    actions_.clear();
    for (std::size_t i = 0; i < tasks_.size(); ++i)
        actions_.push_back({Act::resume, tasks_[i]->server, i});
    for (std::size_t i = 0; i < requests_.size(); ++i) {
        if (!requests_[i]->arrived && !requests_[i]->lost) actions_.push_back({Act::arrive, 0, i});
    }
    for (std::size_t server = 0; server < servers_.size(); ++server)
        if (servers_[server]->has_answers()) actions_.push_back({Act::settle, server, 0});
    if (calm_) return;
    collect_outside();
    if (actions_.empty() || opened_ == 0) return;
    for (std::size_t server = 0; server < servers_.size(); ++server) {
        if (servers_[server]->has_due()) actions_.push_back({Act::reconcile, server, 0});
        const bool may_crash = seen_.crashes < scenario_.crashes_max && has_memory(server);
        if (may_crash && choices_.once_in(12)) {
            actions_.assign(1, {Act::crash, server, 0});
            return;
        }
    }
    if (passages_ < scenario_.passages_max) actions_.push_back({Act::pass_time, 0, 0});
}

/// Whether there is anything that a crash would end.
bool World::has_memory(std::size_t server) const
{
    const bool at_work =
        std::ranges::any_of(tasks_, [&](const auto& task) { return task->server == server; });
    return at_work || servers_[server]->has_memory();
}

/// What others do to us.
void World::collect_outside()
{
    if (opened_ < scenario_.payments.size()) actions_.push_back({Act::open, 0, opened_});
    if (opened_ == 0) return;
    for (std::size_t i = 0; i < messages_.size(); ++i)
        actions_.push_back({Act::deliver, 0, i});
    for (std::size_t i = 0; i < scenario_.payments.size(); ++i) {
        auto& truth = gateway_.truth(i);
        if (!truth.opened) continue;
        if (moved_[i] < scenario_.payments[i].moves.size()) actions_.push_back({Act::move, 0, i});
        if (truth.refund_under_way() != nullptr) actions_.push_back({Act::give_back, 0, i});
    }
    if (visits_ < scenario_.visits) actions_.push_back({Act::come_back, 0, 0});
    if (operations_ < scenario_.operations.size()) {
        const auto& operation = scenario_.operations[operations_];
        const auto* row = tables_.find(payment(operation.payment).id);
        const bool sensible = row != nullptr && (operation.is_by_hand() || row->payment.facts.paid);
        if (sensible) actions_.push_back({Act::operate, 0, operations_});
    }
}

void World::perform(const Action& action)
{
    ++seen_.steps;
    tell([&] { return text_of(action); });
    const auto any_server = [&] { return choices_.below(servers_.size()); };
    switch (action.act) {
    case Act::resume: resume(action.index); break;
    case Act::open: open(any_server()); break;
    case Act::deliver: deliver(any_server(), action.index); break;
    case Act::move: move(action.index); break;
    case Act::give_back: give_back(action.index); break;
    case Act::come_back: come_back(any_server()); break;
    case Act::operate: operate(any_server(), action.index); break;
    case Act::reconcile: servers_[action.server]->start_reconciler(); break;
    case Act::settle: servers_[action.server]->start_settling(); break;
    case Act::arrive: arrive(action.index); break;
    case Act::crash: crash(action.server); break;
    case Act::pass_time: pass_time(); break;
    }
    for (const auto& server : servers_)
        server->check_debts();
}

std::string World::text_of(const Action& action) const
{
    switch (action.act) {
    case Act::resume: {
        const auto& task = *tasks_[action.index];
        return fmt::format(
            "server {}: {} goes on after \"{}\"", task.server, task.what, task.where
        );
    }
    case Act::open: return fmt::format("the shop opens payment {}", action.index);
    case Act::deliver: return fmt::format("message \"{}\" arrives", messages_[action.index].body);
    case Act::move: return fmt::format("at the gateway: payment {} changes", action.index);
    case Act::give_back: return fmt::format("at the gateway: a refund of {} ends", action.index);
    case Act::come_back: return "a customer comes back";
    case Act::operate: return fmt::format("the operator does {}", action.index);
    case Act::reconcile: return fmt::format("server {}: looks for what is due", action.server);
    case Act::settle: return fmt::format("server {}: settles", action.server);
    case Act::arrive: return fmt::format("refund request {} arrives", action.index);
    case Act::crash: return fmt::format("server {} DIES", action.server);
    case Act::pass_time: return "time passes";
    }
    impossible("an act of the world");
}

// --------------------------------------------------------------------------------------- tasks

void World::spawn(
    std::size_t server, std::string_view what, std::uint64_t print, std::function<void()> work
)
{
    auto task = std::make_unique<Task>();
    task->server = server;
    task->what = what;
    task->where = "its beginning";
    task->story.add(print);
    task->fiber = std::make_unique<Fiber>([this, work = std::move(work)] {
        try {
            work();
        } catch (const StoreUnavailable& error) { // fcgi_loop answers 503
            tell([&] { return fmt::format("  503: {}", error.what()); });
        }
    });
    tasks_.push_back(std::move(task));
}

void World::resume(std::size_t index)
{
    current_ = tasks_[index].get();
    simulator::add(current_->story, now_); // it may look at its clock
    current_->fiber->resume();
    if (current_->fiber->ended()) {
        std::erase_if(tasks_, [this](const auto& task) { return task.get() == current_; });
    }
    current_ = nullptr;
}

void World::pause(std::string_view where)
{
    current_->where = where;
    Fiber::pause();
}

Mishap World::next_mishap()
{
    if (calm_ || seen_.mishaps >= scenario_.mishaps_max || !choices_.once_in(12))
        return Mishap::none;
    ++seen_.mishaps;
    const auto mishap = static_cast<Mishap>(1 + choices_.below(3));
    current_->story.add(static_cast<std::uint64_t>(mishap));
    constexpr std::array words{"", "refuses", "commits twice", "commits and the answer is lost"};
    tell([&] { return fmt::format("  the database {}", words[static_cast<std::size_t>(mishap)]); });
    return mishap;
}

bool World::loses_message()
{
    if (calm_ || seen_.mishaps >= scenario_.mishaps_max || !choices_.once_in(8)) return false;
    ++seen_.mishaps;
    tell([] { return "  it is lost"; });
    return true;
}

std::size_t World::stale_steps(const Truth& truth)
{
    const bool may_lag = !calm_ && scenario_.stale_once_in > 0 && !truth.before.empty() &&
                         now_ - truth.changed_at < replica_lag_max;
    if (!may_lag || !choices_.once_in(scenario_.stale_once_in)) return 0;
    return 1 + choices_.below(truth.before.size());
}

bool World::speaks_in_riddles()
{
    return !calm_ && scenario_.stale_once_in > 0 && choices_.once_in(4 * scenario_.stale_once_in);
}

// ------------------------------------------------------------------------------- the world's acts

void World::open(std::size_t server)
{
    const auto index = opened_++;
    auto payment = this->payment(index);
    payment.created_at = now_at(server);
    if (payment.check_due_at) payment.check_due_at = payment.created_at + check_grace;
    spawn(server, "open", index, [this, server, payment] { servers_[server]->open(payment); });
}

/// Sometimes the next one is there, too, and intake takes both.
void World::deliver(std::size_t server, std::size_t index)
{
    std::vector<Message> batch{messages_[index]};
    const bool comes_again = scenario_.messages_repeat && choices_.once_in(4);
    if (!comes_again) messages_.erase(messages_.begin() + static_cast<std::ptrdiff_t>(index));
    if (scenario_.messages_repeat && !messages_.empty() && choices_.once_in(4))
        batch.push_back(messages_.back());
    Fingerprint print;
    for (const auto& message : batch)
        print.add(message.body);
    spawn(server, "notify", print.value(), [this, server, batch] {
        servers_[server]->take_notifications(batch);
    });
}

void World::move(std::size_t index)
{
    const auto& move = scenario_.payments[index].moves[moved_[index]++];
    gateway_.move(index, move, {seen_.steps, now_});
    notify(index);
}

void World::give_back(std::size_t index)
{
    auto& truth = gateway_.truth(index);
    gateway_.end_refund(
        truth, *truth.refund_under_way(), !choices_.once_in(3), {seen_.steps, now_}
    );
    notify(index);
}

/// None, one or two messages about the change.
void World::notify(std::size_t payment)
{
    const auto& plan = scenario_.payments[payment];
    for (auto copies = choices_.below(scenario_.messages_max + 1); copies > 0; --copies) {
        const auto body = plan.same_body ? "same" : fmt::format("n{}", bodies_++);
        messages_.push_back({
            .payment = payment,
            .proof = plan.proof,
            .names_reference = plan.names_reference,
            .body = body,
            .sent = seen_.steps,
        });
        sent_.push_back(seen_.steps);
    }
}

void World::come_back(std::size_t server)
{
    ++visits_;
    const auto index = choices_.below(opened_);
    spawn(server, "return", index, [this, server, index] {
        servers_[server]->show_return_page(payment(index).id);
    });
}

void World::operate(std::size_t server, std::size_t index)
{
    ++operations_;
    const auto& operation = scenario_.operations[index];
    const auto& id = payment(operation.payment).id;
    auto& at = *servers_[server];
    using enum Operation::Kind;
    switch (operation.kind) {
    case refund_all: spawn(server, "refund", index, [&] { at.refund(id, {}); }); return;
    case refund_part:
        spawn(server, "refund part", index, [&] { at.refund(id, part_given_back); });
        return;
    case confirm_paid: // the carrier has the money, whatever we hear of it
        gateway_.move(operation.payment, {Move::Kind::pay, samples::price}, {seen_.steps, now_});
        spawn(server, "confirm paid", index, [&] { at.confirm(id, true); });
        return;
    case confirm_cancelled:
        spawn(server, "confirm cancelled", index, [&] { at.confirm(id, false); });
        return;
    }
    impossible("an operation");
}

RefundRequest& World::send(const PaymentRef& refund)
{
    requests_.push_back(std::make_unique<RefundRequest>(RefundRequest{.payment = refund}));
    return *requests_.back();
}

void World::arrive(std::size_t index)
{
    auto& request = *requests_[index];
    if (loses_message()) {
        request.lost = true;
        return;
    }
    request.arrived = true;
    const bool taken = gateway_.take_refund(request.payment, calm_ || !choices_.once_in(4));
    auto& truth = gateway_.truth(request.payment.id);
    const bool at_once = taken && choices_.once_in(2);
    if (at_once) gateway_.end_refund(truth, truth.refunds.back(), true, {seen_.steps, now_});
}

void World::crash(std::size_t server)
{
    ++seen_.crashes;
    std::erase_if(tasks_, [&](const auto& task) { return task->server == server; });
    servers_[server]->lose_memory();
}

/// What has begun does not take days: every dialogue has its time-outs.
void World::pass_time()
{
    ++passages_;
    const auto time = scenario_.passages[choices_.below(scenario_.passages.size())];
    const bool busy = !tasks_.empty() || !servers_[0]->is_idle() || !servers_[1]->is_idle();
    pass(busy ? std::min(time, dialogue_time_max) : time);
}

void World::pass(Duration time)
{
    now_ += time;
    tell([&] { return "  it is " + database_time(now_); });
    for (const auto& server : servers_)
        server->wake();
}

// ---------------------------------------------------------------------------------- what is heard

void World::acknowledged(
    const Message& message, const Received& received, const Notification& notification
)
{
    tell([&] { return fmt::format("  \"{}\" is acknowledged", message.body); });
    const auto& id = payment(message.payment).id;
    const bool hint = message.proof == Proof::none;
    if (!received.payment && hint) return;
    law(tables_.has_evidence(notification.digest), "acknowledged, and not stored");
    if (!received.payment || !received.ask) return;
    told_[id.get()] = std::max(told_[id.get()], message.sent);
    const auto& truth = gateway_.truth(id);
    const bool is_answered = std::max(truth.answered, truth.lied) >= message.sent;
    law(is_answered || tables_.find(id)->payment.check_due_at,
        "a message that one process alone remembers");
}

void World::shown(const Payment& payment) const
{
    tell([&] { return fmt::format("  the customer sees {}", code(payment.state)); });
}

void World::tell(const std::function<std::string()>& line) const
{
    if (trace_) trace_(line());
}

const PaymentPlan& World::plan(const PaymentId& id) const
{
    return *std::ranges::find_if(scenario_.payments, [&](const PaymentPlan& plan) {
        return plan.payment.id == id;
    });
}

// ------------------------------------------------------------------------------------- the end

void World::calm_down()
{
    calm_ = true;
    messages_.clear(); // no notification comes any more
    tell([] { return "--- failures end, and all timers run"; });
    end_waiting();
    for (std::size_t round = 0;; ++round) {
        law(round < calm_rounds_max, "no end of questions");
        finish_everything();
        end_refunds();
        finish_everything();
        const auto due = next_due();
        if (!due) break;
        const auto server = choices_.below(servers_.size());
        pass(std::max(*due - now_at(server), Duration{0}));
        servers_[server]->start_reconciler();
    }
    tables_.check_trails();
    check_liveness();
}

/// Most gateways give up a payment that nobody made; some say `pending` for ever, and are asked for
/// a month.
void World::end_waiting()
{
    for (std::size_t i = 0; i < gateway_.size(); ++i) {
        auto& truth = gateway_.truth(i);
        const bool open = !truth.facts.paid && truth.facts.failure == Failure::none;
        if (!open || choices_.once_in(16)) continue;
        truth.opened = true;
        gateway_.move(i, {Move::Kind::expire}, {seen_.steps, now_});
    }
}

/// Runs whatever has begun to its end, in any order.
void World::finish_everything()
{
    for (std::size_t i = 0; i < calm_steps_max; ++i) {
        collect();
        if (!actions_.empty()) {
            perform(actions_[choices_.below(actions_.size())]);
        } else if (servers_[0]->is_idle() && servers_[1]->is_idle()) {
            return;
        } else {
            pass(1s); // a question rests
        }
    }
    throw Violation{"no end of work"};
}

/// The gateway ends what it has begun; of what it never heard an operator learns that, and says so.
void World::end_refunds()
{
    for (std::size_t i = 0; i < gateway_.size(); ++i) {
        auto& truth = gateway_.truth(i);
        const auto* row = tables_.find(payment(i).id);
        auto* under_way = truth.refund_under_way();
        if (under_way != nullptr) gateway_.end_refund(truth, *under_way, true, {seen_.steps, now_});
        if (row == nullptr || !row->payment.refund) continue;
        if (truth.knows(row->payment.refund->id)) continue; // it will be asked
        const auto server = choices_.below(servers_.size());
        spawn(server, "end refund", i, [this, server, i] {
            servers_[server]->end_refund(payment(i).id, false);
        });
    }
}

/// When the next payment can be taken by a reconciler.
std::optional<Instant> World::next_due() const
{
    std::optional<Instant> next;
    for (const auto& row : tables_.rows()) {
        auto due = row.payment.check_due_at;
        if (due && row.lease_until) due = std::max(*due, *row.lease_until + Duration{1});
        if (due && (!next || *due < *next)) next = due;
    }
    return next;
}

/// Every payment that the gateway calls paid is paid here, without a message, if that was so while
/// it was still asked about; and what a message was about is known, whenever it came, unless the
/// gateway answered the message's question with what was true before.
void World::check_liveness()
{
    for (std::size_t i = 0; i < gateway_.size(); ++i) {
        const auto& truth = gateway_.truth(i);
        const auto* row = tables_.find(payment(i).id);
        if (row == nullptr) continue;
        const auto& payment = row->payment;
        law(!payment.refund, "a refund that never ends");
        const bool by_hand = scenario_.payments[i].by_hand;
        if (by_hand) {
            law(payment.facts.paid || !confirmed_.contains(payment.id.get()),
                "what the operator said was lost");
            continue;
        }
        law(payment.state != Status::pending || scenario_.expires_after == check_age_max,
            "a payment that never expires");
        const auto told = told_.find(payment.id.get());
        const auto sent = told == told_.end() ? 0 : told->second;
        if (sent >= truth.changed && sent > truth.lied) {
            law(join(payment.facts, truth.facts) == payment.facts,
                "what a message said was missed");
        }
        const bool is_asked = truth.changed_at - payment.created_at < surely_asked_again;
        if (is_asked && truth.has_the_price() && !truth.named_other_currency()) {
            const auto& paid = payment.facts.paid;
            law(paid && status_detail::covers(*paid, payment.price), "paid, and we never knew");
        }
    }
}

/// Of the points of time that laws compare, only the order matters.
void World::add_order_to(Fingerprint& print) const
{
    std::vector<std::size_t> points = sent_;
    for (std::size_t i = 0; i < gateway_.size(); ++i) {
        const auto& truth = gateway_.truth(i);
        points.insert(points.end(), {truth.changed, truth.answered, truth.lied});
        for (const auto& server : servers_)
            points.push_back(server->true_at(truth.payment.id));
        const auto told = told_.find(truth.payment.id.get());
        points.push_back(told == told_.end() ? 0 : told->second);
    }
    auto sorted = points;
    std::ranges::sort(sorted);
    const auto repeated = std::ranges::unique(sorted);
    sorted.erase(repeated.begin(), repeated.end());
    for (const auto point : points) {
        const auto place = std::ranges::lower_bound(sorted, point) - sorted.begin();
        print.add(static_cast<std::uint64_t>(place));
    }
}

std::uint64_t World::fingerprint() const
{
    Fingerprint print;
    simulator::add(print, now_);
    tables_.add_to(print);
    gateway_.add_to(print);
    for (const auto& server : servers_)
        server->add_to(print);
    std::uint64_t unordered = 0; // tasks and messages are sets
    for (const auto& task : tasks_) {
        Fingerprint one;
        one.add(task->server).add(task->what).add(task->where).add(task->story.value());
        unordered += one.value();
    }
    for (const auto& message : messages_)
        unordered += Fingerprint{}.add(message.payment).add(message.body).value();
    for (const auto& request : requests_) {
        print.add(print_of(request->payment));
        print.add((request->arrived ? 1U : 0U) + (request->lost ? 2U : 0U));
    }
    for (const auto moves : moved_)
        print.add(moves);
    for (const auto count :
         {opened_, visits_, operations_, seen_.crashes, seen_.mishaps, passages_, bodies_})
        print.add(count);
    for (const auto& payment : confirmed_)
        print.add(payment);
    add_order_to(print);
    return print.add(unordered).value();
}

} // namespace tollgate::simulator
