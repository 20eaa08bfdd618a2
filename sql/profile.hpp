// A profile: the SQL statements that keep a particular shop's order tables in step with a payment's
// status, and look its orders up. Data, not code: sql/profiles/<name>.toml, or a file of the
// merchant's; docs/profiles.md describes it.
//
// Shape    one section per status word of ours, `changed` for all of them, `granted` and `revoked`,
//          each with `statements`, a list of texts; `order` with a `statement` and perhaps a `key`,
//          `files` with one
// Errors   std::runtime_error naming file, line, section, statement and parameter
#pragma once

#include "core/checkout/shop_order.hpp"
#include "core/settle/decide.hpp"
#include "sql/profile_statement.hpp"

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate {

/// How an order is found by what a customer's address names.
struct OrderLookup {
    OrderKeyKind key_kind{};
    ProfileStatement order;                ///< values: lookup_values()
    std::optional<ProfileStatement> files; ///< values: lookup_values()
};

/// Of the statement `order` the key's, of `files` the order reference's.
ParameterValues lookup_values(const std::string& key_or_reference);

class Profile {
public:
    /// `name` of a shipped profile, or a path, which contains a '/'. `{prefix}` in its text becomes
    /// `table_prefix`.
    static Profile load(const std::string& name, std::string_view table_prefix = {});
    /// `origin` names the text in errors.
    static Profile parse(std::string_view text, const std::string& origin);

    /// Runs what follows from those of `decisions` that change a status, inside the transaction of
    /// `connection`; what delivers comes last, should one order have several payments among them.
    void carry_out(Connection& connection, std::span<const Decision> decisions, Instant now) const;
    /// Runs what follows from new `grants` of `payment`.
    void grant(
        Connection& connection, const Payment& payment, std::span<const Grant> grants, Instant now
    ) const;
    /// Runs what follows from the end of `grants` of `payment`.
    void revoke(
        Connection& connection, const Payment& payment, std::span<const Grant> grants, Instant now
    ) const;

    const std::optional<OrderLookup>& order_lookup() const { return order_lookup_; }
    /// Every statement, in no particular order.
    std::vector<const ProfileStatement*> statements() const;

private:
    void
    run(Connection& connection, std::string_view section, std::span<const ParameterValues> rows
    ) const;

    std::map<std::string, std::vector<ProfileStatement>, std::less<>> sections_;
    std::optional<OrderLookup> order_lookup_;
};

} // namespace tollgate
