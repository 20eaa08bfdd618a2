// What one twin remembers, in memory: its transactions and how it was told to misbehave.
//
// Range    deliveries_kept_max answers to notifications are kept per transaction
// Threads  any; nothing is done under the lock but reading and writing memory
#pragma once

#include "core/money/money.hpp"
#include "core/support/clock.hpp"
#include "core/support/url.hpp"
#include "sandbox/twins/behaviour.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tollgate::twins {

inline constexpr std::size_t deliveries_kept_max = 20;

enum class State { pending, processing, paid, failed, cancelled, expired };
std::string_view code(State state);

/// `approve`, `decline`, `cancel`, `pending`, `processing`, `expire`.
std::optional<State> parse_decision(std::string_view word);

constexpr bool is_final(State state)
{
    return state != State::pending && state != State::processing;
}

/// A notification and what came back.
struct Delivery {
    std::string sent;  ///< body of the notification
    int status = 0;    ///< 0: no reply
    std::string body;  ///< of the reply
    std::string error; ///< why there is no reply
};

/// Money that the merchant gives back.
struct GivenBack {
    std::string id;    ///< the merchant's name of it
    std::string token; ///< the gateway's name of it
    Money amount;
    State state = State::pending; ///< then paid or failed
};

struct Transaction {
    std::string reference; ///< the merchant's name of it
    std::string token;     ///< the gateway's name of it
    Money price;
    std::string description;
    std::string notify_url;
    std::string return_url;
    std::string language;
    Fields details; ///< what only this gateway knows of
    State state = State::pending;
    Instant created_at{};
    std::optional<Instant> paid_at;
    std::vector<GivenBack> refunds;
    std::int64_t checks = 0;
    std::vector<Delivery> deliveries;

    /// What was given back, and with `pending` what is on its way too.
    Money refunded(bool pending = false) const;
};

/// A new state for a transaction.
struct Decision {
    State state{};
    Instant at{};
    bool only_if_open = false; ///< the customer cannot pay what is already decided
};

/// A check's view: the transaction as it is at that moment, and how to answer.
struct Asked {
    std::optional<Transaction> transaction;
    std::shared_ptr<const Behaviour> behaviour;
};

class Ledger {
public:
    Ledger();

    /// False when the reference was used before.
    bool add(Transaction transaction);
    /// Like add(), but replaces.
    void put(Transaction transaction);
    std::optional<Transaction> find(const std::string& reference) const;
    std::optional<Transaction> find_by_token(const std::string& token) const;
    /// Counts as a check; `name` is a reference or a token.
    Asked ask(const std::string& name);
    /// The transaction as it is then; nothing when it is unknown or `only_if_open` forbids it.
    std::optional<Transaction> decide(const std::string& reference, const Decision& decision);
    void record(const std::string& reference, Delivery delivery);

    /// False when the transaction is not paid, more would go back than was paid, or the id was used
    /// before.
    bool add_refund(const std::string& reference, GivenBack refund);
    /// The transaction that has the refund of this id or token.
    std::optional<Transaction> find_by_refund(const std::string& id_or_token) const;
    /// Ends every pending refund of the transaction.
    std::optional<Transaction> decide_refunds(const std::string& reference, State state);
    /// At most `count`, newest first.
    std::vector<Transaction> newest(std::size_t count) const;
    std::size_t size() const;

    /// Replaces what was said of `reference` before; `*` means all without an own behaviour.
    void behave(const std::string& reference, Behaviour behaviour);
    void behave_honestly();
    std::shared_ptr<const Behaviour> behaviour_of(const std::string& reference) const;

private:
    std::shared_ptr<const Behaviour> behaviour_in_lock(const std::string& reference) const;
    bool insert_in_lock(Transaction&& transaction);

    mutable std::mutex mutex_;
    std::unordered_map<std::string, Transaction> transactions_;
    std::unordered_map<std::string, std::string> references_; ///< by token
    std::vector<std::string> order_;                          ///< references, oldest first
    std::unordered_map<std::string, std::shared_ptr<const Behaviour>> behaviours_;
    std::shared_ptr<const Behaviour> common_; ///< of all without an own one
};

} // namespace tollgate::twins
