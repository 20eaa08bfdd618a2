// The Store of one process, over the tables that all processes share. Before and after every
// statement others may act, and the process may die; a statement may fail before it did anything,
// or be committed and its answer be lost, whereupon the pool of sql/ repeats it once or gives up.
#pragma once

#include "core/settle/store.hpp"
#include "tests/simulator/tables.hpp"

#include <functional>
#include <span>
#include <string_view>

namespace tollgate::simulator {

/// What a database does to a statement.
enum class Mishap {
    none,
    refused,     ///< nothing was kept
    repeated,    ///< committed, the answer lost, and carried out once more
    answer_lost, ///< committed, and the caller hears that the database is gone
};

/// Where a process can be interrupted.
class Interruptions {
public:
    virtual ~Interruptions() = default;
    /// Others act now; does not return when the process dies.
    virtual void pause(std::string_view where) = 0;
    virtual Mishap next_mishap() = 0;
    /// Whether anybody wants to know what tasks learn.
    virtual bool is_observed() const = 0;
    /// What the task learnt; it goes on accordingly.
    virtual void heard(std::uint64_t print) = 0;
};

class SimulatedStore final : public Store {
public:
    /// Hears of what is settled, in that moment.
    using Witness = std::function<void(std::span<const Asked>)>;

    SimulatedStore(Tables& tables, Interruptions& interruptions, Witness witness)
        : tables_{tables}, interruptions_{interruptions}, witness_{std::move(witness)}
    {
    }

    using Store::insert;
    Insertion insert(const Payment& payment, const ShopUrls& urls) override;
    ShopUrls urls_of(const PaymentId& id) override;
    void record_opened(const PaymentId& id, const Opened& opened, Instant now) override;
    std::optional<Payment> find(const PaymentId& id) override;
    std::optional<Payment> find(const Reference& reference) override;
    std::vector<Received> receive(std::span<const Notification> notifications) override;
    RefundBegun begin_refund(const RefundOrder& order) override;
    std::vector<Settled> settle(std::span<const Asked> asked, Instant now) override;
    std::vector<PaymentRef> take_due(const Lease& lease) override;

    // What no run needs.
    std::optional<Payment> find(const Merchant& merchant, const OrderRef& order) override;
    std::vector<GrantRow> grants_of(const PaymentId& id) override;
    std::string last_answer(const PaymentId& id) override;
    OrphansMatched match_orphans(const OrphanTurn& turn, Instant now) override;
    UsedGrant use_grant(const GrantRequest& request) override;
    void check_ready() override;

private:
    template <class Work>
    auto transact(std::string_view what, Work work);
    template <class T>
    void hear(const T& value);

    Tables& tables_;
    Interruptions& interruptions_;
    Witness witness_;
};

} // namespace tollgate::simulator
