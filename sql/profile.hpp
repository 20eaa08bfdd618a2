// A profile: the SQL statements that keep a particular shop's order tables in step with a payment's
// status. Data, not code: sql/profiles/<name>.toml, or a file of the merchant's.
//
// Shape    one table per status word of ours, `granted` and `revoked`; each with `statements`, a
//          list of texts with named parameters (`:order_ref`), which run once per payment or grant,
//          or with `:payments` or `:grants` in the place of a table, which run once for a whole
//          set: its columns are the parameters. All of them become placeholders, never text.
// Errors   std::runtime_error naming the file, the table and the parameter
#pragma once

#include "core/settle/decide.hpp"

#include <array>
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

private:
    /// By the index of the parameter's name.
    using Values = std::array<std::string, 11>;
    using Parameters = std::vector<std::size_t>;

    struct ProfileStatement {
        std::string text;      ///< with placeholders; up to the set, if there is one
        std::string after_set; ///< what follows the set
        Parameters parameters; ///< or the columns of the set
        bool setwise = false;
    };

    static ProfileStatement
    compile(std::string_view commented, const std::string& where, bool granted);
    static Values values_of(const Payment& payment, Instant now);
    static void add_grants(
        std::vector<Values>& rows,
        const Payment& payment,
        std::span<const Grant> grants,
        Instant now
    );
    void run(Connection& connection, std::string_view table, std::span<const Values> rows) const;

    std::map<std::string, std::vector<ProfileStatement>, std::less<>> tables_;
};

} // namespace tollgate
