#include "tests/simulator/simulated_store.hpp"

#include "core/support/check.hpp"
#include "tests/simulator/prints.hpp"

namespace tollgate::simulator {

template <class T>
void SimulatedStore::hear(const T& value)
{
    if (interruptions_.is_observed()) interruptions_.heard(print_of(value));
}

template <class Work>
auto SimulatedStore::transact(std::string_view what, Work work)
{
    while (true) {
        interruptions_.pause(what);
        const auto mishap = interruptions_.next_mishap();
        if (mishap == Mishap::refused) throw StoreUnavailable{"no database"};
        auto result = work();
        hear(result);
        if (mishap == Mishap::repeated) continue;
        if (mishap == Mishap::answer_lost) throw StoreUnavailable{"the answer was lost"};
        interruptions_.pause("committed");
        return result;
    }
}

// No settlement reads a shop's addresses, so they are not simulated.
Insertion SimulatedStore::insert(const Payment& payment, const ShopUrls&)
{
    return transact("insert", [&] { return tables_.insert(payment); });
}

void SimulatedStore::record_opened(const PaymentId& id, const Opened& opened, Instant)
{
    transact("record_opened", [&] {
        tables_.record_opened(id, opened);
        return true;
    });
}

std::optional<Payment> SimulatedStore::find(const PaymentId& id)
{
    return transact("find", [&]() -> std::optional<Payment> {
        const auto* row = tables_.find(id);
        if (row == nullptr) return {};
        return row->payment;
    });
}

std::optional<Payment> SimulatedStore::find(const Reference& reference)
{
    return transact("find", [&]() -> std::optional<Payment> {
        const auto* row = tables_.find(reference);
        if (row == nullptr) return {};
        return row->payment;
    });
}

// MysqlStore reads what is known before its transaction begins, so others may act in between; a
// repetition reads anew.
std::vector<Received> SimulatedStore::receive(std::span<const Notification> notifications)
{
    return transact("receive: read", [&] {
        const auto receipts = tables_.read_notifications(notifications);
        hear(receipts);
        interruptions_.pause("receive: write");
        tables_.write_notifications(notifications, receipts);
        std::vector<Received> received;
        for (const auto& receipt : receipts)
            received.push_back(receipt.received);
        return received;
    });
}

RefundBegun SimulatedStore::begin_refund(const RefundOrder& order)
{
    return transact("begin_refund", [&] { return tables_.begin_refund(order); });
}

std::vector<Settled> SimulatedStore::settle(std::span<const Asked> asked, Instant now)
{
    return transact("settle", [&] {
        auto settled = tables_.settle(asked, now);
        witness_(asked);
        return settled;
    });
}

// Three statements, each by itself: the compare-and-set in the second is what makes a lease one.
std::vector<PaymentRef> SimulatedStore::take_due(const Lease& lease)
{
    return transact("take_due: find", [&] {
        const auto ids = tables_.find_due(lease);
        hear(ids);
        interruptions_.pause("take_due: lease");
        tables_.lease(lease, ids);
        interruptions_.pause("take_due: read");
        return tables_.leased(lease, ids);
    });
}

std::optional<Payment> SimulatedStore::find(const Merchant&, const OrderRef&)
{
    impossible("find by order");
}

ShopUrls SimulatedStore::urls_of(const PaymentId&)
{
    impossible("urls_of");
}

std::vector<GrantRow> SimulatedStore::grants_of(const PaymentId&)
{
    impossible("grants_of");
}

std::string SimulatedStore::last_answer(const PaymentId&)
{
    impossible("last_answer");
}

OrphansMatched SimulatedStore::match_orphans(const OrphanTurn&, Instant)
{
    impossible("match_orphans");
}

UsedGrant SimulatedStore::use_grant(const GrantRequest&)
{
    impossible("use_grant");
}

void SimulatedStore::check_ready() {}

} // namespace tollgate::simulator
