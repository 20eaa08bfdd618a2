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

/// Checks and counts; how many of the digests were counted.
std::string count_statement(std::size_t count)
{
    return "UPDATE tollgate_grants SET uses = uses + 1, use_ends_at = ? WHERE token_digest IN (" +
           repeated("UNHEX(?)", count) +
           ") AND revoked_at IS NULL AND expires_at > ? AND uses < uses_max";
}

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

/// What can be said without counting; nothing when a use has to begin.
std::optional<UsedGrant> without_counting(const GrantStates& states, const GrantRequest& request)
{
    const auto found = states.find(request.digest.get());
    if (found == states.end() || found->second.revoked) return UsedGrant{GrantUse::unknown, {}};
    const auto& grant = found->second;
    if (grant.expires_at <= request.now) return UsedGrant{GrantUse::expired, {}};
    const bool in_use = grant.use_ends_at && *grant.use_ends_at > request.now;
    // What belongs to a use that has begun does not count.
    if (in_use && request.access != GrantAccess::begin) {
        return UsedGrant{GrantUse::allowed, grant.file};
    }
    if (!grant.uses_left) return UsedGrant{GrantUse::used_up, {}};
    if (request.access == GrantAccess::look) return UsedGrant{GrantUse::allowed, grant.file};
    return {};
}

/// How many of `requests`, whose digests differ and which come at about the same time.
std::size_t count(Connection& connection, Requests requests)
{
    std::size_t counted = 0;
    in_chunks(requests.size(), [&](std::size_t begin, std::size_t size) {
        const auto some = requests.subspan(begin, size);
        auto statement = connection.statement(count_statement(size));
        statement.time(some.front().now + some.front().use_lasts);
        for (const auto& request : some)
            statement.bytes(request.digest.get());
        counted += static_cast<std::size_t>(statement.time(some.front().now).update());
    });
    return counted;
}

bool count_one(Pool& pool, const GrantRequest& request)
{
    return pool.run([&](Connection& connection) { return count(connection, {&request, 1}) == 1; });
}

/// All of them or none.
bool count_all(Pool& pool, Requests requests)
{
    if (requests.size() <= 1) return requests.empty() || count_one(pool, requests.front());
    return pool.run([&](Connection& connection) {
        connection.begin();
        const bool all = count(connection, requests) == requests.size();
        if (all) {
            connection.commit();
        } else if (!connection.rollback()) {
            throw std::runtime_error{"a rollback that was refused"};
        }
        return all;
    });
}

GrantStates read(Pool& pool, Requests requests)
{
    return pool.run([&](Connection& connection) { return read_states(connection, requests); });
}

/// The use that the state before allowed; another may have been faster.
UsedGrant use_one(Pool& pool, const GrantRequest& request, const GrantState& before)
{
    if (count_one(pool, request)) return {GrantUse::allowed, before.file};
    const auto now = without_counting(read(pool, {&request, 1}), request);
    return now.value_or(UsedGrant{GrantUse::used_up, {}});
}

std::vector<UsedGrant> use_all(Pool& pool, Requests requests)
{
    const auto states = read(pool, requests);
    std::vector<UsedGrant> uses(requests.size());
    std::vector<std::size_t> alone; // a second use of the same grant counts by itself
    std::vector<std::size_t> together;
    std::vector<GrantRequest> counted;
    std::unordered_set<std::string> seen;
    for (std::size_t i = 0; i < requests.size(); ++i) {
        if (auto use = without_counting(states, requests[i])) {
            uses[i] = *std::move(use);
        } else if (seen.insert(requests[i].digest.get()).second) {
            together.push_back(i);
            counted.push_back(requests[i]);
        } else {
            alone.push_back(i);
        }
    }
    if (count_all(pool, counted)) {
        for (const auto i : together)
            uses[i] = {GrantUse::allowed, states.at(requests[i].digest.get()).file};
    } else {
        alone.insert(alone.begin(), together.begin(), together.end());
    }
    for (const auto i : alone)
        uses[i] = use_one(pool, requests[i], states.at(requests[i].digest.get()));
    return uses;
}

} // namespace

GrantUses::GrantUses(Pool& pool)
    : looks_{chunk_rows_max, [&pool](Requests requests) { return use_all(pool, requests); }},
      uses_{chunk_rows_max, [&pool](Requests requests) { return use_all(pool, requests); }}
{
}

UsedGrant GrantUses::use(const GrantRequest& request)
{
    return (request.access == GrantAccess::look ? looks_ : uses_).ask(request);
}

} // namespace tollgate
