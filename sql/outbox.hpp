// The outbox over MySQL: written by settlements, emptied by senders.
#pragma once

#include "core/outbox/event_scope.hpp"
#include "core/outbox/outbox.hpp"
#include "core/settle/decide.hpp"

#include <span>

namespace tollgate {

class Connection;
class Pool;

/// What the storefront is to be told of `decisions`, inside the transaction of `connection`.
void insert_outbox(
    Connection& connection, EventScope scope, std::span<const Decision> decisions, Instant now
);

class MysqlOutbox final : public Outbox {
public:
    explicit MysqlOutbox(Pool& pool) : pool_{pool} {}

    TakenEvents take_due(const EventLease& lease) override;
    std::size_t
    record(std::span<const Attempted> attempts, const std::string& owner, Instant now) override;

private:
    Pool& pool_;
};

} // namespace tollgate
