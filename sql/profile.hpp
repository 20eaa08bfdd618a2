// A profile: the SQL statements that keep a particular shop's order tables in step with a payment's
// status. Data, not code: sql/profiles/<name>.toml, or a file of the merchant's.
//
// Shape    one table per status word of ours, and `granted`; each with `statements`, a list of
//          texts with named parameters (`:order_ref`). Parameters become placeholders, never text.
// Errors   std::runtime_error naming the file, the table and the parameter
#pragma once

#include "core/settle/decide.hpp"

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate {

class Connection;

class Profile {
public:
    /// `name` of a shipped profile, or a path, which contains a '/'.
    static Profile load(const std::string& name);
    /// `origin` names the text in errors.
    static Profile parse(std::string_view text, const std::string& origin);

    /// Runs what follows from `decision` inside the transaction of `connection`.
    void carry_out(Connection& connection, const Decision& decision, Instant now) const;
    /// Runs what follows from the end of `grants` of `payment`.
    void revoke(
        Connection& connection, const Payment& payment, std::span<const Grant> grants, Instant now
    ) const;

private:
    struct ProfileStatement {
        std::string text; ///< with placeholders
        std::vector<std::string> parameters;
    };
    using Values = std::map<std::string, std::string, std::less<>>;

    static ProfileStatement
    compile(std::string_view commented, const std::string& where, bool granted);
    static Values values_of(const Payment& payment, Instant now);
    void run(Connection& connection, std::string_view table, const Values& values) const;
    void run_for_each(
        Connection& connection, std::string_view table, Values values, std::span<const Grant> grants
    ) const;

    std::map<std::string, std::vector<ProfileStatement>, std::less<>> tables_;
};

} // namespace tollgate
