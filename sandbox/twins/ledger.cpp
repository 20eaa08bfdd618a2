#include "sandbox/twins/ledger.hpp"

#include "core/support/check.hpp"

#include <algorithm>
#include <utility>

namespace tollgate::twins {

std::string_view code(State state)
{
    switch (state) {
    case State::pending: return "pending";
    case State::processing: return "processing";
    case State::paid: return "paid";
    case State::failed: return "failed";
    case State::cancelled: return "cancelled";
    case State::expired: return "expired";
    }
    impossible("state of a transaction");
}

std::optional<State> parse_decision(std::string_view word)
{
    if (word == "approve") return State::paid;
    if (word == "decline") return State::failed;
    if (word == "cancel") return State::cancelled;
    if (word == "pending") return State::pending;
    if (word == "processing") return State::processing;
    if (word == "expire") return State::expired;
    return std::nullopt;
}

Money Transaction::refunded(bool pending) const
{
    Money sum{0, price.currency};
    for (const auto& refund : refunds) {
        const bool counts =
            refund.state == State::paid || (pending && refund.state == State::pending);
        if (counts) sum.minor_units += refund.amount.minor_units;
    }
    return sum;
}

Ledger::Ledger() : common_{std::make_shared<const Behaviour>()} {}

bool Ledger::add(Transaction transaction)
{
    const std::lock_guard lock{mutex_};
    return insert_in_lock(std::move(transaction));
}

void Ledger::put(Transaction transaction)
{
    const std::lock_guard lock{mutex_};
    const auto found = transactions_.find(transaction.reference);
    if (found == transactions_.end()) {
        insert_in_lock(std::move(transaction));
        return;
    }
    references_.erase(found->second.token);
    references_.emplace(transaction.token, transaction.reference);
    found->second = std::move(transaction);
}

bool Ledger::insert_in_lock(Transaction&& transaction)
{
    const auto reference = transaction.reference;
    const auto [place, fresh] = transactions_.try_emplace(reference, std::move(transaction));
    if (!fresh) return false;
    references_.emplace(place->second.token, reference);
    order_.push_back(reference);
    return true;
}

std::optional<Transaction> Ledger::find(const std::string& reference) const
{
    const std::lock_guard lock{mutex_};
    const auto found = transactions_.find(reference);
    if (found == transactions_.end()) return std::nullopt;
    return found->second;
}

std::optional<Transaction> Ledger::find_by_token(const std::string& token) const
{
    const std::lock_guard lock{mutex_};
    const auto found = references_.find(token);
    if (found == references_.end()) return std::nullopt;
    return transactions_.at(found->second);
}

Asked Ledger::ask(const std::string& name)
{
    const std::lock_guard lock{mutex_};
    auto found = transactions_.find(name);
    if (found == transactions_.end()) {
        if (const auto by_token = references_.find(name); by_token != references_.end()) {
            found = transactions_.find(by_token->second);
        }
    }
    if (found == transactions_.end()) return {std::nullopt, behaviour_in_lock(name)};
    ++found->second.checks;
    return {found->second, behaviour_in_lock(found->second.reference)};
}

std::optional<Transaction> Ledger::decide(const std::string& reference, const Decision& decision)
{
    const std::lock_guard lock{mutex_};
    const auto found = transactions_.find(reference);
    if (found == transactions_.end()) return std::nullopt;
    auto& transaction = found->second;
    if (decision.only_if_open && is_final(transaction.state)) return std::nullopt;
    transaction.state = decision.state;
    transaction.paid_at.reset();
    if (decision.state == State::paid) transaction.paid_at = decision.at;
    return transaction;
}

bool Ledger::add_refund(const std::string& reference, GivenBack refund)
{
    const std::lock_guard lock{mutex_};
    const auto found = transactions_.find(reference);
    if (found == transactions_.end()) return false;
    auto& transaction = found->second;
    const bool used = std::ranges::any_of(transaction.refunds, [&](const GivenBack& one) {
        return one.id == refund.id;
    });
    const auto total = transaction.refunded(true).minor_units + refund.amount.minor_units;
    const bool fits = refund.amount.minor_units > 0 &&
                      refund.amount.currency == transaction.price.currency &&
                      total <= transaction.price.minor_units;
    if (used || !fits || transaction.state != State::paid) return false;
    transaction.refunds.push_back(std::move(refund));
    return true;
}

std::optional<Transaction> Ledger::find_by_refund(const std::string& id_or_token) const
{
    const std::lock_guard lock{mutex_};
    for (const auto& [reference, transaction] : transactions_) {
        for (const auto& refund : transaction.refunds) {
            if (refund.id == id_or_token || refund.token == id_or_token) return transaction;
        }
    }
    return std::nullopt;
}

std::optional<Transaction> Ledger::decide_refunds(const std::string& reference, State state)
{
    const std::lock_guard lock{mutex_};
    const auto found = transactions_.find(reference);
    if (found == transactions_.end()) return std::nullopt;
    for (auto& refund : found->second.refunds) {
        if (refund.state == State::pending) refund.state = state;
    }
    return found->second;
}

void Ledger::record(const std::string& reference, Delivery delivery)
{
    const std::lock_guard lock{mutex_};
    const auto found = transactions_.find(reference);
    if (found == transactions_.end()) return; // a notification about what never was
    auto& deliveries = found->second.deliveries;
    if (deliveries.size() == deliveries_kept_max) deliveries.erase(deliveries.begin());
    deliveries.push_back(std::move(delivery));
}

std::vector<Transaction> Ledger::newest(std::size_t count) const
{
    const std::lock_guard lock{mutex_};
    std::vector<Transaction> result;
    for (auto place = order_.rbegin(); place != order_.rend() && result.size() < count; ++place) {
        result.push_back(transactions_.at(*place));
    }
    return result;
}

std::size_t Ledger::size() const
{
    const std::lock_guard lock{mutex_};
    return transactions_.size();
}

void Ledger::behave(const std::string& reference, Behaviour behaviour)
{
    auto shared = std::make_shared<const Behaviour>(std::move(behaviour));
    const std::lock_guard lock{mutex_};
    if (reference == "*") {
        common_ = std::move(shared);
    } else {
        behaviours_[reference] = std::move(shared);
    }
}

void Ledger::behave_honestly()
{
    const std::lock_guard lock{mutex_};
    behaviours_.clear();
    common_ = std::make_shared<const Behaviour>();
}

std::shared_ptr<const Behaviour> Ledger::behaviour_of(const std::string& reference) const
{
    const std::lock_guard lock{mutex_};
    return behaviour_in_lock(reference);
}

std::shared_ptr<const Behaviour> Ledger::behaviour_in_lock(const std::string& reference) const
{
    const auto found = behaviours_.find(reference);
    return found == behaviours_.end() ? common_ : found->second;
}

} // namespace tollgate::twins
