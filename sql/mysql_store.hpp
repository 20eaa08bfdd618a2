// The store over MySQL or anything that speaks its protocol.
//
// Source   tables: sql/migrations/; what they mean: docs/schema.md
#pragma once

#include "core/outbox/event_scope.hpp"
#include "core/settle/decide.hpp"
#include "core/settle/store.hpp"
#include "sql/grant_uses.hpp"
#include "sql/payment_views.hpp"
#include "sql/profile.hpp"

#include <functional>

namespace tollgate {

class Pool;

/// What the store works with; the owner keeps them alive.
struct StoreServices {
    Pool& pool;
    const Profile& profile;
    SettleRules rules;
    EventScope events = EventScope::none; ///< whose changes are written into the outbox
    /// Called after a commit that changed a status, with all that was settled; may be empty.
    std::function<void(std::span<const Settled>)> on_changed{};
};

class MysqlStore final : public Store {
public:
    explicit MysqlStore(const StoreServices& services)
        : services_{services}, views_{services.pool}, grant_uses_{services.pool}
    {
    }

    using Store::insert;
    Insertion insert(const Payment& payment, const ShopUrls& urls) override;
    ShopUrls urls_of(const PaymentId& id) override;
    void record_opened(const PaymentId& id, const Opened& opened, Instant now) override;
    std::optional<Payment> find(const PaymentId& id) override;
    std::optional<Payment> find(const Reference& reference) override;
    std::optional<Payment> find(const Merchant& merchant, const OrderRef& order) override;
    std::optional<PaymentView> view(const PaymentId& id) override { return views_.find(id); }
    std::vector<GrantRow> grants_of(const PaymentId& id) override;
    std::string last_answer(const PaymentId& id) override;
    std::vector<Received> receive(std::span<const Notification> notifications) override;
    RefundBegun begin_refund(const RefundOrder& order) override;
    std::vector<Settled> settle(std::span<const Asked> asked, Instant now) override;
    std::vector<PaymentRef> take_due(const Lease& lease) override;
    OrphansMatched match_orphans(const OrphanTurn& turn, Instant now) override;
    UsedGrant use_grant(const GrantRequest& request) override { return grant_uses_.use(request); }
    void check_ready() override;

private:
    StoreServices services_;
    PaymentViews views_;
    GrantUses grant_uses_;
};

} // namespace tollgate
