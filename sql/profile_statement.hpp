// One statement of a profile: SQL with named parameters, which become placeholders, never text.
//
// Shape    `:order_ref` runs once for each row of values; `:payments` (or `:grants`) instead of
//          a table runs once for a whole set, whose columns are the parameters
// Errors   std::runtime_error that begins with the statement's place
#pragma once

#include "sql/connection.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate {

struct Parameter {
    std::string_view name;
    bool number = false; ///< NULL when empty, and a number in a set
};

/// What the statements of a section may name.
struct ParameterScope {
    std::span<const Parameter> parameters;
    std::string_view set{}; ///< `payments`; empty: there is none
};

/// In the order of the scope's parameters; those at the end may be left out when they are empty.
using ParameterValues = std::vector<std::string>;

class ProfileStatement {
public:
    /// `place` begins every error: `shop.toml:12 [paid] statement 1`.
    ProfileStatement(std::string_view text, std::string place, ParameterScope scope);

    const std::string& place() const { return place_; }
    /// As the server is given it for so many rows.
    std::string text(std::size_t rows) const;
    /// Once for all rows, or once for each.
    void run(Connection& connection, std::span<const ParameterValues> rows) const;
    std::unique_ptr<sql::ResultSet>
    query(Connection& connection, const ParameterValues& values) const;
    /// Has the server hold it against the tables as they are; the names of the columns it yields.
    std::vector<std::string> prepare(Connection& connection) const;

private:
    void read(std::string_view text);
    void add_parameter(std::string_view name);
    /// The parameters that a set-wise statement uses as columns.
    std::vector<std::size_t> columns_used() const;
    /// A derived table of `rows` rows.
    std::string set_text(std::size_t rows) const;
    void bind(Statement& statement, const ParameterValues& values) const;
    [[noreturn]] void refuse(const std::string& why) const;

    std::string place_;
    ParameterScope scope_;
    std::string before_;                  ///< with placeholders; up to the set, if there is one
    std::string after_;                   ///< what follows the set
    std::vector<std::size_t> parameters_; ///< or the columns of the set
    bool setwise_ = false;
};

} // namespace tollgate
