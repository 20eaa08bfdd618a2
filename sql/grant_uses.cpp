#include "sql/grant_uses.hpp"

#include "sql/connection.hpp"
#include "sql/payment_rows.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace tollgate {
namespace {

struct GrantState {
    std::string file;
    bool revoked = false;
    Instant expires_at{};
    std::optional<Instant> use_ends_at;
    bool uses_left = false;
};

using GrantStates = std::unordered_map<std::string, GrantState>; ///< by digest
using Requests = std::span<const GrantRequest>;

// Served by UNIQUE KEY token, as the one below.
std::string read_statement(std::size_t count)
{
    return "SELECT token_digest, file, revoked_at IS NOT NULL, expires_at, use_ends_at, "
           "uses < uses_max FROM tollgate_grants WHERE token_digest IN (" +
           repeated("UNHEX(?)", count) + ")";
}

/// Checks and counts.
std::string count_statement(std::size_t count)
{
    return "UPDATE tollgate_grants SET uses = uses + 1, use_ends_at = ? WHERE token_digest IN (" +
           repeated("UNHEX(?)", count) +
           ") AND revoked_at IS NULL AND expires_at > ? AND uses < uses_max";
}

/// Of parts that are resumed together, after the use has ended, the first begins a new one.
const std::string sql_count_resumed =
    count_statement(1) + " AND (use_ends_at IS NULL OR use_ends_at <= ?)";

GrantStates read_states(Connection& connection, Requests requests)
{
    std::vector<std::string_view> digests;
    for (const auto& request : requests)
        digests.push_back(request.digest.get());
    GrantStates states;
    in_lists(digests, [&](std::span<const std::string_view> list) {
        auto statement = connection.statement(read_statement(list.size()));
        for (const auto& digest : list)
            statement.bytes(digest);
        const auto rows = statement.query();
        while (rows->next()) {
            states[text_at(*rows, 1)] = {
                .file = text_at(*rows, 2),
                .revoked = rows->getInt(3) != 0,
                .expires_at = time_at(*rows, 4).value_or(Instant{}),
                .use_ends_at = time_at(*rows, 5),
                .uses_left = rows->getInt(6) != 0,
            };
        }
    });
    return states;
}

UsedGrant seen(const GrantStates& states, const GrantRequest& request)
{
    const auto found = states.find(request.digest.get());
    if (found == states.end() || found->second.revoked) return {GrantUse::unknown};
    const auto& grant = found->second;
    if (grant.expires_at <= request.now) return {GrantUse::expired};
    const bool in_use = grant.use_ends_at && *grant.use_ends_at > request.now;
    if (!in_use && !grant.uses_left) return {GrantUse::used_up};
    return {GrantUse::allowed, grant.file, in_use};
}

std::vector<UsedGrant> look(Pool& pool, Requests requests)
{
    const auto states =
        pool.run([&](Connection& connection) { return read_states(connection, requests); });
    std::vector<UsedGrant> uses;
    uses.reserve(requests.size());
    for (const auto& request : requests)
        uses.push_back(seen(states, request));
    return uses;
}

/// How many of `digests`, which differ and are used at about the same time.
std::size_t
count(Connection& connection, std::span<const std::string_view> digests, const GrantRequest& first)
{
    std::size_t counted = 0;
    in_lists(digests, [&](std::span<const std::string_view> list) {
        auto statement = connection.statement(count_statement(list.size()));
        statement.time(first.now + first.use_lasts);
        for (const auto& digest : list)
            statement.bytes(digest);
        counted += static_cast<std::size_t>(statement.time(first.now).update());
    });
    return counted;
}

/// All of them or none.
bool count_all(Pool& pool, std::span<const std::string_view> digests, const GrantRequest& first)
{
    return pool.run([&](Connection& connection) {
        connection.begin();
        const bool all = count(connection, digests, first) == digests.size();
        if (all) {
            connection.commit();
        } else if (!connection.rollback()) {
            throw std::runtime_error{"a rollback that was refused"};
        }
        return all;
    });
}

bool count_one(Connection& connection, const GrantRequest& request)
{
    const bool resumed = request.access == GrantAccess::resume;
    auto statement = connection.statement(resumed ? sql_count_resumed : count_statement(1));
    statement.time(request.now + request.use_lasts).bytes(request.digest.get()).time(request.now);
    if (resumed) statement.time(request.now);
    return statement.update() == 1;
}

/// Why a use is not counted is asked only then.
UsedGrant use_one(Pool& pool, const GrantRequest& request)
{
    const bool counted =
        pool.run([&](Connection& connection) { return count_one(connection, request); });
    if (counted) return {GrantUse::allowed};
    const auto now = look(pool, {&request, 1}).front();
    if (now.use != GrantUse::allowed) return {now.use};
    // It begins although a use lasts that cannot be repeated; or somebody else has just begun it.
    const bool belongs = request.access == GrantAccess::resume && now.in_use;
    return {belongs ? GrantUse::allowed : GrantUse::used_up};
}

/// Those that begin, each grant once; a second use of the same counts by itself.
std::vector<std::size_t> countable_together(Requests requests)
{
    std::vector<std::size_t> together;
    std::unordered_set<std::string_view> digests;
    for (std::size_t i = 0; i < requests.size(); ++i) {
        if (requests[i].access != GrantAccess::begin) continue;
        if (digests.insert(requests[i].digest.get()).second) together.push_back(i);
    }
    return together;
}

std::vector<UsedGrant> use_all(Pool& pool, Requests requests)
{
    std::vector<std::optional<UsedGrant>> uses(requests.size());
    const auto together = countable_together(requests);
    if (together.size() > 1) {
        std::vector<std::string_view> digests;
        for (const auto i : together)
            digests.push_back(requests[i].digest.get());
        if (count_all(pool, digests, requests[together.front()])) {
            for (const auto i : together)
                uses[i] = UsedGrant{GrantUse::allowed};
        }
    }
    std::vector<UsedGrant> all;
    all.reserve(requests.size());
    for (std::size_t i = 0; i < requests.size(); ++i)
        all.push_back(uses[i] ? *uses[i] : use_one(pool, requests[i]));
    return all;
}

} // namespace

GrantUses::GrantUses(Pool& pool)
    : looks_{chunk_rows_max, [&pool](Requests requests) { return look(pool, requests); }},
      uses_{chunk_rows_max, [&pool](Requests requests) { return use_all(pool, requests); }}
{
}

UsedGrant GrantUses::use(const GrantRequest& request)
{
    return (request.access == GrantAccess::look ? looks_ : uses_).ask(request);
}

} // namespace tollgate
